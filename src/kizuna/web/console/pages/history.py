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
from kizuna.tracking import plan
from kizuna.web.console import amounts
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.customer import find_or_404
from kizuna.web.console.pages.words import CHANNEL_ICONS, KIND_ICONS, event_words

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

PAGE = 80
SUMMARY_KEYS = ("subject", "name", "title", "product", "query", "order_id", "product_id", "path", "url", "note", "text")
MOST_WORDS = 140
VISIT_GAP = 30 * 60 * 1_000_000
PAGES = frozenset({"Page Viewed", "Screen Viewed", "Product Viewed", "Product List Viewed", "Products Searched"})
ADDED = frozenset({"Product Added", "Wishlist Product Added to Cart"})


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
    folded: Sequence["Entry"] = ()


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

    return [Day(label, _entries(shop, list(some))) for label, some in groupby(items, day_of)]


def _entries(shop: "Shop", items: Sequence[Item]) -> list[Entry]:
    """The lines of a day: each entry one, but a run of page views of one visit folded into one."""
    runs: list[list[Item]] = []
    for item in items:
        if (
            runs
            and _is_view(item)
            and _is_view(runs[-1][-1])
            and runs[-1][-1].happened_us - item.happened_us < VISIT_GAP
        ):
            runs[-1].append(item)
        else:
            runs.append([item])
    return [_visit(shop, run) if len(run) > 1 else _entry(shop, run[0]) for run in runs]


def _is_view(item: Item) -> bool:
    return item.fact is not None and plan.shape_of(item.title).is_page_activity


def _visit(shop: "Shop", run: Sequence[Item]) -> Entry:
    """One line for a visit, newest entry first; a day or a page of the time line may cut it."""
    minutes = round((run[0].happened_us - run[-1].happened_us) / 60_000_000)
    pages = sum(item.title in PAGES for item in run)
    added = sum(item.title in ADDED for item in run)
    told = [f"{pages} page{'s' if pages != 1 else ''}"] if pages else [f"{len(run)} steps"]
    told += [f"{added} put into the cart"] if added else []
    told += [f"{minutes} min"] if minutes else ["under a minute"]
    folded = tuple(_entry(shop, item) for item in run)
    return Entry(run[0], "eye", "Visit", ", ".join(told), "", "", "is-visit", folded)


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
