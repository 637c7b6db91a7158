"""How the work flow does: time per stage and department, waiting and working, promised against kept dates.

It is there to improve the work flow itself, not to judge people; nobody's name stands on it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString

from kizuna.conversations import wish_report
from kizuna.conversations.wish_report import DepartmentTime, StageTime
from kizuna.html import figures
from kizuna.html.charts import meter
from kizuna.science import periods
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.wish_words import DAY_US, STAGES, minutes_words
from kizuna.web.console.pages.wishes import cards_of

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

SPANS = (30, 90, 365)


@dataclass(frozen=True)
class StageRow:
    """A stage in words, with a bar for how long it takes beside the others."""

    name: str
    wishes: int
    middle: str
    nine_of_ten: str
    waiting: str
    bar: SafeString


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the report of some last days."""
    asked = request.GET.get("days", "")
    span = int(asked) if asked in map(str, SPANS) else SPANS[1]
    now_us = periods.epoch_us(timezone.now())
    from_us = now_us - span * DAY_US
    stages = wish_report.stage_times(shop.pk, from_us, now_us)
    slowest = max(stages, key=lambda row: row.middle - row.waiting, default=None)
    totals = wish_report.totals(shop.pk, from_us, now_us)
    context = {
        "span": span,
        "spans": SPANS,
        "totals": totals,
        "kept_share": figures.share(totals.kept / (totals.kept + totals.broken))
        if totals.kept + totals.broken
        else "–",
        "stages": _stage_rows(stages),
        "departments": [_department_row(row) for row in wish_report.department_times(shop.pk, from_us, now_us)],
        "broken": cards_of(shop, wish_report.list_broken(shop.pk, now_us, 20), now_us),
        "late": cards_of(shop, wish_report.list_late(shop.pk, from_us, now_us, 20), now_us),
        "slowest_name": "" if slowest is None else STAGES[slowest.stage][0],
    }
    return render(request, "console/wishes/flow.html", context)


def _stage_rows(stages: list[StageTime]) -> list[StageRow]:
    longest = max((row.middle for row in stages), default=0)
    return [
        StageRow(
            STAGES[row.stage][0],
            row.wishes,
            minutes_words(row.middle),
            minutes_words(row.nine_of_ten),
            minutes_words(row.waiting),
            meter(
                row.middle / longest if longest else 0, "tone-a", f"{STAGES[row.stage][0]}: {minutes_words(row.middle)}"
            ),
        )
        for row in stages
    ]


def _department_row(row: DepartmentTime) -> dict[str, object]:
    return {
        "row": row,
        "waited": minutes_words(row.waited),
        "worked": minutes_words(row.worked),
        "kept": figures.share(row.kept_share) if row.kept_share is not None else "–",
    }
