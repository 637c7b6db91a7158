"""The facts that the model's claims are tested on: who was a customer at the origin, and what came before and after.

Reads the ledger, conversations, the journal and what was invested, under today's links; reckons no claim.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kizuna.conversations import contacts
from kizuna.customers import columns as people_columns
from kizuna.customers import links
from kizuna.flows import portfolio
from kizuna.flows.portfolio import Portfolio
from kizuna.relationships import investments, referrals
from kizuna.relationships.population import Links
from kizuna.sales import ledger
from kizuna.science import periods
from kizuna.science.periods import DAY_US
from kizuna.tracking import dealings

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Flags = NDArray[np.bool_]

QUARTER_DAYS = 90
KNOWN_DAYS = 365
"""Who bought nothing for longer before the origin was no customer any more."""
SPANS = (365, 182, 91)
INVITED = "a friend’s link"
"""The source of those whom a customer brought; what it cost is known and not asked for."""
WRITTEN = "E"
"""The factor that is communication itself; strength is asked without it and without further indicators."""


@dataclass(frozen=True)
class Book:
    """Every order and refund with its customer of today (0: nobody's), oldest in no order; the first purchases."""

    owner: Links
    customer: Ints
    at_us: Ints
    profit: Ints
    bought: Flags

    def buyers(self, from_us: int, to_us: int) -> Ints:
        """Who bought in (from, to], ascending."""
        return np.unique(self.customer[self._within(from_us, to_us) & self.bought])

    def profits(self, chosen: Ints, from_us: int, to_us: int) -> Floats:
        """Net profit of these customers (ascending) in (from, to]."""
        mine = self._within(from_us, to_us) & np.isin(self.customer, chosen)
        row = np.searchsorted(chosen, self.customer[mine])
        return np.bincount(row, self.profit[mine].astype(np.float64), minlength=len(chosen))

    def firsts(self) -> tuple[Ints, Ints]:
        """Every buyer, ascending, and when they bought first."""
        customer, at_us = self.customer[self.bought], self.at_us[self.bought]
        order = np.lexsort((at_us, customer))
        who, place = np.unique(customer[order], return_index=True)
        return who, at_us[order][place]

    def _within(self, from_us: int, to_us: int) -> Flags:
        return (self.at_us > from_us) & (self.at_us <= to_us) & (self.customer > 0)


@dataclass(frozen=True)
class Followed:
    """Customers of the origin, one row each: days of contact before it, strength then and now, what came after.

    full: strength as everywhere. before, after: without what communication itself adds, at the origin and now.
    """

    days: Ints
    full: Floats
    before: Floats
    after: Floats
    profit: Floats
    kept: Flags


def read_book(shop: "Shop", until_us: int) -> Book:
    """Read orders and refunds up to an instant."""
    facts = ledger.columns(shop.pk, until_us)
    owner = Links(*links.columns(shop.pk, None))
    customer = owner.customers(np.concatenate((facts.order_identity, facts.refund_identity)))
    return Book(
        owner,
        np.maximum(customer, 0),
        np.concatenate((facts.order_us, facts.refund_us)),
        np.concatenate((facts.order_profit, facts.refund_profit)),
        np.concatenate((facts.order_is_purchase, np.zeros(len(facts.refund_us), dtype=np.bool_))),
    )


def follow(shop: "Shop", book: Book, clock: int) -> Followed:
    """Follow the customers of a quarter ago: communication in the quarter before that, and what came since."""
    span = QUARTER_DAYS * DAY_US
    origin = clock - span
    chosen = book.buyers(origin - KNOWN_DAYS * DAY_US, origin)
    then, now = portfolio.measure_as_of(shop, origin), portfolio.measure_as_of(shop, clock)
    chosen = chosen[np.isin(chosen, then.customer_id) & np.isin(chosen, now.customer_id)]
    at = [np.searchsorted(each.customer_id, chosen) for each in (then, now)]
    return Followed(
        days=_days_of_contact(shop, book.owner, chosen, (origin - span, origin)),
        full=then.rf[at[0]],
        before=_without_words(then)[at[0]],
        after=_without_words(now)[at[1]],
        profit=book.profits(chosen, origin, clock),
        kept=np.isin(chosen, book.buyers(origin, clock)),
    )


def longest_span(book: Book, clock: int) -> int | None:
    """The longest of a year, half and a quarter that the history holds twice, in days; None where it is too short."""
    first = int(book.at_us[book.bought].min(initial=clock))
    return next((days for days in SPANS if clock - first >= 2 * days * DAY_US), None)


def spent_on(shop: "Shop", book: Book, chosen: Ints, from_us: int, to_us: int) -> Floats:
    """What was invested in each of these customers (ascending) in (from, to]."""
    spent = investments.columns(shop.pk, from_us)
    customer = book.owner.customers(spent.identity_id)
    mine = (spent.at_us > from_us) & (spent.at_us <= to_us) & np.isin(customer, chosen)
    row = np.searchsorted(chosen, customer[mine])
    return np.bincount(row, spent.amount_minor[mine].astype(np.float64), minlength=len(chosen))


def sources_of(shop: "Shop", chosen: Ints, invited: Mapping[int, int]) -> NDArray[np.object_]:
    """The source of each of these customers (ascending): INVITED, else the first campaign; '' where it is not known."""
    everybody = people_columns.everybody(shop.pk)
    if not len(everybody.customer_id):
        return np.full(len(chosen), "", dtype=np.object_)
    row = np.minimum(np.searchsorted(everybody.customer_id, chosen), len(everybody.customer_id) - 1)
    source = np.where(everybody.customer_id[row] == chosen, everybody.source[row], "")
    source[np.isin(chosen, list(invited))] = INVITED
    return source


def invited(shop: "Shop", book: Book) -> dict[int, int]:
    """Customers who came by another's link and bought, with what that promotion cost."""
    costs = referrals.costs_of_attributed(shop.pk)
    customer = book.owner.customers(np.array(list(costs), dtype=np.int64))
    return {who: cost for who, cost in zip(customer.tolist(), costs.values(), strict=True) if who > 0}


def _days_of_contact(shop: "Shop", owner: Links, chosen: Ints, span: tuple[int, int]) -> Ints:
    """On how many days of the shop either side wrote or called, whatever the channel; one day is one."""
    from_us, to_us = span
    said, told = contacts.said_columns(shop.pk), dealings.contact_columns(shop.pk, from_us, to_us)
    customer = owner.customers(np.concatenate((said[0], told[0])))
    at_us = np.concatenate((said[1], told[1]))
    mine = (at_us > from_us) & (at_us <= to_us) & np.isin(customer, chosen)
    day = periods.day_indices(at_us[mine], ZoneInfo(shop.timezone))
    pairs = np.unique(np.stack((np.searchsorted(chosen, customer[mine]), day), axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=len(chosen)).astype(np.int64)


def _without_words(found: Portfolio) -> Floats:
    """RF without the factor and the indicators that communication itself moves."""
    criterion = found.question.criterion
    left = {name for name in criterion.factors if name != WRITTEN and name not in criterion.indicators}
    weights = {name: criterion.weights[name] for name in left}
    whole = sum(weights.values()) or 1.0
    summed: Floats = sum((weights[name] / whole * found.z[name] for name in sorted(left)), np.zeros(len(found.rf)))
    return summed
