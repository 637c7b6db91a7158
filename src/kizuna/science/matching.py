"""Comparing those something was done for with others alike: a comparison, never a proof.

Here: nearest others by rank in two figures, and the mean difference with its interval. Not here: who was treated when,
or what the outcome is. Source: model, section 3 (expense is investment); k, caliper and ranks are ours.
"""

from dataclasses import dataclass

import numpy as np
import scipy as sp
from numpy.typing import NDArray

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

NEIGHBOURS = 5
CALIPER = 0.1
FEWEST = 10
_DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean outcome of those matched, of those alike, the difference and between which values it lies (95 %)."""

    matched: int
    unmatched: int
    mean: float
    mean_alike: float
    difference: float
    low: float
    high: float


def ranks(values: Floats) -> Floats:
    """Place of each value between 0 and 1, ties share theirs.

    >>> ranks(np.array([5.0, 1.0, 1.0])).tolist()
    [1.0, 0.25, 0.25]
    """
    if len(values) < 2:
        return np.zeros(len(values))
    placed: Floats = (sp.stats.rankdata(values) - 1.0) / (len(values) - 1.0)
    return placed


def nearest(treated: Floats, others: Floats, k: int = NEIGHBOURS, caliper: float = CALIPER) -> list[Ints]:
    """For each treated the rows of at most k others within the caliper, the nearest first; others may serve twice.

    treated: float64[n, d], others: float64[m, d], both as ranks; distance is the largest over the d figures.

    >>> nearest(np.array([[0.5, 0.5]]), np.array([[0.9, 0.5], [0.55, 0.45], [0.5, 0.42]]))[0].tolist()
    [1, 2]
    """
    if not len(others):
        return [np.empty(0, dtype=np.int64) for _ in range(len(treated))]
    wanted = min(k, len(others))
    distance, row = sp.spatial.KDTree(others).query(treated, k=wanted, p=np.inf)
    distance, row = distance.reshape(len(treated), wanted), row.reshape(len(treated), wanted)
    return [row[place][distance[place] <= caliper].astype(np.int64) for place in range(len(treated))]


def compare(outcome: Floats, alike: Floats, unmatched: int, seed: int = 20) -> Difference | None:
    """Difference of outcomes between those matched and the mean of those alike, with a bootstrap interval.

    outcome, alike: float64[n], one row per matched. None with under 10: the interval would say nothing.

    >>> told = compare(np.arange(20.0) + 3, np.arange(20.0), 2)
    >>> told.difference, told.low, told.high, told.matched
    (3.0, 3.0, 3.0, 20)
    """
    if len(outcome) < FEWEST:
        return None
    gap = outcome - alike
    random = np.random.default_rng(seed)
    drawn = random.integers(0, len(gap), (_DRAWS, len(gap)))
    low, high = np.quantile(gap[drawn].mean(axis=1), [0.025, 0.975])
    return Difference(
        len(gap), unmatched, float(outcome.mean()), float(alike.mean()), float(gap.mean()), float(low), float(high)
    )
