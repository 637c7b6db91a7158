"""Cohorts: of those who first bought in a month, how many are active at each age in months.

Here: the retention table as arrays, its rates with intervals, and the rate by age over all cohorts. Not here: what
counts as active, and where the rows come from. Interval: Wilson (1927), as Brown, Cai & DasGupta (2001) recommend.
"""

from dataclasses import dataclass

import numpy as np
import scipy as sp
from numpy.typing import ArrayLike, NDArray

from kizuna.science.purchasing import Floats, Ints


class CohortError(ValueError):
    """Rows that cannot be: field is the name of the argument."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Shares of customers with their interval, float64 of one shape; nan where there is nothing to divide by."""

    rate: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class RetentionTable:
    """Cohorts by month index, ascending int64[c]; size int64[c]; active int64[c, a] at age 0, 1, ... a - 1 months.

    seen bool[c, a]: whether that age has come by until_month; active is 0 where it has not.
    """

    cohort: Ints
    size: Ints
    active: Ints
    seen: NDArray[np.bool_]

    def rates(self, level: float = 0.95) -> Rates:
        """Share of each cohort that is active at each age, [c, a], nan where the age has not come."""
        return _wilson(np.where(self.seen, self.active, np.nan), self.size[:, None] * np.ones_like(self.active), level)

    def by_age(self, level: float = 0.95) -> Rates:
        """Share active at each age over the cohorts that have come to it, [a]; large cohorts weigh more."""
        whole = (self.size[:, None] * self.seen).sum(axis=0)
        return _wilson((self.active * self.seen).sum(axis=0), whole, level)


def retention_table(customer: ArrayLike, month: ArrayLike, until_month: int) -> RetentionTable:
    """Count active customers by month of their first row and age in months, from one row per activity.

    customer: int64[n]; month: int64[n], any running month index; rows after until_month do not count, and a month is
    counted once per customer. Every month between the first and the last cohort has its row, of size 0 where nobody
    came.

    >>> table = retention_table([1, 1, 2, 2, 3], [0, 2, 0, 1, 2], until_month=2)
    >>> table.cohort.tolist(), table.size.tolist(), table.active.tolist()
    ([0, 1, 2], [2, 0, 1], [[2, 1, 1], [0, 0, 0], [1, 0, 0]])
    """
    who, when = _column("customer", customer), _column("month", month)
    if len(who) != len(when):
        raise CohortError("month", "must be as long as customer")
    who, when = who[when <= until_month], when[when <= until_month]
    names, place = np.unique(who, return_inverse=True)
    first = np.full(len(names), until_month, dtype=np.int64)
    np.minimum.at(first, place, when)
    return _tabled(first, *_distinct(place, when - first[place]), until_month)


def from_counts(cohort_month: ArrayLike, month: ArrayLike, customers: ArrayLike, active: ArrayLike) -> RetentionTable:
    """The table from counted rows: one per cohort and month, customers = size of the cohort, active in that month.

    The last month of the rows is the last that has come; pairs without a row count nobody active.

    >>> from_counts([0, 0, 1], [0, 1, 1], [5, 5, 2], [5, 3, 2]).by_age().rate.tolist()
    [1.0, 0.6]
    """
    cohort, when, size, number = (
        _column(field, column)
        for field, column in (
            ("cohort_month", cohort_month), ("month", month), ("customers", customers), ("active", active)
        )
    )  # fmt: skip
    if not len(cohort) == len(when) == len(size) == len(number):
        raise CohortError("active", "the columns must be of one length")
    if ((number < 0) | (number > size)).any():
        raise CohortError("active", "must lie between 0 and customers")
    if (when < cohort).any():
        raise CohortError("month", "must not lie before cohort_month")
    table = _empty(int(cohort.min()) if len(cohort) else 0, int(when.max()) if len(when) else -1)
    row = cohort - (table.cohort[0] if len(cohort) else 0)
    table.size[row] = size
    table.active[row, when - cohort] = number
    return table


def _tabled(first: Ints, owner: Ints, age: Ints, until_month: int) -> RetentionTable:
    table = _empty(int(first.min()) if len(first) else 0, until_month if len(first) else -1)
    if len(first):
        row = first - first.min()
        table.size[:] = np.bincount(row, minlength=len(table.cohort))
        np.add.at(table.active, (row[owner], age), 1)
    return table


def _empty(from_month: int, until_month: int) -> RetentionTable:
    cohort = np.arange(from_month, until_month + 1, dtype=np.int64)
    size = np.zeros(len(cohort), dtype=np.int64)
    age = np.arange(len(cohort))
    return RetentionTable(cohort, size, np.zeros((len(age), len(age)), np.int64), age[:, None] + age <= len(age) - 1)


def _distinct(place: NDArray[np.intp], age: Ints) -> tuple[Ints, Ints]:
    """Each pair of customer and age once."""
    ages = int(age.max()) + 1 if len(age) else 1
    key = np.unique(place.astype(np.int64) * ages + age)
    return key // ages, key % ages


def _wilson(number: ArrayLike, whole: ArrayLike, level: float) -> Rates:
    """Wilson's score interval: (p + z^2/2n +- z sqrt(p(1 - p)/n + z^2/4n^2)) / (1 + z^2/n)."""
    hit, n = np.asarray(number, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    z = float(sp.special.ndtri(0.5 + level / 2.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = hit / n
        centre, reach = rate + z * z / (2 * n), z * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
        low, high = (centre - reach) / (1 + z * z / n), (centre + reach) / (1 + z * z / n)
    return Rates(rate, np.clip(np.minimum(low, rate), 0.0, 1.0), np.clip(np.maximum(high, rate), 0.0, 1.0))


def _column(field: str, column: ArrayLike) -> Ints:
    found = np.asarray(column)
    if found.ndim != 1 or (found.size and not np.issubdtype(found.dtype, np.integer)):
        raise CohortError(field, "must be a column of whole numbers")
    return found.astype(np.int64)
