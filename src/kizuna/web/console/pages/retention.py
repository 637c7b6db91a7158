"""The retention page: cohorts by month of first purchase as a heat table, and how long customers go on buying.

Everything shown was reckoned with the cube's base in the night; here it is only written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from django.http import HttpResponse
from django.shortcuts import render

from kizuna.flows import retention as retention_flow
from kizuna.flows.retention import FEWEST, MILESTONES, MONTH_DAYS, Comparison, Group, Retention
from kizuna.html import charts, figures
from kizuna.html.charts import Axes, Line
from kizuna.html.scales import Linear
from kizuna.jobs import queue
from kizuna.science.cohorts import Rates
from kizuna.warehouse import cube_files
from kizuna.web.console import amounts
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.explore_charts import SEGMENT_TONES, Key
from kizuna.web.console.pages.explore_words import NOTHING, span_words
from kizuna.web.console.pages.words import SEGMENTS

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

SHOWS = {"share": "Share who buy", "customers": "Customers", "revenue": "Revenue kept"}
WAYS = {
    "all": "All customers",
    "cohort": "By first quarter",
    "segment": "By segment",
    "source": "By where they came from",
}
MOST_MONTHS = 24
HOTTEST = 7


@dataclass(frozen=True)
class Heat:
    """One cell: its words, how warm it is drawn (0 to 8), and what stands behind it; empty where it has not come."""

    words: str
    warmth: int
    told: str
    partial: bool


@dataclass(frozen=True)
class CohortRow:
    """One cohort: its month and size, whether it is too small to be read much into, and its cells."""

    words: str
    size: int
    few: bool
    cells: Sequence[Heat | None]


@dataclass(frozen=True)
class Still:
    """One group beside the curves: how many still buy after some months, with intervals, and when half had stopped."""

    key: Key
    customers: int
    few: bool
    shares: Sequence[str]
    half: str


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show cohorts and curves as they were reckoned with the base."""
    made = cube_files.find(shop.pk)
    found = retention_flow.load(cube_files.find_retention(shop.pk)) if made else None
    job = queue.find_job(request.GET.get("job", ""))
    waiting = job is not None and job.kwargs.get("shop_id") == shop.pk and job.state in {"ready", "running"}
    context: dict[str, object] = {"made": made, "job": job if waiting else None}
    if made is None or found is None:
        return render(request, "console/retention/empty.html", context)
    show = request.GET.get("show", "")
    way = request.GET.get("by", "")
    show, way = show if show in SHOWS else "share", way if way in WAYS else "all"
    comparison = found.comparisons[way]
    context |= {
        "show": show,
        "shows": SHOWS,
        "way": way,
        "ways": WAYS,
        "ages": range(_ages(found)),
        "rows": _rows(shop, found, show),
        "foot": _foot(found) if show == "share" else [],
        "hottest": figures.share(_hottest(found.table.rates()), 0),
        "fewest": FEWEST,
        "curves": _draw(comparison, way, found),
        "stills": _stills(comparison, way),
        "milestones": MILESTONES,
        "words": _words(found, comparison, way),
    }
    return render(request, "console/retention/page.html", context)


def _ages(found: Retention) -> int:
    return min(MOST_MONTHS, int(found.table.active.shape[1]), len(found.table.cohort))


def _rows(shop: "Shop", found: Retention, show: str) -> list[CohortRow]:
    table, rates = found.table, found.table.rates()
    hottest, ages = _hottest(rates), _ages(found)
    last = int(table.cohort[-1])
    rows = []
    for row in range(max(0, len(table.cohort) - MOST_MONTHS), len(table.cohort)):
        size, month = int(table.size[row]), int(table.cohort[row])
        if not size:
            continue
        cells: list[Heat | None] = []
        for age in range(ages):
            if not table.seen[row, age]:
                cells.append(None)
                continue
            rate = float(rates.rate[row, age])
            words, told = _cell(shop, found, (row, age), show, rates)
            warmth = HOTTEST + 1 if age == 0 else round(HOTTEST * min(1.0, rate / hottest)) if hottest else 0
            cells.append(Heat(words, warmth, told, partial=month + age == last))
        rows.append(CohortRow(span_words("month", month), size, size < FEWEST, cells))
    return rows


def _cell(shop: "Shop", found: Retention, place: tuple[int, int], show: str, rates: Rates) -> tuple[str, str]:
    """What a cell says, and what stands behind it."""
    active, size = int(found.table.active[place]), int(found.table.size[place[0]])
    revenue, began = int(found.revenue[place]), int(found.revenue[place[0], 0])
    between = f"{figures.share(float(rates.low[place]), 0)} to {figures.share(float(rates.high[place]), 0)}"
    told = (
        f"{figures.whole(active)} of {figures.whole(size)} bought; in the long run {between}."
        f" Revenue {amounts.money_round(revenue, shop.currency)}."
    )
    if show == "customers":
        return figures.whole(active), told
    if show == "revenue":
        return (figures.share(revenue / began, 0) if began > 0 else "–"), told
    return figures.share(float(rates.rate[place]), 0), told


def _foot(found: Retention) -> list[tuple[str, str]]:
    """All cohorts together at each age, with the interval; without the present month, which is not over."""
    table = found.table
    over = table.seen & (table.cohort[:, None] + np.arange(table.active.shape[1]) < int(table.cohort[-1]))
    rates = replace(table, seen=over).by_age()
    cells = [("100" + figures.THIN + "%", "")]
    for age in range(1, _ages(found)):
        if np.isnan(rates.rate[age]):
            cells.append(("", ""))
            continue
        between = f"{rates.low[age] * 100:.0f}–{rates.high[age] * 100:.0f}"
        cells.append((figures.share(float(rates.rate[age]), 0), between))
    return cells


def _hottest(rates: Rates) -> float:
    """The largest share after the first month: the darkest cell."""
    later = rates.rate[:, 1:MOST_MONTHS]
    return float(later[later == later].max(initial=0.0))


def _draw(comparison: Comparison, way: str, found: Retention) -> object:
    groups = comparison.groups
    lines = []
    for number, group in enumerate(groups):
        x = [float(day) for day in group.days]
        if len(groups) == 1:
            lines += [
                Line(list(zip(x, edge, strict=True)), "tone-1", stepped=True, faint=True)
                for edge in (group.low, group.high)
            ]
        lines.append(Line(list(zip(x, group.share, strict=True)), _tone(way, group, number), stepped=True))
    longest = max((group.days[-1] for group in groups), default=1) or 1
    months = int(longest / MONTH_DAYS)
    step = max(1, -(-months // 6))
    axes = Axes(
        x=Linear(0, longest),
        y=Linear(0, 1),
        x_ticks=[(month * MONTH_DAYS, "0" if not month else f"{month} months") for month in range(0, months + 1, step)],
        y_text=lambda value: figures.share(value, 0),
        height=280,
    )
    told = " ".join(_sentence(group, way) for group in groups)
    return charts.line_chart(f"Share still buying since the first purchase, {WAYS[way].lower()}", told, lines, axes)


def _stills(comparison: Comparison, way: str) -> list[Still]:
    return [
        Still(
            Key(_tone(way, group, number), _name(way, group)),
            group.customers,
            group.few,
            [_share_at(group, months) for months in MILESTONES],
            _half(group),
        )
        for number, group in enumerate(comparison.groups)
    ]


def _share_at(group: Group, months: int) -> str:
    """The share still buying after some months, with its interval; a dash where nobody was watched so long."""
    day = int(months * MONTH_DAYS)
    if day > group.days[-1]:
        return "–"
    place = max(number for number, each in enumerate(group.days) if each <= day)
    return f"{figures.share(group.share[place], 0)} ({group.low[place] * 100:.0f}–{group.high[place] * 100:.0f})"


def _half(group: Group) -> str:
    if group.median_days is None:
        return "not yet"
    return f"{group.median_days / MONTH_DAYS:.0f} months"


def _words(found: Retention, comparison: Comparison, way: str) -> list[str]:
    """What is read from the curves, in sentences."""
    told = [_sentence(comparison.groups[0], way)] if way == "all" and comparison.groups else []
    if told and found.once:
        told.append(f"{figures.share(found.once, 0)} bought on one day only and then nothing for so long.")
    if comparison.chance is not None:
        chance = comparison.chance
        told.append(
            "The groups differ far more than chance alone would make them."
            if chance < 0.001
            else "The groups differ, and chance alone would rarely make them so."
            if chance < 0.05
            else "The groups differ no more than chance alone could make them."
        )
    if way == "segment":
        told.append(
            "Segments are those of today, and whoever bought lately stands higher:"
            " this describes them, it does not say why."
        )
    told.append(
        f"A customer counts as gone the first time nothing is bought for {found.silence_days} days (three times the"
        " usual pause between two purchases, at least 90 days), so no curve falls before that. Customers who may still"
        " come back in time are counted as far as they could be watched."
    )
    return told


def _sentence(group: Group, way: str) -> str:
    after = [f"{share} after {months} months" for months in MILESTONES if (share := _share_at(group, months)) != "–"]
    name = "customers" if way == "all" else f"customers ({_name(way, group)})"
    half = f" Half had stopped after {_half(group)}." if group.median_days is not None else " More than half still buy."
    return f"Of {figures.whole(group.customers)} {name}, still buying: {', '.join(after) or 'too early to say'}.{half}"


def _name(way: str, group: Group) -> str:
    if way == "all":
        return "All customers"
    if way == "cohort":
        return span_words("quarter", int(group.key))
    if way == "segment":
        return f"{group.key} · {SEGMENTS[group.key].name}" if group.key else NOTHING["segment"]
    return group.key or NOTHING["source"]


def _tone(way: str, group: Group, number: int) -> str:
    if way == "segment":
        return SEGMENT_TONES.get(group.key, "tone-none")
    return f"tone-{number + 1}"
