"""The answer of the cube as charts, one for each measure: lines over time, bars for everything else."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from kizuna.html import charts, figures, scales
from kizuna.html.charts import Axes, Line
from kizuna.html.scales import Linear
from kizuna.science import spans
from kizuna.web.console import amounts
from kizuna.web.console.pages.explore_table import Writer
from kizuna.web.console.pages.explore_words import MEASURES, value_words

MOST_LINES = 6
MOST_BARS = 30
MOST_TICKS = 6
SEGMENT_TONES = {"A": "tone-a", "B": "tone-b", "C": "tone-c", "D": "tone-d"}


@dataclass(frozen=True)
class Key:
    """One line or part in the legend."""

    tone: str
    words: str


@dataclass(frozen=True)
class Bar:
    """One bar: what, how much, drawn against the largest; `query` opens it."""

    words: str
    figure: str
    svg: SafeString
    query: str


@dataclass(frozen=True)
class Chart:
    """One measure drawn: as lines with their keys, or as bars; and what was left out."""

    title: str
    svg: SafeString
    keys: Sequence[Key]
    bars: Sequence[Bar]
    note: str


def draw(writer: Writer) -> list[Chart]:
    """Draw every measure of an answer; figures themselves, whatever the table shows of them."""
    return [_one(writer, name) for name in writer.state.measures] if writer.pivot.rows else []


def _one(writer: Writer, name: str) -> Chart:
    timed = len(writer.state.rows) == 1 and writer.state.rows[0] in spans.LEVELS
    return _lines(writer, name) if timed and len(writer.pivot.rows) > 1 else _bars(writer, name)


def _lines(writer: Writer, name: str) -> Chart:
    """One line per column, the largest first; one line of all where there are no columns."""
    found, pivot, level = writer.pivot.figures[name], writer.pivot, writer.state.rows[0]
    times = [index for (index,) in pivot.rows]
    order = sorted(range(len(pivot.columns)), key=lambda place: -abs(int(found.of_columns[place])))[:MOST_LINES]
    order.sort()
    series = [found.cells[:, place].tolist() for place in order] if order else [found.of_rows.tolist()]
    words = [value_words(writer.state.column, pivot.columns[place], writer.made.labels) for place in order]
    tones = [_tone(writer, number, place) for number, place in enumerate(order)] or ["tone-1"]
    lines = [
        Line(list(zip(map(float, times), map(float, values), strict=True)), tone, filled=not order)
        for tone, values in zip(tones, series, strict=True)
    ]
    axes = Axes(
        x=Linear(times[0], times[-1]),
        y=scales.spread([float(value) for values in series for value in values], zero=True),
        x_ticks=[(float(index), value_words(level, index, {})) for index in _ticks(times)],
        y_text=lambda value: _short(writer, name, value),
        height=260,
    )
    title = MEASURES[name].name
    told = f"{title} by {level}" + (f", one line each: {', '.join(words)}." if words else ".")
    left = len(pivot.columns) - len(order)
    note = f"The {MOST_LINES} largest of {len(pivot.columns)} are drawn." if left else ""
    keys = [Key(tone, each) for tone, each in zip(tones, words, strict=bool(order))] if words else []
    return Chart(title, charts.line_chart(title, told, lines, axes), keys, (), note)


def _bars(writer: Writer, name: str) -> Chart:
    found, pivot = writer.pivot.figures[name], writer.pivot
    shown = range(min(MOST_BARS, len(pivot.rows)))
    values = [int(value) for value in found.of_rows[: len(shown)]]
    most = max((abs(value) for value in values), default=0) or 1
    table = writer.table()
    bars = []
    for number, value in zip(shown, values, strict=True):
        heads = table.rows[number].heads
        words = ", ".join(head.words for head in heads)
        figure = writer.write(name, value)
        tone = "below" if value < 0 else "tone-1"
        bars.append(Bar(words, figure, charts.meter(abs(value) / most, tone, f"{words}: {figure}"), heads[-1].query))
    left = len(pivot.rows) - len(shown)
    note = f"The first {MOST_BARS} of {figures.whole(len(pivot.rows))} are drawn." if left else ""
    return Chart(MEASURES[name].name, SafeString(""), (), bars, note)


def _tone(writer: Writer, number: int, place: int) -> str:
    if writer.state.column == "segment":
        letter = writer.made.labels["segment"][writer.pivot.columns[place]]
        return SEGMENT_TONES.get(letter, "tone-none")
    return f"tone-{number + 1}"


def _ticks(times: Sequence[int]) -> Sequence[int]:
    stride = max(1, -(-len(times) // MOST_TICKS))
    return times[::stride]


def _short(writer: Writer, name: str, value: float) -> str:
    return amounts.money_short(value, writer.shop.currency) if MEASURES[name].money else figures.short(value)
