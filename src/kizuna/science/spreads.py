"""The middle and the slow end of many durations: median and the value nine of ten stay under, also weighted.

Here: quantiles of figures, of figures that count unequally, and of counts in classes; whether two medians differ
by more than chance. Sources: Hyndman & Fan (1996), definition 7; Kaplan & Meier (1958) for
waits that go on; Efron & Tibshirani (1993) for the interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

type Floats = NDArray[np.float64]

FEWEST = 10
_DRAWS = 500


@dataclass(frozen=True, slots=True)
class Spread:
    """How many figures there are, their middle and what nine of ten stay under."""

    n: int
    median: float
    p90: float


def spread(values: ArrayLike) -> Spread | None:
    """Median and 90 % quantile, in the unit of the figures; None without any.

    >>> spread([4, 1, 3, 2])
    Spread(n=4, median=2.5, p90=3.7)
    """
    each = np.asarray(values, dtype=np.float64)
    if not len(each):
        return None
    median, p90 = np.quantile(each, [0.5, 0.9])
    return Spread(len(each), round(float(median), 9), round(float(p90), 9))


def weighted_quantile(values: ArrayLike, weights: ArrayLike, share: float) -> float:
    """The smallest figure up to which at least `share` of all weight lies; weights are at least 0, their sum above.

    >>> weighted_quantile([10, 20, 30], [1, 1, 2], 0.5)
    20.0
    """
    each, weigh = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if not len(each) or weigh.min() < 0 or weigh.sum() <= 0:
        raise ValueError("weights are at least 0 and not all 0")
    order = np.argsort(each, kind="stable")
    upto = np.cumsum(weigh[order])
    row = int(np.searchsorted(upto, share * upto[-1] * (1 - 1e-12), side="left"))
    return float(each[order][min(row, len(each) - 1)])


def in_classes(counts: Mapping[float, int], share: float) -> float | None:
    """The upper end of the class that holds a quantile; counts by upper end, inf for what is above; None: no counts.

    >>> in_classes({50: 80, 200: 15, float("inf"): 5}, 0.9)
    200.0
    """
    known = sorted((end, number) for end, number in counts.items() if number > 0)
    total = sum(number for _, number in known)
    upto = 0
    for end, number in known:
        upto += number
        if upto >= share * total:
            return float(end)
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """How long each waited or has waited so far, whether that wait is over, what each counts: all [n]."""

    lasted: Floats
    over: NDArray[np.bool_]
    weights: Floats


def lasting(waits: Waits, share: float) -> float:
    """How long it takes until that share of the waits is over, those that go on counted as long as they were seen.

    Kaplan & Meier (1958): whoever was seen only for a while says nothing of what comes later. inf: not known.

    >>> seen = Waits(np.array([1.0, 2.0, 3.0, 9.0]), np.array([True, False, True, True]), np.ones(4))
    >>> lasting(seen, 0.5), lasting(Waits(seen.lasted, seen.over & False, seen.weights), 0.5)
    (3.0, inf)
    """
    order = np.lexsort((~waits.over, waits.lasted))
    return _lasting(waits.lasted[order], waits.over[order], waits.weights[order], share)


def _lasting(lasted: Floats, over: NDArray[np.bool_], weights: Floats, share: float) -> float:
    """The same of waits in their order."""
    left = np.cumsum(weights[::-1])[::-1]
    ends = np.divide(weights * over, left, out=np.zeros(len(left)), where=left > 0)
    row = np.flatnonzero(np.cumprod(1.0 - ends.clip(max=1.0)) <= 1.0 - share + 1e-12)
    return float(lasted[row[0]]) if len(row) else float("inf")


def median_difference(first: Waits, second: Waits, seed: int = 20) -> tuple[float, float, float] | None:
    """How much longer the middle wait of the first is than of the second, with a bootstrap interval (95 %).

    None where fewer than half of either are known to be over, or in too many drawings. Raises ValueError with under 10
    of either over.

    >>> ones, over = np.ones(40), np.ones(40, dtype=bool)
    >>> median_difference(Waits(np.arange(40.0), over, ones), Waits(np.arange(40.0) + 100, over, ones))[0]
    -100.0
    """
    if min(int(first.over.sum()), int(second.over.sum())) < FEWEST:
        raise ValueError("too few to compare")
    random = np.random.default_rng(seed)
    one, other = (_drawn(each, random) for each in (first, second))
    told = lasting(first, 0.5) - lasting(second, 0.5)
    with np.errstate(invalid="ignore"):
        drawn = one - other
    if not np.isfinite(told) or not np.isfinite(drawn).all():
        return None
    low, high = np.quantile(drawn, [0.025, 0.975])
    return told, float(low), float(high)


def _drawn(waits: Waits, random: np.random.Generator) -> Floats:
    """The middle wait of as many drawn from them again and again."""
    order = np.lexsort((~waits.over, waits.lasted))
    lasted, over, weights = waits.lasted[order], waits.over[order], waits.weights[order]
    count = len(order)
    times = (np.bincount(random.integers(0, count, count), minlength=count) for _ in range(_DRAWS))
    return np.array([_lasting(lasted, over, weights * each, 0.5) for each in times])
