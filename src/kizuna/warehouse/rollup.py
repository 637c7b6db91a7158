"""Asking the cube's base: sums and distinct counts over any of its dimensions, from the one file, never from facts.

Statements are put together from the names below and from whole numbers alone, never from a text that somebody wrote.
Distinct customers and orders are counted for each cell and each total by itself, never added up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from kizuna.warehouse.cube import DIMENSIONS, SLICED, quoted

type Ints = NDArray[np.int64]
type Cells = dict[str, Ints]

PERIOD = "period"
SUMS = {
    "revenue": "revenue_minor",
    "profit": "profit_minor",
    "visits": "visits",
    "messages_in": "messages_in",
    "messages_out": "messages_out",
}
COUNTS = ("customers", "active", "orders")
MEASURES = (*COUNTS, *SUMS)
TRADE = frozenset({"customers", "orders", "revenue", "profit"})
"""What only rows of purchases and refunds bear: they lie together, so that the rest of the file is passed over."""


class BadQuestion(ValueError):
    """A name that the cube does not have, or numbers that make no sense."""


@dataclass(frozen=True)
class Calendar:
    """The days asked for, the span each lies in, and the first day asked for of that span; int64, equally long."""

    day: Ints
    period: Ints
    start: Ints


@dataclass(frozen=True)
class Question:
    """Measures by axes over days from..to (both included). within: the codes a dimension is narrowed to.

    axes: names of dimensions and at most once "period", whose spans the calendar gives.
    """

    measures: Sequence[str]
    axes: Sequence[str]
    days: tuple[int, int]
    within: Mapping[str, Sequence[int]] = field(default_factory=dict)
    calendar: Calendar | None = None

    def check(self) -> None:
        """Raise BadQuestion unless every name is one of the cube's and every number is whole."""
        known = {*DIMENSIONS, PERIOD}
        if not self.measures or set(self.measures) - set(MEASURES):
            raise BadQuestion(f"unknown measures: {', '.join(self.measures) or 'none'}")
        if len(set(self.axes)) < len(self.axes) or set(self.axes) - known or set(self.within) - set(DIMENSIONS):
            raise BadQuestion(f"unknown or repeated dimensions: {', '.join((*self.axes, *self.within))}")
        if PERIOD in self.axes and self.calendar is None:
            raise BadQuestion("spans of time need a calendar")
        numbers = (*self.days, *(code for codes in self.within.values() for code in codes))
        if not all(type(number) is int for number in numbers):
            raise BadQuestion("days and codes are whole numbers")


def roll_up(path: Path, question: Question) -> Cells:
    """Answer a question from a base: one column per axis (codes, spans) and measure, only cells that hold anything."""
    question.check()
    duck = _duck().cursor()
    try:
        cal = question.calendar
        if PERIOD in question.axes and cal is not None:
            duck.register("given_calendar", {"day": cal.day, "period": cal.period, "start": cal.start})
        found: dict[str, NDArray[Any]] = duck.execute(statement(path, question)).fetchnumpy()
    finally:
        duck.close()
    return {name: np.asarray(column, dtype=np.int64) for name, column in found.items()}


def statement(path: Path, question: Question) -> str:
    """Write the SQL of a question that was checked."""
    axes = ["c.period AS period" if axis == PERIOD else f"b.{axis} AS {axis}" for axis in question.axes]
    measures = [f"CAST({_measure(name, question)} AS BIGINT) AS {name}" for name in question.measures]
    calendar = " JOIN given_calendar AS c ON c.day = b.day" if PERIOD in question.axes else ""
    wanted = [f"b.day BETWEEN {question.days[0]} AND {question.days[1]}"]
    if set(question.measures) <= TRADE:
        wanted.append("b.trade = 1")
    wanted += [f"b.{name} IN ({', '.join(map(str, codes)) or 'NULL'})" for name, codes in question.within.items()]
    grouped = f" GROUP BY {', '.join(map(str, range(1, len(axes) + 1)))}" if axes else ""
    return (
        f"SELECT {', '.join((*axes, *measures))} FROM read_parquet({quoted(path)}) AS b{calendar}"  # noqa: S608
        f" WHERE {' AND '.join(wanted)}{grouped}"
    )


def purchases(path: Path) -> Cells:
    """The customer-days with a purchase or money: customer_id, day, orders, revenue_minor, segment, source codes."""
    duck = _duck().cursor()
    try:
        found: dict[str, NDArray[Any]] = duck.execute(
            "SELECT customer_id, CAST(day AS BIGINT) AS day, CAST(SUM(leads) AS BIGINT) AS orders,"  # noqa: S608
            " CAST(SUM(revenue_minor) AS BIGINT) AS revenue_minor, MIN(segment) AS segment, MIN(source) AS source"
            f" FROM read_parquet({quoted(path)}) WHERE trade = 1 GROUP BY customer_id, day ORDER BY customer_id, day"
        ).fetchnumpy()
    finally:
        duck.close()
    return {name: np.asarray(column, dtype=np.int64) for name, column in found.items()}


def write_parquet(path: Path, texts: Mapping[str, Sequence[str]], figures: Cells) -> Path:
    """Write an answer as a Parquet file of its own: columns of text, then columns of whole numbers."""
    columns: dict[str, NDArray[Any]] = {name: np.array(column, dtype=np.object_) for name, column in texts.items()}
    duck = _duck().cursor()
    try:
        duck.register("given_answer", {**columns, **figures})
        typed = [f'CAST("{name}" AS TEXT) AS "{name}"' for name in columns] + [f'"{name}"' for name in figures]
        duck.execute(f"COPY (SELECT {', '.join(typed)} FROM given_answer) TO {quoted(path)} (FORMAT parquet)")  # noqa: S608
    finally:
        duck.close()
    return path


def _measure(name: str, question: Question) -> str:
    if name in SUMS:
        return f"COALESCE(SUM(b.{SUMS[name]}), 0)"
    one = {each for each in ("channel", "category") if each in question.axes or len(question.within.get(each, ())) == 1}
    several = {each for each in ("channel", "category") if each in question.within and each not in one}
    if name == "orders":
        if "category" in several:
            return "COUNT(DISTINCT CASE WHEN b.bought = 1 THEN b.ev_id END)"
        return "COALESCE(SUM(b.bought), 0)" if "category" in one else "COALESCE(SUM(b.leads), 0)"
    bought = "b.bought = 1" if name == "customers" else "TRUE"
    if several:
        return f"COUNT(DISTINCT CASE WHEN {bought} THEN b.customer_id END)"
    ending = next(ending for ending, also in SLICED.items() if set(also) == one)
    start = "c.start" if PERIOD in question.axes else str(question.days[0])
    before = "bought_before" if name == "customers" else "seen_before"
    return f"COUNT(CASE WHEN {bought} AND b.{before}{ending} < {start} THEN 1 END)"


@cache
def _duck() -> duckdb.DuckDBPyConnection:
    """One database in memory for the whole process; every question has a cursor of its own."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    return duckdb.connect(":memory:", config=config)
