"""Many rows into a table at once, the same on SQLite and PostgreSQL, where building objects would cost more.

Tables and columns are constants of the room that calls; only values come from outside.
"""

from collections.abc import Callable, Sequence
from itertools import batched
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import F, Model, QuerySet
from django.db.models.lookups import Exact
from numpy.typing import NDArray

type Ints = NDArray[np.int64]

_MOST_VALUES = 9000
_REWRITTEN_AT_ONCE = 5_000


def insert(
    table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, skip_known: bool = False, returning: str = ""
) -> list[Any]:
    """Insert rows with as few statements as the databases allow; returns what is asked for, in no promised order.

    With `skip_known` rows that a unique constraint knows already are left alone and not returned; else they raise.
    """
    found: list[Any] = []
    marks = f"({', '.join(['%s'] * len(columns))})"
    end = f"{' ON CONFLICT DO NOTHING' if skip_known else ''}{f' RETURNING {returning}' if returning else ''}"
    with connection.cursor() as cursor:
        for part in batched(rows, max(_MOST_VALUES // len(columns), 1)):
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * len(part))}{end}",  # noqa: S608
                [value for row in part for value in row],
            )
            if returning:
                found += cursor.fetchall()
    return found


def write(begin: str, marks: str, end: str, rows: Sequence[Sequence[Any]]) -> None:
    """Write rows with a statement of the caller's own, `begin marks, marks ... end`, as few times as may be."""
    with connection.cursor() as cursor:
        for part in batched(rows, max(_MOST_VALUES // len(rows[0]), 1)):
            cursor.execute(begin + ", ".join([marks] * len(part)) + end, [value for row in part for value in row])


def of_shop[M: Model](wanted: QuerySet[M, M], shop_id: int) -> QuerySet[M, M]:
    """Keep the rows of a shop among those wanted by number, finding them by number.

    SQLite, which keeps no statistics of its own accord, takes an index that begins with the shop for the better way
    once a handful of numbers is asked for, and walks every row the shop has. A sum is no column of an index.
    """
    return wanted.filter(Exact(F("shop_id") + 0, shop_id))


def rewrite_days(
    table: str, instant: str, shop_id: int, after_id: int, calendar: Callable[[Ints], tuple[Ints, Ints]]
) -> int | None:
    """Write local day and month of the next rows of a shop anew from their instant; the last id, None at the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {instant} FROM {table} WHERE shop_id = %s AND id > %s ORDER BY id LIMIT {_REWRITTEN_AT_ONCE}",  # noqa: S608
            [shop_id, after_id],
        )
        rows = cursor.fetchall()
        if not rows:
            return None
        days, months = calendar(np.array([us for _, us in rows], dtype=np.int64))
        changes = zip(days.tolist(), months.tolist(), (number for number, _ in rows), strict=True)
        cursor.executemany(f"UPDATE {table} SET day = %s, month = %s WHERE id = %s", list(changes))  # noqa: S608
    return int(rows[-1][0])
