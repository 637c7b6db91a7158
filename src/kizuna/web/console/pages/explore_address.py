"""The address of the explore page is its whole state: what is asked, over which days, narrowed to what, shown how.

Bad values never break the page: they are left out, and named where a person could wonder. Also the addresses that
lead on from here: drilling into a row or cell, taking a filter away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import numpy as np
from django.http import QueryDict

from kizuna.flows.explore import Asked
from kizuna.science import periods, spans
from kizuna.tracking.timeline import CHANNELS
from kizuna.warehouse.cube_files import CubeView
from kizuna.web.console.pages.explore_words import AXES, DIMENSIONS, MEASURES, ORDER_CHANNEL, SHOWS, SPANS

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

MOST_ROWS_DEEP = 2
MOST_VALUES = 30
LONGEST_QUERY = 2000
LONGEST_VALUE = 250
"""No value of the figures is as long: what is cut matches nothing, and no address is echoed at length."""
LONGEST_SHOWN = 40
MOST_LOST = 3
DRILLED_BY = ("segment", "source", "country", "category", "channel")


@dataclass(frozen=True)
class State:
    """What an address says. within: per dimension the texts it is narrowed to ('' is a value too)."""

    measures: tuple[str, ...]
    rows: tuple[str, ...]
    column: str
    days: tuple[int, int]
    span: str
    within: Mapping[str, tuple[str, ...]]
    show: str
    view: str
    wrong: tuple[str, ...] = field(default=())

    @property
    def query(self) -> str:
        """The address's query string: what a saved view keeps."""
        pairs = [("m", name) for name in self.measures] + [("rows", name) for name in self.rows]
        pairs += [("cols", self.column)] if self.column else []
        if self.span:
            pairs.append(("span", self.span))
        else:
            begin, end = (spans.date_of(day).isoformat() for day in self.days)
            pairs += [("from", begin), ("to", end)]
        pairs += [(name, text) for name, texts in self.within.items() for text in texts]
        pairs += [("show", self.show)] if self.show != "number" else []
        pairs += [("view", self.view)] if self.view != "table" else []
        return urlencode(pairs)


def parse(query: QueryDict, shop: "Shop", made: CubeView) -> State:
    """Read an address against a base; without any measure it is revenue by month over the last twelve."""
    wrong: list[str] = []
    measures = _known(query.getlist("m"), MEASURES) or ("revenue",)
    axes = _known([*query.getlist("rows")[:MOST_ROWS_DEEP], *query.getlist("cols")[:1]], AXES)
    rows = tuple(axis for axis in _one_level(axes) if axis in query.getlist("rows")) or ("month",)
    column = next((axis for axis in _one_level((*rows, *axes)) if axis not in rows), "")
    span, days = _days(query, shop, made, wrong)
    within = _within(query, made, wrong)
    show = query.get("show", "")
    return State(
        measures,
        rows,
        column,
        days,
        span,
        within,
        show if show in SHOWS else "number",
        "chart" if query.get("view") == "chart" else "table",
        tuple(wrong),
    )


def _within(query: QueryDict, made: CubeView, wrong: list[str]) -> dict[str, tuple[str, ...]]:
    """What the address narrows to. Of values that the figures do not have a few stay, so that still nothing matches."""
    within: dict[str, tuple[str, ...]] = {}
    further = 0
    for name in (each for each in DIMENSIONS if each in query):
        texts = _texts(query.getlist(name))
        lost = [text for text in texts if code_of(made, name, text) is None]
        kept = {*texts} - {*lost[MOST_LOST:]}
        within[name] = tuple(text for text in texts if text in kept)
        wrong += [f"There is no “{shown(text)}” in the figures any more." for text in lost[:MOST_LOST]]
        further += len(lost[MOST_LOST:])
    if further:
        wrong.append(f"Nor are there {further} further values that the address names.")
    return within


def _texts(values: list[str]) -> tuple[str, ...]:
    """Distinct values, cut, without NUL, which PostgreSQL cannot keep in the audit log of exports."""
    return tuple(dict.fromkeys(value[: 2 * LONGEST_VALUE].replace("\0", "")[:LONGEST_VALUE] for value in values))[
        :MOST_VALUES
    ]


def shown(text: str) -> str:
    """Give a value as a sentence or chip can bear it."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def ask(state: State, made: CubeView) -> Asked:
    """Make of a state the question to the cube; what a filter names and the base does not know matches nothing."""
    within = tuple(
        (name, tuple(code for text in texts if (code := code_of(made, name, text)) is not None))
        for name, texts in state.within.items()
    )
    return Asked(state.measures, state.rows, state.column, state.days, within, state.show == "change")


def code_of(made: CubeView, name: str, text: str) -> int | None:
    """Find the code of a value by its text; of channels the text is the name of the channel, '' for orders."""
    if name == "channel":
        return ORDER_CHANNEL if not text else next((int(c) for label, c in CHANNELS.items() if label == text), None)
    listed = made.labels[name]
    return listed.index(text) if text in listed else None


def text_of(made: CubeView, name: str, code: int) -> str:
    """The text of a code: the inverse of `code_of`."""
    if name == "channel":
        return next((label for label, channel in CHANNELS.items() if channel == code), "")
    return made.labels[name][code]


def drill(state: State, made: CubeView, picked: Mapping[str, int]) -> State:
    """The state that opens a row, a column or a cell: narrowed to it, with the next level on the rows."""
    days, within = state.days, dict(state.within)
    following: list[str] = []
    for axis, code in picked.items():
        if axis in spans.LEVELS:
            first, last = spans.bounds(axis, code)
            days = (max(days[0], first), min(days[1], last))
            following += [finer] if (finer := spans.finer(axis)) else []
        else:
            within[axis] = (text_of(made, axis, code),)
    column = "" if state.column in picked else state.column
    left = [axis for axis in state.rows if axis not in picked]
    free = [axis for axis in DRILLED_BY if axis not in within and axis != column]
    days_whole = days[1] > days[0]
    rows = tuple(following or left or free[:1] or (["month"] if days_whole else ["day"]))
    if rows[0] in spans.LEVELS and column in spans.LEVELS:
        column = ""
    span = state.span if days == state.days else ""
    return replace(state, rows=rows, column=column, days=days, span=span, within=within, wrong=())


def without(state: State, name: str, text: str) -> State:
    """The state with one filter taken away."""
    kept = tuple(each for each in state.within[name] if each != text)
    within = {key: texts for key, texts in state.within.items() if key != name}
    return replace(state, within={**within, name: kept} if kept else within, wrong=())


def _known(wanted: list[str], known: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in wanted if name in known))


def _one_level(axes: tuple[str, ...]) -> tuple[str, ...]:
    """The axes with time once: the first of its levels stays."""
    first = next((axis for axis in axes if axis in spans.LEVELS), "")
    return tuple(dict.fromkeys(axis for axis in axes if axis not in spans.LEVELS or axis == first))


def _days(query: QueryDict, shop: "Shop", made: CubeView, wrong: list[str]) -> tuple[str, tuple[int, int]]:
    """The days of the address: from and to, else one of the spans up to the base's day."""
    last = periods.day_index(made.as_of_us, ZoneInfo(shop.timezone))
    first = min(last, last if made.first_day is None else made.first_day)
    span = query.get("span", "")
    if span not in SPANS and (query.get("from") or query.get("to")):
        try:
            begin = spans.day_of(date.fromisoformat(str(query.get("from")))) if query.get("from") else first
            end = spans.day_of(date.fromisoformat(str(query.get("to")))) if query.get("to") else last
        except ValueError:
            wrong.append("Write days as 2026-03-31; the last 12 months are shown.")
        else:
            if max(begin, first) <= min(end, last):
                return "", (max(begin, first), min(end, last))
            wrong.append("There is nothing between these days; the last 12 months are shown.")
    span = span if span in SPANS else "12m"
    return span, (_begin(span, first, last), last)


def _begin(span: str, first: int, last: int) -> int:
    if span == "all":
        return first
    if span == "90d":
        return last - 89
    level, back = ("month", 11) if span == "12m" else ("year", 0)
    return int(spans.first_days(level, spans.index_of(level, np.array([last])) - back)[0])
