"""Other scores that could put customers in order: what the relationship factor is measured against.

All feed on customer-day rows: everything a customer paid and got back on one day is one row. Protocol: percentiles are
average rank / n; frequency counts rows, also of cancellations; decayed money sums max(money, 0); ages are whole days.
Sources: model, section 2 (rivals); Fader, Hardie & Lee 2005 (BG/NBD x Gamma-Gamma).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy as sp
from numpy.typing import NDArray

from kizuna.science import bg_nbd, gamma_gamma, histories
from kizuna.science.stocks import DEFAULT_HALF_LIFE

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

DAYS_A_WEEK = 7.0


class NobodyPaid(ValueError):
    """Not a single day with money: there is no value to model."""


@dataclass(frozen=True, slots=True)
class CustomerDays:
    """One row per customer and day, by customer, then day: row int64[n] in 0..customers-1, day int64[n], money.

    customer_id: int64[customers], ascending; money: float64[n], summed over the day, net of cancellations.
    """

    customer_id: Ints
    row: Ints
    day: Ints
    money: Floats

    @classmethod
    def of(cls, customer: Ints, day: Ints, money: Ints | Floats) -> Self:
        """Sum facts into rows: int64[n] each, money in any unit (minor units add up exactly), in any order.

        >>> CustomerDays.of(np.array([8, 7, 8]), np.array([1, 1, 1]), np.array([5, 2, -1])).money.tolist()
        [2.0, 4.0]
        """
        order = np.lexsort((day, customer))
        customer, day, money = customer[order], day[order], money[order]
        new = np.ones(len(customer), dtype=np.bool_)
        new[1:] = (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])
        starts = np.flatnonzero(new)
        summed = np.add.reduceat(money, starts) if len(starts) else money
        people, row = np.unique(customer[starts], return_inverse=True)
        return cls(people, row.astype(np.int64), day[starts], summed.astype(np.float64))

    def upto(self, last_day: int) -> Self:
        """Only the rows up to and including a day, and the customers who have any."""
        kept = self.day <= last_day
        people, row = np.unique(self.row[kept], return_inverse=True)
        return type(self)(self.customer_id[people], row.astype(np.int64), self.day[kept], self.money[kept])

    def gained(self, customer_id: Ints, after_day: int, last_day: int) -> Floats:
        """Money of these customers (ascending) in (after, last]; 0 for who has none."""
        kept = (self.day > after_day) & (self.day <= last_day)
        owner = self.customer_id[self.row[kept]]
        place = np.minimum(np.searchsorted(customer_id, owner), max(len(customer_id) - 1, 0))
        known = customer_id[place] == owner if len(customer_id) else np.zeros(len(owner), dtype=np.bool_)
        gained: Floats = np.bincount(place[known], self.money[kept][known], len(customer_id))
        return gained

    def summed(self, weight: Floats) -> Floats:
        """The sum of a weight per row over each customer: float64[customers]."""
        total: Floats = np.bincount(self.row, weight, len(self.customer_id))
        return total

    @property
    def rows(self) -> Ints:
        """How many rows each customer has."""
        counted: Ints = np.bincount(self.row, minlength=len(self.customer_id))
        return counted

    @property
    def last_day(self) -> Ints:
        """The last day of each customer."""
        return self.day[np.cumsum(self.rows) - 1]

    @property
    def first_day(self) -> Ints:
        """The first day of each customer."""
        first: Ints = self.day[np.cumsum(self.rows) - self.rows]
        return first


def percentiles(values: Floats | Ints) -> Floats:
    """Average rank / n, in (0, 1].

    >>> percentiles(np.array([5.0, 1.0, 5.0, 9.0])).tolist()
    [0.625, 0.25, 0.625, 1.0]
    """
    ranks: Floats = sp.stats.rankdata(values) / max(len(values), 1)
    return ranks


def rfm_quintiles(days: CustomerDays) -> Floats:
    """The classic: quintile of last day, of number of rows and of money, each 1 to 5, summed: 3 to 15.

    Quintile = ceil(5 x percentile). Source: Hughes 1994, Strategic Database Marketing.

    >>> rfm_quintiles(CustomerDays.of(np.array([1, 2, 2]), np.array([0, 3, 5]), np.array([1, 9, 9]))).tolist()
    [9.0, 15.0]
    """
    columns = (days.last_day, days.rows, monetary(days))
    quintiles: Floats = np.sum([np.ceil(5 * percentiles(column)) for column in columns], axis=0)
    return quintiles


def monetary(days: CustomerDays) -> Floats:
    """All the money of each customer, net."""
    return days.summed(days.money)


def decayed_money(days: CustomerDays, at_day: int, half_life: int = DEFAULT_HALF_LIFE) -> Floats:
    """sum max(money, 0) * 2^(-age / h), ages in whole days.

    >>> decayed_money(CustomerDays.of(np.array([1, 1]), np.array([0, 90]), np.array([8, -3])), 90).tolist()
    [4.0]
    """
    return days.summed(_weights(days, at_day, half_life) * np.maximum(days.money, 0.0))


def decayed_both(days: CustomerDays, at_day: int, half_life: int = DEFAULT_HALF_LIFE) -> Floats:
    """Percentile of decayed frequency + percentile of decayed money, in (0, 2]."""
    frequency = days.summed(_weights(days, at_day, half_life))
    return percentiles(frequency) + percentiles(decayed_money(days, at_day, half_life))


def modelled(days: CustomerDays, at_day: int, horizon_days: int) -> Floats:
    """BG/NBD expected purchases in the next days x Gamma-Gamma expected money per purchase, first purchase included.

    Days with money feed Gamma-Gamma; who has none gets the average of all. Raises NobodyPaid.
    Source: Fader, Hardie & Lee 2005, RFM and CLV: using iso-value curves for customer base analysis.
    """
    paying = days.money > 0
    times = days.summed(paying.astype(np.float64))
    if not times.any():
        raise NobodyPaid("nobody has a day with money")
    _, known = histories.from_days(days.row, days.day, at_day, DAYS_A_WEEK)
    purchases = bg_nbd.fit(known).model.conditional(known, horizon_days / DAYS_A_WEEK)[known.group]
    mean = days.summed(np.where(paying, days.money, 0.0)) / np.maximum(times, 1)
    payers = times > 0
    money = gamma_gamma.fit(times[payers].astype(np.int64), mean[payers]).model
    per_purchase = np.full(len(times), float(money.conditional(np.zeros(1, dtype=np.int64), np.zeros(1))[0]))
    per_purchase[payers] = money.conditional(times[payers].astype(np.int64), mean[payers])
    value: Floats = purchases * per_purchase
    return value


def simple(days: CustomerDays, at_day: int, half_life: int = DEFAULT_HALF_LIFE) -> Mapping[str, Floats]:
    """The rivals that need no model, by name."""
    return {
        "rfm": rfm_quintiles(days),
        "money": monetary(days),
        "decayed_both": decayed_both(days, at_day, half_life),
        "decayed_money": decayed_money(days, at_day, half_life),
    }


def without(z: Mapping[str, Floats], weights: Mapping[str, float], factor: str) -> Floats:
    """RF with one factor left out, the other weights scaled up to sum 1; z: float64[n] each.

    Where nothing else has weight, all score .5.

    >>> without({"F": np.array([1.0]), "M": np.array([0.0])}, {"F": 0.25, "M": 0.75}, "M").tolist()
    [1.0]
    """
    rest = {name: weight for name, weight in weights.items() if name != factor}
    total = sum(rest.values())
    if total <= 0:
        return np.full(len(next(iter(z.values()))), 0.5)
    score: Floats = np.sum([weight / total * z[name] for name, weight in rest.items()], axis=0)
    return score


def _weights(days: CustomerDays, at_day: int, half_life: int) -> Floats:
    decayed: Floats = np.exp2((days.day - at_day) / half_life)
    return decayed
