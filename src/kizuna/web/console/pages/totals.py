"""Customers and net profit per segment, quick in any shop.

From today's rows; in big shops from the last snapshot, whose columns are kept in memory.
"""

from typing import TYPE_CHECKING

from kizuna.relationships import lists, snapshots
from kizuna.relationships.lists import Filters, SegmentTotal

if TYPE_CHECKING:
    from kizuna.relationships.snapshots import SnapshotView

LETTERS = ("A", "B", "C", "D")
MOST_COUNTED = 20_000


def count_now(shop_id: int, last: "SnapshotView | None", *, waiting: bool = False) -> dict[str, SegmentTotal]:
    """Give the totals of every segment; the empty one, those not yet placed, in a big shop only where asked for."""
    if last is None or placed_in(last) <= MOST_COUNTED:
        return lists.segment_totals(shop_id)
    if not waiting:
        return count_then(last)
    others = lists.count(shop_id, Filters(segments=(lists.NOT_PLACED,)), cap=10_000_000)
    return count_then(last) | {"": SegmentTotal(others, 0)}


def count_then(snapshot: "SnapshotView") -> dict[str, SegmentTotal]:
    """Give the totals of the segments as a snapshot has them."""
    columns = snapshots.columns(snapshot)
    totals = {}
    for letter in LETTERS:
        mine = columns.shown == letter
        totals[letter] = SegmentTotal(int(mine.sum()), int(columns.net_profit[mine].sum()))
    return totals


def placed_in(snapshot: "SnapshotView") -> int:
    """Give how many customers a snapshot placed."""
    return sum(snapshot.counts[letter] for letter in LETTERS)
