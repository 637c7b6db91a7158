"""A file as rows of text: CSV, TSV and the like in any usual encoding, columns apart by blanks, Parquet; gzip or not.

Nothing here knows what the columns mean. A row that cannot be read is handed on as a Broken one, with its number as a
spreadsheet counts it (the header is row 1), so that nothing valid beside it is lost.
"""

import codecs
import csv
import gzip
import io
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

BLANKS = "blanks"
_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_BLOCK = 1 << 20
_LONGEST_CELL = 131_072
_MOST_LINES = 200
_PARQUET_ROWS = 20_000
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class BadFile(ValueError):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that cannot be read at all."""

    reason: str


type Row = tuple[int, list[str] | Broken]


@dataclass(frozen=True, slots=True)
class Form:
    """How the file is written, as found or as told."""

    encoding: str
    separator: str
    about_rows: int

    def describe(self) -> str:
        """Say it in words."""
        if self.separator == "parquet":
            return "Parquet"
        shown = "blanks" if self.separator == BLANKS else _SEPARATORS.get(self.separator, repr(self.separator))
        return f"columns apart by {shown}, {self.encoding}"


@dataclass(frozen=True)
class Table:
    """An open table: its header and where its rows come from."""

    path: Path
    form: Form
    header: tuple[str, ...]

    def rows(self) -> Iterator[Row]:
        """Read the rows after the header, each with its number."""
        if self.form.separator == "parquet":
            yield from _parquet_rows(self.path)
            return
        with _open_text(self.path, self.form.encoding) as text:
            width = len(self.header)
            lines = _split(text, self.form.separator, width)
            next(lines)
            for number, cells in enumerate(lines, start=2):
                if isinstance(cells, Broken):
                    yield number, cells
                elif cells:
                    yield number, _fitted(cells, width)


def open_table(path: Path, encoding: str | None = None, separator: str | None = None) -> Table:
    """Open a file and read its header; raises BadFile when that is not possible."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror or error}") from None
    if start == b"PAR1":
        return _open_parquet(path)
    form = _find_form(path, encoding, separator)
    with _open_text(path, form.encoding) as text:
        header = next(_split(text, form.separator), None)
    if isinstance(header, Broken):
        raise BadFile(f"{path.name}, row 1: {header.reason}")
    if not header or not any(name.strip() for name in header):
        raise BadFile(f"{path.name} is empty: the first row must name the columns")
    return Table(path, form, tuple(name.strip() for name in header))


def read_lines(path: Path) -> Iterator[bytes]:
    """Read a file line by line as bytes, gzip or not, without a byte order mark; raises BadFile where it breaks off."""
    try:
        with _open_bytes(path) as file:
            for number, line in enumerate(file):
                yield line.removeprefix(codecs.BOM_UTF8) if number == 0 else line
    except (OSError, EOFError) as error:
        raise BadFile(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def count_lines(path: Path) -> int:
    """Count the lines of a file, for the progress bar; raises BadFile where it cannot be read."""
    return sum(1 for _ in read_lines(path))


def _open_bytes(path: Path) -> "gzip.GzipFile | io.BufferedReader":
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if zipped else path.open("rb")


def _open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(_open_bytes(path), encoding, "surrogateescape", newline="")


def _find_form(path: Path, encoding: str | None, separator: str | None) -> Form:
    """Look through the whole file once: its encoding shows only where it is not ASCII."""
    try:
        found, about_rows = _find_encoding(path)
    except (OSError, EOFError) as error:
        raise BadFile(f"{path.name} cannot be unpacked: {error}") from None
    if encoding:
        try:
            found = codecs.lookup(encoding).name
        except LookupError:
            raise BadFile(f"{encoding!r} is no encoding; use utf-8, utf-16 or cp1252") from None
    with _open_text(path, found) as text:
        try:
            first = text.readline(_LONGEST_CELL)
        except UnicodeError as error:
            raise BadFile(f"{path.name} is not written in {found}: {error}; try --encoding") from None
    return Form(found, separator or _find_separator(first), about_rows)


def _find_encoding(path: Path) -> tuple[str, int]:
    """UTF-8 unless most of what is not ASCII speaks against it; then Windows-1252; marks and zero bytes tell UTF-16.

    Where anything is valid UTF-8 beyond ASCII, a few wrong rows do not speak against it, however many bytes they have.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    lines = good = bad = wrong_rows = 0
    with _open_bytes(path) as file:
        block = file.read(_BLOCK)
        for mark, name in _BOMS:
            if block.startswith(mark):
                return name, _rest(file, block)
        if zeros := _utf16_by_zeros(block[:4096]):
            return zeros, _rest(file, block)
        while block:
            lines += block.count(b"\n")
            if block.isascii() and not decoder.getstate()[0]:
                block = file.read(_BLOCK)
                continue
            text = decoder.decode(block)
            odd = [sign for sign in text if sign > "\x7f"]
            wrong = sum("\udc80" <= sign <= "\udcff" for sign in odd)
            bad, good = bad + wrong, good + len(odd) - wrong
            wrong_rows += sum(map(_is_wrong, text.split("\n"))) if wrong else 0
            block = file.read(_BLOCK)
    few = good > 0 and wrong_rows <= max(1, lines // 100)
    return ("cp1252" if bad > good and not few else "utf-8"), lines


def _is_wrong(line: str) -> bool:
    return any("\udc80" <= sign <= "\udcff" for sign in line)


def _rest(file: "gzip.GzipFile | io.BufferedReader", block: bytes) -> int:
    """The lines still to come: at least so many, for the progress bar."""
    lines = block.count(b"\n")
    while more := file.read(_BLOCK):
        lines += more.count(b"\n")
    return lines


def _utf16_by_zeros(start: bytes) -> str | None:
    if len(start) < 4 or start.count(0) < len(start) // 4:
        return None
    return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"


def _find_separator(line: str) -> str:
    """The sign that cuts the header into most columns."""
    widths = {sign: len(next(csv.reader([line], delimiter=sign), [])) for sign in _SEPARATORS}
    return max(widths, key=lambda sign: widths[sign])


class _Unclosed(Exception):
    """A value runs over more lines than anybody writes into one."""


class _Lines:
    """Lines for a CSV reader, those of the row under way remembered, so that they can be read again one by one."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self.row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.row) >= _MOST_LINES:
            raise _Unclosed
        line = self._again.popleft() if self._again else next(self._text)
        self.row.append(line)
        return line

    def give_back(self) -> None:
        """Read all lines of the row but its first once more: a stray quotation mark must not swallow them."""
        self._again.extendleft(reversed(self.row[1:]))


def _split(text: io.TextIOWrapper, separator: str, width: int | None = None) -> Iterator[list[str] | Broken]:
    if separator == BLANKS:
        yield from (line.split() for line in text)
        return
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        lines.row.clear()
        try:
            cells = next(reader)
            if len(lines.row) > 1 and width is not None and isinstance(_fitted(cells, width), Broken):
                raise _Unclosed
            yield cells
        except StopIteration:
            return
        except (csv.Error, _Unclosed):
            yield _read_alone(lines.row, separator)
            lines.give_back()
            reader = csv.reader(lines, delimiter=separator, strict=True)
        except (UnicodeError, EOFError, OSError) as error:
            yield Broken(f"the file cannot be read on from here: {error}")
            return


def _read_alone(row: list[str], separator: str) -> list[str] | Broken:
    """A row with a quotation mark out of place: as it stands if it is one line, else its first line is to blame."""
    if len(row) == 1:
        with suppress(csv.Error):
            return next(csv.reader(row, delimiter=separator))
    return Broken("a quotation mark is opened and not closed")


def _fitted(cells: list[str], width: int) -> list[str] | Broken:
    if len(cells) == width:
        return cells
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return cells[:width]
    return Broken(f"has {len(cells)} values where the header has {width}")


def _open_parquet(path: Path) -> Table:
    try:
        with duckdb.connect() as connection:
            described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
            counted = connection.execute("SELECT COUNT(*) FROM read_parquet(?)", [str(path)]).fetchall()
    except duckdb.Error as error:
        raise BadFile(f"{path.name} cannot be read as Parquet: {str(error).splitlines()[0]}") from None
    return Table(path, Form("binary", "parquet", counted[0][0]), tuple(row[0].strip() for row in described))


def _parquet_rows(path: Path) -> Iterator[Row]:
    number = 1
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        while rows := found.fetchmany(_PARQUET_ROWS):
            for row in rows:
                number += 1
                yield number, [_as_text(value) for value in row]


def _as_text(value: Any) -> str:
    """A value as a person would write it: whole floats without .0, nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, float):
        return format(value, ".0f") if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value)
