"""The customer list: search, filters, order, saved views, pages by key; and its export as CSV.

The address is the whole state, so that a view can be kept, shared and opened in another tab.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import export as export_flow
from kizuna.flows import portfolio as portfolio_flow
from kizuna.flows import saved_views as view_flow
from kizuna.html import figures
from kizuna.money import currency
from kizuna.relationships import lists, saved_views, snapshots
from kizuna.relationships.lists import Filters, Order
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages import chosen
from kizuna.web.console.pages.filters import ORDERED, SEGMENT_CHOICES, WHO, ListState, parse_list
from kizuna.web.console.pages.portfolio import crowded
from kizuna.web.console.pages.words import segment_words

COUNT_CAP = 1_000
EXPORT_PAGE = 1_000
HEADINGS = (
    ("name", "Customer"),
    ("", "Segment"),
    ("factor", "Factor"),
    ("profit", "Net profit"),
    ("value", "To expect"),
    ("", "Orders"),
    ("ordered", "Last order"),
    ("seen", "Last seen"),
    ("", "Country"),
)
FIGURES = frozenset({"Factor", "Net profit", "To expect", "Orders"})
CSV_COLUMNS = (
    "customer",
    "name",
    "e-mail",
    "country",
    "segment",
    "relationship factor",
    "net profit",
    "net profit to expect",
    "still a customer",
    "e-CNRR",
    "orders",
    "revenue",
    "first order",
    "last order",
    "currency",
)

if TYPE_CHECKING:
    from kizuna.relationships.models import Standing
    from kizuna.shops.models import Shop
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Heading:
    """One column head: its words, how it is sorted now, and the address that sorts by it."""

    label: str
    query: str
    sorted: str
    figure: bool


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the list, the next rows of it to htmx, or the whole result after a filter changed."""
    now_us = _now_us()
    shop_now_us = portfolio_flow.shop_now(shop, now_us)
    state = parse_list(request.GET, shop, shop_now_us)
    cursor = request.GET.get("after", "")
    found = lists.list_page(shop.pk, state.filters, state.order, cursor)
    following = f"{state.query}&{urlencode({'after': found.next_cursor})}" if found.next_cursor else ""
    context = {"rows": found.rows, "following": following, "state": state, "now_us": now_us}
    if request.htmx and cursor:
        return render(request, "console/customers/rows.html", context)
    total = lists.count(shop.pk, state.filters, COUNT_CAP)
    context |= {
        "headings": _headings(state),
        "total": total,
        "capped": total == COUNT_CAP,
        "continued": bool(cursor),
    }
    if request.htmx and request.htmx.target == "result":
        return render(request, "console/customers/result.html", context)
    context |= {
        "views": saved_views.list_views(shop, request.user),
        "countries": lists.list_countries(shop.pk),
        "segments": [segment_words("" if letter == lists.NOT_PLACED else letter) for letter in SEGMENT_CHOICES],
        "ordered": [(key, words) for key, (words, _, _) in ORDERED.items()],
        "who": [(key, words) for key, (words, _) in WHO.items()],
        "empty": not total and not state.active and lists.is_empty(shop.pk),
    }
    return render(request, "console/customers/page.html", context)


@shop_page("export")
def export(request: ShopRequest, shop: "Shop") -> StreamingHttpResponse | HttpResponseBadRequest:
    """Send the filtered list, or a selection of the portfolio, as CSV that spreadsheets cannot run."""
    state = parse_list(request.GET, shop, portfolio_flow.shop_now(shop, _now_us()))
    try:
        filters = _export_filters(request, shop, state)
    except ValueError as error:
        return HttpResponseBadRequest(str(error))
    export_flow.note_export(shop, request.user, _told(request, state), timezone.now())
    response = StreamingHttpResponse(_csv(shop, filters, state.order), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{shop.slug}-customers.csv"'
    return response


@require_POST
@shop_page("view")
def keep_view(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Keep the list as it is under a name."""
    name = " ".join(request.POST.get("name", "").split())[:60]
    query = request.POST.get("query", "")[:500]
    if not name:
        messages.error(request, "Give the view a name.")
    else:
        try:
            view_flow.keep_view(shop, request.user, name, query)
            messages.success(request, f"Kept as “{name}”.")
        except saved_views.TooManyViews as error:
            messages.error(request, str(error))
    return HttpResponseRedirect(f"/s/{shop.slug}/customers/?{query}")


@require_POST
@shop_page("view")
def remove_view(request: ShopRequest, shop: "Shop", view_id: int) -> HttpResponse:
    """Remove one of the person's own views."""
    if not view_flow.remove_view(shop, request.user, view_id):
        raise Http404
    messages.success(request, "View removed.")
    return HttpResponseRedirect(f"/s/{shop.slug}/customers/")


def safe_cell(text: str) -> str:
    """Keep a spreadsheet from running text: an apostrophe goes before what it would take for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) or text.startswith(DANGEROUS) else text


def _export_filters(request: ShopRequest, shop: "Shop", state: ListState) -> Filters:
    ids, shape = request.GET.getlist("id"), request.GET.get("shape", "")
    if ids:
        found = chosen.list_ids(shop, ids).dots
        return Filters(customer_ids=tuple(lists.find_ids(shop.pk, [dot.public_id for dot in found])))
    if shape:
        behind = crowded(snapshots.find_last(shop.pk), state)
        return Filters(customer_ids=tuple(chosen.find_inside(shop, state, behind, shape)))
    return state.filters


def _told(request: ShopRequest, state: ListState) -> dict[str, object]:
    """What was exported, for the audit log: filters by name; words of a search may be personal and stay out."""
    told: dict[str, object] = {name: value for name, value in state.values.items() if value and name != "q"}
    if state.segments:
        told["segments"] = list(state.segments)
    if state.words:
        told["search"] = "by words"
    if request.GET.getlist("id") or request.GET.get("shape"):
        told["selection"] = "picked on the portfolio"
    return told or {"all": "every customer"}


def _csv(shop: "Shop", filters: Filters, order: Order) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _lines([CSV_COLUMNS])
    cursor: str | None = ""
    while cursor is not None:
        found = lists.list_page(shop.pk, filters, order, cursor, EXPORT_PAGE)
        yield _lines([_cells(shop, row) for row in found.rows])
        cursor = found.next_cursor


def _cells(shop: "Shop", row: "Standing") -> tuple[str, ...]:
    profit = "" if row.net_profit_minor is None else currency.format_minor(row.net_profit_minor, shop.currency)
    return (
        str(row.customer.public_id),
        safe_cell(row.name or row.label),
        safe_cell(row.email),
        safe_cell(row.country),
        row.segment,
        "" if row.rf is None else f"{row.rf:.6f}",
        profit,
        "" if row.expected_value_minor is None else currency.format_minor(row.expected_value_minor, shop.currency),
        "" if row.still_customer is None else f"{row.still_customer:.4f}",
        "" if row.e_cnrr is None else f"{row.e_cnrr:.8f}",
        str(row.orders),
        currency.format_minor(row.revenue_minor, shop.currency),
        "" if row.first_order_us is None else figures.iso(row.first_order_us),
        "" if row.last_order_us is None else figures.iso(row.last_order_us),
        shop.currency,
    )


def _lines(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _headings(state: ListState) -> list[Heading]:
    drawn = []
    for sort, label in HEADINGS:
        now = state.order.sort == sort and bool(sort)
        rising = not state.order.rising if now else sort in lists.RISING_FIRST
        values = {**state.values, "sort": sort, "dir": "up" if rising else "down"}
        query = replace(state, values=values).query if sort else ""
        sorted_now = ("ascending" if state.order.rising else "descending") if now else ""
        drawn.append(Heading(label, query, sorted_now, label in FIGURES))
    return drawn


def _now_us() -> int:
    return int(timezone.now().timestamp() * 1_000_000)
