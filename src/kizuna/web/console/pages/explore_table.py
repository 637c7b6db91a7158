"""The answer of the cube as a table: headings and cells with the addresses that open them, totals, shares, changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kizuna.flows.explore import Figures, Pivot
from kizuna.html import figures
from kizuna.science import spans
from kizuna.warehouse.cube_files import CubeView
from kizuna.web.console import amounts
from kizuna.web.console.pages import explore_address
from kizuna.web.console.pages.explore_address import State
from kizuna.web.console.pages.explore_words import AXES, MEASURES, Measure, value_words

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@dataclass(frozen=True)
class Head:
    """A heading: of a row, or of a column over so many figures; `query` opens it."""

    words: str
    query: str
    spans: int = 1


@dataclass(frozen=True)
class Cell:
    """One figure: its words, the address that opens it, and whether it rose (None: says nothing)."""

    words: str
    query: str = ""
    rising: bool | None = None


@dataclass(frozen=True)
class Row:
    """One row: what it stands for, and its figures, totals at the end."""

    heads: Sequence[Head]
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """All of it; `groups` stand over `measures` where columns were asked for."""

    corner: Sequence[str]
    across: str
    groups: Sequence[Head]
    measures: Sequence[Measure]
    repeated: Sequence[Measure]
    rows: Sequence[Row]
    total: Sequence[Cell]
    notes: Sequence[str]


@dataclass(frozen=True)
class Writer:
    """Writes the figures of one answer as its state asks for them."""

    shop: "Shop"
    made: CubeView
    state: State
    pivot: Pivot

    def table(self) -> Table:
        """The whole answer."""
        measures = [MEASURES[name] for name in self.state.measures]
        groups = [
            Head(self._words(self.state.column, code), self._open({self.state.column: code}))
            for code in self.pivot.columns
        ]
        groups = [Head(group.words, group.query, len(measures)) for group in groups]
        if groups:
            groups.append(Head("Total", "", len(measures)))
        return Table(
            corner=[AXES[axis] for axis in self.state.rows],
            across=AXES.get(self.state.column, ""),
            groups=groups,
            measures=measures,
            repeated=measures * (len(groups) or 1),
            rows=[self._row(number, key) for number, key in enumerate(self.pivot.rows)],
            total=self._total(),
            notes=self._notes(),
        )

    def write(self, name: str, value: int) -> str:
        """Write one figure of a measure."""
        return amounts.money_round(value, self.shop.currency) if MEASURES[name].money else figures.whole(value)

    def _row(self, number: int, key: Sequence[int]) -> Row:
        picked = dict(zip(self.state.rows, key, strict=True))
        heads = [Head(self._words(axis, code), "") for axis, code in picked.items()]
        heads[-1] = Head(heads[-1].words, self._open(picked))
        cells = []
        for place, column in enumerate(self.pivot.columns or [None]):
            query = "" if column is None else self._open({**picked, self.state.column: column})
            cells += [self._cell(name, "cells", (number, place), query) for name in self.state.measures]
        if self.pivot.columns:
            cells += [self._cell(name, "of_rows", (number,), "") for name in self.state.measures]
        return Row(heads, cells)

    def _total(self) -> list[Cell]:
        cells = [
            self._cell(name, "of_columns", (place,), "")
            for place in range(len(self.pivot.columns))
            for name in self.state.measures
        ]
        return cells + [self._cell(name, "total", (), "") for name in self.state.measures]

    def _cell(self, name: str, part: str, place: tuple[int, ...], query: str) -> Cell:
        value = _value(self.pivot.figures[name], part, place)
        if self.state.show == "share":
            total = self.pivot.figures[name].total
            return Cell(figures.share(value / total) if total > 0 else "–", query)
        if self.state.show == "change":
            if part not in self.pivot.comparable:
                return Cell("–", query)
            before = _value(self.pivot.before[name], part, place)
            return Cell(figures.change(before, value), query, None if before == value else value > before)
        return Cell(self.write(name, value), query)

    def _words(self, axis: str, code: int) -> str:
        return value_words(axis, code, self.made.labels)

    def _open(self, picked: Mapping[str, int]) -> str:
        return explore_address.drill(self.state, self.made, picked).query

    def _notes(self) -> list[str]:
        """What a reader must know to read the figures rightly."""
        rows, columns = self.pivot.left_out
        beyond = "are shown; totals and export hold all."
        notes = []
        if rows:
            which = "The newest" if self.state.rows[0] in spans.LEVELS else "The first"
            notes.append(
                f"{which} {len(self.pivot.rows)} of {figures.whole(rows + len(self.pivot.rows))} rows {beyond}"
            )
        if columns:
            notes.append(f"{len(self.pivot.columns)} of {columns + len(self.pivot.columns)} columns {beyond}")
        distinct = [MEASURES[name].name for name in self.state.measures if MEASURES[name].distinct]
        if distinct:
            named = " and ".join(distinct).lower().capitalize()
            notes.append(f"{named} count once in every figure, so rows can add up to more than the total.")
        level = next((axis for axis in (*self.state.rows, self.state.column) if axis in spans.LEVELS), "")
        if level:
            notes += self._cut(level)
        if "category" in (*self.state.rows, self.state.column):
            notes.append("No product: refunds, visits, messages, and orders whose products are not known.")
        return notes

    def _cut(self, level: str) -> list[str]:
        """Whether the days asked for begin or end within a span of the level."""
        found = []
        first, last = (spans.bounds(level, int(index)) for index in spans.index_of(level, np.array(self.state.days)))
        if first[0] < self.state.days[0]:
            found.append(f"The first {level} is not whole.")
        if last[1] > self.state.days[1]:
            found.append(f"The last {level} is not whole.")
        return found


def _value(found: Figures, part: str, place: tuple[int, ...]) -> int:
    return found.total if part == "total" else int(getattr(found, part)[place])
