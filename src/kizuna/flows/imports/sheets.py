"""What the smaller imports share: a table with its columns found, read row by row, every bad row in the report."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kizuna.flows.imports import maps, tables
from kizuna.flows.imports.cells import BadCell
from kizuna.flows.imports.report import Progress, Report
from kizuna.flows.imports.tables import BadFile, Broken, Table

_NOTE_EVERY = 1000


@dataclass(frozen=True)
class Sheet:
    """An open table whose columns have a meaning; `columns` names them as the file does, for messages."""

    table: Table
    columns: Mapping[str, str]
    places: Mapping[str, int]

    def cell(self, values: Sequence[str], field: str) -> str:
        """Give the text of a field; nothing where the file has no such column."""
        place = self.places.get(field)
        return "" if place is None else values[place]

    def called(self, field: str) -> str:
        """Give the column's name in the file."""
        return self.columns.get(field, field)


@dataclass(frozen=True)
class SheetFile:
    """A file to import and how; `columns` may be empty, then the fields' own names are looked for."""

    path: Path
    columns: Mapping[str, str]
    encoding: str | None = None
    dry_run: bool = False


def open_sheet(file: SheetFile, fields: Sequence[str], needed: Sequence[Sequence[str]]) -> Sheet:
    """Open a file and find its columns; of each group in `needed` one must be there, else BadFile says which."""
    table = tables.open_table(file.path, file.encoding)
    columns = dict(file.columns) or maps.by_field_names(table.header, fields)
    places = maps.places(table.header, columns)
    lacking = [" or ".join(group) for group in needed if not any(field in columns for field in group)]
    if lacking:
        there = ", ".join(name for name in table.header if name)
        raise BadFile(f"no column is known for: {', '.join(lacking)}. The file has: {there}")
    return Sheet(table, columns, places)


def read_sheet[Draft](
    sheet: Sheet, convert: Callable[[list[str]], Draft], report: Report, progress: Progress | None
) -> Iterator[tuple[int, Draft]]:
    """Read rows as (number, draft); what cannot be read goes into the report, and the rest goes on."""
    report.counts.setdefault("rows read", 0)
    for count, (row, values) in enumerate(sheet.table.rows(), start=1):
        report.counts["rows read"] = count
        if progress and count % _NOTE_EVERY == 0:
            progress("Reading", count, max(count, sheet.table.form.about_rows))
        try:
            if isinstance(values, Broken):
                raise BadCell("row", values.reason)
            draft = convert(values)
        except BadCell as bad:
            report.refuse(row, bad.field, bad.message)
            continue
        yield row, draft
