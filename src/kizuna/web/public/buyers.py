"""Whose place one may take at the demo storefront: some simulated customers of every segment, or a search for one.

Only customers whom the simulation made can be chosen, by the customer number it gave them.
"""

from kizuna.customers import profiles, search
from kizuna.customers.identity import IdentityKind
from kizuna.demo.simulator_world import FIRST_NUMBER
from kizuna.relationships import lists
from kizuna.relationships.lists import Filters, Order
from kizuna.shops import tenants
from kizuna.web.public.basket import Buyer

GROUPS = {
    "A": "Most valuable customers",
    "B": "Valuable, but seldom near",
    "C": "Near, but buying little",
    "D": "Distant",
}
_PLACES = (1, 4, 9, 16)


def find_buyers(slug: str, text: str) -> list[tuple[str, list[Buyer]]]:
    """Offer a few customers of each segment, or those whom a search finds."""
    shop = tenants.get_shop(slug)
    if text.strip():
        found = _buyers(shop.pk, search.find_customers(shop.pk, text, 20))
        return [(f"Found for “{text.strip()}”", found)]
    groups = []
    for segment, title in GROUPS.items():
        page = lists.list_page(shop.pk, Filters(segments=(segment,), known=True), Order("profit"), size=40)
        some = _buyers(shop.pk, [row.customer_id for row in page.rows])
        picked = [some[place] for place in _PLACES if place < len(some)] or some[:4]
        groups.append((title, picked))
    return groups


def find_buyer(slug: str, user_id: str) -> Buyer | None:
    """Find a simulated customer by the number the simulation gave them."""
    shop = tenants.get_shop(slug)
    found = _buyers(shop.pk, search.find_customers(shop.pk, user_id, 20))
    return next((buyer for buyer in found if buyer.user_id == user_id), None)


def _buyers(shop_id: int, customer_ids: list[int]) -> list[Buyer]:
    cards = profiles.cards(shop_id, customer_ids)
    return [
        Buyer(card.strongest_value, card.name or card.label, card.email, card.country)
        for customer_id in customer_ids
        if (card := cards.get(customer_id)) is not None
        and card.strongest_kind == IdentityKind.USER_ID
        and _is_simulated(card.strongest_value)
    ]


def _is_simulated(user_id: str) -> bool:
    return user_id.startswith("K") and user_id[1:].isdigit() and int(user_id[1:]) >= FIRST_NUMBER
