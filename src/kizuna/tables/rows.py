"""Many rows into a table at once, the same on SQLite and PostgreSQL, where building objects would cost more.

Tables and columns are constants of the room that calls; only values come from outside.
"""

from collections.abc import Sequence
from itertools import batched
from typing import Any

from django.db import connection

_MOST_VALUES = 9000


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
