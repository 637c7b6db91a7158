"""The report as rows for a spreadsheet: period, who, figure, value; durations in seconds, money in minor units."""

from collections.abc import Iterator, Mapping
from typing import Any

from kizuna.web.console.pages.customers import safe_cell

type Row = tuple[str, str, str, str]

COLUMNS: Row = ("days", "who", "figure", "value")
_EVERYBODY = "everybody"
_SKIPPED = ("steps", "people", "from_us", "kinds")


def every(body: Mapping[str, Any], names: Mapping[int, str]) -> Iterator[Row]:
    """Write every figure of a report, for everybody and per operator; what there is nothing of stays empty."""
    for days, found in body["windows"].items():
        for figure, value in _flat(found):
            yield days, _EVERYBODY, figure, value
        for row in found["people"]:
            who = safe_cell(names.get(row["person"], f"former {row['person']}"))
            for figure, value in _flat(row):
                if figure != "person":
                    yield days, who, figure, value


def _flat(found: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Every figure by the path to it, times and scores among them."""
    for name, value in found.items():
        path = f"{before}{name}"
        if name in _SKIPPED:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")
        else:
            yield path, "" if value is None else str(value)
