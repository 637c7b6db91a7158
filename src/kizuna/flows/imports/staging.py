"""Order lines set aside in a temporary file of their own until the whole order is known, whatever order they come in.

SQLite's private temporary database: in memory while small, on disk when it grows, gone when closed. Nothing of the
shop's database is touched or locked meanwhile.
"""

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, Self

_ROWS = 10_000
_INSERT = "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class StagedLine(NamedTuple):
    """One valid line; numbers as text, so that they stay exact. `extra` is JSON of what belongs to the whole order."""

    row: int
    order_ref: str
    is_refund: int
    kind: int
    who: str
    happened_us: int
    currency: str
    sku: str
    name: str
    quantity: str
    price: str
    amount: str
    cost: str
    extra: str


class Staging:
    """Collects lines and gives them back order by order, in the order in which the file first names each."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;")
        self._file.execute(
            "CREATE TABLE line (row INTEGER PRIMARY KEY, order_ref TEXT, is_refund INTEGER, kind INTEGER, who TEXT,"
            " happened_us INTEGER, currency TEXT, sku TEXT, name TEXT, quantity TEXT, price TEXT, amount TEXT,"
            " cost TEXT, extra TEXT)"
        )
        self._file.execute("BEGIN")
        self._waiting: list[tuple[object, ...]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, *line: object) -> None:
        """Set a line aside: the fields of StagedLine in their order."""
        self._waiting.append(line)
        if len(self._waiting) >= _ROWS:
            self._write()

    def count_orders(self) -> int:
        """Count the orders and refunds set aside."""
        self._write()
        return int(self._file.execute("SELECT COUNT(DISTINCT order_ref) FROM line").fetchone()[0])

    def orders(self) -> Iterator[list[StagedLine]]:
        """Give back each order's lines in the order of the file."""
        self._write()
        self._file.execute("CREATE TABLE first AS SELECT order_ref, MIN(row) AS row FROM line GROUP BY order_ref")
        self._file.execute("CREATE INDEX line_of_order ON line (order_ref)")
        found = self._file.execute(
            "SELECT line.* FROM (SELECT order_ref, row AS start FROM first ORDER BY row) JOIN line USING (order_ref)"
            " ORDER BY start, line.row"
        )
        for _, group in groupby(map(StagedLine._make, found), attrgetter("order_ref")):
            yield list(group)

    def _write(self) -> None:
        if self._waiting:
            self._file.executemany(_INSERT, self._waiting)
            self._waiting.clear()
