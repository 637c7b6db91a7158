"""Orders and refunds that changed after they were recorded, so that a sealed row of them holds no more.

Rows are added and taken away, never changed: a correction that comes while a segment is written is not lost with the
one before it. Who reads what is true now are the flows.
"""

from collections.abc import Collection

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from kizuna.tables import moments, rows
from kizuna.warehouse.models import Stale
from kizuna.warehouse.schema import ORDER, REFUND

type Ints = NDArray[np.int64]

_TABLE = "warehouse_stale"


def note(shop_id: int, order_ids: Collection[int], refund_ids: Collection[int]) -> None:
    """Note that these orders and refunds changed or went, in the transaction that does it."""
    changed = [4 * number + ORDER for number in sorted(order_ids)]
    changed += [4 * number + REFUND for number in sorted(refund_ids)]
    rows.insert(_TABLE, ("shop_id", "ev_id"), [(shop_id, ev_id) for ev_id in changed])


def settled() -> int:
    """Find up to which row corrections are settled: whatever caused them can be read by now. In a transaction."""
    return moments.settled_id(_TABLE)


def list_changed(shop_id: int, upto: int | None = None) -> Ints:
    """List the ev_ids noted, each once and ascending; with `upto` those up to that row."""
    found = Stale.objects.filter(shop_id=shop_id)
    found = found if upto is None else found.filter(id__lte=upto)
    return np.unique(np.fromiter(found.values_list("ev_id", flat=True).iterator(20_000), dtype=np.int64))


def forget(shop_id: int, upto: int, kind: int, from_id: int, upto_id: int) -> None:
    """Let go of what was noted up to a row, of one kind and with its id in (from, upto]: a segment says it right."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {_TABLE} WHERE shop_id = %s AND id <= %s AND ev_id > %s AND ev_id <= %s"  # noqa: S608
            " AND ev_id %% 4 = %s",
            [shop_id, upto, 4 * from_id + 3, 4 * upto_id + 3, kind],
        )
