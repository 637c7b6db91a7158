"""When a dialogue mail may leave: the hours and weekdays of the customer's own zone, and how many they get at most.

Pure: instants are epoch microseconds, a day is walked minute by minute of its local clock, so that a change of the
clocks moves no mail into the night.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DAY_US: Final = 86_400_000_000
MINUTE_US: Final = 60_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the local day between which mail may leave, and on which weekdays (0 is Monday)."""

    from_minute: int
    until_minute: int
    weekdays: frozenset[int]


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many mails within so many days."""

    mails: int
    days: int


PACES: Final[Mapping[str, Cap]] = {"monthly": Cap(1, 30), "seldom": Cap(1, 90)}
"""What customers who settled how often they want to be written to get at most, beside the shop's own cap."""


def is_open(window: Window, zone: ZoneInfo, at_us: int) -> bool:
    """Say whether mail may leave at an instant."""
    local = _local(at_us, zone)
    minute = local.hour * 60 + local.minute
    return local.weekday() in window.weekdays and window.from_minute <= minute < window.until_minute


def next_open(window: Window, zone: ZoneInfo, at_us: int) -> int:
    """Find the first instant, not before `at_us`, at which mail may leave."""
    if is_open(window, zone, at_us):
        return at_us
    begins = _local(at_us, zone).date()
    for ahead in range(15):
        day = begins + timedelta(days=ahead)
        if day.weekday() not in window.weekdays:
            continue
        opens = _first_open_minute(window, zone, day.toordinal(), at_us)
        if opens is not None:
            return opens
    raise ValueError("a window opens on at least one weekday and lasts at least a minute")


def next_within(cap: Cap, sent_us: Sequence[int], at_us: int) -> int:
    """Find the first instant, not before `at_us`, at which one more mail stays within the cap.

    >>> next_within(Cap(1, 30), [0], DAY_US) == 30 * DAY_US
    True
    """
    recent = sorted(us for us in sent_us if us > at_us - cap.days * DAY_US)
    if len(recent) < cap.mails:
        return at_us
    return recent[len(recent) - cap.mails] + cap.days * DAY_US


def _first_open_minute(window: Window, zone: ZoneInfo, day: int, at_us: int) -> int | None:
    """The first real minute of a local day inside the window; the clocks may skip some of them."""
    midnight = datetime.fromordinal(day)
    for minute in range(window.from_minute, window.until_minute):
        local = (midnight + timedelta(minutes=minute)).replace(tzinfo=zone)
        instant = (local.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
        if instant >= at_us and is_open(window, zone, instant):
            return instant
    return None


def _local(at_us: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone)
