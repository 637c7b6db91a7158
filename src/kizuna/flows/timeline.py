"""A customer's whole time line: facts, orders and refunds over all identities, newest first, page by page.

Orders are shown as the ledger has them, so the events that carried them are left out. Reads only.
"""

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from kizuna.customers import links
from kizuna.sales import timeline as sales_timeline
from kizuna.tracking import timeline as fact_timeline
from kizuna.tracking.timeline import ABOUTS, CHANNELS, FactFilters, Words

if TYPE_CHECKING:
    from kizuna.sales.timeline import Entry
    from kizuna.shops.models import Shop
    from kizuna.tracking.models import Fact

OF_ORDERS = Words("of", "web", "in")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which part of a time line: "of", "for" or "by" the customer, and a channel in words; empty shows all."""

    about: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: a fact, or an order or refund (then `entry`)."""

    kind: str
    id: int
    happened_us: int
    title: str
    words: Words
    fact: "Fact | None" = None
    entry: "Entry | None" = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a time line; `next_before` asks for the following one, None at the end."""

    items: tuple[Item, ...]
    next_before: int | None


def read_page(shop: "Shop", customer_id: int, filters: Filters, before: int | None, limit: int = 50) -> Page:
    """Read the entries before an instant, newest first; entries of one instant are never parted."""
    identity_ids = links.identities_of(shop.pk, [customer_id])[customer_id]
    if not identity_ids or filters.about not in ("", *ABOUTS) or filters.channel not in ("", *CHANNELS):
        return Page((), None)
    wanted = FactFilters(
        abouts=frozenset({int(ABOUTS[filters.about])} if filters.about else ()),
        channels=frozenset({int(CHANNELS[filters.channel])} if filters.channel else ()),
    )
    facts = fact_timeline.list_facts(shop.pk, identity_ids, wanted, before, limit)
    items = [
        Item("fact", fact.pk, fact.happened_us, fact.name, fact_timeline.words_of(fact), fact=fact) for fact in facts
    ]
    if filters.about in ("", OF_ORDERS.about) and filters.channel in ("", OF_ORDERS.channel):
        entries = sales_timeline.list_orders(shop.pk, identity_ids, before, limit)
        items += [
            Item(entry.kind, entry.id, entry.happened_us, entry.source_ref, OF_ORDERS, entry=entry) for entry in entries
        ]
    items.sort(key=attrgetter("happened_us", "kind", "id"), reverse=True)
    end = min(limit, len(items))
    while 0 < end < len(items) and items[end].happened_us == items[end - 1].happened_us:
        end += 1
    full = len(items) >= limit
    return Page(tuple(items[:end]), items[end - 1].happened_us if full else None)
