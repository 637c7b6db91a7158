"""What each customer bought on which day and what that left: the table that forecasts are reckoned from.

Read from the ledger of orders and refunds under today's links, in the shop's own days. Several orders on a day are one
purchase. A refund, or an order without a price, changes what the customer's last purchase before it left.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kizuna.customers import links
from kizuna.sales import ledger
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CustomerDays:
    """One row for each day on which a customer bought, by customer and day: net profit in minor units."""

    customer: Ints
    day: Ints
    profit: Floats


@dataclass(frozen=True, slots=True)
class Book:
    """Every order and refund of a shop with its customer of today and its shop-local day, in no promised order."""

    customer: Ints
    day: Ints
    profit: Ints
    is_purchase: Truths

    def until(self, day: int) -> CustomerDays:
        """What was known at the end of a day."""
        known = self.day <= day
        customer, days, bought = self.customer[known], self.day[known], self.is_purchase[known]
        profit = self.profit[known]
        if not bought.any():
            return CustomerDays(customer[:0], days[:0], np.empty(0))
        keys, place, start, span = _keys(customer, days, bought)
        row = np.searchsorted(keys, place, side="right") - 1
        before_any = (row < 0) | (keys[np.maximum(row, 0)] // span != place // span)
        row = np.where(before_any, row + 1, row)
        mine = (row < len(keys)) & (keys[np.minimum(row, len(keys) - 1)] // span == place // span)
        left = np.bincount(row[mine], profit[mine].astype(np.float64), minlength=len(keys))
        return CustomerDays(keys // span, keys % span + start, left)

    def profit_between(self, customer_id: Ints, after: int, until: int) -> Floats:
        """Net profit of these customers (ascending) on days (after, until], in their order."""
        inside = (self.day > after) & (self.day <= until)
        rows = np.searchsorted(customer_id, self.customer[inside])
        rows = np.minimum(rows, max(len(customer_id) - 1, 0))
        mine = customer_id[rows] == self.customer[inside] if len(customer_id) else np.empty(0, dtype=np.bool_)
        return np.bincount(rows[mine], self.profit[inside][mine].astype(np.float64), minlength=len(customer_id))


def read(shop: "Shop", until_us: int) -> Book:
    """Read the book of a shop up to an instant."""
    facts = ledger.columns(shop.pk, until_us)
    identity = np.concatenate((facts.order_identity, facts.refund_identity))
    held, customer = links.columns(shop.pk, None)
    order = np.argsort(held, kind="stable")
    owner = customer[order][np.searchsorted(held[order], identity)] if len(held) else identity
    return Book(
        owner,
        periods.day_indices(np.concatenate((facts.order_us, facts.refund_us)), ZoneInfo(shop.timezone)),
        np.concatenate((facts.order_profit, facts.refund_profit)),
        np.concatenate((facts.order_is_purchase, np.zeros(len(facts.refund_us), dtype=np.bool_))),
    )


def _keys(customer: Ints, day: Ints, bought: Truths) -> tuple[Ints, Ints, int, int]:
    """Customer and day as one number, ascending and once where something was bought, and for every row."""
    start = int(day.min())
    span = int(day.max()) - start + 1
    place = customer * span + (day - start)
    return np.unique(place[bought]), place, start, span
