"""Calendar arithmetic of a shop: its days, months and midnights, and the instant its figures speak of.

Here: pure functions of instants (epoch microseconds, UTC) and a time zone. Not here: any clock.
Days and months are written with each fact (model, section 9); the shop clock is from section 2 (snapshots).
"""

import calendar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

type Ints = NDArray[np.int64]

DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
_BLOCK_DAYS = 4096


def epoch_us(instant: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z of an aware datetime, exact.

    >>> epoch_us(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return (instant - _EPOCH) // _MICROSECOND


def instant_at(us: int) -> datetime:
    """The aware UTC datetime of an epoch instant, exact: the inverse of `epoch_us`.

    >>> instant_at(1_000_000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return _EPOCH + us * _MICROSECOND


def months_before(us: int, months: int, zone: ZoneInfo) -> int:
    """The same wall time in the zone, so many calendar months earlier, the day clamped to the end of the month.

    A wall time that a clock change skips moves on by the length of the gap. For periods (from, to]: model, section 9.

    >>> instant_at(months_before(epoch_us(datetime(2024, 3, 31, 12, tzinfo=UTC)), 1, ZoneInfo("UTC"))).isoformat()
    '2024-02-29T12:00:00+00:00'
    """
    local = instant_at(us).astimezone(zone)
    year, month0 = divmod(local.year * 12 + local.month - 1 - months, 12)
    day = min(local.day, calendar.monthrange(year, month0 + 1)[1])
    return epoch_us(local.replace(year=year, month=month0 + 1, day=day))


def day_index(us: int, zone: ZoneInfo) -> int:
    """The local day of an instant, counted from 1970-01-01 = 0.

    >>> day_index(0, ZoneInfo("Asia/Tokyo")), day_index(0, ZoneInfo("America/New_York"))
    (0, -1)
    """
    return instant_at(us).astimezone(zone).toordinal() - _EPOCH_ORDINAL


def month_index(us: int, zone: ZoneInfo) -> int:
    """The local month of an instant, counted from January 1970 = 0.

    >>> month_index(epoch_us(datetime(2000, 1, 31, 20, tzinfo=UTC)), ZoneInfo("Asia/Tokyo"))
    361
    """
    local = instant_at(us).astimezone(zone)
    return (local.year - 1970) * 12 + local.month - 1


def local_midnight_us(day: int, zone: ZoneInfo) -> int:
    """The instant at which the local day begins.

    Where a clock change skips midnight, the first instant after it; where midnight comes twice, the earlier one. For a
    date that the zone never had, the beginning of the next.

    >>> local_midnight_us(1, ZoneInfo("Europe/Berlin")) // 3_600_000_000
    23
    """
    wall = datetime.combine(date.fromordinal(_EPOCH_ORDINAL + day), datetime.min.time(), tzinfo=zone)
    us = epoch_us(wall)
    if instant_at(us).astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return us
    before, after = us - DAY_US, us
    while after - before > 1:
        middle = (before + after) // 2
        if day_index(middle, zone) < day:
            before = middle
        else:
            after = middle
    return after


def shop_clock(now_us: int, last_fact_us: int | None, half_life_days: int) -> int:
    """The instant a shop's figures speak of: now, or its last fact if that is older than one half-life.

    So an imported history is shown as of its end. A shop without facts lives now. Source: model, section 2 (snapshots).

    >>> shop_clock(91 * DAY_US, 0, 90) == 0, shop_clock(90 * DAY_US, 0, 90) == 90 * DAY_US
    (True, True)
    """
    if last_fact_us is None or now_us - last_fact_us <= half_life_days * DAY_US:
        return now_us
    return last_fact_us


def day_indices(us: Ints, zone: ZoneInfo) -> Ints:
    """`day_index` of many instants: int64[n] -> int64[n], through the zone's table of clock changes.

    >>> day_indices(np.array([0, 54_000_000_000]), ZoneInfo("Asia/Tokyo")).tolist()
    [0, 1]
    """
    if not len(us):
        return np.empty(0, dtype=np.int64)
    if zone.key in ("UTC", "Etc/UTC"):
        return np.floor_divide(us, DAY_US)
    first = int(us.min()) // DAY_US // _BLOCK_DAYS
    last = int(us.max()) // DAY_US // _BLOCK_DAYS + 1
    starts, offsets = _clock_changes(zone, first * _BLOCK_DAYS, last * _BLOCK_DAYS)
    offset = offsets[0] if len(offsets) == 1 else offsets[np.searchsorted(starts, us, side="right") - 1]
    return np.floor_divide(us + offset, DAY_US)


def month_indices(days: Ints) -> Ints:
    """The months of local days (as from `day_indices`), counted from January 1970 = 0: int64[n] -> int64[n].

    >>> month_indices(np.array([0, 30, 31, -1])).tolist()
    [0, 0, 1, -1]
    """
    months: Ints = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months


def days_and_months(us: Ints, zone: ZoneInfo) -> tuple[Ints, Ints]:
    """`day_indices` and `month_indices` of many instants: int64[n] -> two int64[n].

    >>> [column.tolist() for column in days_and_months(np.array([0, 2_678_400_000_000]), ZoneInfo("UTC"))]
    [[0, 31], [0, 1]]
    """
    days = day_indices(us, zone)
    return days, month_indices(days)


def _offset_us(us: int, zone: ZoneInfo) -> int:
    offset = instant_at(us).astimezone(zone).utcoffset()
    return (offset or timedelta()) // _MICROSECOND


@lru_cache(maxsize=64)
def _clock_changes(zone: ZoneInfo, first_day: int, last_day: int) -> tuple[Ints, Ints]:
    """When the zone's offset from UTC changes between two days, and to what: found by asking it once a day."""
    starts, offsets = [first_day * DAY_US], [_offset_us(first_day * DAY_US, zone)]
    for day in range(first_day, last_day):
        reached = (day + 1) * DAY_US
        while (latest := _offset_us(reached, zone)) != offsets[-1]:
            same, changed = max(day * DAY_US, starts[-1]), reached
            while changed - same > 1:
                middle = (same + changed) // 2
                if _offset_us(middle, zone) == offsets[-1]:
                    same = middle
                else:
                    changed = middle
            starts.append(changed)
            offsets.append(latest if changed == reached else _offset_us(changed, zone))
    return np.array(starts, dtype=np.int64), np.array(offsets, dtype=np.int64)
