"""Are today's customers distributed as those of the reference? The population stability index against its own null law.

Here: bins at the reference's distinct deciles, the index, its chance law (chi-square, or permutation within customer
where both samples hold the same people), Kolmogorov-Smirnov. Not here: which populations are compared. Sources: model,
section 2 (drift); Yurdakul & Naranjo 2020 for the null law; the usual .10 and .25 as sizes, never alone.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy as sp
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Level = Literal["steady", "watch", "alarm", "critical"]

ALARM_ABOVE, CRITICAL_ABOVE = 0.10, 0.25
LEAST_BINS = 3
_CERTAIN = 0.99
_EMPTY_CELL = 0.5


@dataclass(frozen=True, slots=True)
class KolmogorovSmirnov:
    """The largest distance between two distribution functions, and its p-value for independent samples."""

    distance: float
    p: float


@dataclass(frozen=True, slots=True)
class Shift:
    """One compared column: the index, what chance alone exceeds in 1 of 100, the level, and where people went.

    before, now: shares of customers per bin, lowest first. zeros: with under 3 bins only "0 or more" is compared.
    """

    index: float
    threshold: float
    level: Level
    before: tuple[float, ...]
    now: tuple[float, ...]
    zeros: bool
    ks: KolmogorovSmirnov

    @property
    def alarms(self) -> bool:
        """Whether it is beyond chance and large enough to matter."""
        return self.level in ("alarm", "critical")


def psi(before: Ints, now: Ints) -> float:
    """Population stability index of counts per bin: sum (q - p) ln(q / p), p and q the shares; symmetric, >= 0.

    before, now: counts[bins]. An empty cell counts as half a customer. Source: Siddiqi 2006, credit risk scorecards.

    >>> round(psi(np.array([50, 50]), np.array([60, 40])), 6)
    0.040547
    """
    return float(_psi(before[np.newaxis], now[np.newaxis])[0])


def psi_threshold(n: int, m: int, bins: int, level: float = _CERTAIN) -> float:
    """What the index of two independent samples of n and m exceeds by chance with probability 1 - level.

    (1/n + 1/m) times the quantile of chi-square with bins - 1 degrees of freedom. Source: Yurdakul & Naranjo 2020.

    >>> round(psi_threshold(200, 200, 10, 0.95), 3)
    0.169
    """
    return float((1 / n + 1 / m) * sp.stats.chi2.ppf(level, bins - 1))


def ks(before: Floats, now: Floats) -> KolmogorovSmirnov:
    """Kolmogorov-Smirnov of two samples, float64[n] and float64[m]; the p-value takes them as independent.

    >>> ks(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 4.0, 5.0, 6.0])).distance
    0.5
    """
    found = sp.stats.ks_2samp(before, now, method="asymp")
    return KolmogorovSmirnov(float(found.statistic), float(found.pvalue))


def edges(reference: Floats) -> Floats:
    """The distinct deciles of a sample that have somebody above them: k of them make k + 1 bins, none empty.

    float64[n] -> float64[k], ascending, k <= 9; each is a value of the sample and belongs to the bin that it closes.

    >>> edges(np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0])).tolist()
    [0.0, 1.0, 2.0]
    """
    deciles = np.unique(np.quantile(reference, np.arange(1, 10) / 10, method="inverted_cdf"))
    below: Floats = deciles[deciles < reference.max()]
    return below


def level_of(index: float, threshold: float) -> Level:
    """How loud to say it: watch beyond chance, alarm if also above .10, critical if also above .25.

    >>> level_of(0.15, 0.17), level_of(0.05, 0.04), level_of(0.15, 0.04), level_of(0.3, 0.04)
    ('steady', 'watch', 'alarm', 'critical')
    """
    if index <= threshold:
        return "steady"
    if index > CRITICAL_ABOVE:
        return "critical"
    return "alarm" if index > ALARM_ABOVE else "watch"


def compare(
    before: Floats, now: Floats, same: tuple[Ints, Ints], random: np.random.Generator, draws: int = 2000
) -> Shift:
    """Compare a column of today's customers with the reference's.

    before: float64[n], now: float64[m], both at least one; same: rows in `before` and `now` of the customers in both.
    Where some are, chance is known by swapping then and now within each customer with probability 1/2 and drawing the
    others from both samples together; else by the chi-square law.

    >>> grown = compare(np.arange(100.0), np.arange(100.0) + 30, (np.arange(0), np.arange(0)), np.random.default_rng(1))
    >>> grown.level, grown.zeros, len(grown.before)
    ('critical', False, 10)
    """
    cuts = edges(before)
    zeros = len(cuts) + 1 < LEAST_BINS
    if zeros:
        cuts = np.zeros(1)
    bins = len(cuts) + 1
    then, today = np.searchsorted(cuts, before), np.searchsorted(cuts, now)
    p, q = np.bincount(then, minlength=bins), np.bincount(today, minlength=bins)
    index = psi(p, q)
    if len(same[0]):
        threshold = _by_permutation(then, today, same, bins, (random, draws))
    else:
        threshold = psi_threshold(len(before), len(now), bins)
    return Shift(index, threshold, level_of(index, threshold), _shares(p), _shares(q), zeros, ks(before, now))


def _by_permutation(
    then: Ints, today: Ints, same: tuple[Ints, Ints], bins: int, how: tuple[np.random.Generator, int]
) -> float:
    """The 99 % point of the index under no drift; fast, for only how many moved from which bin to which matters."""
    random, draws = how
    moved = np.bincount(then[same[0]] * bins + today[same[1]], minlength=bins * bins)
    stay = random.binomial(moved, 0.5, size=(draws, bins * bins)).reshape(draws, bins, bins)
    swapped = moved.reshape(bins, bins) - stay
    p = stay.sum(axis=2) + swapped.sum(axis=1)
    q = stay.sum(axis=1) + swapped.sum(axis=2)
    pooled = np.bincount(then, minlength=bins) + np.bincount(today, minlength=bins)
    share = pooled / pooled.sum()
    p = p + random.multinomial(len(then) - len(same[0]), share, size=draws)
    q = q + random.multinomial(len(today) - len(same[0]), share, size=draws)
    return float(np.quantile(_psi(p, q), _CERTAIN))


def _shares(counts: Ints) -> tuple[float, ...]:
    return tuple((counts / counts.sum()).tolist())


def _psi(before: Ints, now: Ints) -> Floats:
    """The index of many pairs of counts: [draws, bins] each -> float64[draws]; bins empty on both sides say nothing."""
    there = (before > 0) | (now > 0)
    p = np.maximum(before, _EMPTY_CELL) / before.sum(axis=1, keepdims=True)
    q = np.maximum(now, _EMPTY_CELL) / now.sum(axis=1, keepdims=True)
    index: Floats = np.where(there, (q - p) * np.log(q / p), 0.0).sum(axis=1)
    return index
