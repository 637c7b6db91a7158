"""Bulk reading of this room's tables, the same on SQLite and PostgreSQL: columns into arrays, ids in portions."""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

type Ints = NDArray[np.int64]

_FETCH = 50_000


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
