"""The pictures of the validity page: how well scores found the customers over time, and how a factor has spread.

Shapes only; words are in validity_words. Points of 100: how much of what a perfect order would gain is gained.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from kizuna.html import charts, figures
from kizuna.html.charts import Axes, Line
from kizuna.html.markup import element, number
from kizuna.html.scales import Linear
from kizuna.relationships.validity import OURS, DriftFigures, Figure, OriginFigures
from kizuna.web.console.pages import validity_words as words

_ROOM = 0.06
_LEAST_SPAN = 0.2


@dataclass(frozen=True)
class ChartRow:
    """One origin of the chart as a row of the table beside it."""

    until_us: int
    customers: int
    ours: str
    between: str
    best: str
    best_points: str


def best_rival(origin: OriginFigures) -> str:
    """Name the rival that ordered best at an origin."""
    return max((name for name in origin.scores if name != OURS), key=lambda name: _gini(origin, name))


def over_time(origins: Sequence[OriginFigures], zone: str) -> SafeString | None:
    """Draw our score with its range, and the best rival, over the origins; None with fewer than two."""
    if len(origins) < 2:
        return None
    ours = [(each.until_us, _gini(each, OURS)) for each in origins]
    rival = best_rival(origins[-1])
    theirs = [(each.until_us, _gini(each, rival)) for each in origins if rival in each.scores]
    ranges = [(each.until_us, *_range(each.scores[OURS].gini)) for each in origins]
    every = [value for _, value in (*ours, *theirs)] + [value for _, *both in ranges for value in both]
    low = max(0.0, min(every) - _ROOM)
    axes = Axes(
        Linear(ours[0][0], ours[-1][0]),
        Linear(low, min(1.0, max(low + _LEAST_SPAN, max(every) + _ROOM))),
        [(at_us, figures.moment(at_us, zone, with_time=False)[:-5]) for at_us, _ in ours],
        lambda value: figures.whole(100 * value),
        height=240,
    )
    whiskers = [Line([(at_us, low), (at_us, high)], "whisker", faint=True) for at_us, low, high in ranges]
    told = (
        f"Your criterion went from {words.points(ours[0][1])} to {words.points(ours[-1][1])} of 100 points; "
        f"{words.score_name(rival)} from {words.points(theirs[0][1])} to {words.points(theirs[-1][1])}."
    )
    lines = [*whiskers, Line(theirs, "tone-b"), Line(ours, "tone-a")]
    return charts.line_chart("How well the criterion found the best customers", told, lines, axes)


def rows(origins: Sequence[OriginFigures]) -> list[ChartRow]:
    """The same as a table, the newest first."""
    listed = []
    for origin in reversed(origins):
        ours, rival = origin.scores[OURS].gini, best_rival(origin)
        listed.append(
            ChartRow(
                origin.until_us,
                origin.customers,
                words.points(ours.value),
                f"{words.points(ours.low)} to {words.points(ours.high)}",
                words.score_name(rival),
                words.points(_gini(origin, rival)),
            )
        )
    return listed


def spread(drift: DriftFigures, title: str) -> SafeString:
    """Draw the shares of customers per tenth of the reference: then as outlines, now filled, lowest first."""
    most = max(*drift.before, *drift.now, 0.01)
    count = len(drift.before)
    step = 100 / count
    bars = []
    for place, (before, now) in enumerate(zip(drift.before, drift.now, strict=True)):
        left, width = f"{number((place + 0.12) * step)}%", f"{number(step * 0.76)}%"
        for share, kind in ((now, "bar"), (before, "outline")):
            top, height = f"{number(100 - 100 * share / most)}%", f"{number(100 * share / most)}%"
            bars.append(element("rect", class_=kind, x=left, width=width, y=top, height=height))
    told = ", ".join(figures.share(share, 0) for share in drift.now)
    return element(
        "svg",
        element("title", f"{title}: share of today's customers from the lowest to the highest scores of then: {told}"),
        *bars,
        class_="chart spread tone-a" if drift.alarmed_since_us is None else "chart spread tone-b",
        role="img",
    )


def _range(figure: Figure) -> tuple[float, float]:
    value = figure.value or 0.0
    return value if figure.low is None else figure.low, value if figure.high is None else figure.high


def _gini(origin: OriginFigures, name: str) -> float:
    value = origin.scores[name].gini.value
    return 0.0 if value is None else value
