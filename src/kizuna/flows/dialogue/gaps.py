"""What the gaps of kept answers are filled with: the customer, their last order, what was learned, who writes.

Read-only; composed from the rooms that know. A value that is not known is left out, so that its gap stays visible.
"""

from typing import TYPE_CHECKING

from kizuna.customers import links, profiles
from kizuna.html import figures
from kizuna.knowledge import learned
from kizuna.money import currency
from kizuna.sales import timeline

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.shops.models import Person, Shop

NAMES = {
    "customer.name": "the customer's name",
    "customer.first_name": "the first word of their name",
    "customer.email": "their e-mail address",
    "order.number": "their last order",
    "order.day": "the day of their last order",
    "order.total": "what their last order came to",
    "wants": "what we have learned they want",
    "needs": "what we have learned they need",
    "preferences": "what we have learned they prefer",
    "operator.name": "who writes",
    "operator.first_name": "the first word of the writer's name",
    "team.name": "the team",
    "shop.name": "the shop",
}


def values_for(shop: "Shop", conversation: "Conversation", person: "Person | None") -> dict[str, str]:
    """Read the values for answers in a conversation."""
    operator = "" if person is None else person.name or person.email
    values = {
        "shop.name": shop.name,
        "team.name": conversation.team.from_name or conversation.team.name,
        "operator.name": operator,
        "operator.first_name": operator.partition(" ")[0],
    }
    if conversation.customer_id is not None:
        ids = links.identities_of(shop.pk, [conversation.customer_id])[conversation.customer_id]
        values |= _of_customer(shop.pk, conversation.customer_id)
        values |= _of_order(shop, ids)
        values |= learned.as_variables(shop.pk, ids)
    return {name: value for name, value in values.items() if value}


def _of_customer(shop_id: int, customer_id: int) -> dict[str, str]:
    card = profiles.cards(shop_id, [customer_id]).get(customer_id)
    if card is None:
        return {}
    return {
        "customer.name": card.name,
        "customer.first_name": card.name.partition(" ")[0],
        "customer.email": card.email,
    }


def _of_order(shop: "Shop", identity_ids: list[int]) -> dict[str, str]:
    entries = timeline.list_orders(shop.pk, identity_ids, None, 5)
    last = next((each for each in entries if each.kind == "order"), None)
    if last is None:
        return {}
    return {
        "order.number": last.source_ref,
        "order.day": figures.moment(last.happened_us, shop.timezone, with_time=False),
        "order.total": f"{currency.format_minor(last.original_revenue_minor, last.currency)} {last.currency}",
    }
