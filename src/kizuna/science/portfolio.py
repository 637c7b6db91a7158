"""The customer portfolio: relationship factor across, share of net profit up, and two cuts that make four segments.

Here: e-CNRR, the cuts, the segments with and without hysteresis, and concentration as measured. Not here: net profit
and RF themselves. e-CNRR and segments A, B: Ko & Shikama, section II.D; the cut rule is Kizuna's (model, section 2).
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import overload

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]
type Letters = NDArray[np.str_]

STAYS_HIGH_DOWN_TO_PERCENT = 95
_SAFE_SUM = 2.0**62


@dataclass(frozen=True, slots=True)
class Cuts:
    """The cuts of one snapshot: both None when n_star = 0 (nobody has brought profit), else net_profit_minor > 0.

    n_star: customers it takes to reach 80 % of the positive net profit. net_gain_minor: NG, the sum of all net profit.
    """

    rf: float | None
    net_profit_minor: int | None
    n_star: int
    net_gain_minor: int


@dataclass(frozen=True, slots=True)
class Concentration:
    """The 80/20 rule as measured: what the top fifth holds, and the smallest share of customers holding 80 %."""

    held_by_top_fifth: float
    customers_holding_80_percent: float


def cuts(net_profit_minor: Ints, rf: Floats) -> Cuts:
    """Where the portfolio is cut: n* = smallest n whose n largest NP sum to 80 % of the positive NP.

    net_profit_minor: int64[n] of placed customers, rf: float64[n]. Cut of NP = the n*-th largest NP, cut of RF = the
    n*-th largest RF. Exact in integers: 5 * sum >= 4 * total, whatever the size. Source: model, section 2.

    >>> cuts(np.array([50, 30, 20, -10]), np.array([0.2, 0.9, 0.4, 0.6]))
    Cuts(rf=0.6, net_profit_minor=30, n_star=2, net_gain_minor=90)
    """
    _check(net_profit_minor, rf)
    descending = np.sort(net_profit_minor)[::-1]
    n_star = _reaching_80_percent(descending)
    net_gain = _exact_sum(net_profit_minor)
    if n_star == 0:
        return Cuts(None, None, 0, net_gain)
    place = len(rf) - n_star
    return Cuts(float(np.partition(rf, place)[place]), int(descending[n_star - 1]), n_star, net_gain)


def segments(net_profit_minor: Ints, rf: Floats, at: Cuts) -> Letters:
    """The stateless segment of each customer: A high/high, B high NP only, C high RF only, D neither, '' without cuts.

    net_profit_minor: int64[n], rf: float64[n]; result str[n]. High means at or above the cut, so ties are high.
    Source: model, section 2 (portfolio).

    >>> at = Cuts(rf=0.6, net_profit_minor=30, n_star=2, net_gain_minor=90)
    >>> segments(np.array([50, 30, 20, -10]), np.array([0.2, 0.9, 0.4, 0.6]), at).tolist()
    ['B', 'A', 'D', 'C']
    """
    _check(net_profit_minor, rf)
    if at.rf is None or at.net_profit_minor is None:
        return np.full(len(rf), "")
    return _letters(rf >= at.rf, net_profit_minor >= at.net_profit_minor)


def segments_with_hysteresis(
    net_profit_minor: Ints, rf: Floats, at: Cuts, was_high_x: Bools, was_high_y: Bools
) -> Letters:
    """The segment shown: as `segments`, but who was high on an axis stays high down to 95 % of its current cut.

    was_high_x (RF), was_high_y (NP): bool[n] of the segment shown the day before (see `highs`), False for newcomers.
    NP is compared exactly: 100 * NP >= 95 * cut. Source: model, section 2 (hysteresis).

    >>> at = Cuts(rf=0.5, net_profit_minor=100, n_star=2, net_gain_minor=900)
    >>> np_minor, rf, before = np.array([95, 94, 99]), np.array([0.48, 0.47, 0.49]), np.array([True, True, False])
    >>> segments_with_hysteresis(np_minor, rf, at, before, before).tolist()
    ['A', 'D', 'D']
    """
    _check(net_profit_minor, rf)
    if not len(rf) == len(was_high_x) == len(was_high_y):
        raise ValueError(f"{len(rf)} customers, but {len(was_high_x)} and {len(was_high_y)} earlier places")
    if at.rf is None or at.net_profit_minor is None:
        return np.full(len(rf), "")
    least_np = -(-STAYS_HIGH_DOWN_TO_PERCENT * at.net_profit_minor // 100)
    least_rf = STAYS_HIGH_DOWN_TO_PERCENT * at.rf / 100
    high_x = (rf >= at.rf) | (was_high_x & (rf >= least_rf))
    high_y = (net_profit_minor >= at.net_profit_minor) | (was_high_y & (net_profit_minor >= least_np))
    return _letters(high_x, high_y)


def highs(shown: Letters) -> tuple[Bools, Bools]:
    """Which of the segments shown are high on X (RF: A, C) and on Y (e-CNRR: A, B); '' is high on neither.

    >>> [axis.tolist() for axis in highs(np.array(["A", "B", "C", "D", ""]))]
    [[True, False, True, False, False], [True, True, False, False, False]]
    """
    return (shown == "A") | (shown == "C"), (shown == "A") | (shown == "B")


@overload
def e_cnrr(net_profit_minor: int, net_gain_minor: int) -> float | None:
    """One customer."""


@overload
def e_cnrr(net_profit_minor: Ints, net_gain_minor: int) -> Floats | None:
    """Many customers."""


def e_cnrr(net_profit_minor: int | Ints, net_gain_minor: int) -> float | Floats | None:
    """Net revenue ratio of a customer: e-CNRR = NP / NG; None (undefined) when NG <= 0.

    One customer or int64[n]; no unit, negative where NP is, sums to 1 over all customers. Source: Ko & Shikama, II.D.

    >>> e_cnrr(30, 90), e_cnrr(30, 0)
    (0.3333333333333333, None)
    """
    if net_gain_minor <= 0:
        return None
    if isinstance(net_profit_minor, int):
        return net_profit_minor / net_gain_minor
    return net_profit_minor / float(net_gain_minor)


def concentration(values: Ints) -> Concentration | None:
    """The literal 80/20 rule, measured: negative values hold nothing, the top fifth is ceil(n / 5) customers.

    values: int64[n], money in minor units of every customer; shares in (0, 1]; None when nobody holds anything.
    Source: model, section 2 ("not assumed but measured").

    >>> concentration(np.array([60, 30, 5, 5, 0]))
    Concentration(held_by_top_fifth=0.6, customers_holding_80_percent=0.4)
    """
    descending = np.sort(np.maximum(values, 0))[::-1]
    needed = _reaching_80_percent(descending)
    if needed == 0:
        return None
    top_fifth = descending[: -(-len(descending) // 5)]
    return Concentration(_exact_sum(top_fifth) / _exact_sum(descending), needed / len(descending))


def shares_held(values: Ints, steps: int = 20) -> Floats:
    """The Lorenz curve from the richest on: what the top k / steps of the customers hold, float64[steps + 1], 0 to 1.

    values: int64[n], money in minor units of every customer; negative values hold nothing; the top share is rounded
    up to whole customers, as in `concentration`. All 0 when nobody holds anything. Source: Lorenz (1905).

    >>> shares_held(np.array([60, 30, 5, 5, 0]), 5).tolist()
    [0.0, 0.6, 0.9, 0.95, 1.0, 1.0]
    """
    descending = np.sort(np.maximum(values, 0))[::-1]
    total = _exact_sum(descending)
    if total == 0:
        return np.zeros(steps + 1)
    ends = -(-np.arange(steps + 1) * len(descending) // steps)
    running = np.cumsum(descending if total < _SAFE_SUM else descending.astype(np.float64))
    held: Floats = np.r_[0.0, running / float(total)][ends]
    return np.minimum(held, 1.0)


def _reaching_80_percent(descending: Ints) -> int:
    """The smallest n whose n largest reach 80 % of the positive sum; 0 if nothing is positive."""
    positive = descending[descending > 0]
    total = _exact_sum(positive)
    if total == 0:
        return 0
    needed = -(-4 * total // 5)
    if total < _SAFE_SUM:
        return int(np.searchsorted(np.cumsum(positive), needed)) + 1
    return 1 + next(n for n, reached in enumerate(accumulate(positive.tolist())) if reached >= needed)


def _exact_sum(values: Ints) -> int:
    """The sum without overflow: high and low halves apart."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def _letters(high_x: Bools, high_y: Bools) -> Letters:
    letters: Letters = np.array(["D", "C", "B", "A"])[high_x.astype(np.int64) + 2 * high_y.astype(np.int64)]
    return letters


def _check(net_profit_minor: Ints, rf: Floats) -> None:
    if not np.issubdtype(net_profit_minor.dtype, np.signedinteger):
        raise TypeError("net profit is counted in integer minor units")
    if net_profit_minor.shape != rf.shape or rf.ndim != 1:
        raise ValueError(f"{net_profit_minor.shape} net profits and {rf.shape} relationship factors do not match")
    if not np.isfinite(rf).all():
        raise ValueError("a relationship factor is not a finite number")
