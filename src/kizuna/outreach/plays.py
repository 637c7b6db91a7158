"""Plays: what the company asks and whom, and the rules that hold for all of them. Rows of single customers are targets.

A play changes only while nobody has had its mail; afterwards what was asked stays as it was asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from kizuna.outreach import letters, who
from kizuna.outreach.hours import Cap, Window
from kizuna.outreach.models import Play, PlayState, Purpose, Rules
from kizuna.outreach.who import Who
from kizuna.tables import public_ids

if TYPE_CHECKING:
    from kizuna.shops.models import Person

__all__ = ["PlayDraft", "PlayState", "Purpose", "Refused", "RulesDraft"]

MOST_A_DAY = 100_000
MOST_HELD = 0.5
DEFAULT_TEAM = 0
"""Stands for the shop's default team, which may not exist yet."""


class Refused(ValueError):
    """A play or rule cannot be kept as told; `field` names the input to blame."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class NotThere(LookupError):
    """This shop has no such play."""


@dataclass(frozen=True, slots=True)
class PlayDraft:
    """What a person says of a play."""

    name: str
    team_id: int
    subject: str
    text: str
    who: Who
    purpose: str = Purpose.ASK
    hold_out: float = 0.2
    a_day: int = 50
    success_days: int = 90


@dataclass(frozen=True, slots=True)
class RulesDraft:
    """What holds for all dialogue mails of a shop."""

    cap: Cap
    window: Window
    silent_days: int = 90


def rules_of(shop_id: int) -> RulesDraft:
    """Read the rules of a shop; where nobody set any, the usual ones."""
    row = Rules.objects.filter(shop_id=shop_id).first() or Rules(shop_id=shop_id)
    window = Window(row.from_minute, row.until_minute, frozenset(row.weekdays))
    return RulesDraft(Cap(row.cap_mails, row.cap_days), window, row.silent_days)


def set_rules(shop_id: int, draft: RulesDraft) -> RulesDraft:
    """Store the rules of a shop and return those before. Raises Refused."""
    before, window = rules_of(shop_id), draft.window
    if not 1 <= draft.cap.mails <= 30 or not 1 <= draft.cap.days <= 365:
        raise Refused("cap_mails", "at most 30 mails within at most 365 days, at least one of each")
    if not 0 <= window.from_minute < window.until_minute <= 24 * 60:
        raise Refused("from_minute", "the hours begin before they end, on one day")
    if window.until_minute - window.from_minute < 60:
        raise Refused("until_minute", "leave at least an hour")
    if not window.weekdays or not window.weekdays <= set(range(7)):
        raise Refused("weekdays", "choose at least one weekday")
    if not 1 <= draft.silent_days <= who.MOST_DAYS:
        raise Refused("silent_days", f"1 to {who.MOST_DAYS} days")
    values = {
        "cap_mails": draft.cap.mails,
        "cap_days": draft.cap.days,
        "from_minute": window.from_minute,
        "until_minute": window.until_minute,
        "weekdays": sorted(window.weekdays),
        "silent_days": draft.silent_days,
    }
    Rules.objects.update_or_create(shop_id=shop_id, defaults=values)
    return before


def create(shop_id: int, draft: PlayDraft, person: "Person | None", now_us: int) -> Play:
    """Store a new play as a draft. Raises Refused."""
    _check(shop_id, draft, None)
    return Play.objects.create(
        shop_id=shop_id,
        public_id=public_ids.make(now_us),
        created_by=person,
        created_us=now_us,
        changed_us=now_us,
        **_columns(draft),
    )


def change(play: Play, draft: PlayDraft, now_us: int) -> Play:
    """Change a play that has written to nobody yet. Raises Refused."""
    if play.started_us is not None:
        raise Refused("", "it has been started: what was asked stays as it was asked; copy it to ask something else")
    _check(play.shop_id, draft, play.pk)
    for name, value in _columns(draft).items():
        setattr(play, name, value)
    play.changed_us = now_us
    play.save()
    return play


def get(shop_id: int, public_id: UUID | str, *, locked: bool = False) -> Play:
    """Get a play of the shop. Raises NotThere."""
    rows = Play.objects.filter(shop_id=shop_id, public_id=public_id)
    found = (rows.select_for_update() if locked else rows).first()
    if found is None:
        raise NotThere(str(public_id))
    return found


def find(shop_id: int, play_id: int) -> Play | None:
    """Find a play by its number."""
    return Play.objects.filter(shop_id=shop_id, pk=play_id).first()


def list_plays(shop_id: int) -> list[Play]:
    """List a shop's plays, the newest first."""
    return list(Play.objects.filter(shop_id=shop_id).order_by("-created_us"))


def list_running() -> list[Play]:
    """List the running plays of every shop; for the worker."""
    return list(Play.objects.filter(state=PlayState.RUNNING).select_related("shop").order_by("started_us", "id"))


def set_state(play: Play, state: str, now_us: int) -> None:
    """Start, pause or stop a play. Raises Refused where that does not follow; a stopped play stays stopped."""
    follows = {
        PlayState.RUNNING: (PlayState.DRAFT, PlayState.PAUSED),
        PlayState.PAUSED: (PlayState.RUNNING,),
        PlayState.STOPPED: (PlayState.RUNNING, PlayState.PAUSED),
    }
    if play.state not in follows[PlayState(state)]:
        raise Refused("", f"a play that is {play.get_state_display().lower()} cannot be made {state}")
    play.state = state
    if state == PlayState.RUNNING and play.started_us is None:
        play.started_us = now_us
    if state == PlayState.STOPPED:
        play.ended_us = now_us
    play.save(update_fields=["state", "started_us", "ended_us"])


def note_chosen(play: Play, matching: int, left_out: Mapping[str, int], now_us: int) -> None:
    """Keep how many were meant and why others were left out, when customers were last chosen."""
    play.matching, play.left_out, play.chosen_us = matching, dict(left_out), now_us
    play.save(update_fields=["matching", "left_out", "chosen_us"])


def who_of(play: Play) -> Who:
    """Read whom a play means."""
    return who.read(play.who)


def _columns(draft: PlayDraft) -> dict[str, Any]:
    return {
        "name": draft.name.strip(),
        "purpose": draft.purpose,
        "team_id": draft.team_id,
        "subject": draft.subject.strip(),
        "text": draft.text.strip(),
        "who": draft.who.stored(),
        "hold_out": draft.hold_out,
        "a_day": draft.a_day,
        "success_days": draft.success_days,
    }


def _check(shop_id: int, draft: PlayDraft, own_id: int | None) -> None:
    name = draft.name.strip()
    if not 1 <= len(name) <= 80 or any(ord(sign) < 32 for sign in name):
        raise Refused("name", "give a name of 1 to 80 characters on one line")
    if Play.objects.filter(shop_id=shop_id, name=name).exclude(pk=own_id or 0).exists():
        raise Refused("name", "another play has this name")
    try:
        letters.check(draft.subject, draft.text)
    except letters.BadLetter as bad:
        raise Refused(bad.field, bad.message) from None
    if draft.purpose not in Purpose.values:
        raise Refused("purpose", "choose what it is for")
    if not 0 <= draft.hold_out <= MOST_HELD:
        raise Refused("hold_out", f"between 0 % and {MOST_HELD:.0%}")
    if draft.purpose == Purpose.STRENGTHEN:
        _check_strengthening(draft)
    if not 1 <= draft.a_day <= MOST_A_DAY:
        raise Refused("a_day", f"between 1 and {MOST_A_DAY:,} a day")
    _check_who(draft.who)


def _check_strengthening(draft: PlayDraft) -> None:
    if draft.who.segments != ("B",):
        raise Refused("segments", "to strengthen is for segment B: high net profit, a weak relation")
    if draft.hold_out <= 0:
        raise Refused("hold_out", "whether it strengthens is seen only beside customers who are not written to")
    if not 7 <= draft.success_days <= 730:
        raise Refused("success_days", "between 7 and 730 days")


def _check_who(wanted: Who) -> None:
    if wanted.topic and wanted.topic not in who.TOPICS:
        raise Refused("topic", "choose one of the topics")
    if not set(wanted.segments) <= set(who.SEGMENTS):
        raise Refused("segments", "there are segments A, B, C and D")
    if not set(wanted.stages) <= set(range(6)):
        raise Refused("stages", "there are stages 0 to 5")
    for name in ("silent_days", "needs_days"):
        days = getattr(wanted, name)
        if days is not None and not 1 <= days <= who.MOST_DAYS:
            raise Refused(name, f"1 to {who.MOST_DAYS} days, or nothing")
