"""Many rows at once for the hot path, where building objects would cost more than the database.

Statements and columns are constants of this room; only values come from outside.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

_MOST_VALUES = 9000


def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], returning: str = "") -> list[Any]:
    """Insert rows with as few statements as the databases allow; returns what is asked for, in no promised order.

    Rows that exist already are left alone where nothing is returned.
    """
    if not rows:
        return []
    step = max(_MOST_VALUES // len(columns), 1)
    marks = f"({', '.join(['%s'] * len(columns))})"
    end = f"RETURNING {returning}" if returning else "ON CONFLICT DO NOTHING"
    found: list[Any] = []
    with connection.cursor() as cursor:
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            statement = " ".join(
                ["INSERT INTO", table, f"({', '.join(columns)})", "VALUES", ", ".join([marks] * len(part)), end]
            )
            cursor.execute(statement, [value for row in part for value in row])
            if returning:
                found += cursor.fetchall()
    return found
