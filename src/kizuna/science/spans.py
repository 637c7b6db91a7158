"""The spans of a calendar that a day lies in: week, month, quarter, year, each counted from the one of 1970-01-01 = 0.

Here: pure arithmetic on shop-local day indices (science.periods makes those from instants). Weeks are of ISO 8601: they
begin on Monday and belong to the year of their Thursday. Not here: names of months in words.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import numpy as np

from kizuna.science.periods import Ints, month_indices

LEVELS = ("year", "quarter", "month", "week", "day")
"""From the widest to the finest."""
_EPOCH = date(1970, 1, 1)
_WEEKDAY_OF_EPOCH = 3


def index_of(level: str, days: Ints) -> Ints:
    """The span of a level that each day lies in: int64[n] days -> int64[n] indices.

    >>> days = np.array([0, 3, 4, 31, 365])
    >>> [index_of(level, days).tolist() for level in ("week", "month", "quarter", "year")]
    [[0, 0, 1, 4, 52], [0, 0, 0, 1, 12], [0, 0, 0, 0, 4], [0, 0, 0, 0, 1]]
    """
    return _INDEX[level](days)


def first_days(level: str, indices: Ints) -> Ints:
    """The first day of each span: int64[n] indices -> int64[n] days; the inverse of `index_of` on first days.

    >>> first_days("week", np.array([0, 1])).tolist(), first_days("quarter", np.array([0, 1, -1])).tolist()
    ([-3, 4], [0, 90, -92])
    """
    return _FIRST[level](indices)


def bounds(level: str, index: int) -> tuple[int, int]:
    """The first and the last day of one span.

    >>> bounds("month", 1), bounds("year", 2)
    ((31, 58), (730, 1095))
    """
    first, after = first_days(level, np.array([index, index + 1], dtype=np.int64)).tolist()
    return first, after - 1


def finer(level: str) -> str | None:
    """The level that a person opens next: a year into quarters, a quarter into months, a month or week into days.

    >>> [finer(level) for level in LEVELS]
    ['quarter', 'month', 'day', 'day', None]
    """
    return {"year": "quarter", "quarter": "month", "month": "day", "week": "day"}.get(level)


def date_of(day: int) -> date:
    """The date of a day index.

    >>> date_of(59).isoformat()
    '1970-03-01'
    """
    return _EPOCH + timedelta(days=day)


def day_of(at: date) -> int:
    """The day index of a date: the inverse of `date_of`.

    >>> day_of(date(1970, 3, 1))
    59
    """
    return (at - _EPOCH).days


def _week(days: Ints) -> Ints:
    return np.floor_divide(days + _WEEKDAY_OF_EPOCH, 7)


def _first_of_months(months: Ints) -> Ints:
    first: Ints = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return first


_INDEX: Mapping[str, Callable[[Ints], Ints]] = {
    "day": lambda days: days,
    "week": _week,
    "month": month_indices,
    "quarter": lambda days: np.floor_divide(month_indices(days), 3),
    "year": lambda days: np.floor_divide(month_indices(days), 12),
}
_FIRST: Mapping[str, Callable[[Ints], Ints]] = {
    "day": lambda indices: indices,
    "week": lambda indices: indices * 7 - _WEEKDAY_OF_EPOCH,
    "month": _first_of_months,
    "quarter": lambda indices: _first_of_months(indices * 3),
    "year": lambda indices: _first_of_months(indices * 12),
}
