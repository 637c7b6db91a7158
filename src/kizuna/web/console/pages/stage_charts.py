"""The pictures of the Stages page: the curve of relationships by age with its bands, and survival by stage.

Shapes only; words are in stage_words. Places along the strip are those of the chart below it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString

from kizuna.html import charts, figures
from kizuna.html.charts import Axes, Band, Line
from kizuna.html.markup import element, number
from kizuna.html.scales import Linear
from kizuna.science.stages import phase_of
from kizuna.web.console.pages.stage_words import PHASES, STAGES

MONTH_DAYS = 365.25 / 12
_NARROW = 9.0


def stretches(bands: Sequence[Mapping[str, Any]], ages: int) -> list[tuple[int, float, float]]:
    """From which age to which each stage holds the half of customers that enters it first: (stage, from, to).

    A stage that is entered no later than the one before has no stretch of its own.
    """
    reached = {int(band["stage"]): float(band["months"]) for band in bands}
    starts: list[tuple[int, float]] = [(0, 0.0)]
    for stage in sorted(reached):
        start = max(reached[stage], starts[-1][1])
        if start < ages:
            starts.append((stage, start))
    ends = [start for _, start in starts[1:]] + [float(ages)]
    return [(stage, start, end) for (stage, start), end in zip(starts, ends, strict=True) if end > start]


def by_age(told: Mapping[str, Any], bands: Sequence[Mapping[str, Any]]) -> SafeString:
    """Draw retention rate and mean strength by relationship age, over the bands of the stages."""
    rate, strength = told["rate"], told["strength"]
    ages = len(rate)
    lines = [
        Line([(age + 0.5, value) for age, value in enumerate(told[edge])], "tone-1", faint=True)
        for edge in ("low", "high")
    ]
    lines.append(Line([(age + 0.5, value) for age, value in enumerate(strength) if value is not None], "tone-2"))
    lines.append(Line([(age + 0.5, value) for age, value in enumerate(rate)], "tone-1"))
    step = max(1, -(-ages // 8))
    axes = Axes(
        x=Linear(0, ages),
        y=Linear(0, 1),
        x_ticks=[(month, "start" if not month else f"{month} mo.") for month in range(0, ages + 1, step)],
        y_text=lambda value: figures.share(value, 0),
        bands=[
            Band(start, end, STAGES[stage].tone, str(stage)) for stage, start, end in stretches(bands, ages) if stage
        ],
        height=300,
    )
    words = f"Of customers one month old {figures.share(rate[0], 0)} came back in the month after" if rate else ""
    return charts.line_chart(
        "Share active in the next month and mean strength, by relationship age", words, lines, axes
    )


def strip(bands: Sequence[Mapping[str, Any]], ages: int) -> SafeString:
    """Draw the names of phases and stages above the chart, each over its stretch."""
    scale, drawn = Linear(0, ages), []
    cut = stretches(bands, ages)
    phases: list[tuple[int, float, float]] = []
    for stage, start, end in cut:
        phase = phase_of(stage)
        if phases and phases[-1][0] == phase:
            phases[-1] = (phase, phases[-1][1], end)
        else:
            phases.append((phase, start, end))
    for phase, start, end in phases:
        if phase:
            words = f"{phase} {PHASES[phase]}"
            drawn += _label((scale.at(start), scale.at(end)), "0", f"phase phase-{phase}", (str(phase), words))
    for stage, start, end in cut:
        if stage:
            words = f"{stage} {STAGES[stage].name}"
            drawn += _label((scale.at(start), scale.at(end)), "50%", STAGES[stage].tone, (str(stage), words))
    plot = element("svg", *drawn, class_="plot")
    title = element("title", "Phases and stages along relationship age")
    return element("svg", title, plot, class_="chart framed strip", role="img", height=52)


def numbers(told: Mapping[str, Any]) -> SafeString:
    """Draw how many customers stand behind each age."""
    counts = told["customers"]
    most, width = max(counts, default=1) or 1, 100 / max(len(counts), 1)
    bars = [
        element(
            "rect",
            class_="bar tone-6",
            x=f"{number(age * width + width * 0.1)}%",
            width=f"{number(width * 0.8)}%",
            y=f"{number(100 - 100 * count / most)}%",
            height=f"{number(100 * count / most)}%",
        )
        for age, count in enumerate(counts)
    ]
    title = element("title", f"Customers behind each age, from {figures.whole(counts[0] if counts else 0)} on the left")
    return element(
        "svg", title, element("svg", *bars, class_="plot"), class_="chart framed numbers", role="img", height=64
    )


def survival(groups: Sequence[Mapping[str, Any]]) -> SafeString:
    """Draw for each stage the share whose dormancy has not begun, by relationship age."""
    lines = [
        Line(list(zip(each["days"], each["share"], strict=True)), STAGES[each["stage"]].tone, stepped=True)
        for each in groups
    ]
    longest = max((each["days"][-1] for each in groups), default=1.0) or 1.0
    months = int(longest / MONTH_DAYS)
    step = max(1, -(-months // 6))
    axes = Axes(
        x=Linear(0, longest),
        y=Linear(0, 1),
        x_ticks=[
            (month * MONTH_DAYS, "start" if not month else f"{month} mo.") for month in range(0, months + 1, step)
        ],
        y_text=lambda value: figures.share(value, 0),
        height=280,
    )
    ends = ", ".join(f"stage {each['stage']}: {figures.share(each['share'][-1], 0)}" for each in groups)
    return charts.line_chart("Share not dormant yet, by stage", f"At the end of what is known: {ends}", lines, axes)


def _label(ends: tuple[float, float], y: str, tone: str, words: tuple[str, str]) -> list[SafeString]:
    """A named stretch: a rectangle with its name, or its number where there is little room."""
    left, right = ends
    width = right - left
    short, full = words
    shape = element(
        "rect", class_=f"stretch {tone}", x=f"{number(left)}%", width=f"{number(width)}%", y=y, height="46%", rx=4
    )
    middle = f"{number(left + width / 2)}%"
    wide = SafeString("")
    if width >= 2 * _NARROW:
        wide = element("text", full, class_="wide-only", x=middle, y=y, dy=15, text_anchor="middle")
    kind = "narrow-only" if wide else "brief"
    return [shape, wide, element("text", short, class_=kind, x=middle, y=y, dy=15, text_anchor="middle")]
