"""Promises within what the shop can do: so many units a week, not before the lead time, never more than there is.

A promise locks its entry of the catalogue and the one that the same wish held before, in order of id. Beyond a week's
capacity nothing is promised: the caller learns the honest next day and what lies nearest. A promise for no bound
(per_week null) is counted all the same.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from kizuna.privileges.catalogue import MOST_A_WEEK
from kizuna.privileges.models import Capability, CapabilityWeek, Promise
from kizuna.shops import hours, tenants
from kizuna.shops.hours import Schedule
from kizuna.shops.tenants import NotThere, Refused

WEEKS_AHEAD = 104
NEAREST = 3


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom something is asked; empty words are not known and shut nobody out but from what is for some only."""

    tier: str = ""
    segment: str = ""
    region: str = ""


ANYBODY = Asker()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be promised to which wish; without a day, as soon as the lead time allows."""

    wish_ref: UUID
    units: int = 1
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry and the first day it could be promised for."""

    capability: Capability
    day: date
    left: int | None


class Beyond(Refused):
    """More than can be done then: an honest next day (None: none in sight), kind words, and what lies nearest."""

    def __init__(self, capability: Capability, next_day: date | None, nearest: Sequence[Offer]) -> None:
        later = f"the next day we can promise is {next_day.isoformat()}" if next_day else "we cannot promise a day"
        super().__init__("day", f"{capability.name} is taken for that week: {later}")
        self.capability = capability
        self.next_day = next_day
        self.nearest = tuple(nearest)
        self.refusal = capability.refusal


def promise(shop_id: int, capability_id: int, asked: Asked, now_us: int) -> Promise:
    """Promise units of an entry for a day, under the lock of its row; the same wish again keeps its promise.

    Raises Beyond where the week of the day has no room, Refused for a day before the lead time or outside the entry's
    time, NotThere.
    """
    entry, schedule = _locked(shop_id, capability_id, asked.wish_ref), schedule_of(shop_id)
    held = _held(shop_id, asked.wish_ref).first()
    if held is not None:
        if (held.capability_id, held.units) == (entry.pk, asked.units) and asked.day in (None, held.day):
            return held
        release(shop_id, asked.wish_ref, now_us)
    first = first_day(entry, schedule, now_us)
    day = asked.day or first
    _check(entry, asked, schedule, now_us)
    if day is None or not _take(entry, monday_of(day), asked.units):
        following = None if first is None else _find_room(entry, schedule, day or first, asked.units)
        raise Beyond(entry, following, list_nearest(shop_id, entry, schedule, now_us))
    return Promise.objects.create(
        shop_id=shop_id,
        capability=entry,
        wish_ref=asked.wish_ref,
        units=asked.units,
        day=day,
        monday=monday_of(day),
        made_us=now_us,
    )


def release(shop_id: int, wish_ref: UUID, now_us: int) -> bool:
    """Give back what was promised to a wish; False where nothing is."""
    held = _held(shop_id, wish_ref).first()
    if held is None:
        return False
    _locked(shop_id, held.capability_id, wish_ref)
    ended = Promise.objects.filter(pk=held.pk, released_us=None).update(released_us=now_us)
    if ended:
        week = CapabilityWeek.objects.filter(capability_id=held.capability_id, monday=held.monday)
        week.update(taken=F("taken") - held.units)
    return bool(ended)


def find_promise(shop_id: int, wish_ref: UUID) -> Promise | None:
    """Find what is promised to a wish."""
    return _held(shop_id, wish_ref).select_related("capability").first()


def first_day(entry: Capability, schedule: Schedule, now_us: int) -> date | None:
    """Give the first working day that the lead time and the entry's own time allow, whatever is taken already."""
    day = _earliest(entry, schedule, now_us)
    return None if day is None or (entry.to_day is not None and day > entry.to_day) else day


def find_next_day(entry: Capability, schedule: Schedule, now_us: int, units: int = 1) -> date | None:
    """Give the first day that could be promised now; nothing is locked, so that it may be gone a moment later."""
    first = first_day(entry, schedule, now_us)
    return None if first is None else _find_room(entry, schedule, first, units)


def list_published(shop_id: int, tier: str, now_us: int, asker: Asker = ANYBODY) -> list[Offer]:
    """List what may be promised to somebody, each with its first day; entries without any day in sight are left out."""
    asker = Asker(tier or asker.tier, asker.segment, asker.region)
    wanted = Capability.objects.filter(shop_id=shop_id, is_published=True, archived_at=None)
    entries = [each for each in wanted.order_by("position", "name") if is_for(each, asker)]
    return list(_offers(entries, schedule_of(shop_id), now_us))


def is_for(entry: Capability, asker: Asker) -> bool:
    """Say whether an entry is meant for somebody; a region that is not known shuts nobody out."""
    in_tier = not entry.tiers or asker.tier in entry.tiers
    in_segment = not entry.segments or asker.segment in entry.segments
    regions = {str(name).casefold() for name in entry.regions}
    return in_tier and in_segment and (not regions or not asker.region or asker.region.casefold() in regions)


def list_nearest(shop_id: int, entry: Capability, schedule: Schedule, now_us: int) -> list[Offer]:
    """List the published entries that lie nearest to one, by the words they share, then by their day."""
    others = Capability.objects.filter(shop_id=shop_id, is_published=True, archived_at=None).exclude(pk=entry.pk)
    words = _words(entry)
    ranked = sorted(_offers(list(others), schedule, now_us), key=lambda o: (-len(words & _words(o.capability)), o.day))
    return ranked[:NEAREST]


def list_weeks(capability_ids: Collection[int], mondays: Sequence[date]) -> dict[tuple[int, date], tuple[int, int]]:
    """Read (taken, capacity) by entry and week where anything was promised, for the catalogue's page."""
    rows = CapabilityWeek.objects.filter(capability_id__in=list(capability_ids), monday__in=list(mondays))
    return {(row.capability_id, row.monday): (row.taken, row.capacity) for row in rows}


def schedule_of(shop_id: int) -> Schedule:
    """Read the working time that lead times and days are reckoned with."""
    return hours.read(tenants.get_shop_by_id(shop_id))


def monday_of(day: date) -> date:
    """Give the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _earliest(entry: Capability, schedule: Schedule, now_us: int) -> date | None:
    """The first working day after the lead time and from the entry's first day on, even beyond its last."""
    day = schedule.next_working_day(schedule.local_day(now_us), entry.lead_days)
    if day is not None and entry.from_day is not None and day < entry.from_day:
        day = schedule.next_working_day(entry.from_day)
    return day


def _held(shop_id: int, wish_ref: UUID) -> QuerySet[Promise]:
    return Promise.objects.filter(shop_id=shop_id, wish_ref=wish_ref, released_us=None)


def _locked(shop_id: int, capability_id: int, wish_ref: UUID) -> Capability:
    """Lock an entry and the one that the wish holds units of, always in order of id: two that swap never deadlock."""
    wanted = {capability_id, *_held(shop_id, wish_ref).values_list("capability_id", flat=True)}
    entries = Capability.objects.select_for_update().filter(shop_id=shop_id, pk__in=wanted).order_by("pk")
    entry = next((each for each in list(entries) if each.pk == capability_id), None)
    if entry is None:
        raise NotThere("capability", "there is no such entry in what we can do")
    return entry


def _check(entry: Capability, asked: Asked, schedule: Schedule, now_us: int) -> None:
    if entry.archived_at is not None:
        raise Refused("capability", f"{entry.name} is no longer done")
    if not 1 <= asked.units <= MOST_A_WEEK:
        raise Refused("units", "must be at least one")
    day = asked.day
    if day is None:
        return
    if entry.to_day is not None and day > entry.to_day:
        raise Refused("day", f"{entry.name} is done until {entry.to_day.isoformat()}")
    first = _earliest(entry, schedule, now_us)
    if first is None or day < first:
        said = "there is no" if first is None else f"{first.isoformat()} is the first"
        raise Refused("day", f"{said} day the lead time allows")
    if (day - first).days > WEEKS_AHEAD * 7:
        raise Refused("day", "lies more than two years ahead")


def _take(entry: Capability, monday: date, units: int) -> bool:
    """Take units of a week if it has them; the entry is locked."""
    room = MOST_A_WEEK if entry.per_week is None else entry.per_week
    week, _ = CapabilityWeek.objects.get_or_create(capability=entry, monday=monday, defaults={"capacity": room})
    taken = CapabilityWeek.objects.filter(pk=week.pk, taken__lte=min(room, week.capacity) - units)
    return bool(taken.update(taken=F("taken") + units))


def _find_room(entry: Capability, schedule: Schedule, day: date, units: int) -> date | None:
    """The first working day from a day on in whose week there is room."""
    if entry.per_week is not None and units > entry.per_week:
        return None
    weeks = CapabilityWeek.objects.filter(capability=entry, monday__gte=monday_of(day))
    taken = dict(weeks.values_list("monday", "taken"))
    for _ in range(WEEKS_AHEAD):
        found = schedule.next_working_day(day)
        if found is None or (entry.to_day is not None and found > entry.to_day):
            return None
        if entry.per_week is None or taken.get(monday_of(found), 0) + units <= entry.per_week:
            return found
        day = monday_of(found) + timedelta(days=7)
    return None


def _offers(entries: Sequence[Capability], schedule: Schedule, now_us: int) -> Iterator[Offer]:
    found = [(each, find_next_day(each, schedule, now_us)) for each in entries]
    days = {each.pk: monday_of(day) for each, day in found if day is not None}
    weeks = list_weeks(days, list(set(days.values())))
    for each, day in found:
        if day is not None:
            taken = weeks.get((each.pk, monday_of(day)), (0, 0))[0]
            yield Offer(each, day, None if each.per_week is None else each.per_week - taken)


def _words(entry: Capability) -> set[str]:
    return {word for word in f"{entry.name} {entry.what}".casefold().split() if len(word) > 3}
