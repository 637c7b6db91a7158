"""When a shop works: stretches of weekdays in its own time zone, less its holidays; what is due when by working time.

A stretch is turned into instants day by day, so that a night in which the clocks change has the hours it really has.
A shop that never said works Monday to Friday from nine to five.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from kizuna.science import periods
from kizuna.shops.models import Holiday, OpenSpan, Shop
from kizuna.shops.tenants import Refused

MINUTE_US = 60_000_000
DAY_MINUTES = 1440
LONGEST_DAYS = 3660
MOST_HOLIDAYS = 500
USUAL = tuple((weekday, 9 * 60, 17 * 60) for weekday in range(5))

type Span = tuple[int, int, int]
"""(weekday, opens, closes): 0 is Monday, minutes after midnight."""


@dataclass(frozen=True, slots=True)
class FreeDay:
    """A day without work, once or every year."""

    day: date
    name: str = ""
    is_yearly: bool = False


@dataclass(frozen=True)
class Schedule:
    """The working time of one shop, ready to reckon with."""

    zone: ZoneInfo
    spans: Mapping[int, Sequence[tuple[int, int]]]
    days_off: frozenset[date]
    yearly_off: frozenset[tuple[int, int]]

    def works_on(self, day: date) -> bool:
        """Say whether the shop works at all on a day."""
        off = day in self.days_off or (day.month, day.day) in self.yearly_off
        return not off and bool(self.spans.get(day.weekday()))

    def local_day(self, at_us: int) -> date:
        """Give the shop's own day at an instant."""
        return periods.instant_at(at_us).astimezone(self.zone).date()

    def end_of(self, day: date) -> int:
        """Give the instant at which work ends on a day; its midnight where the shop does not work."""
        closes = max((closes for _, closes in self.spans.get(day.weekday(), ())), default=DAY_MINUTES)
        return self._at(day, closes if self.works_on(day) else DAY_MINUTES)

    def next_working_day(self, day: date, after: int = 0) -> date | None:
        """Find the working day so many working days after a day (0: the day itself, or the first after it)."""
        each = day
        for _ in range(LONGEST_DAYS):
            if self.works_on(each) and (after == 0 or each > day):
                after -= 1
                if after <= 0:
                    return each
            each += timedelta(days=1)
        return None

    def working_us(self, from_us: int, to_us: int) -> int:
        """Add up the working time between two instants, in microseconds."""
        total = 0
        for opens, closes in self._stretches(self.local_day(from_us)):
            if opens >= to_us:
                break
            total += max(0, min(closes, to_us) - max(opens, from_us))
        return total

    def add(self, from_us: int, minutes: float) -> int:
        """Give the instant at which so much working time has passed."""
        left = round(minutes * MINUTE_US)
        last = from_us
        for opens, closes in self._stretches(self.local_day(from_us)):
            start = max(opens, from_us)
            if closes <= start:
                continue
            if left <= closes - start:
                return start + left
            left -= closes - start
            last = closes
        return last

    def stretches(self, from_us: int, to_us: int) -> list[tuple[int, int]]:
        """List the stretches of work that touch a period, as instants in their order, to reckon with many at once."""
        found: list[tuple[int, int]] = []
        if not any(self.spans.values()):
            return found
        for opens, closes in self._stretches(self.local_day(from_us)):
            if opens >= to_us:
                break
            if closes > from_us:
                found.append((opens, closes))
        return found

    def _stretches(self, first: date) -> Iterator[tuple[int, int]]:
        """Every stretch from a day on, as instants in their order; the day before too, whose night may reach over."""
        day, last = first - timedelta(days=1), 0
        for _ in range(LONGEST_DAYS):
            if self.works_on(day):
                for opens, closes in self.spans[day.weekday()]:
                    start, end = max(last, self._at(day, opens)), self._at(day, closes)
                    if end > start:
                        yield start, end
                        last = end
            day += timedelta(days=1)

    def _at(self, day: date, minutes: int) -> int:
        """The instant of a local time; one the clocks skip is taken as much later, one they repeat the first time."""
        local = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001
        return periods.epoch_us(local.replace(tzinfo=self.zone))


def read(shop: Shop) -> Schedule:
    """Read a shop's working time, once for many questions."""
    by_day: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for weekday, opens, closes in list_spans(shop):
        by_day[weekday].append((opens, closes))
    free = list_holidays(shop)
    return Schedule(
        ZoneInfo(shop.timezone),
        dict(by_day),
        frozenset(each.day for each in free if not each.is_yearly),
        frozenset((each.day.month, each.day.day) for each in free if each.is_yearly),
    )


def working_minutes(shop: Shop, from_us: int, to_us: int) -> int:
    """Count the whole minutes of working time between two instants."""
    return read(shop).working_us(from_us, to_us) // MINUTE_US


def add_working_minutes(shop: Shop, from_us: int, minutes: float) -> int:
    """Give the instant at which so many minutes of working time have passed."""
    return read(shop).add(from_us, minutes)


def list_spans(shop: Shop) -> list[Span]:
    """List when a shop works, by weekday and hour."""
    stored = OpenSpan.objects.filter(shop=shop).order_by("weekday", "opens")
    return list(stored.values_list("weekday", "opens", "closes")) or list(USUAL)


def list_holidays(shop: Shop) -> list[FreeDay]:
    """List a shop's days off in their order."""
    rows = Holiday.objects.filter(shop=shop).order_by("day")
    return [FreeDay(row.day, row.name, row.is_yearly) for row in rows]


def set_spans(shop: Shop, spans: Collection[Span]) -> None:
    """Let a shop work exactly then; refused where stretches overlap, end before they begin, or there is none."""
    ordered = sorted(spans)
    if not ordered:
        raise Refused("hours", "work at least some time in a week, or nothing would ever be due")
    for weekday, opens, closes in ordered:
        if not (0 <= weekday <= 6 and 0 <= opens < closes <= DAY_MINUTES):
            raise Refused("hours", "each stretch ends after it begins, on the same day (24:00 at the latest)")
    for before, after in pairwise(ordered):
        if before[0] == after[0] and after[1] < before[2]:
            raise Refused("hours", "two stretches of a day overlap")
    OpenSpan.objects.filter(shop=shop).delete()
    OpenSpan.objects.bulk_create(OpenSpan(shop=shop, weekday=w, opens=o, closes=c) for w, o, c in ordered)


def set_holidays(shop: Shop, holidays: Collection[FreeDay]) -> None:
    """Keep exactly these days off; refused beyond a sensible number."""
    if len(holidays) > MOST_HOLIDAYS:
        raise Refused("holidays", f"at most {MOST_HOLIDAYS} days off can be kept")
    kept = {each.day: each for each in holidays}
    Holiday.objects.filter(shop=shop).delete()
    Holiday.objects.bulk_create(
        Holiday(shop=shop, day=each.day, name=each.name[:80], is_yearly=each.is_yearly) for each in kept.values()
    )
