"""The catalogue of what the shop can do, as its people keep it: entries, order, publishing.

Promises against it are in capabilities. Money is no part of it: what a wish costs is an investment with a budget.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Greatest

from kizuna.privileges.models import Capability, CapabilityWeek
from kizuna.shops.tenants import NotThere, Refused

MOST_A_WEEK = 1_000_000
LONGEST_LEAD = 250
MOST_ENTRIES = 300
SEGMENTS = ("A", "B", "C", "D")


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody says of an entry."""

    name: str
    what: str = ""
    unit: str = ""
    tiers: Sequence[str] = ()
    segments: Sequence[str] = ()
    regions: Sequence[str] = ()
    per_week: int | None = None
    lead_days: int = 0
    from_day: date | None = None
    to_day: date | None = None
    refusal: str = ""
    is_published: bool = False


def list_all(shop_id: int, *, archived: bool = False) -> list[Capability]:
    """List the entries in the shop's order; those taken out of use only where asked."""
    wanted = Capability.objects.filter(shop_id=shop_id)
    wanted = wanted if archived else wanted.filter(archived_at=None)
    return list(wanted.order_by("position", "name"))


def get(shop_id: int, public_id: UUID | str) -> Capability:
    """Get an entry by what addresses show. Raises NotThere."""
    try:
        found = Capability.objects.filter(shop_id=shop_id, public_id=UUID(str(public_id))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotThere("capability", "there is no such entry in what we can do")
    return found


def find(shop_id: int, capability_id: int | None) -> Capability | None:
    """Find an entry by its number."""
    return None if capability_id is None else Capability.objects.filter(shop_id=shop_id, pk=capability_id).first()


def store(shop_id: int, draft: Draft, entry: Capability | None, today: date) -> Capability:
    """Store a new entry or change one; weeks keep room for what was promised already. Raises Refused."""
    _check(shop_id, draft, entry)
    count = Capability.objects.filter(shop_id=shop_id).count()
    if entry is None and count >= MOST_ENTRIES:
        raise Refused("name", f"at most {MOST_ENTRIES} entries can be kept")
    row = Capability(shop_id=shop_id, position=count)
    if entry is not None:
        row = Capability.objects.select_for_update().get(shop_id=shop_id, pk=entry.pk)
    row.name, row.what, row.unit = draft.name.strip(), draft.what.strip(), draft.unit.strip()
    row.tiers, row.segments, row.regions = list(draft.tiers), list(draft.segments), list(draft.regions)
    row.per_week, row.lead_days = draft.per_week, draft.lead_days
    row.from_day, row.to_day = draft.from_day, draft.to_day
    row.refusal, row.is_published = draft.refusal.strip(), draft.is_published
    row.save()
    ahead = CapabilityWeek.objects.filter(capability=row, monday__gte=today - timedelta(days=today.weekday()))
    room = MOST_A_WEEK if row.per_week is None else row.per_week
    ahead.update(capacity=Greatest(F("taken"), room))
    return row


def archive(entry: Capability, now: datetime) -> None:
    """Take an entry out of use, or back into it; promises of it stand."""
    entry.archived_at = now if entry.archived_at is None else None
    entry.save(update_fields=["archived_at"])


def _check(shop_id: int, draft: Draft, entry: Capability | None) -> None:
    if not 1 <= len(draft.name.strip()) <= 120:
        raise Refused("name", "give a name of 1 to 120 characters")
    taken = Capability.objects.filter(shop_id=shop_id, name=draft.name.strip())
    if taken.exclude(pk=entry.pk if entry else 0).exists():
        raise Refused("name", "there is an entry of this name already")
    for field, longest in (("what", 2000), ("refusal", 2000), ("unit", 40)):
        if len(getattr(draft, field)) > longest:
            raise Refused(field, f"use at most {longest} characters")
    if draft.per_week is not None and not 0 <= draft.per_week <= MOST_A_WEEK:
        raise Refused("per_week", f"must lie between 0 and {MOST_A_WEEK:,}, or be empty for no bound")
    if not 0 <= draft.lead_days <= LONGEST_LEAD:
        raise Refused("lead_days", f"must lie between 0 and {LONGEST_LEAD} working days")
    if draft.from_day and draft.to_day and draft.to_day < draft.from_day:
        raise Refused("to_day", "must not lie before the first day")
    if not set(draft.segments) <= set(SEGMENTS):
        raise Refused("segments", "must be among A, B, C and D")


def rename_tier(shop_id: int, before: str, after: str) -> int:
    """Follow a tier that got another name in what is for some tiers only; returns how many entries that were."""
    entries = [each for each in Capability.objects.filter(shop_id=shop_id) if before in each.tiers]
    for entry in entries:
        entry.tiers = [after if name == before else name for name in entry.tiers]
        entry.save(update_fields=["tiers"])
    return len(entries)
