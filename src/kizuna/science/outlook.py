"""From purchases to an outlook: how often customers come back, what that leaves, and between how much and how much.

Puts the parts together: the model chosen by holdout, the margin of purchases, discounting, and the draws that give
intervals. Expectations are those of the fitted model; intervals are of what will happen (science.ahead). The value is
sum over months of beta^t (E[N_t] E[margin] - maintenance). Source: model, section 6.1.
"""

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kizuna.science import ahead, fitting, gamma_gamma, histories, mbg_nbd
from kizuna.science import margins as margins_of
from kizuna.science.ahead import Rated
from kizuna.science.gamma_gamma import GammaGamma
from kizuna.science.margins import Margins
from kizuna.science.purchasing import Fit, Histories, PurchaseModel

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

LEVEL = 0.8
_BEYOND = 1.2816
UNIT_DAYS = 7.0
YEAR_DAYS = 365.25
_DRAWS, _FEWEST, _MOST = 40_000_000, 100, 400


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was learned of a shop until a day: customers ascending, their histories, models of buying and of money."""

    until_day: int
    customers: Ints
    histories: Histories
    name: str
    fit: Fit[Rated]
    still_name: str
    still: Rated
    money: Fit[GammaGamma]
    margins: Margins
    scores: dict[str, float]
    notes: tuple[str, ...]

    @property
    def repeats(self) -> Ints:
        """Repeat purchases of each customer."""
        return self.histories.x[self.histories.group]

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters of buying (times in weeks) and of money."""
        models: tuple[Any, ...] = (self.fit.model, self.money.model)
        return {each.name: float(getattr(model, each.name)) for model in models for each in fields(model)}

    def expected_by_age(self, days: int) -> Floats:
        """Expected repeat purchases of a customer by age in days, float64[days + 1]."""
        return self.fit.model.expected(np.arange(days + 1) / UNIT_DAYS)


@dataclass(frozen=True, slots=True)
class Horizon:
    """How many days ahead, what money a year later is worth less (.1: a tenth), maintenance of a customer a day."""

    days: float
    discount_year: float
    maintenance_day: float

    @property
    def rate(self) -> float:
        """The continuous discount of a day: ln(1 + d) / 365.25."""
        return float(np.log1p(self.discount_year) / YEAR_DAYS)


@dataclass(frozen=True, slots=True)
class Estimates:
    """Expectations and the ends of their intervals, float64[n] each."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Ahead:
    """The outlook: still a customer (0 to 1), purchases and value of each; of each group and, last, of everybody."""

    still: Floats
    purchases: Estimates
    value: Estimates
    group_purchases: Estimates
    group_value: Estimates


def fit(customer: Ints, day: Ints, profit: Floats, until_day: int) -> Fitted:
    """Learn from purchases until a day: rows by customer and day, int64[n] each, and what each left, money float64[n].

    >>> fitted = fit(np.array([1, 1, 2]), np.array([0, 30, 4]), np.array([5.0, 7.0, 6.0]), until_day=60)
    >>> fitted.customers.tolist(), fitted.repeats.tolist()
    ([1, 2], [1, 0])
    """
    customers, known = histories.from_days(customer, day, until_day, UNIT_DAYS)
    name, chosen = "MBG/NBD", mbg_nbd.fit(known)
    measured = margins_of.measure(np.searchsorted(customers, customer), profit, len(customers))
    money = gamma_gamma.fit(measured.profitable, measured.mean_gain)
    notes = (*chosen.notes, *money.notes, *_said(measured))
    return Fitted(
        until_day,
        customers,
        known,
        name,
        chosen,
        name,
        chosen.model,
        money,
        measured,
        {},
        tuple(dict.fromkeys(notes)),
    )


def look_ahead(fitted: Fitted, horizon: Horizon, group: Ints, groups: int, seed: int) -> Ahead:
    """Tell what comes within a horizon, of each customer and each group int64[customers] in [0, groups)."""
    random = np.random.default_rng([seed, len(fitted.customers)])
    rows, model = fitted.histories.group, fitted.fit.model
    bought = model.conditional(fitted.histories, horizon.days / UNIT_DAYS)[rows]
    margins = fitted.margins
    margin = margins.expected(fitted.money.model.conditional(margins.profitable, margins.mean_gain))
    kept = _annuity(horizon) * horizon.maintenance_day
    value = _discounted(model, fitted.histories, horizon)[rows] * margin - kept
    people = ahead.Customers(fitted.histories, margins, group, groups)
    number = int(np.clip(_DRAWS // len(rows), _FEWEST, _MOST))
    drawn = ahead.draw(
        people,
        [
            ahead.Models(buying, money)
            for buying, money in zip(
                fitting.draw(fitted.fit, number, random), gamma_gamma.draw(fitted.money, number, random), strict=True
            )
        ],
        horizon.days / UNIT_DAYS,
        horizon.rate * UNIT_DAYS,
        LEVEL,
        random,
    )
    size = np.append(np.bincount(group, minlength=groups), len(group)) * kept
    return Ahead(
        fitted.still.p_alive(fitted.histories)[rows],
        Estimates(bought, drawn.purchases.low, drawn.purchases.high),
        Estimates(value, drawn.value.low - kept, drawn.value.high - kept),
        _sums(bought, drawn.group_purchases, group, groups),
        _sums(value, ahead.Range(drawn.group_value.low - size, drawn.group_value.high - size), group, groups),
    )


def widen(said: Estimates, error: float | None) -> Estimates:
    """Widen intervals of sums by how wrong the same forecast was about held-back weeks, a ratio; None: nothing known.

    Seasons and campaigns are in no model of a customer, but they are in that error e, so that the distance to each end
    becomes sqrt(distance^2 + (1.2816 e mean)^2): independent, and e as one standard deviation. 1.2816 belongs to 80 %.

    >>> wide = widen(Estimates(np.array([100.0]), np.array([70.0]), np.array([130.0])), 0.4 / 1.2816)
    >>> wide.low.tolist(), wide.high.tolist()
    ([50.0], [150.0])
    """
    if error is None:
        return said
    extra = np.square(_BEYOND * error * said.mean)
    return Estimates(
        said.mean,
        said.mean - np.sqrt(np.square(said.mean - said.low) + extra),
        said.mean + np.sqrt(np.square(said.high - said.mean) + extra),
    )


def _sums(mean: Floats, ends: ahead.Range, group: Ints, groups: int) -> Estimates:
    """Sums of groups and of everybody; where few draws leave the expectation outside, the interval is drawn to it."""
    sums = np.append(np.bincount(group, mean, groups), mean.sum())
    return Estimates(sums, np.minimum(ends.low, sums), np.maximum(ends.high, sums))


def _discounted(model: PurchaseModel, known: Histories, horizon: Horizon) -> Floats:
    """Expected purchases within the horizon, each worth its discount: by month, at the middle of the month."""
    steps = max(1, round(horizon.days / (YEAR_DAYS / 12))) if horizon.rate else 1
    ends = np.linspace(0.0, horizon.days, steps + 1)
    total, before = np.zeros(len(known.x)), np.zeros(len(known.x))
    for start, end in pairwise(ends.tolist()):
        until = model.conditional(known, end / UNIT_DAYS)
        total += (until - before) * np.exp(-horizon.rate * (start + end) / 2)
        before = until
    return total


def _annuity(horizon: Horizon) -> float:
    """What one unit of money a day is worth over the horizon now."""
    delay = horizon.rate * horizon.days
    return horizon.days if delay == 0 else float(-np.expm1(-delay) / horizon.rate)


def _said(measured: Margins) -> tuple[str, ...]:
    if measured.usual_share == 0.0:
        return ("no purchase left a profit: every further one is expected to cost as much as those so far",)
    if measured.usual_share < 1.0:
        return (f"{1 - measured.usual_share:.0%} of purchases left no profit: what they cost is taken off",)
    return ()
