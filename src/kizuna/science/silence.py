"""When customers fall silent: the first time that nobody hears of them for so many days, as durations with an end.

Here: durations for science.survival from customer-days. Ours: a customer counts as gone when the silence is complete,
so that the present can be judged as surely as the past. Not here: the curve.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kizuna.science.periods import Ints

LEAST_DAYS = 90
TIMES_THE_GAP = 3


@dataclass(frozen=True, slots=True, eq=False)
class Durations:
    """Per customer, ascending: first day, days watched since, and whether the silence was complete by then."""

    customer: Ints
    first_day: Ints
    days: Ints
    ended: NDArray[np.bool_]


def silence_days(customer: Ints, day: Ints) -> int:
    """How long a silence must be: 3 times the median gap between purchases, at least 90 days (model, section 3).

    customer, day: int64[n], each customer-day once, sorted by customer and day. Nobody came twice: 90.

    >>> silence_days(np.array([1, 1, 2, 2, 3]), np.array([0, 40, 5, 55, 9]))
    135
    """
    same = customer[1:] == customer[:-1]
    gaps = (day[1:] - day[:-1])[same]
    return max(LEAST_DAYS, round(TIMES_THE_GAP * float(np.median(gaps)))) if len(gaps) else LEAST_DAYS


def until_silent(customer: Ints, day: Ints, until_day: int, silence: int) -> Durations:
    """Days from the first purchase until a silence was first complete, or until the last day looked at.

    customer, day: as for `silence_days`, none after until_day. ended: some gap, or the time since the last purchase,
    reached the silence; then days = day before the gap + silence - first day. Whoever returns later has ended.

    >>> found = until_silent(np.array([1, 1, 2, 3]), np.array([0, 200, 150, 190]), 250, 90)
    >>> found.days.tolist(), found.ended.tolist()
    ([90, 90, 60], [True, True, False])
    """
    if not len(customer):
        empty = np.empty(0, dtype=np.int64)
        return Durations(empty, empty.copy(), empty.copy(), np.empty(0, dtype=np.bool_))
    starts = np.flatnonzero(np.r_[True, customer[1:] != customer[:-1]])
    following = np.r_[day[1:], until_day]
    following[np.r_[starts[1:] - 1, len(day) - 1]] = until_day
    never = np.iinfo(np.int64).max
    reached = np.where(following - day >= silence, day + silence, never)
    first_end = np.minimum.reduceat(reached, starts)
    ended = first_end != never
    first_day = day[starts]
    return Durations(customer[starts], first_day, np.where(ended, first_end, until_day) - first_day, ended)
