"""The curve of relationships by their age (Fig. 2 of the model), and how long they last in each stage.

Here: retention rate by age in months, mean of a figure by age, onset of dormancy, spells in stages for survival.
Not here: which acts count, the stages themselves. Source: model, section 3 (stage chart); conventions marked (ours).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kizuna.science.periods import DAY_US

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Flags = NDArray[np.bool_]

MONTH_US = round(365.25 / 12 * DAY_US)
HALF_DAY = 0.5
_Z = 1.959964


@dataclass(frozen=True, slots=True, eq=False)
class ByAge:
    """Per age in whole months: customers watched through the month that follows, active in it, and the interval."""

    customers: Ints
    active: Ints
    low: Floats
    high: Floats

    @property
    def rate(self) -> Floats:
        """The retention rate, NaN where nobody is that old."""
        with np.errstate(invalid="ignore"):
            return self.active / np.where(self.customers > 0, self.customers, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Onsets:
    """Per customer, ascending: first act, and days from it until dormancy began (ended) or was not seen to begin."""

    customer: Ints
    first_us: Ints
    days: Floats
    ended: Flags


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """Time in stages: from an age to an age in days, whether it ended in dormancy, the stage."""

    entry: Floats
    end: Floats
    ended: Flags
    stage: Ints


def retention_by_age(customer: Ints, at_us: Ints, until_us: int) -> ByAge:
    """Share of the customers of each age who act in the next month; the first act itself is no return.

    customer, at_us: int64[n] in any order, none after until_us. At age a those are counted whose month (a, a + 1] has
    passed. Interval: Wilson's, 95 %.

    >>> acts = np.array([0, 10, 40, 0]) * DAY_US
    >>> found = retention_by_age(np.array([1, 1, 1, 2]), acts, 95 * DAY_US)
    >>> found.customers.tolist(), found.active.tolist()
    ([2, 2, 2], [1, 1, 0])
    """
    who, place = np.unique(customer, return_inverse=True)
    if not len(who):
        empty = np.empty(0, dtype=np.int64)
        return ByAge(empty, empty.copy(), np.empty(0), np.empty(0))
    first = np.full(len(who), np.iinfo(np.int64).max)
    np.minimum.at(first, place, at_us)
    oldest = int((until_us - first.min()) // MONTH_US)
    watched = (until_us - first) // MONTH_US
    customers = len(who) - np.cumsum(np.bincount(watched, minlength=oldest + 1))[:oldest]
    age = (at_us - first[place]) // MONTH_US
    back = (at_us > first[place]) & (age < watched[place])
    pairs = np.unique(place[back] * (oldest + 1) + age[back])
    active = np.bincount(pairs % (oldest + 1), minlength=oldest + 1)[:oldest]
    low, high = wilson(active, customers)
    return ByAge(customers, active, low, high)


def wilson(count: Ints, of: Ints) -> tuple[Floats, Floats]:
    """Interval of a share by Wilson's formula, 95 %; 0 to 1 where there is nobody.

    >>> low, high = wilson(np.array([5]), np.array([10]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.237], [0.763])
    """
    n = np.maximum(of, 1).astype(np.float64)
    share, z2 = count / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = _Z * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    nobody = of == 0
    return np.where(nobody, 0.0, np.maximum(middle - reach, 0.0)), np.where(
        nobody, 1.0, np.minimum(middle + reach, 1.0)
    )


def mean_by_age(first_us: Ints, at_us: int, value: Floats, ages: int) -> tuple[Floats, Ints]:
    """Sum of a figure at an instant by age in whole months, and of how many customers; for means over instants.

    first_us: int64[n] when each began; value: float64[n]; ages: how many months to tell apart.

    >>> sums, count = mean_by_age(np.array([0, 0, 40 * DAY_US]), 45 * DAY_US, np.array([0.2, 0.4, 1.0]), 2)
    >>> sums.round(1).tolist(), count.tolist()
    ([1.0, 0.6], [1, 2])
    """
    age = (at_us - first_us) // MONTH_US
    known = (age >= 0) & (age < ages)
    return np.bincount(age[known], value[known], minlength=ages), np.bincount(age[known], minlength=ages)


def onsets(customer: Ints, at_us: Ints, until_us: int, silence_days: int) -> Onsets:
    """When dormancy first began (ours): the last act before nothing was heard for silence_days.

    Nobody can be judged later than silence_days before until_us, so all are watched up to there and no further; who
    first came after that is left out. Whoever returns later had been dormant.

    >>> acts = np.array([0, 30, 200, 10, 99]) * DAY_US
    >>> found = onsets(np.array([1, 1, 1, 2, 2]), acts, 220 * DAY_US, 90)
    >>> found.days.tolist(), found.ended.tolist()
    ([30.0, 89.0], [True, True])
    """
    order = np.lexsort((at_us, customer))
    who, at = customer[order], at_us[order]
    last_us = until_us - silence_days * DAY_US
    if not len(who):
        return Onsets(who, at, np.empty(0), np.empty(0, dtype=np.bool_))
    starts = np.flatnonzero(np.r_[True, who[1:] != who[:-1]])
    following = np.r_[at[1:], np.iinfo(np.int64).max]
    following[np.r_[starts[1:] - 1, len(at) - 1]] = np.iinfo(np.int64).max
    silent = (following - at >= silence_days * DAY_US) & (at <= last_us)
    onset = np.minimum.reduceat(np.where(silent, at, np.iinfo(np.int64).max), starts)
    first = at[starts]
    ended = onset != np.iinfo(np.int64).max
    days = (np.where(ended, onset, last_us) - first) / DAY_US
    kept = first < last_us
    return Onsets(who[starts][kept], first[kept], np.maximum(days, HALF_DAY)[kept], ended[kept])


def spells(found: Onsets, customer: Ints, at_us: Ints, stage: Ints) -> Spells:
    """Cut what was watched of each customer at the moments when a stage was first reached; stage 0 before the first.

    customer, at_us, stage: int64[m], the moves that raised the highest stage. At risk in a stage is who has entered it:
    the start of dormancy at the very act that led on counts for the stage before.

    >>> watched = onsets(np.array([1, 1]), np.array([0, 40]) * DAY_US, 300 * DAY_US, 90)
    >>> cut = spells(watched, np.array([1]), np.array([10 * DAY_US]), np.array([1]))
    >>> cut.entry.tolist(), cut.end.tolist(), cut.ended.tolist(), cut.stage.tolist()
    ([0.0, 10.0], [10.0, 40.0], [False, True], [0, 1])
    """
    row = np.searchsorted(found.customer, customer)
    row = np.minimum(row, max(len(found.customer) - 1, 0))
    known = np.zeros(0, dtype=np.bool_) if not len(found.customer) else found.customer[row] == customer
    row, entered = row[known], (at_us[known] - found.first_us[row[known]]) / DAY_US
    rows = np.r_[np.arange(len(found.customer)), row]
    entry = np.maximum(np.r_[np.zeros(len(found.customer)), entered], 0.0)
    stages = np.r_[np.zeros(len(found.customer), dtype=np.int64), stage[known]]
    order = np.lexsort((stages, entry, rows))
    rows, entry, stages = rows[order], entry[order], stages[order]
    last = np.r_[rows[1:] != rows[:-1], True] if len(rows) else np.zeros(0, dtype=np.bool_)
    following = np.where(last, np.inf, np.r_[entry[1:], np.inf][: len(entry)])
    end = np.minimum(following, found.days[rows])
    ended = found.ended[rows] & (found.days[rows] <= following)
    real = end > entry
    return Spells(entry[real], end[real], ended[real], stages[real])
