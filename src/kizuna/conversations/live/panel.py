"""The panel as a shop's owner settled it: look, words, whom it asks what, which sites may show it, the queue's rules.

Here also: who belongs to the hold-out of invitations, and the secret that signs who a customer is. Reading what was
signed is a flow's work; when the panel opens by itself is rules.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from django.utils.crypto import salted_hmac

from kizuna.conversations.models import Panel
from kizuna.shops.tenants import Refused

COLOUR = re.compile(r"#[0-9a-f]{6}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]{1,253}|\[[0-9a-f:]{2,45}\])(:(?P<port>\d{1,5}))?(/.*)?$"
)
POSITIONS = ("right", "left")
THEMES = ("auto", "light", "dark")
BEFORE = ("none", "optional", "required")
OWN_WORDS = ("title", "greeting", "line", "prompt", "closed", "topics", "privacy")
LONGEST_WORDS = 400
MOST_ORIGINS = 50
SECONDS = {
    "silent_s": (15, 3600),
    "longest_wait_s": (15, 3600),
    "overflow_wait_s": (15, 7200),
    "wrap_up_s": (0, 900),
    "away_s": (30, 7200),
}


@dataclass(frozen=True, slots=True)
class PanelView:
    """Everything an owner may settle about the panel and its queue."""

    is_on: bool = True
    colour: str = "#2f6f5e"
    position: str = "right"
    theme: str = "auto"
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    before: str = "none"
    origins: tuple[str, ...] = ()
    link_preview: bool = False
    holdout_share: float = 0.0
    most_invitations_a_day: int = 2
    silent_s: int = 120
    longest_wait_s: int = 180
    overflow_wait_s: int = 300
    wrap_up_s: int = 30
    away_s: int = 300
    hourly_goal: Mapping[str, float] = field(default_factory=dict)

    def allows(self, origin: str) -> bool:
        """Say whether a site may show the panel; where none was named, every site may.

        >>> PanelView(origins=("https://tea.example",)).allows("https://tea.example")
        True
        >>> PanelView(origins=("https://tea.example",)).allows("null")
        False
        """
        return not self.origins or origin.lower() in self.origins


def read(shop_id: int) -> PanelView:
    """Read how a shop's panel is settled; what was never settled is as PanelView says."""
    row = Panel.objects.filter(shop_id=shop_id).first()
    if row is None:
        return PanelView()
    values = {each.name: getattr(row, each.name) for each in fields(PanelView)}
    return PanelView(**{**values, "origins": tuple(row.origins)})


def change(shop_id: int, wanted: PanelView) -> Mapping[str, tuple[object, object]]:
    """Store the settings; returns what changed as {field: (before, after)}. Raises tenants.Refused."""
    _check(wanted)
    before = read(shop_id)
    values = {**asdict(wanted), "origins": list(wanted.origins)}
    Panel.objects.update_or_create(shop_id=shop_id, defaults=values)
    return {
        each.name: (getattr(before, each.name), getattr(wanted, each.name))
        for each in fields(PanelView)
        if getattr(before, each.name) != getattr(wanted, each.name)
    }


def find_secret(shop_id: int) -> str | None:
    """Find the secret that signs who a customer is; None where there is none, and then nobody is believed."""
    row = Panel.objects.filter(shop_id=shop_id).only("secret").first()
    return row.secret or None if row is not None else None


def renew_secret(shop_id: int) -> str:
    """Make a new secret; what the one before signed is refused from now on."""
    row, _ = Panel.objects.select_for_update().get_or_create(shop_id=shop_id)
    row.secret = "kz_h_" + secrets.token_urlsafe(32)
    row.save(update_fields=["secret"])
    return row.secret


def is_held(shop_id: int, visitor_key: str, share: float) -> bool:
    """Say whether a visitor belongs to the hold-out, who is never invited: the same answer for the same key always."""
    if share <= 0:
        return False
    digest = salted_hmac("kizuna.panel.holdout", f"{shop_id}|{visitor_key}", algorithm="sha256").digest()
    return int.from_bytes(digest[:8]) / 2**64 < share


def read_origin(text: str) -> str:
    """Read what an owner wrote as the origin of a site, as browsers send it. Raises tenants.Refused.

    >>> read_origin("Tea.example/shop")
    'https://tea.example'
    """
    text = text.strip().lower()
    found = _ORIGIN.match(text if "://" in text else f"https://{text}")
    if found is None or int(found["port"] or 1) > 65535:
        raise Refused("origins", f"“{text[:80]}” is no address of a site")
    usual = {"https": "443", "http": "80"}[found["scheme"]]
    return f"{found['scheme']}://{found['host']}" + ("" if found["port"] in (None, usual) else f":{found['port']}")


def _check(wanted: PanelView) -> None:
    if not COLOUR.fullmatch(wanted.colour):
        raise Refused("colour", "write the colour as #rrggbb, such as #2f6f5e")
    for name, allowed in (("position", POSITIONS), ("theme", THEMES), ("before", BEFORE)):
        if getattr(wanted, name) not in allowed:
            raise Refused(name, f"choose one of {', '.join(allowed)}")
    if len(wanted.origins) > MOST_ORIGINS:
        raise Refused("origins", f"at most {MOST_ORIGINS} sites")
    if not 0 <= wanted.holdout_share <= 0.5:
        raise Refused("holdout_share", "must lie between 0 and 50 %")
    if not 0 <= wanted.most_invitations_a_day <= 20:
        raise Refused("most_invitations_a_day", "must lie between 0 and 20")
    for name, (least, most) in SECONDS.items():
        if not least <= getattr(wanted, name) <= most:
            raise Refused(name, f"must lie between {least} and {most} seconds")
    _check_words(wanted.words)


def _check_words(words: Mapping[str, Mapping[str, str]]) -> None:
    for language, own in words.items():
        if not LANGUAGE.fullmatch(language):
            raise Refused("words", f"“{language[:20]}” is no language")
        for name, text in own.items():
            if name not in OWN_WORDS or not isinstance(text, str) or len(text) > LONGEST_WORDS:
                raise Refused("words", f"use at most {LONGEST_WORDS} characters")
