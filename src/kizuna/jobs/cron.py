"""Five-field cron expressions: minute hour day-of-month month day-of-week, in UTC.

Takes *, lists, ranges and steps; Sunday is 0 or 7; when both day fields are given, either may match, as in cron.
Names of months and days are not taken.
"""

from datetime import datetime, timedelta
from functools import cache

_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_LONGEST = timedelta(days=366)


class BadCron(ValueError):
    """The expression is not five fields of numbers, ranges, lists and steps."""


@cache
def parse_cron(expression: str) -> tuple[frozenset[int], ...]:
    """Read the five fields into the sets of numbers that they name."""
    words = expression.split()
    if len(words) != len(_LIMITS):
        raise BadCron(f"{expression!r} must have five fields")
    fields = [_parse_field(word, *limits) for word, limits in zip(words, _LIMITS, strict=True)]
    fields[4] = frozenset(day % 7 for day in fields[4])
    return tuple(fields)


def _parse_field(word: str, low: int, high: int) -> frozenset[int]:
    numbers: set[int] = set()
    for part in word.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("*", "", "") if span == "*" else span.partition("-")
        try:
            start = low if first == "*" else int(first)
            stop = high if first == "*" or (step and not last) else int(last or first)
            stride = int(step or 1)
        except ValueError:
            raise BadCron(f"cannot read {part!r}") from None
        if not (low <= start <= stop <= high and stride > 0):
            raise BadCron(f"{part!r} is outside {low}-{high}")
        numbers.update(range(start, stop + 1, stride))
    return frozenset(numbers)


def matches(expression: str, moment: datetime) -> bool:
    """Whether the minute of this UTC moment is one that the expression names."""
    minute, hour, day, month, weekday = parse_cron(expression)
    if moment.minute not in minute or moment.hour not in hour or moment.month not in month:
        return False
    words = expression.split()
    on_day, on_weekday = moment.day in day, moment.isoweekday() % 7 in weekday
    if words[2].startswith("*") or words[4].startswith("*"):
        return on_day and on_weekday
    return on_day or on_weekday


def find_last_tick(expression: str, after: datetime, upto: datetime) -> datetime | None:
    """Find the newest minute in (after, upto] that the expression names; looks back one year at most."""
    moment = upto.replace(second=0, microsecond=0)
    oldest = max(after, upto - _LONGEST)
    while moment > oldest:
        if matches(expression, moment):
            return moment
        moment -= timedelta(minutes=1)
    return None
