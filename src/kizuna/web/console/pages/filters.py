"""What the address of a customer list says: search words, filters, order, page; and the way back into an address.

Bad values never break a page: they are left out and named, so that the form can say so.
"""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import QueryDict

from kizuna.customers import search
from kizuna.money import currency
from kizuna.relationships.lists import NOT_PLACED, RISING_FIRST, SORTS, Between, Filters, Order

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

DAY_US = 86_400_000_000
SEGMENT_CHOICES = ("A", "B", "C", "D", NOT_PLACED)
ORDERED = {
    "30": ("in the last 30 days", 30, True),
    "90": ("in the last 90 days", 90, True),
    "365": ("in the last 12 months", 365, True),
    "over90": ("more than 90 days ago", 90, False),
    "over365": ("more than 12 months ago", 365, False),
}
SORTS_OF_VISITORS = frozenset({"seen", "name"})
WHO = {"known": ("known customers", True), "visitors": ("visitors only", False)}
KEPT = ("q", "segment", "who", "country", "ordered", "rf_min", "rf_max", "np_min", "np_max", "sort", "dir")
MOST_FOUND = 200


@dataclass(frozen=True)
class ListState:
    """A list as its address describes it."""

    filters: Filters
    order: Order
    words: str
    values: dict[str, str]
    segments: tuple[str, ...]
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """The address's query string without the page: what a saved view keeps."""
        pairs = [("segment", segment) for segment in self.segments]
        pairs += [(key, value) for key, value in self.values.items() if value]
        return urlencode(pairs)

    @property
    def active(self) -> int:
        """How many filters narrow the list."""
        plain = [key for key, value in self.values.items() if value and key not in {"sort", "dir"}]
        return len(plain) + bool(self.segments)


def parse_list(query: QueryDict, shop: "Shop", shop_now_us: int) -> ListState:
    """Read a list's state from its address; runs the search where there are words."""
    values = {key: query.get(key, "").strip()[:120] for key in KEPT if key != "segment"}
    segments = tuple(s for s in SEGMENT_CHOICES if s in query.getlist("segment"))
    wrong: dict[str, str] = {}
    words = values["q"]
    filters = Filters(
        segments=segments,
        known=WHO[values["who"]][1] if values["who"] in WHO else None,
        country=values["country"],
        factor=Between(_ratio("rf_min", values, wrong), _ratio("rf_max", values, wrong)),
        profit_minor=Between(_money("np_min", values, wrong, shop), _money("np_max", values, wrong, shop)),
        ordered_us=_ordered(values["ordered"], shop_now_us),
        customer_ids=tuple(search.find_customers(shop.pk, words, MOST_FOUND)) if words else None,
    )
    plain = "seen" if filters.known is False else "profit"
    sort = values["sort"] if values["sort"] in SORTS else plain
    if filters.known is False and sort not in SORTS_OF_VISITORS:
        sort = plain
    values["sort"] = "" if sort == plain else sort
    values["dir"] = values["dir"] if values["dir"] in {"up", "down"} else ""
    rising = values["dir"] == "up" if values["dir"] else sort in RISING_FIRST
    return ListState(filters, Order(sort, rising), words, values, segments, wrong)


def _ratio(key: str, values: dict[str, str], wrong: dict[str, str]) -> float | None:
    if not values[key]:
        return None
    try:
        value = float(Decimal(values[key].replace(",", ".")))
    except InvalidOperation:
        wrong[key] = "write a number between 0 and 1"
        return None
    if not 0 <= value <= 1:
        wrong[key] = "the relationship factor lies between 0 and 1"
        return None
    return value


def _money(key: str, values: dict[str, str], wrong: dict[str, str], shop: "Shop") -> int | None:
    if not values[key]:
        return None
    try:
        return currency.parse_minor(values[key], shop.currency)
    except currency.BadAmount:
        wrong[key] = f"write an amount in {shop.currency}"
        return None


def _ordered(choice: str, shop_now_us: int) -> Between:
    if choice not in ORDERED:
        return Between()
    _, days, since = ORDERED[choice]
    edge = shop_now_us - days * DAY_US
    return Between(low=edge) if since else Between(high=edge)
