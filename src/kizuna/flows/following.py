"""When identities go to other customers: the copies of `customer` that lists read go with them.

Every table keeps the identity it belongs to, so nothing is lost or moved; only the copies are set right here. Imports
rooms only, because facts, merges and un-merges call it.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from kizuna.conversations import threads, wish_lists
from kizuna.customers import links
from kizuna.outreach import targets

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


def follow(shop: "Shop", customer_ids: Collection[int]) -> None:
    """Set the copies of `customer` right for everything that belongs to the identities of these customers."""
    owned = links.identities_of(shop.pk, customer_ids)
    owners = {identity_id: customer_id for customer_id, each in owned.items() for identity_id in each}
    if owners:
        threads.follow(shop.pk, owners)
        wish_lists.follow(shop.pk, owners)
        targets.follow(shop.pk, owners)
