"""Whether a customer's purchases grow: the own trend of what a purchase is worth, shrunk to the shop's.

Here: slopes of ln(money) per month within customers, the shop's mean trend and how much trends really differ (empirical
Bayes), growth per month with bounds. Not here: how often somebody buys, which the models of purchases say.
Source: DerSimonian & Laird (1986) for the spread of true slopes; model, section 6.1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kizuna.science.gamma_gamma import MoneyError
from kizuna.science.purchasing import Floats, Ints
from kizuna.science.worth import MONTH_DAYS

MOST = float(np.log(2.0) / 12.0)
"""Bound of a trend: at most twice, at least half as much in a year."""
_FEW = 10


@dataclass(frozen=True, slots=True, eq=False)
class Trends:
    """Per customer, ascending: growth of what a purchase is worth per month float64[c], -.056 to .059.

    shop: the shop's mean trend; spread: standard deviation of true trends between customers; both per month in ln.
    """

    customer: Ints
    growth: Floats
    shop: float
    spread: float
    notes: tuple[str, ...] = ()


def own_trends(customer: ArrayLike, day: ArrayLike, amount: ArrayLike) -> Trends:
    """Estimate each customer's trend g from dated purchases: ln(1 + g) = shop + trust (own slope - shop), bounded.

    One row per purchase, money above 0 (other rows do not count). own slope: least squares of ln(money) on months;
    its variance is that of purchases about their customer's line over the spread of their dates. trust = spread^2 /
    (spread^2 + variance). Customers with one date have the shop's trend. Under 10 slopes no trend is taken: all 0.

    >>> rising = [10.0 * 1.01**month for month in range(12)] * 10
    >>> found = own_trends(np.repeat(np.arange(10), 12), list(np.arange(12) * 30.4375) * 10, rising)
    >>> found.growth.round(4).tolist()[:2], round(found.spread, 4)
    ([0.01, 0.01], 0.0)
    """
    who, place = np.unique(np.asarray(customer, dtype=np.int64), return_inverse=True)
    month, money = np.asarray(day, dtype=np.float64) / MONTH_DAYS, np.asarray(amount, dtype=np.float64)
    if not len(place) == len(month) == len(money):
        raise MoneyError("amount", min(len(place), len(month), len(money)), "is the first that is missing or too many")
    if not np.isfinite(money).all():
        raise MoneyError("amount", int(np.argmin(np.isfinite(money))), "is no amount")
    kept = money > 0.0
    place, month, logs = place[kept], month[kept], np.log(money[kept])
    slope, weight, noise = _slopes(place, month, logs, len(who))
    told = weight > 0.0
    if np.count_nonzero(told) < _FEW or not np.isfinite(noise):
        note = "too few customers with purchases at several dates to tell a trend: none is assumed"
        return Trends(who, np.zeros(len(who)), 0.0, 0.0, (note,))
    shop, spread = _population(slope[told], noise / weight[told])
    own = np.full(len(who), shop)
    trust = spread**2 / (spread**2 + noise / weight[told]) if spread > 0.0 else np.zeros(int(told.sum()))
    own[told] += trust * (slope[told] - shop)
    return Trends(who, np.expm1(np.clip(own, -MOST, MOST)), shop, spread)


def _slopes(place: Ints, month: Floats, logs: Floats, customers: int) -> tuple[Floats, Floats, float]:
    """Slope per customer, the spread of their dates sum (t - mean)^2, and the variance about the lines of all."""
    number = np.bincount(place, minlength=customers)
    once = np.maximum(number, 1)
    t = month - (np.bincount(place, month, customers) / once)[place]
    y = logs - (np.bincount(place, logs, customers) / once)[place]
    weight = np.bincount(place, t * t, customers)
    weight = np.where(weight > 1e-6, weight, 0.0)
    slope = np.bincount(place, t * y, customers) / np.where(weight > 0.0, weight, 1.0)
    rest = y - slope[place] * t
    freedom = (number - 1 - (weight > 0.0))[number > 1].sum()
    return slope, weight, float(rest @ rest / freedom) if freedom > 0 else np.inf


def _population(slope: Floats, variance: Floats) -> tuple[float, float]:
    """Mean of the true slopes and their standard deviation by moments: (Q - (k - 1)) / (sum w - sum w^2 / sum w)."""
    weight = 1.0 / np.maximum(variance, 1e-12)
    mean = weight @ slope / weight.sum()
    surplus = weight @ np.square(slope - mean) - (len(slope) - 1)
    between = max(0.0, surplus / (weight.sum() - np.square(weight).sum() / weight.sum()))
    again = 1.0 / (np.maximum(variance, 1e-12) + between)
    return float(again @ slope / again.sum()), float(np.sqrt(between))
