"""The middle and the slow end of many durations: median and the value nine of ten stay under, also weighted.

Here: quantiles of figures, of figures that count unequally, and of counts in classes; whether two medians differ
by more than chance. Sources: Hyndman & Fan (1996), definition 7; Efron & Tibshirani (1993) for the interval.
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


def median_difference(first: Floats, second: Floats, weights: Floats, seed: int = 20) -> tuple[float, float, float]:
    """How much larger the median of the first is than the weighted one of the second, with a bootstrap interval.

    first: float64[n], second and its weights: float64[m]; 95 %. Raises ValueError under 10 of either.

    >>> now, then = np.arange(40.0), np.arange(40.0) + 100
    >>> difference, low, high = median_difference(now, then, np.ones(40))
    >>> difference, low < -85 < high or low < -100 < high
    (-99.5, True)
    """
    if min(len(first), len(second)) < FEWEST:
        raise ValueError("too few to compare")
    random = np.random.default_rng(seed)
    drawn = np.empty(_DRAWS)
    for turn in range(_DRAWS):
        mine = first[random.integers(0, len(first), len(first))]
        row = random.integers(0, len(second), len(second))
        if weights[row].sum() <= 0:
            row = np.arange(len(second))
        drawn[turn] = np.median(mine) - weighted_quantile(second[row], weights[row], 0.5)
    low, high = np.quantile(drawn, [0.025, 0.975])
    told = float(np.median(first)) - weighted_quantile(second, weights, 0.5)
    return told, float(low), float(high)
