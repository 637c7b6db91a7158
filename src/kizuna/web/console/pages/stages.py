"""The Stages page: the curve of relationships by age, the funnel of stages, survival by stage, customers per stage.

The figures are a job's kept result (flows.stage_upkeep); the list is read from kept rows. Words are in stage_words.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from kizuna.flows import export as export_flow
from kizuna.flows import stage_upkeep
from kizuna.html import charts, figures
from kizuna.relationships import kept_reports, lists, stage_lists
from kizuna.relationships.stage_lists import StageFilter, StageRow
from kizuna.science.stages import HIGHEST, phase_of
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages import stage_charts, stage_words
from kizuna.web.console.pages.customers import safe_cell
from kizuna.web.console.pages.stage_words import CAUSES, DEPTHS, STAGES, StageWords

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

MOST_PAGES = 200
CSV_COLUMNS = (
    *("customer", "name", "segment", "highest stage", "stage of the present cycle", "cycles", "phase"),
    *("dialogue depth", "reached", "last message", "dormant"),
)
WHO = {"target": "Target customers", "all": "All customers"}
_LINES = 1_000


@dataclass(frozen=True)
class Step:
    """One stage of the funnel."""

    words: StageWords
    reached: int
    here: int
    dormant: int
    bar: SafeString
    onward: str
    took: str
    causes: str


@dataclass(frozen=True)
class Asked:
    """Whom the page shows: target customers or all; of the list one stage, and which page of it."""

    who: str
    stage: int | None
    page: int

    @property
    def filter(self) -> StageFilter:
        """As lists take it."""
        return StageFilter(self.stage, target_only=self.who == "target")

    @property
    def query(self) -> str:
        """The address's query string without the page."""
        return urlencode({"who": self.who, **({} if self.stage is None else {"stage": self.stage})})


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the stages of this shop's relationships, or only the list to htmx."""
    asked = _asked(request)
    rows, more = stage_lists.list_page(shop.pk, asked.filter, asked.page)
    following = f"{asked.query}&page={asked.page + 1}" if more and asked.page + 1 < MOST_PAGES else ""
    context: dict[str, Any] = {
        "asked": asked,
        "rows": [_row(row) for row in rows],
        "following": following,
        "now_us": int(timezone.now().timestamp() * 1_000_000),
    }
    if request.htmx and asked.page:
        return render(request, "console/stages/rows.html", context)
    report = kept_reports.find(shop.pk, stage_upkeep.REPORT)
    job = stage_upkeep.find_job(shop)
    failed = bool(job and job.state == "dead" and (report is None or job.enqueued_at > report.made_at))
    context |= {
        "report": report,
        "job": job if job and job.state != "dead" else None,
        "failed": failed,
        "who": WHO,
        "whose": WHO[asked.who],
        "stages": STAGES,
        "bare": lists.is_empty(shop.pk),
        **(_figures(report.body, asked.who) if report else {}),
    }
    return render(request, "console/stages/page.html", context)


@shop_page("edit_criterion")
@require_POST
def start(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Let everything be reckoned anew."""
    stage_upkeep.ask(shop, timezone.now())
    messages.success(request, "The stages are reckoned anew; this page follows.")
    return HttpResponseRedirect(f"/s/{shop.slug}/stages/")


@shop_page("export")
def export(request: ShopRequest, shop: "Shop") -> StreamingHttpResponse:
    """Send the list as CSV."""
    asked = _asked(request)
    told = {"stages": asked.who, "stage": asked.stage}
    export_flow.note_export(shop, request.user, told, timezone.now())
    response = StreamingHttpResponse(_csv(shop, asked.filter), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{shop.slug}-stages.csv"'
    return response


def _asked(request: ShopRequest) -> Asked:
    who, stage, number = (request.GET.get(name, "") for name in ("who", "stage", "page"))
    return Asked(
        who if who in WHO else "target",
        int(stage) if stage in {str(each) for each in range(HIGHEST + 1)} else None,
        min(int(number), MOST_PAGES) if number.isdecimal() and len(number) < 4 else 0,
    )


def _figures(body: Mapping[str, Any], who: str) -> dict[str, Any]:
    """What the report says of one group, as the page shows it."""
    found = body["groups"][who]
    curve, survival = found["curve"], found["survival"]
    ages = len(curve["rate"])
    return {
        "customers": found["customers"],
        "quiet_days": body["quiet_days"],
        "chart": stage_charts.by_age(curve, found["bands"]) if ages > 1 else "",
        "strip": stage_charts.strip(found["bands"], ages) if ages > 1 and found["bands"] else "",
        "numbers": stage_charts.numbers(curve) if ages > 1 else "",
        "ages": _ages(curve),
        "funnel": _funnel(found["funnel"]),
        "survival": stage_charts.survival(survival["groups"]) if survival["groups"] else "",
        "spells": [_spell(each) for each in survival["groups"]],
        "verdict": stage_words.survival_words(survival["chance"], len(survival["groups"])),
    }


def _ages(curve: Mapping[str, Any]) -> list[dict[str, object]]:
    return [
        {
            "months": age,
            "customers": curve["customers"][age],
            "rate": figures.share(rate, 0),
            "between": f"{100 * curve['low'][age]:.0f}–{100 * curve['high'][age]:.0f}",
            "strength": curve["strength"][age],
        }
        for age, rate in enumerate(curve["rate"])
    ]


def _funnel(steps: list[Mapping[str, Any]]) -> list[Step]:
    most = max(steps[0]["reached"], 1)
    found = []
    for place, step in enumerate(steps):
        words = STAGES[step["stage"]]
        told = [f"{CAUSES.get(name, name)} {figures.whole(count)}" for name, count in step["causes"].items()]
        if step["via_portal"]:
            told.append(f"{figures.whole(step['via_portal'])} through the premium site")
        before = steps[place - 1]["reached"] if place else 0
        share = f"{stage_words.share_of(step['reached'], before)} of those at {place - 1}" if place else ""
        took = "" if step["median_days"] is None else f"half within {_days(step['median_days'])}"
        bar = charts.meter(step["reached"] / most, words.tone, f"{figures.whole(step['reached'])} reached it")
        found.append(Step(words, step["reached"], step["here"], step["dormant"], bar, share, took, ", ".join(told)))
    return found


def _days(days: float) -> str:
    if days < 1:
        return "a day"
    return f"{days:.0f} day{'s' if round(days) != 1 else ''}" if days < 90 else f"{days / 30.44:.0f} months"


def _spell(told: Mapping[str, Any]) -> dict[str, object]:
    between = f"{100 * told['low'][-1]:.0f}–{100 * told['high'][-1]:.0f}"
    return {
        "words": STAGES[told["stage"]],
        "customers": told["customers"],
        "dormant": told["dormant"],
        "share": figures.share(told["share"][-1], 0),
        "between": between,
    }


def _row(row: StageRow) -> dict[str, object]:
    return {"row": row, "words": STAGES[row.highest], "now": STAGES[row.stage], "depth": DEPTHS[row.depth][0]}


def _csv(shop: "Shop", wanted: StageFilter) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _lines([CSV_COLUMNS])
    for some in batched(stage_lists.iterate(shop.pk, wanted), _LINES):
        yield _lines([_cells(row) for row in some])


def _cells(row: StageRow) -> tuple[str, ...]:
    return (
        str(row.public_id),
        safe_cell(row.label or ""),
        row.segment or "",
        *(str(each) for each in (row.highest, row.stage, row.cycles)),
        stage_words.PHASES_IN_FULL[phase_of(row.highest)],
        str(row.depth),
        figures.iso(row.since_us) if row.since_us else "",
        figures.iso(row.last_talk_us) if row.last_talk_us else "",
        "yes" if row.dormant else "no",
    )


def _lines(rows: "list[tuple[str, ...]]") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
