"""Bulk SQL for this room's tables, the same on SQLite and PostgreSQL: insert what is new, read columns into arrays."""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

type Ints = NDArray[np.int64]

_PARAMETERS = 20_000
_FETCH = 50_000


def insert_new(table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, int]:
    """Insert rows whose (shop_id, source_ref) is new; returns {source_ref: id} of those that were."""
    given = ", ".join(columns)
    one = f"({', '.join(['%s'] * len(columns))})"
    made: dict[str, int] = {}
    with connection.cursor() as cursor:
        for part in batched(rows, max(1, _PARAMETERS // len(columns))):
            cursor.execute(
                f"INSERT INTO {table} ({given}) VALUES {', '.join([one] * len(part))}"  # noqa: S608
                " ON CONFLICT (shop_id, source_ref) DO NOTHING RETURNING source_ref, id",
                [value for row in part for value in row],
            )
            made.update(cursor.fetchall())
    return made


def insert_many(table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows that nothing refers to yet."""
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)  # noqa: S608


def read_columns(sql: str, parameters: Sequence[Any], width: int) -> list[Ints]:
    """Run a query of whole numbers and return its columns; rows pass through in portions, never all at once."""
    parts: list[Ints] = []
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(_FETCH):
            parts.append(np.array(rows, dtype=np.int64))
    if not parts:
        return [np.empty(0, dtype=np.int64) for _ in range(width)]
    return [np.concatenate([part[:, place] for part in parts]) for place in range(width)]


def in_batches(ids: Sequence[Any], size: int = 500) -> Iterator[tuple[list[Any], str]]:
    """Cut a long list of parameters into portions, each with its row of placeholders."""
    for part in batched(ids, size):
        yield list(part), ", ".join(["%s"] * len(part))
