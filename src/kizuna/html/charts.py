"""Charts as SVG drawn on the server: spark lines, lines over time, bars, shares. Everything is escaped.

Lines and bars stretch with the page while text keeps its size: the outer picture has no view box, places are per
cent, and only paths live in a stretched inner one. Colours are classes (static console/css/charts.css).
Each chart carries a title and a description for screen readers; pages give a table beside it where figures matter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.utils.safestring import SafeString

from kizuna.html.markup import element, number
from kizuna.html.scales import Linear, Scale, spread

Points = Sequence[tuple[float, float]]
STRETCH = 1000


@dataclass(frozen=True)
class Line:
    """One line of a chart; `tone` is a class such as tone-a, `filled` draws the area below."""

    points: Points
    tone: str = ""
    filled: bool = False
    stepped: bool = False
    faint: bool = False


@dataclass(frozen=True)
class Band:
    """A span of the x axis in one tone, with a short letter in it."""

    start: float
    end: float
    tone: str
    letter: str


@dataclass(frozen=True)
class Axes:
    """The two scales of a chart, what to write at which value, and how high it is drawn.

    `marks` are named lines across at a value of y, `stops` named lines upright at a value of x.
    """

    x: Scale
    y: Scale
    x_ticks: Sequence[tuple[float, str]]
    y_text: Callable[[float], str]
    y_most: int = 5
    bands: Sequence[Band] = field(default_factory=tuple)
    marks: Sequence[tuple[float, str]] = field(default_factory=tuple)
    stops: Sequence[tuple[float, str]] = field(default_factory=tuple)
    height: int = 220


def sparkline(values: Sequence[float], words: str) -> SafeString:
    """Draw a small line without axes; `words` say what it shows."""
    if len(values) < 2:
        return SafeString("")
    scale = spread(list(values), zero=min(values) >= 0)
    points = [(index * STRETCH / (len(values) - 1), value) for index, value in enumerate(values)]
    flat = Linear(0, STRETCH)
    inner = _stretched(
        element("path", class_="area", d=_area(points, flat, scale)),
        element("path", class_="line", d=_path(points, flat, scale)),
    )
    return element("svg", element("title", words), inner, class_="chart spark", role="img")


def line_chart(title: str, words: str, lines: Sequence[Line], axes: Axes) -> SafeString:
    """Draw lines over an x axis with grid, ticks, bands below and named marks across."""
    paths: list[SafeString] = []
    for line in lines:
        if not line.points:
            continue
        points = _steps(line.points) if line.stepped else line.points
        if line.filled:
            paths.append(element("path", class_=f"area {line.tone}", d=_area(points, axes.x, axes.y)))
        kind = "line faint" if line.faint else "line"
        paths.append(element("path", class_=f"{kind} {line.tone}", d=_path(points, axes.x, axes.y)))
    ends = [_end_point(line, axes) for line in lines if line.points and not line.faint]
    return _framed(title, words, axes, [_stretched(*_band_shapes(axes), *paths), *ends])


def share_bar(parts: Sequence[tuple[str, float]], words: str) -> SafeString:
    """Draw one bar split into (tone, amount) parts; amounts at or below zero take no room."""
    total = sum(max(0.0, amount) for _, amount in parts)
    place, drawn = 0.0, []
    for tone, amount in parts:
        width = max(0.0, amount) / total * 100 if total else 0.0
        if width:
            drawn.append(
                element("rect", class_=f"bar {tone}", x=f"{number(place)}%", width=f"{number(width)}%", height="100%")
            )
        place += width
    return element("svg", element("title", words), *drawn, class_="chart share", role="img")


def meter(value: float, tone: str, words: str) -> SafeString:
    """Draw a value between 0 and 1 as a filled bar."""
    held = min(1.0, max(0.0, value))
    fill = element("rect", class_=f"bar {tone}", width=f"{number(held * 100)}%", height="100%", rx=3)
    ground = element("rect", class_="ground", width="100%", height="100%", rx=3)
    return element("svg", element("title", words), ground, fill, class_="chart meter", role="img")


def _framed(title: str, words: str, axes: Axes, inside: Sequence[SafeString]) -> SafeString:
    plot = element("svg", *_grid(axes), *inside, *_x_labels(axes), class_="plot")
    return element(
        "svg",
        element("title", title),
        element("desc", words),
        plot,
        class_="chart framed",
        role="img",
        height=axes.height,
    )


def _grid(axes: Axes) -> list[SafeString]:
    drawn = []
    for value in axes.y.ticks(axes.y_most):
        y = f"{number(100 - axes.y.at(value))}%"
        kind = "zero-line" if value == 0 else "grid-line"
        drawn.append(element("line", class_=kind, x1="0", x2="100%", y1=y, y2=y))
        drawn.append(element("text", axes.y_text(value), class_="y-label", x="0", y=y, dx=-8, dy="0.32em"))
    for value, text in axes.marks:
        y = f"{number(100 - axes.y.at(value))}%"
        drawn.append(element("line", class_="mark-line", x1="0", x2="100%", y1=y, y2=y))
        drawn.append(element("text", text, class_="mark-label", x="100%", y=y, dy=-5))
    for value, text in axes.stops:
        place = axes.x.at(value)
        x = f"{number(place)}%"
        anchor, aside = ("end", -5) if place > 50 else ("start", 5)
        drawn.append(element("line", class_="mark-line", x1=x, x2=x, y1="0", y2="100%"))
        drawn.append(element("text", text, class_="stop-label", x=x, y="0", dx=aside, dy=9, text_anchor=anchor))
    return drawn


def _x_labels(axes: Axes) -> list[SafeString]:
    drawn = []
    for index, (value, text) in enumerate(axes.x_ticks):
        place = axes.x.at(value)
        anchor = "start" if place < 4 else "end" if place > 96 else "middle"
        kind = "x-label" if index % 2 == 0 else "x-label wide-only"
        drawn.append(element("text", text, class_=kind, x=f"{number(place)}%", y="100%", dy=18, text_anchor=anchor))
    return drawn


def _band_shapes(axes: Axes) -> list[SafeString]:
    drawn = []
    for band in axes.bands:
        left, right = axes.x.at(band.start) * 10, axes.x.at(band.end) * 10
        drawn.append(
            element("rect", class_=f"band {band.tone}", x=left, width=max(0.0, right - left), y=0, height=STRETCH)
        )
    return drawn


def _end_point(line: Line, axes: Axes) -> SafeString:
    x, y = line.points[-1]
    place = {"cx": f"{number(axes.x.at(x))}%", "cy": f"{number(100 - axes.y.at(y))}%"}
    return element("circle", class_=f"point {line.tone}", r=4, **place)


def _stretched(*children: SafeString) -> SafeString:
    return element(
        "svg",
        *children,
        class_="stretched",
        viewbox=f"0 0 {STRETCH} {STRETCH}",
        preserveAspectRatio="none",
        width="100%",
        height="100%",
    )


def _path(points: Points, x: Scale, y: Scale) -> str:
    places = (f"{number(x.at(a) * 10)} {number(STRETCH - y.at(b) * 10)}" for a, b in points)
    return "M" + "L".join(places)


def _area(points: Points, x: Scale, y: Scale) -> str:
    floor = number(STRETCH - y.at(0) * 10)
    first, last = number(x.at(points[0][0]) * 10), number(x.at(points[-1][0]) * 10)
    return f"{_path(points, x, y)}L{last} {floor}L{first} {floor}Z"


def _steps(points: Points) -> list[tuple[float, float]]:
    stepped = [points[0]]
    for x, y in points[1:]:
        stepped += [(x, stepped[-1][1]), (x, y)]
    return stepped
