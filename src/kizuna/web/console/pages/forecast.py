"""The forecast page: what today's customers will still buy and bring, whole, by segment and one by one, and how right
such a forecast was before. Computing it is a job (flows.forecast); here its kept result is shown, asked for, exported.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from kizuna.flows import export as export_flow
from kizuna.flows import forecast as forecast_flow
from kizuna.flows import portfolio as portfolio_flow
from kizuna.html import charts, figures
from kizuna.money import currency
from kizuna.relationships import forecasts, lists
from kizuna.relationships.forecasts import ForecastColumns, Outlook, RunView
from kizuna.relationships.lists import Between, Filters, Order
from kizuna.sales import ledger
from kizuna.science import still
from kizuna.web.console import amounts
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages import forecast_charts, forecast_words
from kizuna.web.console.pages.customers import safe_cell
from kizuna.web.console.pages.words import SegmentWords, segment_words

if TYPE_CHECKING:
    from kizuna.relationships.models import Standing
    from kizuna.shops.models import Shop

LETTERS = ("A", "B", "C", "D", "")
ROWS = 25
EXPORT_PAGE = 1_000
CSV_COLUMNS = (
    "customer",
    "name",
    "e-mail",
    "segment",
    "still a customer",
    "purchases",
    "purchases at least",
    "purchases at most",
    "net profit",
    "net profit at least",
    "net profit at most",
    "currency",
    "months ahead",
    "as of",
)


@dataclass(frozen=True)
class SegmentRow:
    """What is expected of one segment, or of everybody."""

    words: SegmentWords | None
    customers: int
    still: float
    still_share: str
    meter: SafeString
    purchases: str
    purchases_between: str
    value: str
    value_between: str


@dataclass(frozen=True)
class CustomerRow:
    """What is expected of one customer."""

    standing: "Standing"
    outlook: Outlook | None
    still: str
    tone: str
    purchases: str
    between: str


@dataclass(frozen=True)
class Asked:
    """Which customers the list shows: of segments, and how certainly still customers."""

    segments: tuple[str, ...]
    still: str

    @property
    def filters(self) -> Filters:
        """As lists take it; only customers of whom there is a forecast."""
        _, low, high = forecast_words.STILL_CHOICES.get(self.still, ("", 0.0, None))
        return Filters(segments=self.segments, still=Between(0.0 if low is None else low, high))

    @property
    def query(self) -> str:
        """The address's query string without the page."""
        pairs = [("segment", letter) for letter in self.segments]
        return urlencode([*pairs, *([("still", self.still)] if self.still else [])])


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the forecast, or only the customers to htmx."""
    run = forecasts.find_last(shop.pk)
    if run is None:
        return _without(request, shop)
    asked = _asked(request)
    now_us = _now_us()
    cursor = request.GET.get("after", "")
    found = lists.list_page(shop.pk, asked.filters, Order("value"), cursor, ROWS)
    following = f"{asked.query}&{urlencode({'after': found.next_cursor})}" if found.next_cursor else ""
    context = {"run": run, "rows": _customer_rows(shop, run, found.rows), "following": following, "asked": asked}
    if request.htmx and cursor:
        return render(request, "console/forecast/rows.html", context)
    context |= {"choices": _still_choices(run), "letters": [segment_words(letter) for letter in "ABCD"]}
    if request.htmx and request.htmx.target == "forecast-list":
        return render(request, "console/forecast/list.html", context)
    waiting = forecast_flow.find_job(shop)
    context |= {
        "whole": _segment_row(shop, run, "all"),
        "segments": [_segment_row(shop, run, letter) for letter in LETTERS if run.totals.get(letter or "none")],
        "track": forecast_charts.draw(run.back_test),
        "story": forecast_words.story(run.back_test, shop.currency) if run.back_test else [],
        "promises": forecast_words.promises(run.back_test, shop.currency) if run.back_test else [],
        "tested_span": forecast_words.span_words(int(run.back_test["months"])) if run.back_test else "",
        "classes": _classes(run.back_test),
        "tested": _tested(shop, run.back_test),
        "level": forecast_words.level_words(float(run.method["level"])),
        "few": run.customers < still.FEW_BUYERS,
        "method": _method(shop, run),
        "waiting": waiting if waiting and waiting.state != "dead" else None,
        "failed": bool(waiting and waiting.state == "dead" and waiting.enqueued_at > run.made_at),
        "stale": portfolio_flow.shop_now(shop, now_us) != now_us,
        "now_us": now_us,
    }
    return render(request, "console/forecast/page.html", context)


@shop_page("view")
def progress(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show how far the computing has come; once it is done, let the page load anew."""
    waiting = forecast_flow.find_job(shop)
    if waiting is None or waiting.state == "dead":
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    return render(request, "console/forecast/progress.html", {"waiting": waiting})


@shop_page("edit_criterion")
@require_POST
def start(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Let the forecast be computed anew."""
    forecast_flow.ask(shop, timezone.now())
    messages.success(request, "The forecast is computed anew; this page follows it.")
    return HttpResponseRedirect(f"/s/{shop.slug}/forecast/")


@shop_page("export")
def export(request: ShopRequest, shop: "Shop") -> StreamingHttpResponse:
    """Send what is expected of each listed customer as CSV."""
    run = forecasts.find_last(shop.pk)
    if run is None:
        raise Http404
    asked = _asked(request)
    told = {"forecast": figures.iso(run.as_of_us), "segment": list(asked.segments) or "all", "still": asked.still}
    export_flow.note_export(shop, request.user, told, timezone.now())
    response = StreamingHttpResponse(_csv(shop, run, asked), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{shop.slug}-forecast.csv"'
    return response


def _without(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """No forecast yet: because nobody bought, because it is being computed, or because nobody asked."""
    waiting = forecast_flow.find_job(shop)
    context = {
        "run": None,
        "empty": not ledger.has_orders(shop.pk),
        "waiting": waiting if waiting and waiting.state != "dead" else None,
        "failed": bool(waiting and waiting.state == "dead"),
    }
    return render(request, "console/forecast/page.html", context)


def _asked(request: ShopRequest) -> Asked:
    wanted = request.GET.getlist("segment")
    choice = request.GET.get("still", "")
    return Asked(
        tuple(letter for letter in "ABCD" if letter in wanted), choice if choice in forecast_words.STILL_CHOICES else ""
    )


def _still_choices(run: RunView) -> list[tuple[str, str]]:
    if run.customers < still.FEW_BUYERS:
        return []
    return [(key, words) for key, (words, _, _) in forecast_words.STILL_CHOICES.items()]


def _segment_row(shop: "Shop", run: RunView, letter: str) -> SegmentRow:
    told = run.totals[letter or "none"]
    customers = int(told["customers"])
    share = told["still"] / customers if customers else 0.0
    words = None if letter == "all" else segment_words(letter)
    purchases, value = told["purchases"], told["value"]
    name = "everybody" if words is None else words.name
    return SegmentRow(
        words,
        customers,
        told["still"],
        figures.share(share, 0),
        charts.meter(share, words.tone if words else "", f"{name}: {figures.share(share, 0)} still customers"),
        figures.whole(purchases[0]),
        f"between {figures.whole(purchases[1])} and {figures.whole(purchases[2])}",
        amounts.money_round(round(value[0]), shop.currency),
        forecast_words.between_money(value[1], value[2], shop.currency),
    )


def _customer_rows(shop: "Shop", run: RunView, standings: "Sequence[Standing]") -> list[CustomerRow]:
    found = forecasts.list_outlooks(shop.pk, run, [row.pk for row in standings])
    rows = []
    for standing in standings:
        outlook = found.get(standing.pk)
        words, tone = forecast_words.short_still(run, outlook.still if outlook else None)
        purchases, between = "–", "–"
        if outlook is not None:
            purchases = forecast_words.fine(outlook.purchases)
            between = forecast_words.between_money(outlook.value_low_minor, outlook.value_high_minor, shop.currency)
        rows.append(CustomerRow(standing, outlook, words, tone, purchases, between))
    return rows


def _classes(back_test: Mapping[str, Any] | None) -> list[dict[str, object]]:
    rows = back_test["classes"] if back_test else []
    most = max((row["x"] for row in rows), default=0)
    return [
        {
            "name": _class_words(row["x"], row["x"] == most and most > 1),
            "customers": row["customers"],
            "said": f"{row['expected']:.2f}",
            "came": f"{row['actual']:.2f}",
        }
        for row in rows
    ]


def _class_words(x: int, last: bool) -> str:
    if x == 0:
        return "had bought once"
    times = "once" if x == 1 else "twice" if x == 2 else f"{x} times"
    return f"had come back {times}{' or more' if last else ''}"


def _tested(shop: "Shop", back_test: Mapping[str, Any] | None) -> list[dict[str, object]]:
    """By segment of then: what was said and what came."""
    rows = []
    for letter, told in (back_test or {}).get("segments", {}).items():
        purchases, profit = told["purchases"], told["profit"]
        rows.append(
            {
                "words": segment_words("" if letter == "none" else letter),
                "customers": told["customers"],
                "said": figures.whole(purchases["said"]),
                "came": figures.whole(purchases["came"]),
                "profit_said": amounts.money_round(round(profit["said"]), shop.currency),
                "profit_came": amounts.money_round(round(profit["came"]), shop.currency),
            }
        )
    return rows


def _method(shop: "Shop", run: RunView) -> dict[str, object]:
    told = run.method
    return {
        **told,
        "parameters": [(name, f"{value:.4g}") for name, value in told["parameters"].items()],
        "scores": [
            (each["name"], figures.whole(each["foretold"]), f"{each['ranking']:.3f}") for each in told["scores"]
        ],
        "usual_share": figures.share(told["usual_share"], 0),
        "gain": amounts.money_round(round(told["gain_minor"]), shop.currency),
        "loss": amounts.money_round(round(told["loss_minor"]), shop.currency) if told["loss_minor"] else "",
        "discount": figures.share(run.terms["discount_year"], 1),
        "maintenance": amounts.money_round(int(run.terms["maintenance_minor"]), shop.currency),
    }


def _csv(shop: "Shop", run: RunView, asked: Asked) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _lines([CSV_COLUMNS])
    columns = forecasts.columns(shop.pk, run)
    cursor: str | None = ""
    while cursor is not None:
        found = lists.list_page(shop.pk, asked.filters, Order("value"), cursor, EXPORT_PAGE)
        cells = (_cells(shop, run, columns, row) for row in found.rows)
        yield _lines([each for each in cells if each])
        cursor = found.next_cursor


def _cells(shop: "Shop", run: RunView, columns: ForecastColumns, row: "Standing") -> tuple[str, ...]:
    outlook = columns.find(row.pk)
    if outlook is None:
        return ()
    value = (outlook.value_minor, outlook.value_low_minor, outlook.value_high_minor)
    purchases = (outlook.purchases, outlook.purchases_low, outlook.purchases_high)
    return (
        str(row.customer.public_id),
        safe_cell(row.name or row.label),
        safe_cell(row.email),
        row.segment,
        f"{outlook.still:.4f}",
        *(f"{number:.3f}" for number in purchases),
        *(currency.format_minor(minor, shop.currency) for minor in value),
        shop.currency,
        str(run.terms["months"]),
        figures.iso(run.as_of_us),
    )


def _lines(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _now_us() -> int:
    return int(timezone.now().timestamp() * 1_000_000)
