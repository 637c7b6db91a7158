"""The premium site as a shop's owner settled it: colours, mark, languages, grace, and the secret of signed tokens.

The ways in are privileges.entrance, who sees what is privileges.tiers.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from django.utils.crypto import salted_hmac

from kizuna.html import words
from kizuna.privileges.models import PremiumSite
from kizuna.science.periods import DAY_US
from kizuna.shops.tenants import Refused

COLOUR = re.compile(r"#[0-9a-f]{6}")
MOST_GRACE_DAYS = 730


@dataclass(frozen=True, slots=True)
class Site:
    """Everything an owner may settle about the premium site."""

    is_open: bool = True
    accent: str = "#2f5d50"
    mark: str = ""
    welcome: str = ""
    languages: tuple[str, ...] = ("en", "de")
    grace_days: int = 60
    ask_after_wish: bool = True


def site_of(shop_id: int) -> Site:
    """Read how a shop's premium site is settled; what was never settled is as Site says."""
    row = PremiumSite.objects.filter(shop_id=shop_id).first()
    if row is None:
        return Site()
    values = {field.name: getattr(row, field.name) for field in fields(Site)}
    return Site(**{**values, "languages": tuple(row.languages) or Site().languages})


def change_site(shop_id: int, wanted: Site) -> Mapping[str, tuple[object, object]]:
    """Store the settings; returns what changed as {field: (before, after)}. Raises Refused."""
    _check(wanted)
    before = site_of(shop_id)
    values = {field.name: getattr(wanted, field.name) for field in fields(Site)}
    PremiumSite.objects.update_or_create(shop_id=shop_id, defaults={**values, "languages": list(wanted.languages)})
    return {name: (getattr(before, name), new) for name, new in values.items() if getattr(before, name) != new}


def grace_us(shop_id: int) -> int:
    """Give how long a privilege outlasts its reason, in microseconds."""
    return site_of(shop_id).grace_days * DAY_US


def find_secret(shop_id: int) -> str | None:
    """Find the secret that signs the shop's tokens; None where it never had one."""
    row = PremiumSite.objects.filter(shop_id=shop_id).first()
    return None if row is None or row.secret_serial == 0 else _secret(shop_id, row.secret_serial)


def renew_secret(shop_id: int) -> str:
    """Make a new secret; tokens signed with the one before are refused from now on."""
    row, _ = PremiumSite.objects.select_for_update().get_or_create(
        shop_id=shop_id, defaults={"languages": list(Site().languages)}
    )
    row.secret_serial += 1
    row.save(update_fields=["secret_serial"])
    return _secret(shop_id, row.secret_serial)


def _secret(shop_id: int, serial: int) -> str:
    digest = salted_hmac("kizuna.premium-site", f"{shop_id}|{serial}", algorithm="sha256").digest()
    return "kz_p_" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _check(wanted: Site) -> None:
    if not COLOUR.fullmatch(wanted.accent):
        raise Refused("accent", "write the colour as #rrggbb, such as #2f5d50")
    if len(wanted.mark) > 3 or any(ord(sign) < 32 for sign in wanted.mark):
        raise Refused("mark", "use at most three signs")
    if len(wanted.welcome) > 300:
        raise Refused("welcome", "use at most 300 characters")
    if not wanted.languages or not set(wanted.languages) <= set(words.LANGUAGES):
        raise Refused("languages", "choose at least one language")
    if not 0 <= wanted.grace_days <= MOST_GRACE_DAYS:
        raise Refused("grace_days", f"must lie between 0 and {MOST_GRACE_DAYS} days")
