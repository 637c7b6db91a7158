"""Attenuated stocks: sums of facts that lose half their weight every half-life, by forward decay from a landmark.

Here: weights, sums and their reading at an instant. Not here: which facts count, and the ranking of the stocks.
Five factors after Ko & Shikama (section II.D); decay, grid and thresholds are Kizuna's (model, section 2).
"""

import math
from typing import overload

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

FACTORS = ("R", "F", "M", "V", "E")
HALF_LIVES = (30, 60, 90, 180, 365)
DEFAULT_HALF_LIFE = 90
DAY_US = 86_400_000_000
LANDMARK_US = 946_684_800_000_000
"""2000-01-01T00:00Z. Never change it: every stored stock is measured from here."""
NO_PURCHASE = -(2**63)
"""Stands for "never bought" in an int64 array of last purchases: the identity of max(), so merging needs no case."""

_H180_US = 180.0 * DAY_US
_H365_US = 365.0 * DAY_US
_CHUNK = 1 << 18
_LEAST = 2.0**-8
_SLACK = 1.0 - 2.0**-30


class UnknownHalfLifeError(ValueError):
    """The half-life is not on the grid, so no stock is kept for it."""


def _half_life_us(half_life_days: int) -> float:
    if half_life_days not in HALF_LIVES:
        raise UnknownHalfLifeError(f"half-life {half_life_days} is not one of {HALF_LIVES}")
    return float(half_life_days * DAY_US)


def weights(happened_us: Ints, half_life_days: int) -> Floats:
    """Forward weight of each fact: 2^((t - L) / h).

    happened_us: int64[n], epoch microseconds; result float64[n], > 0, 1 at the landmark. Finite for facts from 1990 to
    2079 even at h = 30 days and w up to 2^60. Source: model, section 2 (forward decay with a fixed landmark).

    >>> weights(np.array([LANDMARK_US, LANDMARK_US + 90 * DAY_US, LANDMARK_US - 180 * DAY_US]), 90).tolist()
    [1.0, 2.0, 0.25]
    """
    exponents: Floats = (happened_us - LANDMARK_US) / _half_life_us(half_life_days)
    return np.exp2(exponents)


def addend(happened_us: int, w: float) -> tuple[float, float, float, float, float]:
    """What one fact adds to the five sums S of one factor, in the order of HALF_LIVES: w * 2^((t - L) / h).

    Pure floats for the live path. Two powers suffice: 90, 60 and 30 days are the second, third and sixth power of 180.
    Relative error below 1e-13. Source: model, section 2.

    >>> addend(LANDMARK_US + 180 * DAY_US, 3.0)[:4]
    (192.0, 24.0, 12.0, 6.0)
    """
    age = happened_us - LANDMARK_US
    by180 = math.exp2(age / _H180_US)
    by60 = by180 * by180 * by180
    return (w * (by60 * by60), w * by60, w * (by180 * by180), w * by180, w * math.exp2(age / _H365_US))


def addends(happened_us: Ints, w: Floats) -> Floats:
    """What each of n facts adds to the five sums S: the array form of `addend`.

    happened_us: int64[n], w: float64[n] (unit of the factor); result float64[n, 5], columns as HALF_LIVES.
    Source: model, section 2.

    >>> addends(np.array([LANDMARK_US, LANDMARK_US + 365 * DAY_US]), np.array([5.0, 1.0]))[:, 4].tolist()
    [5.0, 2.0]
    """
    return np.column_stack(_columns(happened_us, w))


def _columns(happened_us: Ints, w: Floats) -> tuple[Floats, ...]:
    age = happened_us - LANDMARK_US
    by180: Floats = np.exp2(age / _H180_US)
    by365: Floats = np.exp2(age / _H365_US)
    by90 = by180 * by180
    by60 = by90 * by180
    return (w * (by60 * by60), w * by60, w * by90, w * by180, w * by365)


def accumulate(owner_index: Ints, happened_us: Ints, w: Floats, owners: int) -> Floats:
    """The five sums of every owner: S[o, k] = sum over facts i of o of w_i * 2^((t_i - L) / h_k).

    owner_index: int64[n] in 0..owners-1, happened_us: int64[n], w: float64[n]; result float64[owners, 5], columns as
    HALF_LIVES. Works in chunks, so memory stays bounded by the owners. Source: model, section 2.

    >>> facts = np.array([LANDMARK_US, LANDMARK_US + 180 * DAY_US, LANDMARK_US])
    >>> accumulate(np.array([0, 0, 1]), facts, np.array([1.0, 1.0, 7.0]), 2)[:, 2].tolist()
    [5.0, 7.0]
    """
    if not len(owner_index) == len(happened_us) == len(w):
        raise ValueError(f"{len(owner_index)} owners, {len(happened_us)} instants and {len(w)} weights do not match")
    if len(owner_index) and (owner_index.min() < 0 or owner_index.max() >= owners):
        raise ValueError(f"an owner index lies outside 0..{owners - 1}")
    sums = np.zeros((len(HALF_LIVES), owners))
    step = max(_CHUNK, owners)
    for start in range(0, len(owner_index), step):
        part = slice(start, start + step)
        for k, column in enumerate(_columns(happened_us[part], w[part])):
            sums[k] += np.bincount(owner_index[part], column, owners)
    return np.ascontiguousarray(sums.T)


def stock_at[S: (float, Floats)](s: S, half_life_days: int, at_us: int) -> S:
    """The stock at an instant: D = S * 2^(-(T - L) / h).

    s: one sum or float64[n] of sums for this half-life, at_us: epoch microseconds; D has the unit of the weights. The
    caller leaves facts after T out of S. Source: model, section 2.

    >>> stock_at(8.0, 90, LANDMARK_US + 270 * DAY_US)
    1.0
    """
    return s * math.exp2((LANDMARK_US - at_us) / _half_life_us(half_life_days))


@overload
def recency_at(last_us: int, half_life_days: int, at_us: int) -> float:
    """One customer."""


@overload
def recency_at(last_us: Ints, half_life_days: int, at_us: int) -> Floats:
    """Many customers."""


def recency_at(last_us: int | Ints, half_life_days: int, at_us: int) -> float | Floats:
    """The factor R: 2^(-(T - last purchase) / h), 0 for who never bought.

    last_us: one instant or int64[n], NO_PURCHASE where there is none; range [0, 1]: a purchase dated after T (clocks
    differ by up to a day) counts as made at T. Source: model, section 2.

    >>> recency_at(np.array([LANDMARK_US, NO_PURCHASE]), 30, LANDMARK_US + 60 * DAY_US).tolist()
    [0.25, 0.0]
    """
    half_life = _half_life_us(half_life_days)
    if isinstance(last_us, int):
        return 0.0 if last_us == NO_PURCHASE else math.exp2(min(last_us - at_us, 0) / half_life)
    bought = last_us != NO_PURCHASE
    age = np.minimum(np.where(bought, last_us, at_us) - at_us, 0)
    return np.where(bought, np.exp2(age / half_life), 0.0)


def significant(d: Floats, factor: str) -> Floats:
    """Stocks as they enter the ranking: what has faded to almost nothing counts as nothing.

    d: float64[n] at or above the threshold stays, below it (negative too) becomes 0. Threshold: 2^-8 of one unit, for M
    one minor unit; further indicators count in units of one. Rounding noise of 1e-9 is forgiven, so that the live and
    the recomputed stock fall on the same side. Source: model, section 2 (one mail nine years ago is no mail).

    >>> significant(np.array([1.0, 2**-8, 0.0039, -3.0]), "E").tolist()
    [1.0, 0.00390625, 0.0, 0.0]
    >>> significant(np.array([1.0, 0.9, -500.0]), "M").tolist()
    [1.0, 0.0, 0.0]
    """
    least = 1.0 if factor == "M" else _LEAST
    return np.where(d >= least * _SLACK, d, 0.0)
