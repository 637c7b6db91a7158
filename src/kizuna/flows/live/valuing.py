"""What would be lost if a visitor gave up waiting: the order in which the live queue is served rests on it.

Reckoned once, on entering, from what we know of the customer; the shares are assumptions (docs/decisions/0029). An
unknown visitor is worth what the shop's customers are on average, and nobody less than a tenth of that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kizuna.conversations.live import waits
from kizuna.relationships import lists, snapshots
from kizuna.science import queue_order
from kizuna.science.periods import DAY_US

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.shops.models import Shop

AFTER_SALE_US = 30 * DAY_US
LOST_RELATION = {"before": 0.05, "during": 0.05, "after": 0.10}
"""The share of a relationship's value lost with a visitor who gives up: a question after a purchase weighs double."""
LOST_CART = 0.5
LEAST_SHARE = 0.1
LARGEST_CART = 100_000.0
MOST_CART = 10.0
"""A cart counts up to so many times the average customer: the visitor's page says what lies in it, and may lie."""


@dataclass(frozen=True, slots=True)
class AtRisk:
    """What is at risk, in minor units, the index of the order of service, and the situation it was reckoned for."""

    value_minor: int
    worth: float
    situation: str


def reckon(shop: "Shop", conversation: "Conversation", context: Mapping[str, Any], now_us: int) -> AtRisk:
    """Reckon what is at risk with a chat that begins to wait."""
    standing = None if conversation.customer_id is None else lists.find_standing(shop.pk, conversation.customer_id)
    average = _average(shop.pk)
    relation = average
    if standing is not None and standing.expected_value_minor is not None:
        relation = max(float(standing.expected_value_minor), average * LEAST_SHARE)
    elif standing is not None and standing.net_profit_minor is not None and standing.segment:
        relation = max(float(standing.net_profit_minor), average * LEAST_SHARE)
    cart = min(_cart(shop, context), MOST_CART * average if average else LARGEST_CART)
    last_us = None if standing is None else standing.last_order_us
    situation = _situation(cart, last_us, now_us)
    value = LOST_RELATION[situation] * relation + LOST_CART * cart * float(shop.margin_rate)
    mu = 1.0 / waits.read_rates(shop.pk, now_us).service_s
    return AtRisk(round(value), queue_order.worth(value, mu), situation)


def _average(shop_id: int) -> float:
    """The mean net profit of the customers who have bought, as of the last snapshot."""
    last = snapshots.find_last(shop_id)
    customers = 0 if last is None else sum(last.counts.get(segment, 0) for segment in "ABCD")
    return max(0.0, last.net_gain_minor / customers) if last is not None and customers else 0.0


def _cart(shop: "Shop", context: Mapping[str, Any]) -> float:
    """What the page says lies in the cart, where it says so in the shop's own currency."""
    told = context.get("cart")
    if not isinstance(told, Mapping) or told.get("currency") not in (None, "", shop.currency):
        return 0.0
    minor = told.get("minor")
    return max(0.0, float(minor)) if isinstance(minor, int) and not isinstance(minor, bool) else 0.0


def _situation(cart: float, last_order_us: int | None, now_us: int) -> str:
    if cart > 0:
        return "during"
    return "after" if last_order_us is not None and now_us - last_order_us < AFTER_SALE_US else "before"
