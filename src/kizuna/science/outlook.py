"""What is learned of a shop's customers from their purchases: how often they come back, and what that leaves.

Puts the parts together: the model chosen by holdout, the margin of purchases with its losses, each customer's trend.
What follows for the months ahead is science.ahead. Source: model, section 6.1.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kizuna.science import choice, gamma_gamma, histories, mbg_nbd, trends
from kizuna.science import margins as margins_of
from kizuna.science.choice import Choice
from kizuna.science.gamma_gamma import GammaGamma
from kizuna.science.margins import Margins
from kizuna.science.purchasing import Fit, Histories, PurchaseModel

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

UNIT_DAYS = 7.0
TELL_WHO_LEFT = frozenset({"MBG/NBD", "Pareto/NBD"})
"""Models by which also somebody who never came back can have left; BG/NBD and NBD cannot tell."""
_LONGEST_HOLDOUT = 182
_ONE_EACH = Fit(GammaGamma(1e4, 1e4 + 1.0, 1.0), 0.0, {}, True)
"""A purchase brings 1, whoever buys: where none left a profit, the margin alone says what it costs."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was learned of a shop until a day: customers ascending, their histories, models of buying and of money."""

    until_day: int
    customers: Ints
    histories: Histories
    choice: Choice
    still_name: str
    still: PurchaseModel
    money: Fit[GammaGamma]
    margins: Margins
    trend: Floats
    notes: tuple[str, ...]

    @property
    def repeats(self) -> Ints:
        """Repeat purchases of each customer."""
        return self.histories.x[self.histories.group]

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters of buying (times in weeks) and of money."""
        models: tuple[Any, ...] = (self.choice.fit.model, self.money.model)
        return {each.name: float(getattr(model, each.name)) for model in models for each in fields(model)}

    def expected_by_age(self, days: int) -> Floats:
        """Expected repeat purchases of a customer by age in days, float64[days + 1]."""
        found: Floats = self.choice.fit.model.expected(np.arange(days + 1) / UNIT_DAYS)
        return found

    def kept(self) -> Floats:
        """What is kept of the money that a profitable purchase brings, when losses are counted too: float64[n]."""
        gain = self.money.model.conditional(self.margins.profitable, self.margins.mean_gain)
        return self.margins.expected(gain) / gain


def fit(customer: Ints, day: Ints, profit: Floats, until_day: int) -> Fitted:
    """Learn from purchases until a day: rows by customer and day, int64[n] each, and what each left, money float64[n].

    >>> fitted = fit(np.array([1, 1, 2]), np.array([0, 30, 4]), np.array([5.0, 7.0, 6.0]), until_day=60)
    >>> fitted.customers.tolist(), fitted.repeats.tolist(), fitted.choice.name
    ([1, 2], [1, 0], 'MBG/NBD')
    """
    customers, known = histories.from_days(customer, day, until_day, UNIT_DAYS)
    chosen = choice.choose(customer, day, until_day, _holdout(day, until_day), UNIT_DAYS)
    still_name, still = chosen.name, chosen.fit.model
    if chosen.name not in TELL_WHO_LEFT:
        still_name, still = "MBG/NBD", mbg_nbd.fit(known).model
    measured = margins_of.measure(np.searchsorted(customers, customer), profit, len(customers))
    money = gamma_gamma.fit(measured.profitable, measured.mean_gain) if measured.profitable.any() else _ONE_EACH
    grown = trends.own_trends(customer, day, profit)
    notes = (*chosen.notes, *money.notes, *grown.notes, *_said(measured))
    return Fitted(
        until_day,
        customers,
        known,
        chosen,
        still_name,
        still,
        money,
        measured,
        grown.growth,
        tuple(dict.fromkeys(notes)),
    )


def _holdout(day: Ints, until_day: int) -> int:
    """Days held back to choose the model on: a third of the past, at most half a year."""
    return max(1, min(_LONGEST_HOLDOUT, (until_day - int(day.min())) // 3))


def _said(measured: Margins) -> tuple[str, ...]:
    if measured.usual_share == 0.0:
        return ("no purchase left a profit: every further one is expected to cost as much as those so far",)
    if measured.usual_share < 1.0:
        return (f"{1 - measured.usual_share:.0%} of purchases left no profit: what they cost is taken off",)
    return ()
