"""The journal read in portions, for whoever copies it: every fact once, in the order of ids, never all at once.

What the copy looks like is not decided here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from kizuna.tables import moments

type Ints = NDArray[np.int64]

AT_ONCE = 20_000
_TABLE = "tracking_fact"
# The plus keeps the databases off the indexes that begin with the shop: they would sort all of it for every portion.
_OF_SHOP = "+shop_id = %s"
_NUMBERS = (
    *("id", "identity_id", "visitor_id", "happened_us", "day", "month", "channel", "direction", "about"),
    *("is_page_activity", "counts_email"),
)
_TEXTS = ("name", "came_from")
_COLUMNS = ", ".join((*_NUMBERS, *_TEXTS)).replace("visitor_id", "COALESCE(visitor_id, 0)")
_SUMMED = {
    "ev_id": "id * 4",
    "identity_id": "identity_id",
    "visitor_id": "COALESCE(visitor_id, 0)",
    "seconds": "happened_us / 1000000",
    **{name: name for name in ("day", "month", "channel", "direction", "about")},
    "is_page": "CASE WHEN is_page_activity THEN 1 ELSE 0 END",
    "counts_email": "CASE WHEN counts_email THEN 1 ELSE 0 END",
    "name": "LENGTH(name)",
    "source": "LENGTH(came_from)",
}


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
                f"SELECT {_COLUMNS} FROM {_TABLE} WHERE {_OF_SHOP} AND id > %s AND id <= %s ORDER BY id LIMIT %s",  # noqa: S608
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
            f"SELECT COUNT(*) FROM (SELECT 1 FROM {_TABLE} WHERE {_OF_SHOP} AND id > %s LIMIT %s) AS later",  # noqa: S608
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


def sums(shop_id: int, from_us: int | None, without: Sequence[int]) -> dict[str, int]:
    """Count and add up the facts of a shop from an instant on, without some identities, to compare a copy with."""
    asked = ", ".join(f"SUM({sql})" for sql in _SUMMED.values())
    among = ",".join(str(int(number)) for number in without) or "-1"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*), {asked} FROM {_TABLE} WHERE shop_id = %s AND happened_us >= %s"  # noqa: S608
            f" AND identity_id NOT IN ({among}) AND COALESCE(visitor_id, 0) NOT IN ({among})",
            [shop_id, -(2**62) if from_us is None else from_us],
        )
        found = [int(each or 0) for each in cursor.fetchone()]
    return dict(zip(("rows", *_SUMMED), found, strict=True))
