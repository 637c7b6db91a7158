"""Columns into tables and back, for SQLite and PostgreSQL alike: how this room moves many rows at once.

Only SQL mechanics live here; which columns, and what they mean, is said by the modules that call.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched

import numpy as np
from django.db import connection
from numpy.typing import NDArray

type Value = bool | int | float | str | None

READ_ROWS = 50_000
WRITE_ROWS = 20_000
_IDS_PER_QUERY = 5_000
_POSTGRES_TYPES = {"int": "bigint", "float": "double precision", "text": "text", "bool": "boolean", "json": "jsonb"}


@dataclass(frozen=True, slots=True)
class Upsert:
    """An upsert of whole columns: kinds are int, float, text, bool or json; `assign` is what a conflict sets."""

    table: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    keys: tuple[str, ...]
    assign: str

    def sql(self, source: str) -> str:
        """The statement around VALUES or a SELECT."""
        return (
            f"INSERT INTO {self.table} ({', '.join(self.names)}) {source} "
            f"ON CONFLICT ({', '.join(self.keys)}) DO UPDATE SET {self.assign}"
        )


def write(statement: Upsert, columns: Sequence[Sequence[Value]]) -> None:
    """Upsert rows given as columns, in the order of the statement's names."""
    rows = len(columns[0])
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            places = ", ".join(["%s"] * len(statement.names))
            cursor.executemany(statement.sql(f"VALUES ({places})"), list(zip(*columns, strict=True)))
            return
        arrays = ", ".join(f"%s::{_POSTGRES_TYPES[kind]}[]" for kind in statement.kinds)
        sql = statement.sql(f"SELECT * FROM unnest({arrays})")  # noqa: S608
        for start in range(0, rows, WRITE_ROWS):
            cursor.execute(sql, [list(column[start : start + WRITE_ROWS]) for column in columns])


def read(
    select: str, key: str, dtype: np.dtype[np.void], parameters: Sequence[Value], ids: Iterable[int] | None = None
) -> Iterator[NDArray[np.void]]:
    """Read rows of a SELECT that ends in a WHERE clause, ordered by its key, as structured arrays of bounded length.

    With `ids`, only the rows whose key is among them.
    """
    if ids is not None:
        for some in batched(sorted(set(ids)), _IDS_PER_QUERY):
            places = ", ".join(["%s"] * len(some))
            yield _rows(f"{select} AND {key} IN ({places}) ORDER BY {key}", [*parameters, *some], dtype)
        return
    after = -1
    while True:
        rows = _rows(f"{select} AND {key} > %s ORDER BY {key} LIMIT {READ_ROWS}", [*parameters, after], dtype)
        if len(rows):
            yield rows
        if len(rows) < READ_ROWS:
            return
        after = int(rows[-1][0])


def gathered(parts: Iterable[NDArray[np.void]], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """All parts as one array, empty where there are none."""
    every = list(parts)
    return np.concatenate(every) if every else np.empty(0, dtype)


def _rows(sql: str, parameters: Sequence[Value], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return np.fromiter(cursor.fetchall(), dtype)
