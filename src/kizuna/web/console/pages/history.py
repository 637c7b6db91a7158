"""A customer's time line over all channels: pages of entries for htmx, and as a page of its own without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from kizuna.flows import timeline
from kizuna.flows.timeline import Filters, Item
from kizuna.html import figures
from kizuna.web.console import amounts
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.customer import find_or_404
from kizuna.web.console.pages.words import CHANNEL_ICONS, KIND_ICONS, event_words

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

PAGE = 40
SUMMARY_KEYS = ("subject", "name", "title", "product", "query", "order_id", "product_id", "path", "url", "note", "text")
MOST_WORDS = 140


@dataclass(frozen=True)
class Entry:
    """One line of the time line as the page shows it."""

    item: Item
    icon: str
    title: str
    summary: str
    amount: str
    facts: str
    tone: str


@dataclass(frozen=True)
class Day:
    """The entries of one shop-local day."""

    label: str
    entries: Sequence[Entry]


@shop_page("view")
def page(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show a portion of the time line, filtered by kind of information and channel."""
    customer = find_or_404(shop, public_id)
    about, channel = request.GET.get("about", ""), request.GET.get("channel", "")
    before = request.GET.get("before", "")
    edge = int(before) if before.isdecimal() and len(before) <= 18 else None
    found = timeline.read_page(shop, customer.pk, Filters(about, channel), edge, PAGE)
    kept = {"about": about, "channel": channel, "before": found.next_before}
    context = {
        "customer": customer,
        "days": _days(shop, found.items),
        "following": urlencode({key: value for key, value in kept.items() if value}) if found.next_before else "",
        "first": edge is None,
        "filtered": bool(about or channel),
    }
    name = "console/customer/entries.html" if request.htmx else "console/customer/history.html"
    return render(request, name, context)


def _days(shop: "Shop", items: Sequence[Item]) -> list[Day]:
    def day_of(item: Item) -> str:
        return figures.moment(item.happened_us, shop.timezone, with_time=False)

    return [Day(label, [_entry(shop, item) for item in some]) for label, some in groupby(items, day_of)]


def _entry(shop: "Shop", item: Item) -> Entry:
    if item.entry is not None:
        entry = item.entry
        kind = "Refund" if entry.kind == "refund" else "Order"
        profit = amounts.money(entry.net_profit_minor, shop.currency)
        notes = [f"net profit {profit}{' with the assumed margin' if entry.cost_assumed else ''}"]
        notes += ["cancelled"] if entry.cancelled else []
        notes += [f"coupon {entry.coupon}"] if entry.coupon else []
        amount = amounts.money(entry.revenue_minor, shop.currency)
        icon = "cart" if entry.kind == "order" else "left"
        return Entry(item, icon, f"{kind} {entry.source_ref}", ", ".join(notes), amount, "", f"is-{entry.kind}")
    fact = item.fact
    properties = fact.properties if fact is not None else {}
    icon = KIND_ICONS.get(item.title) or CHANNEL_ICONS.get(item.words.channel, "web")
    raw = figures.pretty_object(properties) if properties else ""
    return Entry(item, icon, event_words(item.title), _summary(properties), "", raw, item.words.about)


def _summary(properties: dict[str, object]) -> str:
    """The first thing worth reading in an event's properties, in one line."""
    for key in SUMMARY_KEYS:
        value = properties.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            text = " ".join(str(value).split())
            return text if len(text) <= MOST_WORDS else f"{text[: MOST_WORDS - 1]}…"
    return ""
