"""What the shop's people arrange for wishes: what we can do, kinds, service levels, business hours; all of it audited.

One transaction per call.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import teams, wish_kinds
from kizuna.conversations.wish_kinds import KindDraft
from kizuna.privileges import catalogue
from kizuna.privileges.catalogue import Draft
from kizuna.science import periods
from kizuna.shops import audit, hours
from kizuna.shops.hours import FreeDay, Span
from kizuna.shops.tenants import Refused

if TYPE_CHECKING:
    from kizuna.conversations.models import WishKind
    from kizuna.privileges.models import Capability
    from kizuna.shops.models import Person, Shop


@transaction.atomic
def store_entry(
    shop: "Shop", draft: Draft, entry: "Capability | None", person: "Person | None", now: datetime
) -> "Capability":
    """Store an entry of what we can do. Raises Refused with the field."""
    before = None if entry is None else _told_entry(entry)
    today = hours.read(shop).local_day(periods.epoch_us(now))
    stored = catalogue.store(shop.pk, draft, entry, today)
    audit.record(shop, person, "capability_stored", f"what we can do: {stored.name}", before, _told_entry(stored), now)
    return stored


@transaction.atomic
def archive_entry(shop: "Shop", entry: "Capability", person: "Person | None", now: datetime) -> None:
    """Take an entry out of use, or back into it."""
    catalogue.archive(entry, now)
    after = {"in_use": entry.archived_at is None}
    audit.record(shop, person, "capability_archived", f"what we can do: {entry.name}", None, after, now)


@transaction.atomic
def store_kind(
    shop: "Shop", draft: KindDraft, kind: "WishKind | None", person: "Person | None", now: datetime
) -> "WishKind":
    """Store a kind of wish. Raises Refused with the field."""
    if draft.capability_id is not None and catalogue.find(shop.pk, draft.capability_id) is None:
        raise Refused("capability", "there is no such entry in what we can do")
    _check_departments(shop, {draft.department_id, *(each for _, each in draft.usual_steps)})
    stored = wish_kinds.store(shop.pk, draft, kind)
    after = {"name": stored.name, "minutes": stored.minutes, "needs_approval": stored.needs_approval}
    audit.record(shop, person, "wish_kind_stored", f"kind of wish: {stored.name}", None, after, now)
    return stored


@transaction.atomic
def archive_kind(shop: "Shop", kind: "WishKind", person: "Person | None", now: datetime) -> None:
    """Take a kind of wish out of use, or back into it."""
    wish_kinds.archive(kind, now)
    after = {"in_use": kind.archived_at is None}
    audit.record(shop, person, "wish_kind_archived", f"kind of wish: {kind.name}", None, after, now)


@transaction.atomic
def ensure_kinds(shop: "Shop") -> None:
    """Give a shop the kinds of wish to begin with, if it has none."""
    wish_kinds.ensure_start(shop.pk)


@transaction.atomic
def set_levels(shop: "Shop", levels: dict[tuple[int | None, int], int], person: "Person | None", now: datetime) -> None:
    """Keep exactly these service levels. Raises Refused."""
    _check_departments(shop, {department_id for department_id, _ in levels})
    wish_kinds.set_levels(shop.pk, levels)
    after = {f"{department}-{priority}": minutes for (department, priority), minutes in levels.items()}
    audit.record(shop, person, "service_levels_set", "service levels", None, after, now)


@transaction.atomic
def set_hours(
    shop: "Shop", spans: Collection[Span], free: Collection[FreeDay], person: "Person | None", now: datetime
) -> None:
    """Keep when the shop works; what is due already keeps its time. Raises Refused."""
    before = {"hours": hours.list_spans(shop), "days_off": len(hours.list_holidays(shop))}
    hours.set_spans(shop, spans)
    hours.set_holidays(shop, free)
    after = {"hours": hours.list_spans(shop), "days_off": len(hours.list_holidays(shop))}
    audit.record(shop, person, "business_hours_set", "business hours", before, after, now)


def _check_departments(shop: "Shop", department_ids: Collection[int | None]) -> None:
    if not all(each is None or teams.find(shop.pk, each) is not None for each in department_ids):
        raise Refused("department", "there is no such department")


def _told_entry(entry: "Capability") -> dict[str, object]:
    names = ("name", "per_week", "lead_days", "from_day", "to_day", "tiers", "segments", "regions", "is_published")
    return {name: getattr(entry, name) for name in names}
