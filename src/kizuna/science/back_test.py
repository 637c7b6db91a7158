"""How a forecast would have done on the past: tracked week by week, by frequency class, in sum, and its intervals.

Here: comparing what was expected with what came. Not here: fitting, or what is held back. Tracking plots and the table
by frequency class are drawn as in Fader, Hardie & Lee, "Counting Your Customers" the Easy Way (2005), figures 5 to 7.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tracking:
    """Repeat purchases up to the end of each step, cumulative: the day each ends at, what came, what was expected."""

    day: Ints
    actual: Ints
    expected: Floats

    def steps(self) -> tuple[Ints, Floats]:
        """What came and what was expected within each step."""
        return np.diff(self.actual, prepend=0), np.diff(self.expected, prepend=0.0)


@dataclass(frozen=True, slots=True)
class FrequencyClass:
    """Customers with x repeat purchases until the origin (the last class: that many or more), averages after it."""

    x: int
    customers: int
    expected: float
    actual: float


def tracking(first_day: Ints, repeat_day: Ints, by_age: Floats, until_day: int, step: int = 7) -> Tracking:
    """Track repeat purchases from the first customer on, until a day.

    first_day int64[customers]; repeat_day int64[purchases], of these customers; by_age float64[days]: expected repeat
    purchases of one customer so many days old, from 0 to the age of the first one. Steps are whole, counted backwards
    from until_day, so that the last one ends there. Expected at t: sum over customers of by_age[t - first_day].

    >>> found = tracking(np.array([0, 2]), np.array([3, 4]), np.arange(5) * 0.25, 4, step=2)
    >>> found.day.tolist(), found.actual.tolist(), found.expected.tolist()
    ([0, 2, 4], [0, 0, 2], [0.0, 0.5, 1.5])
    """
    start = int(first_day.min())
    days = np.arange(until_day, start - 1, -step, dtype=np.int64)[::-1]
    arrivals = np.bincount(first_day - start, minlength=until_day - start + 1).astype(np.float64)
    actual = np.searchsorted(np.sort(repeat_day), days, side="right").astype(np.int64)
    expected = np.array([arrivals[: day - start + 1] @ by_age[: day - start + 1][::-1] for day in days.tolist()])
    return Tracking(days, actual, expected)


def by_frequency(x: Ints, expected: Floats, actual: Floats, most: int = 7) -> list[FrequencyClass]:
    """Compare averages by how often customers had come back before: classes 0 to most - 1, and most or more.

    Columns in rows by customer: x int64, expected and actual purchases after the origin float64. Empty classes are left
    out.

    >>> by_frequency(np.array([0, 0, 9]), np.array([0.2, 0.4, 3.0]), np.array([0.0, 1.0, 2.0]), most=7)[0]
    FrequencyClass(x=0, customers=2, expected=0.30000000000000004, actual=0.5)
    """
    held = np.minimum(x, most)
    number = np.bincount(held, minlength=most + 1)
    said, came = np.bincount(held, expected, most + 1), np.bincount(held, actual, most + 1)
    return [
        FrequencyClass(each, int(number[each]), float(said[each] / number[each]), float(came[each] / number[each]))
        for each in np.flatnonzero(number).tolist()
    ]


def error(expected: float, actual: float) -> float | None:
    """By how much more was expected than came, as a ratio of what came; None where nothing came.

    >>> error(1240.0, 1198.0), error(3.0, 0.0)
    (0.035058430717863104, None)
    """
    return None if actual == 0 else (expected - actual) / abs(actual)


def coverage(low: Floats, high: Floats, actual: Floats) -> float:
    """The share of rows whose outcome lies within its interval, ends included: in [0, 1]; 1 of no rows.

    >>> coverage(np.array([0.0, 2.0]), np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    0.5
    """
    return float(((low <= actual) & (actual <= high)).mean()) if len(actual) else 1.0
