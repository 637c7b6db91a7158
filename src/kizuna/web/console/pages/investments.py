"""The Investments page: what is put into relationships, what they bring since, against others alike, per channel.

The figures are a job's kept result (flows.investment_report); what is booked and at which cost is flows.investing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from kizuna.flows import investing as investing_flow
from kizuna.flows import investment_report
from kizuna.html import charts, figures
from kizuna.html.charts import Axes, Line
from kizuna.html.scales import Linear, spread
from kizuna.relationships import investments, kept_reports
from kizuna.relationships.investment_terms import PAPER_DOLLARS, Terms
from kizuna.relationships.kept_reports import ReportView
from kizuna.science import periods
from kizuna.web.console import amounts
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.explore_words import span_words
from kizuna.web.console.pages.stage_words import CHANNELS
from kizuna.web.console.pages.words import SegmentWords, segment_words

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

KINDS = {
    "minutes": "Time of people",
    "channel": "Messages and calls",
    "goods": "Goods",
    "discount": "Discounts on request",
    "promotion": "Promotion",
}
NEARLY = 0.8


@dataclass(frozen=True)
class SegmentRow:
    """What was put into one segment, and its budget this month."""

    words: SegmentWords
    customers: int
    invested: str
    brought: str
    ratio: str
    budget: str
    used: str
    meter: SafeString
    over: bool
    near: bool


@dataclass(frozen=True)
class Told:
    """A comparison in words."""

    words: SegmentWords | None
    matched: int
    unmatched: int
    mean: str
    alike: str
    difference: str
    between: str
    verdict: str


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show what is invested in this shop's relationships."""
    now = timezone.now()
    report = kept_reports.find(shop.pk, investment_report.REPORT)
    job = investment_report.find_job(shop)
    terms = investing_flow.terms_of(shop, now)
    context: dict[str, Any] = {
        "report": report,
        "job": job if job and job.state != "dead" else None,
        "failed": bool(job and job.state == "dead" and (report is None or job.enqueued_at > report.made_at)),
        "terms": terms,
        "assumptions": _assumptions(shop, terms),
        "anything": investments.has_any(shop.pk),
        **(_figures(shop, report, terms) if report and report.body["by_segment"] else {}),
    }
    return render(request, "console/investments/page.html", context)


@shop_page("edit_criterion")
@require_POST
def start(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Let everything be reckoned anew."""
    investment_report.ask(shop, timezone.now())
    messages.success(request, "Investments are reckoned anew; this page follows.")
    return HttpResponseRedirect(f"/s/{shop.slug}/investments/")


def _figures(shop: "Shop", report: ReportView, terms: Terms) -> dict[str, Any]:
    body, code = report.body, shop.currency
    invested = sum(row["invested_minor"] for row in body["by_segment"])
    brought = sum(row["brought_minor"] for row in body["by_segment"])
    return {
        "invested": amounts.money_round(invested, code),
        "brought": amounts.money_round(brought, code),
        "ratio": _ratio(brought, invested),
        "people": sum(row["customers"] for row in body["by_segment"]),
        "segments": _segments(shop, report, terms),
        "kinds": [(KINDS.get(kind, kind), amounts.money_round(amount, code)) for kind, amount in _largest(body)],
        "months": _months(shop, body["by_month"]),
        "compared": _compared(body["comparison"], code),
        "waiting": body["comparison"].get("waiting", 0),
        "horizon": body["horizon_days"],
        "channels": _channels(body["channels"], code),
    }


def _largest(body: Mapping[str, Any]) -> list[tuple[str, int]]:
    return sorted(body["by_kind"].items(), key=lambda pair: -pair[1])


def _ratio(brought: int, invested: int) -> str:
    return f"{brought / invested:.1f}" if invested > 0 else "–"


def _segments(shop: "Shop", report: ReportView, terms: Terms) -> list[SegmentRow]:
    """By segment of today, with this month's spending against the budget."""
    month = periods.month_index(report.as_of_us, ZoneInfo(shop.timezone))
    spent: Mapping[str, int] = next((row["segments"] for row in report.body["by_month"] if row["month"] == month), {})
    found = []
    for row in report.body["by_segment"]:
        letter, code = row["segment"], shop.currency
        budget, used = terms.budgets.get(letter, 0), spent.get(letter, 0)
        share = used / budget if budget else 0.0
        words = segment_words(letter)
        told = f"{figures.share(share, 0)} of this month's budget" if budget else "no budget"
        found.append(
            SegmentRow(
                words,
                row["customers"],
                amounts.money_round(row["invested_minor"], code),
                amounts.money_round(row["brought_minor"], code),
                _ratio(row["brought_minor"], row["invested_minor"]),
                amounts.money_round(budget, code) if budget else "",
                amounts.money_round(used, code),
                charts.meter(share, words.tone, told) if budget else SafeString(""),
                share > 1,
                NEARLY <= share <= 1,
            )
        )
    return found


def _compared(told: Mapping[str, Any], code: str) -> list[Told]:
    found = []
    for key, each in told.items():
        if not isinstance(each, dict):
            continue
        low, high = (amounts.money_round(round(each[edge]), code) for edge in ("low", "high"))
        found.append(
            Told(
                None if key == "all" else segment_words(key),
                each["matched"],
                each["unmatched"],
                amounts.money_round(round(each["mean"]), code),
                amounts.money_round(round(each["mean_alike"]), code),
                amounts.money_round(round(each["difference"]), code),
                f"{low} to {high}",
                _verdict(each["low"], each["high"]),
            )
        )
    return found


def _verdict(low: float, high: float) -> str:
    if low > 0:
        return "They brought more than others alike; chance alone would rarely make it so."
    if high < 0:
        return "They brought less than others alike; chance alone would rarely make it so."
    return "The difference is no larger than chance alone could make it."


def _months(shop: "Shop", rows: Sequence[Mapping[str, Any]]) -> SafeString | str:
    """What was invested each month."""
    sums = [(row["month"], float(sum(row["segments"].values()))) for row in rows]
    if len(sums) < 2:
        return ""
    first, last = sums[0][0], sums[-1][0]
    axes = Axes(
        x=Linear(first, last),
        y=spread([amount for _, amount in sums], zero=True),
        x_ticks=_ticks(first, last),
        y_text=lambda value: amounts.money_short(value, shop.currency),
        height=200,
    )
    ends = [amounts.money_round(int(each[1]), shop.currency) for each in (sums[0], sums[-1])]
    words = f"From {ends[0]} to {ends[1]}"
    return charts.line_chart("Invested each month", words, [Line(sums, "tone-1", filled=True)], axes)


def _channels(rows: Sequence[Mapping[str, Any]], code: str) -> dict[str, Any] | None:
    """Cost per resolved conversation by channel and month, drawn and as sums."""
    names = sorted({row["channel"] for row in rows})
    if not names:
        return None
    lines, keys, listed = [], [], []
    for place, name in enumerate(names):
        mine = [row for row in rows if row["channel"] == name]
        tone = f"tone-{place % 6 + 1}"
        lines.append(Line([(row["month"], row["cost_minor"] / row["resolved"]) for row in mine], tone))
        keys.append((tone, CHANNELS.get(name, name)))
        resolved, cost = sum(row["resolved"] for row in mine), sum(row["cost_minor"] for row in mine)
        each = amounts.money(round(cost / resolved), code)
        listed.append((CHANNELS.get(name, name), resolved, each, amounts.money_round(cost, code)))
    first, last = min(row["month"] for row in rows), max(row["month"] for row in rows)
    every = [cost for line in lines for _, cost in line.points]
    axes = Axes(
        x=Linear(first, last),
        y=spread(every, zero=True),
        x_ticks=_ticks(first, last),
        y_text=lambda value: amounts.money_short(value, code),
        height=220,
    )
    title = "Cost per resolved conversation by channel, over the months"
    told = ", ".join(f"{row[0]} {row[2]}" for row in listed)
    drawn = charts.line_chart(title, told, lines, axes) if last > first else ""
    return {"chart": drawn, "keys": keys, "rows": listed}


def _ticks(first: int, last: int) -> list[tuple[float, str]]:
    step = max(1, -(-(last - first) // 6))
    return [(float(month), span_words("month", month)) for month in range(first, last + 1, step)]


def _assumptions(shop: "Shop", terms: Terms) -> list[tuple[str, str, str]]:
    """Every cost with its name, and what the model's paper says of it."""
    rows = [("An hour of a person", amounts.money(terms.hour_minor, shop.currency), "ours")]
    for channel, minor in terms.channel_minor.items():
        dollars = PAPER_DOLLARS.get(channel)
        rows.append(
            (
                CHANNELS.get(channel, channel).capitalize(),
                amounts.money(minor, shop.currency),
                f"paper: US$ {dollars}" if dollars is not None else "no figure in the paper",
            )
        )
    return rows
