"""Shops as tenants: making one, finding one by its address, changing its settings.

Rules on single fields live here; what follows from a change (audit, first sources, the currency that is fixed after
the first order) is decided in flows.shops.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from zoneinfo import available_timezones

from kizuna.money import currency
from kizuna.shops.models import Shop

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
MONTHS = range(1, 61)
MOST_KEPT_MONTHS = 600
MONTHS_AHEAD = range(1, 37)
MOST_MINOR = 10**12


class Refused(ValueError):
    """What was asked for cannot be done; `field` names the input that is to blame, in words of the form."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class NotThere(Refused):
    """The shop has nothing under this number and never had: it may be another shop's."""


@dataclass(frozen=True)
class NewShop:
    """What a shop is made from."""

    slug: str
    name: str
    currency: str
    timezone: str = "UTC"


@dataclass(frozen=True)
class Settings:
    """Everything an owner may change about a shop."""

    name: str
    currency: str
    timezone: str
    margin_rate: Decimal
    payment_rate: Decimal
    payment_fixed_minor: int
    shipping_cost_minor: int
    period_months: int
    honour_do_not_track: bool
    warehouse_months: int
    forecast_months: int
    discount_year: Decimal
    maintenance_minor: int


def find_shop(slug: str) -> Shop | None:
    """Find a shop by its address."""
    return Shop.objects.filter(slug=slug).first()


def get_shop(slug: str) -> Shop:
    """Get a shop by its address; refused with the addresses there are when it does not exist."""
    shop = find_shop(slug)
    if shop is None:
        known = ", ".join(Shop.objects.order_by("slug").values_list("slug", flat=True)[:10]) or "none yet"
        raise Refused("shop", f"there is no shop {slug!r} (shops: {known})")
    return shop


def get_shop_by_id(shop_id: int) -> Shop:
    """Get a shop by the number that rows of other rooms carry."""
    return Shop.objects.get(pk=shop_id)


def find_shop_by_id(shop_id: int) -> Shop | None:
    """Find a shop by a number that came from outside."""
    return Shop.objects.filter(pk=shop_id).first()


def list_shops() -> list[Shop]:
    """List every shop of the installation by name; for workers and commands, never for a page."""
    return list(Shop.objects.order_by("name", "id"))


def create(new: NewShop) -> Shop:
    """Store a new shop; refused when a field is not usable or the address is taken."""
    if not SLUG.fullmatch(new.slug):
        raise Refused("slug", "use lower-case letters, digits and hyphens, at most 40, no hyphen at either end")
    if find_shop(new.slug):
        raise Refused("slug", f"the address {new.slug!r} is taken")
    _check_name(new.name)
    _check_currency(new.currency)
    _check_timezone(new.timezone)
    return Shop.objects.create(slug=new.slug, name=new.name.strip(), currency=new.currency, timezone=new.timezone)


def settings_of(shop: Shop) -> Settings:
    """Read a shop's settings as one value."""
    return Settings(**{field.name: getattr(shop, field.name) for field in fields(Settings)})


def change_settings(shop: Shop, settings: Settings) -> Mapping[str, tuple[object, object]]:
    """Store new settings; returns what changed as {field: (before, after)}."""
    _check_settings(settings)
    before = settings_of(shop)
    changed = {
        field.name: (getattr(before, field.name), getattr(settings, field.name))
        for field in fields(Settings)
        if getattr(before, field.name) != getattr(settings, field.name)
    }
    for name, (_, after) in changed.items():
        setattr(shop, name, after)
    if changed:
        shop.save(update_fields=list(changed))
    return changed


def _check_settings(settings: Settings) -> None:
    _check_name(settings.name)
    _check_currency(settings.currency)
    _check_timezone(settings.timezone)
    if not Decimal(0) <= settings.margin_rate <= Decimal(1):
        raise Refused("margin_rate", "must be between 0 % and 100 %")
    if not Decimal(0) <= settings.payment_rate < Decimal(1):
        raise Refused("payment_rate", "must be at least 0 % and below 100 %")
    for name in ("payment_fixed_minor", "shipping_cost_minor", "maintenance_minor"):
        if not 0 <= getattr(settings, name) <= MOST_MINOR:
            raise Refused(name, "must be zero or more, and not absurdly large")
    if settings.period_months not in MONTHS:
        raise Refused("period_months", "must be between 1 and 60 months")
    if not 0 <= settings.warehouse_months <= MOST_KEPT_MONTHS:
        raise Refused("warehouse_months", f"must be 0 (for ever) to {MOST_KEPT_MONTHS} months")
    if settings.forecast_months not in MONTHS_AHEAD:
        raise Refused("forecast_months", "must be between 1 and 36 months")
    if not Decimal(0) <= settings.discount_year <= Decimal(1):
        raise Refused("discount_year", "must be between 0 % and 100 %")


def _check_name(name: str) -> None:
    if not 1 <= len(name.strip()) <= 120 or any(ord(sign) < 32 for sign in name):
        raise Refused("name", "give a name of 1 to 120 characters on one line")


def _check_currency(code: str) -> None:
    if not currency.is_known(code):
        raise Refused("currency", f"{code!r} is not a currency: use three capital letters such as EUR, GBP or USD")


def _check_timezone(zone: str) -> None:
    if zone not in available_timezones():
        raise Refused("timezone", f"{zone!r} is not a time zone: use a name such as Europe/Berlin, Asia/Tokyo or UTC")
