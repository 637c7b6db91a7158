"""What happens when a shop is made or set up anew: sources, keys, tokens and rates, each change in the audit log.

One transaction per call. People and their roles are in flows.people, the criterion in flows.criterion.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from kizuna.flows import analytics_upkeep, calendar, snapshots
from kizuna.jobs import queue
from kizuna.sales import ledger
from kizuna.science import periods
from kizuna.shops import audit, rates, sources, tenants
from kizuna.shops.rates import NewRate
from kizuna.shops.tenants import NewShop, Refused, Settings

if TYPE_CHECKING:
    from kizuna.shops.models import ApiToken, Person, Shop, Source


OWN_SOURCES = ((sources.CONSOLE, "Console"), (sources.FILES, "Imported files"))


@transaction.atomic
def create_shop(new: NewShop, person: "Person | None", now: datetime) -> "Shop":
    """Make a shop with the two sources that Kizuna itself writes through."""
    shop = tenants.create(new)
    for kind, name in OWN_SOURCES:
        sources.create_source(shop, name, kind)
    after = {"slug": new.slug, "name": new.name, "currency": new.currency, "timezone": new.timezone}
    audit.record(shop, person, "shop_created", f"shop {shop.slug}", None, after, now)
    return shop


@transaction.atomic
def change_settings(shop: "Shop", settings: Settings, person: "Person | None", now: datetime) -> Sequence[str]:
    """Change a shop's settings; returns the names of the fields that changed. The currency stays after an order."""
    if settings.currency != shop.currency and ledger.has_orders(shop.pk):
        raise Refused("currency", f"it is fixed since the first order: {shop.currency}")
    changed = tenants.change_settings(shop, settings)
    if changed:
        before = {name: pair[0] for name, pair in changed.items()}
        after = {name: pair[1] for name, pair in changed.items()}
        audit.record(shop, person, "shop_settings_changed", f"shop {shop.slug}", before, after, now)
    if "period_months" in changed:
        queue.enqueue_once(
            snapshots.replace_everybody, f"replace:{shop.pk}", shop_id=shop.pk, cause=snapshots.CRITERION_CHANGED
        )
    if "warehouse_months" in changed:
        analytics_upkeep.follow(shop, ("warehouse_months",), now)
    if "timezone" in changed:
        now_us = periods.epoch_us(now)
        queue.enqueue_once(calendar.rebuild_days, f"calendar:{shop.pk}", shop_id=shop.pk, now_us=now_us)
    return list(changed)


@transaction.atomic
def create_source(shop: "Shop", name: str, kind: str, person: "Person | None", now: datetime) -> "tuple[Source, str]":
    """Make a source; returns it with its write key, which is shown once and never kept."""
    source, key = sources.create_source(shop, name, kind)
    _record_source(source, person, "source_created", None, {"kind": kind, "key": source.key_prefix}, now)
    return source, key


@transaction.atomic
def rotate_source(shop: "Shop", public_id: UUID | str, person: "Person | None", now: datetime) -> "tuple[Source, str]":
    """Give a source a new write key; the old one is refused from now on."""
    before = {"key": sources.get_source(shop, public_id).key_prefix}
    source, key = sources.rotate_source(shop, public_id)
    _record_source(source, person, "source_key_rotated", before, {"key": source.key_prefix}, now)
    return source, key


@transaction.atomic
def revoke_source(shop: "Shop", public_id: UUID | str, person: "Person | None", now: datetime) -> "Source":
    """End a source; what it sent stays."""
    source = sources.revoke_source(shop, public_id, now)
    _record_source(source, person, "source_revoked", {"key": source.key_prefix}, {"revoked_at": now}, now)
    return source


@transaction.atomic
def create_token(shop: "Shop", name: str, role: str, person: "Person | None", now: datetime) -> "tuple[ApiToken, str]":
    """Make an API token; returns it with its key, which is shown once and never kept."""
    token, key = sources.create_token(shop, name, role, person)
    after = {"role": role, "key": token.key_prefix}
    audit.record(shop, person, "api_token_created", f"API token {token.name}", None, after, now)
    return token, key


@transaction.atomic
def revoke_token(shop: "Shop", token_id: int, person: "Person | None", now: datetime) -> "ApiToken":
    """End an API token."""
    token = sources.revoke_token(shop, token_id, now)
    before = {"role": token.role, "key": token.key_prefix}
    audit.record(shop, person, "api_token_revoked", f"API token {token.name}", before, {"revoked_at": now}, now)
    return token


@transaction.atomic
def set_rates(shop: "Shop", new: Sequence[NewRate], person: "Person | None", now: datetime) -> int:
    """Store exchange rates, replacing those of the same currency and day; orders already recorded keep theirs."""
    count = rates.set_rates(shop, new)
    if count:
        after = {"rows": count, "first": [[row.currency, row.from_day, row.rate] for row in new[:20]]}
        audit.record(shop, person, "rates_set", "currencies", None, after, now)
    return count


@transaction.atomic
def remove_rate(shop: "Shop", rate_id: int, person: "Person | None", now: datetime) -> NewRate:
    """Remove one exchange rate."""
    removed = rates.remove_rate(shop, rate_id)
    before = {"currency": removed.currency, "from_day": removed.from_day, "rate": removed.rate}
    audit.record(shop, person, "rate_removed", "currencies", before, None, now)
    return removed


def _record_source(
    source: "Source", person: "Person | None", action: str, before: audit.Values, after: audit.Values, now: datetime
) -> None:
    audit.record(source.shop, person, action, f"source {source.name}", before, after, now)
