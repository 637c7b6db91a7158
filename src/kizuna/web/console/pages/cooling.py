"""Most valuable customers whose relationship cools down: in A by the last snapshot, with a factor that fell since.

Compares the columns of two snapshots, so it costs the same however many facts there are.
"""

from dataclasses import dataclass
from uuid import UUID

import numpy as np

from kizuna.relationships import lists, snapshots
from kizuna.relationships.snapshots import SnapshotView

FELL_BY = 0.05


@dataclass(frozen=True)
class Cooled:
    """One customer in A whose relationship factor fell."""

    public_id: UUID
    label: str
    rf: float
    fell_by: float
    net_profit_minor: int


def list_cooled(shop_id: int, last: SnapshotView | None, since_us: int, most: int) -> list[Cooled]:
    """List customers of A whose factor fell most since an instant, those who bring most first among them."""
    earlier = snapshots.find_at(shop_id, since_us)
    if last is None or earlier is None or earlier.id == last.id:
        return []
    now, then = snapshots.columns(last), snapshots.columns(earlier)
    mine = np.flatnonzero(now.shown == "A")
    if not len(mine) or not len(then.customer_id):
        return []
    place = np.minimum(np.searchsorted(then.customer_id, now.customer_id[mine]), len(then.customer_id) - 1)
    known = then.customer_id[place] == now.customer_id[mine]
    fell = np.where(known, then.rf[place] - now.rf[mine], 0.0)
    weight = fell * now.net_profit[mine]
    order = np.argsort(-weight, kind="stable")[:most]
    chosen = [index for index in order if fell[index] >= FELL_BY]
    names = lists.names_of(shop_id, now.customer_id[mine[chosen]].tolist())
    return [
        Cooled(
            *names[int(now.customer_id[mine[index]])],
            rf=float(now.rf[mine[index]]),
            fell_by=float(fell[index]),
            net_profit_minor=int(now.net_profit[mine[index]]),
        )
        for index in chosen
        if int(now.customer_id[mine[index]]) in names
    ]
