"""The picture of the portfolio: relationship factor across, net profit up, the two cuts, dots or density.

Net profit is drawn on a scale that is linear near zero and logarithmic beyond, because a few customers bring most of
it. What to draw is chosen in pages.portfolio; the page's script reads places back from the marks' attributes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from numpy.typing import NDArray

from kizuna.html.icons import MARKS
from kizuna.html.markup import element, number
from kizuna.html.scales import Linear, SymLog, round_step
from kizuna.relationships import snapshots
from kizuna.relationships.kept import Kept
from kizuna.relationships.lists import Dot
from kizuna.relationships.snapshots import SnapshotView
from kizuna.web.console.pages.words import SEGMENTS

COLUMNS, ROWS = 46, 30
RF_AXIS = Linear(0.0, 1.0)
LETTERS = ("A", "B", "C", "D")
CORNERS = {
    "A": ("100%", -10, 18, "end"),
    "B": ("0", 10, 18, "start"),
    "C": ("100%", -10, -10, "end"),
    "D": ("0", 10, -10, "start"),
}


@dataclass(frozen=True)
class Cell:
    """One cell of the density: where, how many, mostly of which segment."""

    column: int
    row: int
    customers: int
    segment: str


@dataclass(frozen=True)
class Scene:
    """Everything one picture of the portfolio shows."""

    axis: SymLog
    cut_rf: float | None
    cut_profit: int | None
    dots: Sequence[Dot]
    density: str = ""
    words: str = ""


def axis_of(profits: NDArray[np.int64], least_unit: int) -> SymLog:
    """Choose the scale of net profit: its extremes with room, bent at a third of the typical amount."""
    if not len(profits):
        return SymLog(0.0, 100.0 * least_unit, float(least_unit))
    sizes = np.abs(profits[profits != 0])
    typical = float(np.median(sizes)) if len(sizes) else float(least_unit)
    unit = max(round_step(typical / 3), float(least_unit))
    low, high = float(profits.min()), float(profits.max())
    return SymLog(min(0.0, low * 1.3) - unit * 0.4, max(high * 1.5, unit * 3), unit)


def axis_of_snapshot(snapshot: SnapshotView, least_unit: int) -> SymLog:
    """Choose the scale that fits a snapshot; kept by its digest."""
    return _axes.get(
        f"{snapshot.digest} {least_unit}", lambda: axis_of(snapshots.columns(snapshot).net_profit, least_unit)
    )


def density(snapshot: SnapshotView, segments: tuple[str, ...], axis: SymLog) -> SafeString:
    """Draw a snapshot's customers as cells of a hexagonal grid; kept by the snapshot's digest."""
    return _densities.get(
        f"{snapshot.digest} {segments} {axis}",
        lambda: _hexagons(_count(snapshots.columns(snapshot), segments, axis)),
    )


_axes: Kept[SymLog] = Kept(32)
_densities: Kept[SafeString] = Kept(32)


def draw(scene: Scene, money: Callable[[float], str]) -> SafeString:
    """Draw the scene; the figures behind it are in the list beside it."""
    plot = element(
        "svg",
        *_quarters(scene),
        *_grid(scene, money),
        scene.density,
        *_cuts(scene, money),
        _dots(scene),
        *_corner_words(scene),
        class_="plot",
    )
    shapes = [
        element("path", id=f"dot-{letter.lower() or 'none'}", d=path, transform="translate(-4.8 -4.8) scale(.6)")
        for letter, path in MARKS.items()
    ]
    return element(
        "svg",
        element("title", "Customer portfolio"),
        element("desc", scene.words),
        element("defs", *shapes),
        plot,
        class_="chart framed wide-labels scatter",
        role="img",
        id="scatter",
        data_low=scene.axis.low,
        data_high=scene.axis.high,
        data_unit=scene.axis.unit,
    )


def _count(columns: snapshots.SnapshotColumns, segments: tuple[str, ...], axis: SymLog) -> tuple[Cell, ...]:
    chosen = np.isin(columns.shown, segments) if segments else columns.shown != ""
    shown = columns.shown[chosen]
    x = np.clip(columns.rf[chosen], 0, 1)
    y = np.clip(_bend(columns.net_profit[chosen], axis), 0, 1)
    row = np.minimum((y * ROWS).astype(np.int64), ROWS - 1)
    column = np.clip((x * COLUMNS - 0.5 * (row % 2)).astype(np.int64), 0, COLUMNS - 1)
    letter = np.searchsorted(LETTERS, shown)
    flat = (row * COLUMNS + column) * len(LETTERS) + letter
    counts = np.bincount(flat, minlength=ROWS * COLUMNS * len(LETTERS)).reshape(-1, len(LETTERS))
    totals, most = counts.sum(axis=1), counts.argmax(axis=1)
    return tuple(
        Cell(int(place) % COLUMNS, int(place) // COLUMNS, int(totals[place]), LETTERS[int(most[place])])
        for place in np.flatnonzero(totals)
    )


def _bend(values: NDArray[np.int64], axis: SymLog) -> NDArray[np.float64]:
    """The same bend as SymLog's, for many values, from 0 at the low end to 1 at the high end."""
    low, high = (np.sign(v) * np.log1p(abs(v) / axis.unit) for v in (axis.low, axis.high))
    bent = np.sign(values) * np.log1p(np.abs(values) / axis.unit)
    result: NDArray[np.float64] = (bent - low) / (high - low)
    return result


def _hexagons(cells: Sequence[Cell]) -> SafeString:
    if not cells:
        return SafeString("")
    most = np.log1p(max(cell.customers for cell in cells))
    wide, high = 1000 / (COLUMNS + 0.5), 1000 / ROWS
    drawn = []
    for cell in cells:
        x = (cell.column + 0.5 + 0.5 * (cell.row % 2)) * wide
        y = 1000 - (cell.row + 0.5) * high
        a, b, c = wide * 0.48, high * 0.64, high * 0.32
        corners = ((0, -b), (a, -c), (a, c), (0, b), (-a, c), (-a, -c))
        path = "M" + "L".join(f"{number(x + dx)} {number(y + dy)}" for dx, dy in corners) + "Z"
        drawn.append(
            element(
                "path",
                class_=f"tone-{cell.segment.lower()}",
                d=path,
                fill_opacity=round(0.16 + 0.84 * float(np.log1p(cell.customers) / most), 2),
                data_n=cell.customers,
            )
        )
    return element(
        "svg",
        *drawn,
        class_="stretched density",
        viewbox="0 0 1000 1000",
        preserveAspectRatio="none",
        width="100%",
        height="100%",
    )


def _dots(scene: Scene) -> SafeString:
    """All marks at once: thousands of them make up most of the page, so they are written as one text."""
    drawn = [
        f'<use href="#dot-{dot.segment.lower() or "none"}" class="dot tone-{dot.segment.lower() or "none"}"'
        f' x="{dot.rf * 100:.2f}%" y="{100 - scene.axis.at(dot.net_profit_minor):.2f}%" data-id="{dot.public_id}"'
        f' data-name="{escape(dot.label)}" data-rf="{dot.rf:.2f}" data-np="{dot.net_profit_minor}"/>'
        for dot in reversed(scene.dots)
    ]
    # Everything but the label is a number, an id or one of our letters; the label is escaped above.
    return mark_safe(f'<g class="dots">{"".join(drawn)}</g>')  # noqa: S308


def _quarters(scene: Scene) -> list[SafeString]:
    if scene.cut_rf is None or scene.cut_profit is None:
        return []
    x, y = RF_AXIS.at(scene.cut_rf), 100 - scene.axis.at(scene.cut_profit)
    areas = {"A": (x, 0.0, 100 - x, y), "B": (0.0, 0.0, x, y), "C": (x, y, 100 - x, 100 - y), "D": (0.0, y, x, 100 - y)}
    return [
        element(
            "rect",
            class_=f"quarter tone-{letter.lower()}",
            **{k: f"{number(v)}%" for k, v in zip(("x", "y", "width", "height"), area, strict=True)},
        )
        for letter, area in areas.items()
    ]


def _corner_words(scene: Scene) -> list[SafeString]:
    if scene.cut_rf is None:
        return []
    drawn = []
    for letter, (x, dx, dy, anchor) in CORNERS.items():
        y = "0" if dy > 0 else "100%"
        words = element("tspan", f" {SEGMENTS[letter].name}", class_="wide-only")
        drawn.append(
            element(
                "text",
                element("tspan", letter, class_="letter"),
                words,
                class_=f"corner tone-{letter.lower()}",
                x=x,
                y=y,
                dx=dx,
                dy=dy,
                text_anchor=anchor,
            )
        )
    return drawn


def _grid(scene: Scene, money: Callable[[float], str]) -> list[SafeString]:
    drawn = []
    for value in scene.axis.ticks(9):
        y = f"{number(100 - scene.axis.at(value))}%"
        drawn.append(element("line", class_="zero-line" if value == 0 else "grid-line", x1="0", x2="100%", y1=y, y2=y))
        drawn.append(element("text", money(value), class_="y-label", x="0", y=y, dx=-8, dy="0.32em"))
    for step in range(0, 11, 2):
        drawn.append(
            element(
                "text", f"{step / 10:g}", class_="x-label", x=f"{step * 10}%", y="100%", dy=18, text_anchor="middle"
            )
        )
    return drawn


def _cuts(scene: Scene, money: Callable[[float], str]) -> list[SafeString]:
    if scene.cut_rf is None or scene.cut_profit is None:
        return []
    x, y = f"{number(RF_AXIS.at(scene.cut_rf))}%", f"{number(100 - scene.axis.at(scene.cut_profit))}%"
    return [
        element("line", class_="cut", x1=x, x2=x, y1="0", y2="100%"),
        element("line", class_="cut", x1="0", x2="100%", y1=y, y2=y),
        element("text", f"{scene.cut_rf:.2f}", class_="cut-label", x=x, y="100%", dx=5, dy=-24),
        element("text", money(scene.cut_profit), class_="cut-label", x="0", y=y, dx=8, dy=-6),
    ]
