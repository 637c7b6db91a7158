"""The page that tests the model's claims on the shop's own data: questions, answers in words, figures.

The figures are a job's kept result (flows.claims); what they mean, and how surely, is said in claims_words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from kizuna.flows import claims
from kizuna.flows.claims_facts import QUARTER_DAYS
from kizuna.html import charts, figures
from kizuna.relationships import kept_reports
from kizuna.relationships.kept_reports import ReportView
from kizuna.science.claims import FEWEST_KEPT
from kizuna.web.console import amounts
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages import claims_words

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@dataclass(frozen=True)
class Row:
    """One group of customers: how strong they are now, what each brought, and how many bought again."""

    name: str
    customers: int
    strength: str
    profit: str
    kept: str
    between: str
    meter: SafeString


@dataclass(frozen=True)
class SourceRow:
    """One source: what winning and what keeping a customer costs there."""

    name: str
    won: int
    winning: str
    known: int
    kept: int
    keeping: str
    between: str
    words: str


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show what the shop's own data say of the model's claims."""
    report, job = kept_reports.find(shop.pk, claims.REPORT), claims.find_job(shop)
    context: dict[str, Any] = {
        "report": report,
        "job": job if job and job.state != "dead" else None,
        "failed": bool(job and job.state == "dead" and (report is None or job.enqueued_at > report.made_at)),
        "days": QUARTER_DAYS,
        "fewest": claims_words.FEWEST,
        **(_figures(report, shop.currency) if report else {}),
    }
    return render(request, "console/claims/page.html", context)


@shop_page("edit_criterion")
@require_POST
def start(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Let everything be reckoned anew."""
    claims.ask(shop, timezone.now())
    messages.success(request, "The claims are tested anew; this page follows.")
    return HttpResponseRedirect(f"/s/{shop.slug}/claims/")


def _figures(report: ReportView, code: str) -> dict[str, Any]:
    body = report.body
    talk, strength, worth = body["talk"], body["strength"], body["worth"]
    return {
        "customers": body["customers"],
        "talk": _talk(talk, code) if talk else None,
        "strength": _strength(strength, code) if strength else None,
        "worth": _worth(worth, code) if worth else None,
        "sources": [_source(row, code) for row in body["sources"] or ()],
        "span": claims_words.span(worth["days"]) if worth else "",
    }


def _talk(told: Mapping[str, Any], code: str) -> dict[str, Any]:
    rows = [_row(claims_words.contact_days(each["from"], each["to"]), each, code) for each in told["parts"]]
    answers = [claims_words.talk_now(told["now"]), claims_words.talk_later(told["later"])]
    return {"answers": answers, "rows": rows}


def _strength(told: Mapping[str, Any], code: str) -> dict[str, Any]:
    rows = [_row(claims_words.FOURTHS[each["fourth"]], each, code) for each in reversed(told["parts"])]
    answers = [claims_words.strength_profit(told["profit"]), claims_words.strength_kept(told["apart"])]
    return {"answers": answers, "rows": rows}


def _row(name: str, each: Mapping[str, Any], code: str) -> Row:
    kept = each["kept"]
    return Row(
        name,
        each["customers"],
        f"{each['strength']:.2f}" if each["strength"] is not None else "–",
        amounts.money_round(round(each["profit_minor"]), code) if each["profit_minor"] is not None else "–",
        figures.share(kept["share"], 0),
        f"{figures.share(kept['low'], 0)} to {figures.share(kept['high'], 0)}",
        charts.meter(kept["share"], "tone-1", f"{figures.share(kept['share'], 0)} bought again"),
    )


def _worth(told: Mapping[str, Any], code: str) -> dict[str, Any]:
    rows: list[dict[str, str]] = []
    for name in ("points", "percent"):
        found = told[name]
        if found is not None:
            low, high = (amounts.money_round(round(found[edge]), code) for edge in ("low", "high"))
            gain = amounts.money_round(round(found["gain"]), code)
            rows.append({"raised": figures.share(found["raised"], 1), "gain": gain, "low": low, "high": high})
    share = told["share"]
    answer = claims_words.worth(told["points"], rows[0] if rows else None, told["years"])
    return {
        "answers": [answer],
        "rows": rows,
        "whole": told["whole"],
        "years": told["years"],
        "people": told["people"],
        "each": None if told["each_minor"] is None else amounts.money_round(round(told["each_minor"]), code),
        "rate": figures.share(share["share"], 1),
        "between": f"{figures.share(share['low'], 1)} and {figures.share(share['high'], 1)}",
    }


def _source(row: Mapping[str, Any], code: str) -> SourceRow:
    winning, keeping = row["winning_minor"], row["keeping"]
    exact = [None if keeping is None else amounts.money(round(each), code) for each in keeping or (0, 0, 0)]
    return SourceRow(
        row["source"] or claims_words.UNKNOWN,
        row["won"],
        "" if winning is None else amounts.money(winning, code),
        row["known"],
        row["kept"],
        exact[0] or "–",
        f"{exact[1]} to {exact[2]}" if keeping and keeping[0] and row["kept"] >= FEWEST_KEPT else "",
        claims_words.cheaper(winning, keeping, row["kept"]),
    )
