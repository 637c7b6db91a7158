"""What customers are expected to be worth in the months ahead: the sum of the model, section 6.1, customer by customer.

Here: the terms, and the expectation with its parts. Not here: intervals and totals (lifetime_value). What depends on x
and T alone is computed once for each such pair, so that a million customers take well under a second.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kizuna.science import onward
from kizuna.science.gamma_gamma import GammaGamma
from kizuna.science.purchasing import Floats, Histories, Ints, PurchaseModel

MONTH_DAYS = 365.25 / 12
_SMALLEST = 1e-300


class TermsError(ValueError):
    """A term that cannot be: field is its name."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Terms:
    """For how long and at which prices a customer is valued.

    months ahead; discount_year, a rate above -1 (.10: money in a year is worth 1 / 1.1); maintenance, money per month
    that a customer costs while still a customer; trend, growth of what a purchase is worth per month above -1, one for
    all or float64 per customer (science.trends); kept, what is left of the money of a purchase, likewise, below 0 where
    purchases cost more than they bring (science.margins); unit_days, days in the unit of time of the histories.
    """

    months: int = 12
    discount_year: float = 0.10
    maintenance: float = 0.0
    trend: float | Floats = 0.0
    kept: float | Floats = 1.0
    unit_days: float = 7.0

    def __post_init__(self) -> None:
        trend = np.asarray(self.trend, dtype=np.float64)
        for field, fine, reason in (
            ("months", 1 <= self.months <= 1200 and self.months == int(self.months), "must be whole, 1 to 1200"),
            ("discount_year", -1.0 < self.discount_year < np.inf, "must be above -1"),
            ("maintenance", 0.0 <= self.maintenance < np.inf, "must not be below 0"),
            ("trend", bool((trend > -1.0).all() and np.isfinite(trend).all()), "must be above -1"),
            ("kept", bool(np.isfinite(self.kept).all()), "must be a number"),
            ("unit_days", 0.0 < self.unit_days < np.inf, "must be above 0"),
        ):
            if not fine:
                raise TermsError(field, reason)

    @property
    def month(self) -> float:
        """Length of a month in the unit of the histories."""
        return MONTH_DAYS / self.unit_days

    @property
    def discount(self) -> Floats:
        """beta^t at the end of month t = 1 .. months, beta = (1 + discount_year)^(-1/12): float64[months].

        >>> Terms(months=24, discount_year=0.25).discount[[11, 23]].round(6).tolist()
        [0.8, 0.64]
        """
        return np.asarray((1.0 + self.discount_year) ** (-np.arange(1, self.months + 1) / 12.0))


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What is expected of each customer, float64[n], from now to the end of the months; money is discounted.

    p_alive in [0, 1]; purchases; own: money as far as the customer's own average tells it; shop: as far as the
    shop's average does; cost of maintenance. value = own + shop - cost.
    """

    p_alive: Floats
    purchases: Floats
    own: Floats
    shop: Floats
    cost: Floats

    @property
    def value(self) -> Floats:
        """Expected discounted value, float64[n], below 0 where maintenance is more than what is bought."""
        return self.own + self.shop - self.cost


def reckon(
    model: PurchaseModel,
    money: GammaGamma,
    histories: Histories,
    spending: tuple[ArrayLike, ArrayLike],
    terms: Terms,
) -> Parts:
    """sum over months t of beta^t { E[N_t] (1+g)^t E[margin] - maintenance P(still a customer when the month begins) }.

    E[margin] is kept x E[money of a purchase].

    histories of n customers; spending: purchases with money int[n] and their average money[n], in the order of the
    customers of histories.group. E[N_t] is the difference of the conditional expectation at the ends of months t and
    t - 1; all that falls in a month counts at its end; maintenance is paid for a month that a customer begins as one.
    """
    x_money, mean_value = np.asarray(spending[0]), np.asarray(spending[1])
    if x_money.shape != histories.group.shape:
        raise ValueError(f"x_money: {x_money.size} customers, the histories have {histories.group.size}")
    money.conditional(x_money, mean_value)
    rows, place = _by_length(histories)
    steps = np.diff(_later(model, rows, terms), axis=0, prepend=0.0)
    p_alive = model.p_alive(histories)[histories.group]
    where = place[histories.group]
    worth = p_alive * _discounted(steps, where, terms)
    if np.ndim(terms.kept) and np.shape(terms.kept) != worth.shape:
        raise TermsError("kept", f"{np.size(terms.kept)} customers, the histories have {worth.size}")
    worth = worth * terms.kept
    share = money.own_share(x_money)
    own = worth * share * np.where(x_money > 0, mean_value, 0.0)
    shop = worth * (1.0 - share) * money.mean if money.v > 0.0 else np.zeros(len(worth))
    cost = p_alive * _cost(model, rows, terms)[where]
    return Parts(p_alive, p_alive * steps.sum(axis=0)[where], own, shop, cost)


def _by_length(histories: Histories) -> tuple[Histories, Ints]:
    """One row for each neighbouring (x, T), just after a purchase, and which of them each row of the histories is.

    What lies ahead of whoever is alive depends on x and T alone, in every model: silence only tells whether they are.
    """
    x, T = histories.x, histories.T
    new = np.ones(len(x), dtype=np.bool_)
    new[1:] = (x[1:] != x[:-1]) | (T[1:] != T[:-1])
    x, T = x[new], T[new]
    one = np.ones(len(x), dtype=np.int64)
    return Histories(x, np.where(x > 0, T, 0.0), T, one, np.arange(len(x))), np.cumsum(new) - 1


def _later(model: PurchaseModel, rows: Histories, terms: Terms) -> Floats:
    """Expected purchases of whoever is alive, up to the end of each month: float64[months, rows]."""
    alive = np.maximum(model.p_alive(rows), _SMALLEST)
    ends = terms.month * np.arange(1, terms.months + 1)
    return np.array([model.conditional(rows, float(t)) / alive for t in ends])


def _discounted(steps: Floats, where: Ints, terms: Terms) -> Floats:
    """sum_t (beta (1 + g))^t of the purchases of month t, float64[customers]: Horner's rule where g is their own."""
    if np.ndim(terms.trend) == 0:
        growth = (1.0 + float(terms.trend)) ** np.arange(1, terms.months + 1)
        return np.asarray((terms.discount * growth) @ steps)[where]
    if np.shape(terms.trend) != where.shape:
        raise TermsError("trend", f"{np.size(terms.trend)} customers, the histories have {where.size}")
    each = terms.discount[0] * (1.0 + np.asarray(terms.trend, dtype=np.float64))
    total = np.zeros(len(where))
    for step in steps[::-1]:
        total = (total + step[where]) * each
    return total


def _cost(model: PurchaseModel, rows: Histories, terms: Terms) -> Floats:
    """Discounted maintenance of whoever is alive: paid at the end of each month that begins while still a customer."""
    if terms.maintenance == 0.0:
        return np.zeros(len(rows.x))
    begins = terms.month * np.arange(terms.months)
    stays = np.array([onward.staying(model, rows, float(t)) for t in begins])
    return np.asarray(terms.maintenance * terms.discount @ stays)
