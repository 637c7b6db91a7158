"""The Staffing page: how many people the live desk needs in each hour of the week, and how many sat there.

The measured part is a job's kept result (flows.staffing); what is needed is reckoned for the address's what-ifs by
science.staffing. Nothing is stored here but the goal.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations.live import panel
from kizuna.flows import staffing as staffing_flow
from kizuna.flows.live import panels
from kizuna.relationships import kept_reports
from kizuna.relationships.kept_reports import ReportView
from kizuna.science import staffing
from kizuna.science.queueing import Goal
from kizuna.science.staffing import Terms
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages import staffing_words
from kizuna.web.console.pages.staffing_words import Week

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

FEWEST_CHATS, FEWEST_DAYS = 30, 7
ASSUMED = {"chat": 8.0, "patience": 5.0, "at_once": 3.0}
ASSUMED_CHATS = 20.0
PATIENT_MIN = 600.0
"""Minutes of patience from which nobody is taken to leave at all."""


class WhatIf(forms.Form):
    """What may be tried: every field begins with what was measured."""

    more = forms.FloatField(label="More or fewer chats, %", min_value=-90, max_value=1000)
    chat = forms.FloatField(label="A chat takes, minutes", min_value=0.2, max_value=240)
    patience = forms.FloatField(label="Visitors wait before they leave, minutes", min_value=0.1, max_value=PATIENT_MIN)
    at_once = forms.FloatField(label="Chats an operator has at once", min_value=1, max_value=20)
    share = forms.FloatField(label="Meet so many in time, %", min_value=10, max_value=99)
    seconds = forms.TypedChoiceField(
        label="In time is within",
        coerce=int,
        choices=[(each, staffing_words.seconds(each)) for each in staffing_flow.SECONDS],
    )
    chats = forms.FloatField(label="One hour looked at closely: chats", min_value=0.1, max_value=5000)


@dataclass(frozen=True)
class Measured:
    """What the form begins with, and which of it is an assumption because nothing was measured."""

    fields: Mapping[str, float]
    assumed: tuple[str, ...]


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show how many people the live desk needs, and what other numbers would change."""
    report = kept_reports.find(shop.pk, staffing_flow.REPORT)
    job = staffing_flow.find_job(shop)
    enough = report is not None and report.body["chats"] >= FEWEST_CHATS and report.body["days"] >= FEWEST_DAYS
    measured = _measured(shop, report)
    form = WhatIf({**measured.fields, **_asked(request)})
    chosen = form.cleaned_data if form.is_valid() else {**measured.fields, "seconds": int(measured.fields["seconds"])}
    terms = _terms(chosen)
    context: dict[str, Any] = {
        "report": report,
        "job": job if job and job.state != "dead" else None,
        "failed": bool(job and job.state == "dead" and (report is None or job.enqueued_at > report.made_at)),
        "enough": enough,
        "fewest_chats": FEWEST_CHATS,
        "fewest_days": FEWEST_DAYS,
        "form": form,
        "tried": bool(_asked(request)),
        "assumed": measured.assumed,
        "goal_words": staffing_words.goal(terms.goal),
        "differs": _goal_of(shop) != terms.goal,
        "chosen": chosen,
        "choices": staffing_words.choices(staffing.choices(chosen["chats"], terms), terms.goal),
        "chats_words": staffing_words.rate(chosen["chats"]),
    }
    if report is not None and enough:
        factor = 1 + chosen["more"] / 100
        arrivals = [each * factor for each in report.body["arrivals"]]
        week = Week(staffing.plan(arrivals, report.body["sat"], terms), report.body["open"], terms.goal)
        context |= {"facts": staffing_words.facts(report.body, terms.goal), **staffing_words.week(week)}
    return render(request, "console/staffing/page.html", context)


@shop_page("edit_criterion")
@require_POST
def start(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Let everything be reckoned anew."""
    staffing_flow.ask(shop, timezone.now())
    messages.success(request, "Staffing is reckoned anew; this page follows.")
    return HttpResponseRedirect(f"/s/{shop.slug}/staffing/")


@shop_page("edit_settings")
@require_POST
def keep_goal(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Keep the goal that is shown as the shop's own."""
    form = WhatIf({**_measured(shop, None).fields, **request.POST.dict()})
    if form.is_valid():
        goal = {"share": form.cleaned_data["share"] / 100, "seconds": float(form.cleaned_data["seconds"])}
        wanted = replace(panel.read(shop.pk), hourly_goal=goal)
        panels.change_panel(shop, wanted, request.user, timezone.now())
        messages.success(request, f"Your goal is kept: {staffing_words.goal(_goal_of(shop))}.")
    else:
        messages.error(request, "This goal could not be kept: choose between 10 and 99 %.")
    return HttpResponseRedirect(f"/s/{shop.slug}/staffing/")


def _asked(request: ShopRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in WhatIf.base_fields if request.GET.get(name, "").strip()}


def _goal_of(shop: "Shop") -> Goal:
    goal = panel.read(shop.pk).hourly_goal
    return Goal(float(goal.get("share", 0.8)), float(goal.get("seconds", 20)))


def _measured(shop: "Shop", report: ReportView | None) -> Measured:
    """What was measured, else what is assumed; rounded as people would type it.

    Where nobody left yet, patience is assumed no shorter than what was waited already proves.
    """
    body: Mapping[str, Any] = {} if report is None else report.body
    patient, least = body.get("patience_s"), body.get("patience_low_s") or 0.0
    assumed = ASSUMED | {"patience": min(PATIENT_MIN, max(ASSUMED["patience"], least / 60))}
    found = {
        "chat": body["chat_s"] / 60 if body.get("chat_s") else None,
        "patience": min(PATIENT_MIN, patient / 60) if patient is not None else None,
        "at_once": body.get("at_once"),
    }
    goal = _goal_of(shop)
    busiest = max(body.get("arrivals") or [0.0])
    return Measured(
        {
            **{name: max(0.2, round(assumed[name] if each is None else each, 1)) for name, each in found.items()},
            "more": 0.0,
            "share": round(goal.share * 100, 1),
            "seconds": min(staffing_flow.SECONDS, key=lambda each: abs(each - goal.time)),
            "chats": round(busiest, 1) if busiest >= 1 else ASSUMED_CHATS,
        },
        tuple(staffing_words.ASSUMED[name] for name, each in found.items() if each is None),
    )


def _terms(chosen: Mapping[str, float]) -> Terms:
    patience = chosen["patience"] * 60 if chosen["patience"] < PATIENT_MIN else math.inf
    return Terms(chosen["chat"] * 60, patience, chosen["at_once"], Goal(chosen["share"] / 100, chosen["seconds"]))
