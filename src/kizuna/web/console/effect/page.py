"""The page Live effect: what it changes that a person answers at once, with what it is compared to; and its CSV.

The figures are a job's kept result (flows.live_report.reporting); the page reads nothing else of the dialogue.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from kizuna.conversations import wish_kinds
from kizuna.flows import export as export_flow
from kizuna.flows import investing as investing_flow
from kizuna.flows.live_report import reporting
from kizuna.html import charts, figures
from kizuna.html.charts import Axes, Line
from kizuna.html.scales import Linear, spread
from kizuna.relationships import kept_reports
from kizuna.shops import members
from kizuna.web.console import amounts
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.effect import durations, rows, told

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

CLOCKS = {"wall": "By the clock", "work": "In working hours"}
USUAL = 28


@dataclass(frozen=True)
class Asked:
    """Which period and which clock the page shows."""

    days: int
    clock: str


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the measured effect of the live operator."""
    asked, report = _asked(request), kept_reports.find(shop.pk, reporting.REPORT)
    job = reporting.find_job(shop)
    found = None if report is None else report.body["windows"].get(str(asked.days))
    context: dict[str, Any] = {
        "asked": asked,
        "windows": reporting.WINDOWS,
        "clocks": CLOCKS,
        "report": report,
        "job": job if job and job.state != "dead" else None,
        "failed": bool(job and job.state == "dead" and (report is None or job.enqueued_at > report.made_at)),
        **(_figures(shop, found, asked) if report and found else {}),
    }
    return render(request, "console/effect/page.html", context)


@shop_page("edit_criterion")
@require_POST
def start(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Let everything be reckoned anew."""
    reporting.ask(shop, timezone.now())
    messages.success(request, "The effect of the live operator is reckoned anew; this page follows.")
    return HttpResponseRedirect(f"/s/{shop.slug}/live-effect/")


@shop_page("export")
def export(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Send every figure of every period as CSV, for everybody and per operator."""
    report = kept_reports.find(shop.pk, reporting.REPORT)
    export_flow.note_figures_export(shop, request.user, "CSV", {"page": "live effect"}, timezone.now())
    text = io.StringIO()
    csv.writer(text).writerows([rows.COLUMNS, *(rows.every(report.body, _names(shop)) if report else ())])
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{shop.slug}-live-effect.csv"'
    return response


def _asked(request: ShopRequest) -> Asked:
    days, clock = request.GET.get("days", ""), request.GET.get("clock", "")
    known = {str(each): each for each in reporting.WINDOWS}
    return Asked(known.get(days, USUAL), clock if clock in CLOCKS else "wall")


def _figures(shop: "Shop", found: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    code, counts = shop.currency, found["counts"]
    first = found["times"]["first"][asked.clock]
    lost, lost_between = told.lost_share(counts)
    return {
        "counts": counts,
        "first": durations.words(first["median"]) if first else "–",
        "first_slow": durations.words(first["p90"]) if first else "–",
        "lost": lost,
        "lost_between": lost_between,
        "per_hour": told.rate(found["per_hour"]),
        "hours": f"{found['hours']:.0f}",
        "alone": figures.share(counts["ended_by_one"] / counts["ended"], 0) if counts["ended"] else "–",
        "rungs": told.ladder(found, asked.clock),
        "axis": durations.axis(),
        "claims": told.claims(found, asked.clock),
        "kinds": _kinds(shop, found["by_mail"]["kinds"], asked.clock),
        "compared": told.compared(found, code, asked.days),
        "after": found["after"],
        "money": _money(shop, found["after"]),
        "lot": found["by_lot"],
        "lot_since": found["by_lot"].get("from_us", 0) > found["from_us"],
        "doubt": told.doubt(found["by_lot"]),
        "people": told.people_rows(found["people"], _names(shop), asked.clock, code),
        "scores": told.scores(found["survey"]),
        "marks": told.marks(found["profile"]),
        "system": _system(found["system"]),
        "charts": _charts(found["steps"], shop),
    }


def _money(shop: "Shop", after: Mapping[str, Any]) -> dict[str, str]:
    """What an hour at the desk brought, and costs."""
    terms, code = investing_flow.terms_of(shop, timezone.now()), shop.currency
    more, still = after["more_per_hour_minor"], after["still"]
    written = {
        "brought": amounts.money_round(after["profit_minor"], code),
        "per_hour": "–"
        if after["per_hour_minor"] is None
        else amounts.money_round(round(after["per_hour_minor"]), code),
        "hour_costs": amounts.money_round(terms.hour_minor, code) + (" (assumed)" if terms.assumed else ""),
        "bought": figures.share(after["bought"] / after["people"], 0) if after["people"] else "–",
    }
    if more:
        low, high = (amounts.money_round(round(more[edge]), code) for edge in ("low", "high"))
        written["more"] = f"{amounts.money_round(round(more['difference']), code)}, truly between {low} and {high}"
    if still:
        written["still"] = f"{figures.share(still['answered'], 0)} against {figures.share(still['alike'], 0)}"
    return written


def _kinds(shop: "Shop", found: list[dict[str, Any]], clock: str) -> list[dict[str, Any]]:
    """First answers by chat and by mail, kind of question by kind; those that never came by chat are left out."""
    names = {kind.pk: kind.name for kind in wish_kinds.list_kinds(shop.pk)}
    suffix = "" if clock == "wall" else "_work"
    return [
        {
            "name": "No particular wish" if row["kind"] is None else names.get(row["kind"], "A former kind"),
            **{
                side: (row[side]["n"], durations.words(row[side + suffix]["median"])) if row[side] else (0, "–")
                for side in ("chat", "mail")
            },
        }
        for row in found
        if row["chat"]
    ]


def _system(found: Mapping[str, Any]) -> dict[str, str | int]:
    def within(share: str) -> str:
        value = found["delivery_ms"][share]
        return "–" if value is None else f"{value:.0f}{figures.THIN}ms"

    per_chat = found["reconnects"] / found["chats"] if found["chats"] else None
    return {
        "chats": found["chats"],
        "messages": found["messages"],
        "half": within("0.5"),
        "slow": within("0.99"),
        "reconnects": "–" if per_chat is None else f"{per_chat:.2f}",
        "failures": figures.share(found["failures"] / found["messages"], 2) if found["messages"] else "–",
    }


def _charts(steps: list[dict[str, Any]], shop: "Shop") -> dict[str, SafeString | str]:
    """Chats and those lost over the period, and the middle first answer."""
    at = [(step["from_us"], step) for step in steps]
    if sum(step["asked"] for step in steps) < 2:
        return {}
    x = Linear(at[0][0], at[-1][0])
    ticks = [(us, figures.moment(us, shop.timezone, with_time=False)[:-5]) for us, _ in at[:: max(1, -(-len(at) // 5))]]
    asked, lost = ([(us, float(step[name])) for us, step in at] for name in ("asked", "abandoned"))
    first = [(us, step["first"]) for us, step in at if step["first"] is not None]
    height = 180
    lines = [Line(asked, "tone-1", filled=True), Line(lost, "tone-2")]
    most = max(value for _, value in asked)
    told_chats = f"{sum(int(value) for _, value in asked)} chats, {sum(int(value) for _, value in lost)} given up"
    axes = Axes(x, spread([most], zero=True), ticks, _whole, height=height)
    drawn: dict[str, SafeString | str] = {
        "chats": charts.line_chart("Chats and those given up", told_chats, lines, axes)
    }
    if len(first) > 1:
        axes = Axes(x, spread([value for _, value in first], zero=True), ticks, durations.words, height=height)
        title = "The middle first answer over the period"
        drawn["first"] = charts.line_chart(title, durations.words(first[-1][1]), [Line(first, "tone-3")], axes)
    return drawn


def _whole(value: float) -> str:
    """Chats are counted: between two of them the axis says nothing."""
    return figures.short(value) if value == round(value) else ""


def _names(shop: "Shop") -> dict[int, str]:
    return {each.person_id: each.person.name or each.person.email for each in members.list_members(shop)}
