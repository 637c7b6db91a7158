"""The validity page: is the criterion still good, against which rivals, since when; what moved; recalibration and undo.

Everything shown was found by the last check and kept (flows.validity); this page measures nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from kizuna.flows import recalibration
from kizuna.flows import validity as validity_flow
from kizuna.flows.recalibration import CannotRecalibrate
from kizuna.html import charts
from kizuna.jobs.queue import JobView
from kizuna.relationships import criterion as criteria
from kizuna.relationships import lists, reference, validity
from kizuna.relationships.criterion import CriterionView
from kizuna.relationships.validity import OURS, CheckView, OptionFigures, RecalibrationView
from kizuna.science.periods import epoch_us
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages import validity_charts
from kizuna.web.console.pages import validity_words as words

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

SHOWN_CHECKS = 12


@dataclass(frozen=True)
class RivalRow:
    """One score in the table: ours, or a rival against ours."""

    name: str
    meaning: str
    points: str
    meter: SafeString
    lift: str
    difference: str
    better: bool
    ours: bool


@dataclass(frozen=True)
class DriftRow:
    """One factor against the reference."""

    name: str
    level: str
    tone: str
    words: str
    picture: SafeString
    since_us: int


@dataclass(frozen=True)
class OptionRow:
    """One recalibration that is offered, factor by factor before and after."""

    kind: str
    name: str
    meaning: str
    words: str
    factors: Sequence[tuple[str, float, float, int, int]]
    first: bool

    @property
    def weighs(self) -> bool:
        """Whether weights change."""
        return self.kind != "half_lives"

    @property
    def fades(self) -> bool:
        """Whether half-lives change."""
        return self.kind != "weights"


@dataclass(frozen=True)
class DoneRow:
    """One recalibration that was done."""

    done: RecalibrationView
    name: str
    words: str
    may_undo: bool


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show what the last check found, or that there is none yet."""
    check = validity.find_last(shop.pk)
    job = validity_flow.find_job(shop)
    context: dict[str, Any] = {
        "check": check,
        "waiting": _alive(job),
        "failed": job is not None and job.state == "dead",
        "empty": check is None and lists.is_empty(shop.pk),
    }
    if check is not None:
        context |= _shown(shop, check)
    return render(request, "console/validity/page.html", context)


@shop_page("view")
def progress(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show how far a check under way has come; once it is through, the page loads anew."""
    job = _alive(validity_flow.find_job(shop))
    if job is None:
        answer = HttpResponse(status=204)
        answer["HX-Refresh"] = "true"
        return answer
    return render(request, "console/validity/progress.html", {"waiting": job})


@shop_page("edit_criterion")
@require_POST
def check_now(request: ShopRequest, shop: "Shop") -> HttpResponseRedirect:
    """Let a job check the criterion."""
    validity_flow.ask(shop, timezone.now())
    return redirect("validity", shop.slug)


@shop_page("edit_criterion")
@require_POST
def recalibrate(request: ShopRequest, shop: "Shop", kind: str) -> HttpResponseRedirect:
    """Do what the last check offers."""
    if kind not in validity.KINDS:
        raise Http404
    try:
        done = recalibration.recalibrate(shop, kind, request.user, timezone.now())
    except CannotRecalibrate as problem:
        messages.error(request, f"Nothing was changed: {problem}.")
    else:
        name = words.KINDS[done.kind][0]
        messages.success(request, f"{name}: in force. Everybody is being placed anew, and the result is being checked.")
    return redirect("validity", shop.slug)


@shop_page("edit_criterion")
@require_POST
def undo(request: ShopRequest, shop: "Shop", recalibration_id: int) -> HttpResponseRedirect:
    """Take a recalibration back."""
    try:
        if recalibration.undo(shop, recalibration_id, request.user, timezone.now()) is None:
            raise Http404
    except CannotRecalibrate as problem:
        messages.error(request, f"It was not taken back: {problem}.")
    else:
        messages.success(request, "Taken back: what held before holds again, and is being checked.")
    return redirect("validity", shop.slug)


def _alive(job: JobView | None) -> JobView | None:
    return None if job is None or job.state == "dead" else job


def _shown(shop: "Shop", check: CheckView) -> dict[str, Any]:
    """Everything a check found, in words."""
    names = words.name_factors(shop.pk)
    frozen, found = reference.find_current(shop.pk), check.findings
    last = found.origins[-1] if found.origins else None
    options = _options(shop, check, names)
    return {
        "missing": None if found.missing is None else words.missing_words(found.missing),
        "stale": not validity_flow.still_holds(shop, check),
        "good": check.state == "good",
        "alarms": [words.alarm_words(alarm, names) for alarm in found.alarms],
        "last": last,
        "ours": None if last is None else words.points(last.scores[OURS].gini.value),
        "rivals": _rivals(check),
        "chart": validity_charts.over_time(found.origins, shop.timezone),
        "chart_rows": validity_charts.rows(found.origins),
        "drift": _drift(check, names),
        "options": options,
        "more_options": not all(option.first for option in options),
        "done": [_done(shop, each) for each in validity.list_recalibrations(shop.pk)],
        "reference": frozen,
        "versions": _since(shop, frozen),
        "checks": validity.list_checks(shop.pk, SHOWN_CHECKS),
        "checked_us": epoch_us(check.made_at),
    }


def _rivals(check: CheckView) -> list[RivalRow]:
    """Ours first, then the rivals from the best down, at the newest origin."""
    if not check.findings.origins:
        return []
    last = check.findings.origins[-1]
    order = sorted(last.scores, key=lambda name: (name != OURS, -(last.scores[name].gini.value or 0.0)))
    rows = []
    for name in order:
        score, (title, meaning) = last.scores[name], words.SCORES[name]
        certain = name in last.beaten_by
        value = score.gini.value or 0.0
        tone = "tone-b" if certain else "tone-a" if name == OURS else "tone-none"
        rows.append(
            RivalRow(
                title,
                meaning,
                words.points(score.gini.value),
                charts.meter(value, tone, f"{title}: {words.points(score.gini.value)} of 100 points"),
                "–" if score.lift.value is None else f"{score.lift.value:.1f}",
                "" if name == OURS else words.difference_words(last.differences[name], certain=certain),
                certain,
                name == OURS,
            )
        )
    return rows


def _drift(check: CheckView, names: dict[str, str]) -> list[DriftRow]:
    rows = []
    for name, each in check.findings.drift.items():
        level, tone = words.LEVELS[each.level]
        title = names.get(name, name)
        rows.append(
            DriftRow(title, level, tone, words.drift_words(each), validity_charts.spread(each, title), each.since_us)
        )
    return rows


def _options(shop: "Shop", check: CheckView, names: dict[str, str]) -> list[OptionRow]:
    """What the check offers; first what gained most, and a fresh reference where customers have changed."""
    current, offered = criteria.get_current(shop.pk), recalibration.list_options(shop)
    best = check.findings.best_option
    return [
        _option(each, current, names, first=each.kind == "reference" or (best is not None and each.kind == best.kind))
        for each in sorted(offered, key=lambda each: -(each.after or 0.0))
    ]


def _option(option: OptionFigures, current: CriterionView, names: dict[str, str], *, first: bool) -> OptionRow:
    name, meaning = words.KINDS[option.kind]
    factors = [
        (
            names.get(key, key),
            current.weights[key],
            option.weights[key],
            current.half_lives[key],
            option.half_lives[key],
        )
        for key in current.factors
        if option.kind != "reference"
    ]
    return OptionRow(option.kind, name, meaning, words.option_words(option), factors, first)


def _done(shop: "Shop", done: RecalibrationView) -> DoneRow:
    return DoneRow(
        done, words.KINDS[done.kind][0], words.option_words(done.expected), recalibration.may_undo(shop, done)
    )


def _since(shop: "Shop", frozen: reference.ReferenceView | None) -> list[CriterionView]:
    """The versions of the criterion since the reference was frozen, the newest first."""
    if frozen is None:
        return []
    listed = criteria.list_versions(shop.pk)
    return [each for each in listed if each.created_at is not None and each.created_at > frozen.frozen_at]
