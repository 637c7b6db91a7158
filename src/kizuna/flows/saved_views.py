"""What happens when a person keeps or removes a view of a page: one small transaction each."""

from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.relationships import saved_views

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop


@transaction.atomic
def keep_view(shop: "Shop", person: "Person", name: str, query: str, page: str = saved_views.CUSTOMERS) -> None:
    """Keep a view of a page under a name; raises relationships.saved_views.TooManyViews."""
    saved_views.keep(shop, person, name, query, page)


@transaction.atomic
def remove_view(shop: "Shop", person: "Person", view_id: int) -> bool:
    """Remove a view; says whether there was one."""
    return saved_views.remove(shop, person, view_id)
