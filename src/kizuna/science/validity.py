"""Does a score put the right customers first? Measures on what they brought afterwards, with resampled intervals.

Here: Spearman, normalised Gini, top-decile lift, their bootstrap over customers (the same draws for every score, so
that differences are paired), Holm's correction and "two origins running". Not here: scores (rivals, factor), learning.
Sources: model, section 2 (validity of the criterion); Holm 1979; bag of little bootstraps: Kleiner et al. 2014.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

SPEARMAN, GINI, LIFT = range(3)
"""Columns of every array of measures; the Gini is the primary one."""
BEYOND = 2 * (1 - NormalDist().cdf(2))
"""The level of "beyond 2 standard errors", both sides: .0455."""
RUNNING = 2
_MOST_RESAMPLED = 10_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure on all customers, its standard error, and the central 95 % of its resampled values."""

    value: float
    error: float
    low: float
    high: float

    @property
    def p(self) -> float:
        """Probability, both sides, of a value as far from 0 if the truth were 0 (normal); 1 where nothing varies."""
        if not self.error > 0:
            return 1.0
        return 2 * (1 - NormalDist().cdf(abs(self.value) / self.error))


def spearman(score: Floats, y: Floats) -> float:
    """Correlation of the average ranks of score and y, both float64[n]; in [-1, 1], nan where one does not vary.

    y below 0 counts as 0, in all three measures. Source: Spearman 1904; ties share their mean rank.

    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([0.0, 5.0, 7.0]))
    1.0
    """
    return float(measures(score, y)[SPEARMAN])


def normalised_gini(score: Floats, y: Floats) -> float:
    """How much of what can be gained by ordering the score gains: 1 orders as y itself, about 0 orders at random.

    (mean of the cumulated share of y in order of score, descending, stable - 1/2) / the same for y itself. float64[n];
    nan where nobody has any y. Source: model, section 2; Gini's mean difference, as in ordered Lorenz curves.

    >>> normalised_gini(np.array([3.0, 2.0, 1.0]), np.array([6.0, 0.0, 3.0]))
    0.7142857142857144
    """
    floored = _floored(score, y)
    once = np.ones(len(floored), dtype=np.int64)
    best = _Order(floored, floored).area(once) if len(floored) else 0.0
    return _Order(score, floored).area(once) / best if best > 0 else math.nan


def top_decile_lift(score: Floats, y: Floats) -> float:
    """Share of y held by the ceil(n / 10) highest scores (stable), over one tenth; in [0, 10], nan without any y.

    >>> top_decile_lift(np.arange(20.0), np.arange(20.0))
    1.9473684210526316
    """
    return float(measures(score, y)[LIFT])


def measures(score: Floats, y: Floats) -> Floats:
    """All three, float64[3] in the order SPEARMAN, GINI, LIFT.

    >>> measures(np.array([2.0, 1.0]), np.array([4.0, 0.0])).tolist()
    [1.0, 1.0, 10.0]
    """
    floored = _floored(score, y)
    if not len(floored):
        return np.full(3, math.nan)
    once = np.ones(len(floored), dtype=np.int64)
    measured: Floats = _weighted([_Order(score, floored)], _Order(floored, floored), once)[0]
    return measured


@dataclass(frozen=True, slots=True)
class Resampled:
    """Measures of several scores on the same customers, and what they were in each draw.

    value: float64[scores, 3]; draws: float64[draws, scores, 3], already centred on the value.
    """

    names: tuple[str, ...]
    value: Floats
    draws: Floats

    def estimate(self, name: str, measure: int = GINI) -> Estimate:
        """One score's measure with its error and interval."""
        row = self.names.index(name)
        return _estimate(float(self.value[row, measure]), self.draws[:, row, measure])

    def difference(self, name: str, rival: str, measure: int = GINI) -> Estimate:
        """How much better the first score is than the second on the same draws: below 0 where the rival is better."""
        row, other = self.names.index(name), self.names.index(rival)
        value = float(self.value[row, measure] - self.value[other, measure])
        return _estimate(value, self.draws[:, row, measure] - self.draws[:, other, measure])


def resample(scores: Mapping[str, Floats], y: Floats, random: np.random.Generator, draws: int = 200) -> Resampled:
    """Measure several scores and draw the customers again, with replacement, so many times; the same for all scores.

    scores: float64[n] each, y: float64[n]. Above 10,000 customers the draws are of n out of a random 10,000 of them
    (bag of little bootstraps), so that time stays bounded while the error is that of n.

    >>> one = resample({"a": np.arange(9.0), "b": np.zeros(9)}, np.arange(9.0), np.random.default_rng(1), draws=8)
    >>> one.estimate("a").value, one.difference("a", "a").p, one.draws.shape
    (1.0, 1.0, (8, 2, 3))
    """
    names, count = tuple(scores), len(y)
    value = np.array([measures(score, y) for score in scores.values()]).reshape(len(names), 3)
    if not count:
        return Resampled(names, value, np.empty((0, len(names), 3)))
    chosen = np.arange(count)
    if count > _MOST_RESAMPLED:
        chosen = np.sort(random.choice(count, _MOST_RESAMPLED, replace=False))
    some = np.maximum(y[chosen], 0.0)
    truth = _Order(some, some)
    orders = [_Order(score[chosen], some) for score in scores.values()]
    centre = value if len(chosen) == count else _weighted(orders, truth, np.ones_like(chosen))
    drawn = np.empty((draws, len(names), 3))
    for draw in range(draws):
        times = np.bincount(random.integers(0, len(chosen), count), minlength=len(chosen))
        drawn[draw] = _weighted(orders, truth, times)
    return Resampled(names, value, drawn - centre + value)


def holm(p: Mapping[str, float], level: float = BEYOND) -> frozenset[str]:
    """Which of several hypotheses fall at a level for all together: the smallest p at level / k, the next / (k - 1).

    Source: Holm 1979, a simple sequentially rejective multiple test procedure.

    >>> sorted(holm({"a": 0.01, "b": 0.04, "c": 0.02}, 0.05)), sorted(holm({"a": 0.01, "b": 0.04, "c": 0.03}, 0.05))
    (['a', 'b', 'c'], ['a'])
    """
    fallen: set[str] = set()
    for place, (value, name) in enumerate(sorted((value, name) for name, value in p.items())):
        if value > level / (len(p) - place):
            break
        fallen.add(name)
    return frozenset(fallen)


def beaten_by(differences: Mapping[str, Estimate]) -> frozenset[str]:
    """The rivals that are better beyond 2 standard errors, Holm over all rivals; differences are ours minus theirs.

    >>> even, worse = Estimate(0.001, 0.01, -0.02, 0.02), Estimate(-0.04, 0.01, -0.06, -0.02)
    >>> sorted(beaten_by({"monetary": worse, "rfm": even}))
    ['monetary']
    """
    fallen = holm({name: each.p for name, each in differences.items()})
    return frozenset(name for name in fallen if differences[name].value < 0)


def fallen_below(now: Estimate, before: Estimate) -> bool:
    """Whether validity lies below an earlier one by more than 2 standard errors of the difference (as if independent).

    >>> fallen_below(Estimate(0.5, 0.03, 0.44, 0.56), Estimate(0.7, 0.04, 0.62, 0.78))
    True
    """
    error = math.hypot(now.error, before.error)
    return error > 0 and now.value < before.value - 2 * error


def running_since(flags: Sequence[bool], least: int = RUNNING) -> int | None:
    """Where the unbroken run of flags at the end begins (origins in order of time); None if under `least` long.

    >>> running_since([True, False, True, True]), running_since([True, True, False]), running_since([False, True])
    (2, None, None)
    """
    start = len(flags)
    while start and flags[start - 1]:
        start -= 1
    return start if len(flags) - start >= least else None


class _Order:
    """The customers in descending order of a score, with its groups of equal values: sorted once for all draws."""

    def __init__(self, score: Floats, y: Floats) -> None:
        self.rows = np.argsort(-score, kind="stable")
        self.y = y[self.rows]
        ordered = score[self.rows]
        new = np.ones(len(score), dtype=np.bool_)
        new[1:] = ordered[1:] != ordered[:-1]
        self.starts = np.flatnonzero(new)
        group = np.cumsum(new) - 1
        self.group = np.empty_like(group)
        self.group[self.rows] = group

    def ranks(self, there: Ints) -> Floats:
        """Average ranks from the top, by customer, when the customer in row i of the order is there[i] times."""
        in_group = np.add.reduceat(there, self.starts)
        middle: Floats = np.cumsum(in_group) - (in_group - 1) / 2
        return middle[self.group]

    def area(self, there: Ints) -> float:
        """Mean cumulated share of y, less one half; nan where nobody has any y."""
        gained = there * self.y
        upto = np.cumsum(gained)
        total = float(upto[-1])
        if total <= 0:
            return math.nan
        whole = _dot(there, upto - gained + (there + 1) * self.y / 2)
        return whole / (total * int(there.sum())) - 0.5

    def lift(self, there: Ints) -> float:
        """Share of y in the top ceil(n / 10), over one tenth; nan where nobody has any y."""
        upto = np.cumsum(there)
        wanted = -(-int(upto[-1]) // 10)
        last = int(np.searchsorted(upto, wanted))
        held = _dot(there[:last], self.y[:last]) + (wanted - int(upto[last] - there[last])) * float(self.y[last])
        total = _dot(there, self.y)
        return 10 * held / total if total > 0 else math.nan


def _weighted(orders: Sequence[_Order], truth: _Order, times: Ints) -> Floats:
    """The measures of scores when customer i is there times[i] times: float64[scores, 3]."""
    there = times[truth.rows]
    best, count = truth.area(there), int(there.sum())
    deviation = truth.ranks(there) - (count + 1) / 2
    measured = np.empty((len(orders), 3))
    for row, order in enumerate(orders):
        there = times[order.rows]
        measured[row, SPEARMAN] = _correlation(order.ranks(there) - (count + 1) / 2, deviation, times)
        measured[row, GINI] = order.area(there) / best if best > 0 else math.nan
        measured[row, LIFT] = order.lift(there)
    return measured


def _correlation(a: Floats, b: Floats, times: Ints) -> float:
    """Pearson's of two columns that already deviate from their means."""
    weighted = times * a
    spread = _dot(weighted, a) * _dot(times * b, b)
    return _dot(weighted, b) / math.sqrt(spread) if spread > 0 else math.nan


def _dot(a: Floats | Ints, b: Floats) -> float:
    """The inner product without the threads of a BLAS, which cost more than they bring at this size."""
    return float((a * b).sum())


def _floored(score: Floats, y: Floats) -> Floats:
    if score.shape != y.shape or y.ndim != 1:
        raise ValueError(f"{score.shape} scores and {y.shape} outcomes do not match")
    if not (np.isfinite(score).all() and np.isfinite(y).all()):
        raise ValueError("a score or an outcome is not a finite number")
    return np.maximum(y, 0.0)


def _estimate(value: float, draws: Floats) -> Estimate:
    known = draws[np.isfinite(draws)]
    if not len(known) or not math.isfinite(value):
        return Estimate(value, math.nan, math.nan, math.nan)
    low, high = np.quantile(known, (0.025, 0.975))
    return Estimate(value, float(known.std(ddof=1)) if len(known) > 1 else math.nan, float(low), float(high))
