"""What follows when the shop says what it sells: the catalogue, with prices and costs.

What visitors' events say of products comes in through flows.facts and never overwrites this.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.sales import products
from kizuna.sales.products import Noted, ProductDraft

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

__all__ = ["Noted", "ProductDraft"]


@transaction.atomic
def record_products(shop: "Shop", drafts: Sequence[ProductDraft]) -> Noted:
    """Record products by their numbers; costs hold for orders recorded from now on. Repeating it changes nothing."""
    return products.record(shop.pk, drafts)
