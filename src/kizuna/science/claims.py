"""The model's claims as figures with intervals: what goes together, what better retention is worth, what keeping costs.

Here: rank correlations, alone and among those alike; the worth of more retention; cost per kept customer. Not here: who
counts, or any cause: what goes together may have a third reason. Source: model, section 3 (claims); forms are ours.
"""

from dataclasses import dataclass
from math import atanh, sqrt, tanh
from typing import Final

import numpy as np
import scipy as sp
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Flags = NDArray[np.bool_]

FEWEST: Final = 40
FEWEST_KEPT: Final = 10
_Z: Final = 1.959964
_DRAWS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Together:
    """How far two figures go together over n customers: -1 to 1, and between which values that truly lies (95 %)."""

    n: int
    r: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Worth:
    """Net profit that more retention would bring over the horizon, in the unit of profit, and its 95 % interval."""

    raised: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Going:
    """How customers go on: of `whole` so many were kept; what one who is kept brings in a span, for how many people.

    spans: how many spans ahead are looked at; keep: what money a span later is worth today, 0 to 1.
    """

    kept: int
    whole: int
    profit: Floats
    people: int
    spans: int
    keep: float


def together(first: Floats, second: Floats) -> Together | None:
    """Spearman's rank correlation with the interval of Bonett & Wright (2000): z +- 1.96 sqrt((1 + r^2/2)/(n - 3)).

    None with under 40, or where either figure is the same for all: it would say nothing.

    >>> found = together(np.arange(43.0), np.r_[np.arange(42.0)[::-1], 42.0])
    >>> round(found.r, 4), round(found.low, 3), round(found.high, 3)
    (-0.8636, -0.932, -0.737)
    """
    r = _rank_correlation(first, second) if len(first) >= FEWEST else None
    return None if r is None else _with_interval(r, len(first), 3)


def among_alike(first: Floats, second: Floats, alike: Floats) -> Together | None:
    """The partial rank correlation: how far two figures go together among those equal in a third.

    (r12 - r13 r23) / sqrt((1 - r13^2)(1 - r23^2)), interval as above with n - 4. None as above, or where the third
    tells either of the two wholly.

    >>> third = np.arange(50.0)
    >>> wave = np.tile([0.0, 6.0], 25)
    >>> plain, freed = together(third + wave, third - wave), among_alike(third + wave, third - wave, third)
    >>> round(plain.r, 2), round(freed.r, 2)
    (0.92, -0.97)
    """
    pairs = ((first, second), (first, alike), (second, alike))
    found = [_rank_correlation(*pair) for pair in pairs] if len(first) >= FEWEST else [None]
    if any(each is None for each in found):
        return None
    r12, r13, r23 = (float(each or 0.0) for each in found)
    free = (1.0 - r13 * r13) * (1.0 - r23 * r23)
    if free < 1e-9:
        return None
    return _with_interval(max(-1.0, min(1.0, (r12 - r13 * r23) / sqrt(free))), len(first), 4)


def worth_of_retention(going: Going, raised: float, seed: int = 20) -> Worth | None:
    """What a retention of `raised` instead of today's would bring: people x m x sum_t keep^t (raised^t - r^t).

    r = kept / whole, m = mean profit of a kept customer in a span; r is the same in every span; who left stays away.
    Interval by drawing r (Jeffreys' beta) and m (normal); the step raised - r stays. None with under 10 kept, or where
    nobody was lost.

    >>> going = Going(50, 100, np.full(50, 1000.0), people=100, spans=2, keep=1.0)
    >>> told = worth_of_retention(going, 0.55)
    >>> round(told.gain), round(worth_of_retention(going, 0.525).gain)
    (10250, 5063)
    """
    if going.kept < FEWEST_KEPT or going.kept >= going.whole or len(going.profit) < 2:
        return None
    rate, each = going.kept / going.whole, float(going.profit.mean())
    step = min(raised, 1.0) - rate
    random = np.random.default_rng(seed)
    rates = random.beta(going.kept + 0.5, going.whole - going.kept + 0.5, _DRAWS)
    means = random.normal(each, float(going.profit.std(ddof=1)) / sqrt(len(going.profit)), _DRAWS)
    drawn = going.people * means * (_onward(np.minimum(rates + step, 1.0), going) - _onward(rates, going))
    low, high = np.quantile(drawn, [0.025, 0.975])
    at = _onward(np.array([rate, rate + step]), going)
    return Worth(rate + step, going.people * each * float(at[1] - at[0]), float(low), float(high))


def cost_per_kept(cost: Floats, kept: Flags) -> tuple[float, float, float] | None:
    """What was spent on all for each one who was kept, with the interval of a ratio (Cochran 1977, 2.11).

    R = sum c / sum k, SE = sqrt(n/(n - 1) sum (c - R k)^2) / sum k; the low end is 0 at least. None with nobody kept.

    >>> [round(each, 1) for each in cost_per_kept(np.array([100.0, 300, 0, 0]), np.array([True, True, False, False]))]
    [200.0, 40.0, 360.0]
    """
    number = int(kept.sum())
    if not number or len(cost) < 2:
        return None
    ratio = float(cost.sum()) / number
    rest = cost - ratio * kept
    half = _Z * sqrt(len(cost) / (len(cost) - 1) * float((rest * rest).sum())) / number
    return ratio, max(0.0, ratio - half), ratio + half


def _onward(rate: Floats, going: Going) -> Floats:
    """How many spans of a kept customer lie ahead, each worth what it is worth today."""
    ahead = np.arange(1, going.spans + 1)
    summed: Floats = ((going.keep * rate[:, None]) ** ahead).sum(axis=1)
    return summed


def _rank_correlation(first: Floats, second: Floats) -> float | None:
    one, other = (sp.stats.rankdata(each) - (len(each) + 1) / 2 for each in (first, second))
    spread = sqrt(float((one * one).sum()) * float((other * other).sum()))
    return float((one * other).sum()) / spread if spread > 0 else None


def _with_interval(r: float, n: int, lost: int) -> Together:
    if abs(r) >= 1.0 - 1e-12:
        return Together(n, round(r), round(r), round(r))
    half = _Z * sqrt((1 + r * r / 2) / (n - lost))
    return Together(n, r, tanh(atanh(r) - half), tanh(atanh(r) + half))
