"""A question to the cube as a person asks it: measures by rows and a column, totals, and the period before.

The answer is arrays; how they are written is the page's. Every total is asked by itself, since distinct customers and
orders do not add up. Reads the base only; the last answers are kept in memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kizuna.science import spans
from kizuna.warehouse import rollup
from kizuna.warehouse.cube_files import CubeView
from kizuna.warehouse.rollup import PERIOD, Calendar, Cells, Question

type Ints = NDArray[np.int64]
type Key = tuple[int, ...]

MOST_ROWS = 200
MOST_COLUMNS = 24
MOST_FILLED = 1200
IN_ORDER = frozenset({*spans.LEVELS, "segment", "channel"})
"""Axes whose values have an order of their own; others stand by the first measure, the largest first."""


@dataclass(frozen=True)
class Asked:
    """Measures by one or two rows and at most one column, over days from..to, narrowed to codes of dimensions.

    Rows and column are dimensions or levels of time (science.spans.LEVELS), time at most once.
    """

    measures: tuple[str, ...]
    rows: tuple[str, ...]
    column: str
    days: tuple[int, int]
    within: tuple[tuple[str, tuple[int, ...]], ...] = ()
    compared: bool = False

    @property
    def axes(self) -> tuple[str, ...]:
        """Rows, then the column."""
        return (*self.rows, self.column) if self.column else self.rows


@dataclass(frozen=True, eq=False)
class Figures:
    """One measure: int64[rows, columns] (one column where none was asked for), its totals, and the total of all."""

    cells: Ints
    of_rows: Ints
    of_columns: Ints
    total: int


@dataclass(frozen=True, eq=False)
class Pivot:
    """The answer. before: the same places a period earlier, if that was asked for.

    comparable: the parts (cells, of_rows, of_columns, total) whose period before lies in the shop's time.
    left_out: how many rows and columns there are beyond those given.
    """

    asked: Asked
    rows: Sequence[Key]
    columns: Sequence[int]
    figures: Mapping[str, Figures]
    before: Mapping[str, Figures] = field(default_factory=dict)
    comparable: frozenset[str] = frozenset()
    left_out: tuple[int, int] = (0, 0)


def pivot(made: CubeView, asked: Asked) -> Pivot:
    """Answer a question from a base: the rows and columns that a page can show, with totals over all of them."""
    now = {axes: _ask(made, asked, axes, asked.days) for axes in _parts(asked).values()}
    rows = _keys(now[asked.axes], asked.rows, asked.measures[0])
    columns = [key for (key,) in _keys(now[asked.column,], (asked.column,), asked.measures[0])] if asked.column else []
    shown, across = _newest(rows, asked.rows[0], MOST_ROWS), _newest(columns, asked.column, MOST_COLUMNS)
    places = (shown, across if asked.column else [None])
    before = {axes: _ask_before(made, asked, axes) for axes in now} if asked.compared else {}
    return Pivot(
        asked,
        shown,
        across,
        {name: _placed(now, asked, name, places) for name in asked.measures},
        {name: _placed(before, asked, name, places) for name in asked.measures} if before else {},
        frozenset(part for part, axes in _parts(asked).items() if before.get(axes) is not None),
        (len(rows) - len(shown), len(columns) - len(across)),
    )


def everything(made: CubeView, asked: Asked) -> Cells:
    """Every cell of a question, without totals and without a limit: the columns of an export, in order."""
    found = _ask(made, asked, asked.axes, asked.days)
    order = np.lexsort(tuple(found[axis] for axis in reversed(asked.axes)))
    return {name: column[order] for name, column in found.items()}


def _parts(asked: Asked) -> dict[str, tuple[str, ...]]:
    """The axes that each part of an answer is asked by."""
    parts: dict[str, tuple[str, ...]] = {"cells": asked.axes, "of_rows": asked.rows, "total": ()}
    return {**parts, "of_columns": (asked.column,)} if asked.column else parts


def _level(axes: Sequence[str]) -> str:
    return next((axis for axis in axes if axis in spans.LEVELS), "")


def _ask(made: CubeView, asked: Asked, axes: tuple[str, ...], days: tuple[int, int]) -> Cells:
    level = _level(axes)
    found = _kept(made.path, asked.measures, axes, days, asked.within)
    return {level if name == PERIOD else name: column for name, column in found.items()}


def _ask_before(made: CubeView, asked: Asked, axes: tuple[str, ...]) -> Cells | None:
    """The same a period earlier: with time on an axis the span before each span, else as many days before all."""
    first, last = asked.days
    level = _level(axes)
    if not level:
        earlier = (first - (last - first + 1), first - 1)
        return None if made.first_day is None or earlier[1] < made.first_day else _ask(made, asked, axes, earlier)
    index = spans.index_of(level, np.array([first])) - 1
    found = dict(_ask(made, asked, axes, (int(spans.first_days(level, index)[0]), last)))
    found[level] = found[level] + 1
    return found


@lru_cache(maxsize=256)
def _kept(
    path: Path,
    measures: tuple[str, ...],
    axes: tuple[str, ...],
    days: tuple[int, int],
    within: tuple[tuple[str, tuple[int, ...]], ...],
) -> Cells:
    """Ask the base, or remember: its file never changes, a new one has another name."""
    level = _level(axes)
    named = tuple(PERIOD if axis == level else axis for axis in axes)
    calendar = _calendar(level, days) if level else None
    return rollup.roll_up(path, Question(measures, named, days, dict(within), calendar))


def _calendar(level: str, days: tuple[int, int]) -> Calendar:
    each = np.arange(days[0], days[1] + 1, dtype=np.int64)
    period = spans.index_of(level, each)
    return Calendar(each, period, np.maximum(spans.first_days(level, period), days[0]))


def _keys(found: Cells, axes: Sequence[str], measure: str) -> list[Key]:
    """The values on some axes in the order they are shown; spans of time without a gap."""
    weight: dict[Key, int] = {}
    group: dict[int, int] = {}
    for *key, value in zip(*(found[axis].tolist() for axis in axes), found[measure].tolist(), strict=True):
        weight[tuple(key)] = weight.get(tuple(key), 0) + value
        group[key[0]] = group.get(key[0], 0) + value
    if len(axes) == 1 and axes[0] in spans.LEVELS and weight:
        (low,), (high,) = min(weight), max(weight)
        if high - low < MOST_FILLED:
            return [(index,) for index in range(low, high + 1)]

    def place(key: Key) -> tuple[int, ...]:
        first = (key[0],) if axes[0] in IN_ORDER else (-group[key[0]], key[0])
        rest = (key[1],) if len(key) > 1 and axes[1] in IN_ORDER else (-weight[key], *key[1:])
        return (*first, *rest)

    return sorted(weight, key=place)


def _newest[T](found: list[T], axis: str, most: int) -> list[T]:
    """As many as can be shown: of time the newest, of anything else those that stand first."""
    return found[-most:] if axis in spans.LEVELS else found[:most]


def _placed(
    sets: Mapping[tuple[str, ...], Cells | None],
    asked: Asked,
    name: str,
    places: tuple[Sequence[Key], Sequence[int | None]],
) -> Figures:
    """One measure at the places shown; 0 where the base holds nothing."""
    rows, columns = places

    def read(axes: tuple[str, ...]) -> dict[Key, int]:
        found = sets[axes]
        if found is None:
            return {}
        keys = zip(*(found[axis].tolist() for axis in axes), strict=True) if axes else iter([()])
        return dict(zip(keys, found[name].tolist(), strict=True))

    cells = read(asked.axes)
    of_rows, of_columns = read(asked.rows), read((asked.column,)) if asked.column else {}
    values = [[cells.get(row if column is None else (*row, column), 0) for column in columns] for row in rows]
    return Figures(
        np.array(values, dtype=np.int64).reshape(len(rows), len(columns)),
        np.array([of_rows.get(row, 0) for row in rows], dtype=np.int64),
        np.array([of_columns.get((column,), 0) for column in columns if column is not None], dtype=np.int64),
        read(()).get((), 0),
    )
