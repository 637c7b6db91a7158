"""The journal read in portions, for whoever copies it: every fact once, in the order of ids, never all at once.

What the copy looks like is not decided here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from kizuna.tables import moments

type Ints = NDArray[np.int64]

AT_ONCE = 20_000
_TABLE = "tracking_fact"
_NUMBERS = (
    *("id", "identity_id", "visitor_id", "happened_us", "day", "month", "channel", "direction", "about"),
    *("is_page_activity", "counts_email"),
)
_TEXTS = ("name", "came_from")
_COLUMNS = ", ".join((*_NUMBERS, *_TEXTS)).replace("visitor_id", "COALESCE(visitor_id, 0)")


@dataclass(frozen=True, slots=True)
class Facts:
    """A portion of the journal in columns, ascending by id; `visitor_id` is 0 where there is none."""

    numbers: dict[str, Ints]
    texts: dict[str, NDArray[np.object_]]

    def __len__(self) -> int:
        return len(self.numbers["id"])


def settled_id() -> int:
    """Find up to which id the journal is settled: no smaller one can still appear. In a transaction of its own."""
    return moments.settled_id(_TABLE)


def read(shop_id: int, after_id: int, upto_id: int | None) -> Iterator[Facts]:
    """Read the facts of a shop with ids in (after, upto], portion by portion; None: as far as there are any."""
    end = 2**62 if upto_id is None else upto_id
    while after_id < end:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {_COLUMNS} FROM {_TABLE} WHERE shop_id = %s AND id > %s AND id <= %s ORDER BY id LIMIT %s",  # noqa: S608
                [shop_id, after_id, end, AT_ONCE],
            )
            rows = cursor.fetchall()
        if rows:
            yield _facts(rows)
        if len(rows) < AT_ONCE:
            return
        after_id = rows[-1][0]


def count_after(shop_id: int, after_id: int, most: int) -> int:
    """Count the facts of a shop after an id, but no further than `most`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM (SELECT 1 FROM {_TABLE} WHERE shop_id = %s AND id > %s LIMIT %s) AS later",  # noqa: S608
            [shop_id, after_id, most],
        )
        return int(cursor.fetchone()[0])


def _facts(rows: list[tuple[Any, ...]]) -> Facts:
    columns = list(zip(*rows, strict=True))
    return Facts(
        {name: np.array(column, dtype=np.int64) for name, column in zip(_NUMBERS, columns, strict=False)},
        {
            name: np.array(column, dtype=np.object_)
            for name, column in zip(_TEXTS, columns[len(_NUMBERS) :], strict=True)
        },
    )
