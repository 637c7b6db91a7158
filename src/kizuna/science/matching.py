"""Comparing those something was done for with others alike: a comparison, never a proof.

Here: nearest others by rank in some figures, and the mean difference with its interval. Not here: who was treated
when, or what the outcome is. Sources: model, section 3 (expense is investment), Abadie & Imbens (2006) for the variance
of matched means; k, caliper and ranks are ours.
"""

from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Whom each matched row is of (int64[n]), the rows of the others beside it (never none); how many had nobody."""

    who: Ints
    near: Sequence[Ints]
    unmatched: int


def contrast(outcome: Floats, others: Floats, pairs: Pairs) -> Difference | None:
    """Difference of outcomes between those matched and those alike, where people come again and others serve twice.

    outcome: float64[n], others: float64[m]. Rows of one person are taken together; of an other that serves K times as
    1/M, (sum 1/M)^2 - sum 1/M^2 of its variance is added; interval by t over people. None under 10 people.

    >>> pairs = Pairs(np.arange(20), [np.array([row, row + 1]) for row in range(20)], 2)
    >>> told = contrast(np.arange(20.0) + 3, np.arange(21.0), pairs)
    >>> told.difference, told.matched, round(told.high - told.low, 2)
    (2.5, 20, 4.0)
    """
    people, place = np.unique(pairs.who, return_inverse=True)
    if len(people) < FEWEST:
        return None
    alike = np.array([others[each].mean() for each in pairs.near])
    gap = outcome - alike
    mean = float(gap.mean())
    wide = float((np.bincount(place, gap - mean) ** 2).sum()) + _serving_again(others, pairs.near)
    half = float(sp.stats.t.ppf(0.975, len(people) - 1)) * wide**0.5 / len(gap)
    return Difference(
        len(gap), pairs.unmatched, float(outcome.mean()), float(alike.mean()), mean, mean - half, mean + half
    )


def _serving_again(others: Floats, near: Sequence[Ints]) -> float:
    """What it adds to the variance that the same others stand beside several."""
    row = np.concatenate(near)
    part = np.repeat([1.0 / len(each) for each in near], [len(each) for each in near])
    used = np.unique(row)
    again = np.bincount(row, part) ** 2 - np.bincount(row, part**2)
    return float(again.clip(min=0.0).sum() * others[used].var(ddof=1)) if len(used) > 1 else 0.0
