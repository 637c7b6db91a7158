"""The named views a person keeps of a page: a name and the page's query string."""

from typing import TYPE_CHECKING

from kizuna.relationships.models import SavedView

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

MOST = 30
CUSTOMERS, EXPLORE = "customers", "explore"


class TooManyViews(ValueError):
    """A person keeps at most MOST views of a page."""


def list_views(shop: "Shop", person: "Person", page: str = CUSTOMERS) -> list[SavedView]:
    """List a person's views of a page of a shop by name."""
    return list(SavedView.objects.filter(shop=shop, person=person, page=page).order_by("name"))


def keep(shop: "Shop", person: "Person", name: str, query: str, page: str = CUSTOMERS) -> SavedView:
    """Keep a view of a page under a name; the same name is replaced. NUL, which PostgreSQL cannot keep, is left out."""
    name, query = name.replace("\0", ""), query.replace("\0", "")
    mine = SavedView.objects.filter(shop=shop, person=person, page=page)
    if not mine.filter(name=name).exists() and mine.count() >= MOST:
        raise TooManyViews(f"you can keep {MOST} views; remove one first")
    view, _ = mine.update_or_create(shop=shop, person=person, page=page, name=name, defaults={"query": query})
    return view


def remove(shop: "Shop", person: "Person", view_id: int) -> bool:
    """Remove a person's view; says whether there was one."""
    removed, _ = SavedView.objects.filter(shop=shop, person=person, pk=view_id).delete()
    return removed > 0
