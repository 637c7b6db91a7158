"""How far a shop is sealed, from when on it keeps rows, and whether everything is being sealed anew.

One row per shop. The segments themselves are warehouse.segments.
"""

from dataclasses import dataclass, field

from django.db.models import Q

from kizuna.warehouse.models import Segment, SegmentState, Shelf
from kizuna.warehouse.segments import Marks, list_segments, retire


@dataclass(frozen=True, slots=True)
class ShelfView:
    """How far a shop is sealed; rebuilding: the row of corrections at which sealing everything anew began."""

    marks: Marks = field(default_factory=Marks)
    kept_from_us: int | None = None
    sealed_us: int | None = None
    rebuilding: int | None = None


def shelf_of(shop_id: int) -> ShelfView:
    """Read how far a shop is sealed."""
    row = Shelf.objects.filter(shop_id=shop_id).first()
    if row is None:
        return ShelfView()
    marks = Marks(row.fact_upto, row.order_upto, row.refund_upto)
    return ShelfView(marks, row.kept_from_us, row.sealed_us, row.rebuilding_stale)


def next_serial(shop_id: int) -> int:
    """Give the number of the next segment; it is taken when the segment is published."""
    row = Shelf.objects.filter(shop_id=shop_id).first()
    return 1 if row is None else row.last_serial + 1


def move(shop_id: int, marks: Marks, now_us: int) -> None:
    """Say that a shop is sealed up to these ids."""
    Shelf.objects.filter(shop_id=shop_id).update(
        fact_upto=marks.fact, order_upto=marks.order, refund_upto=marks.refund, sealed_us=now_us
    )


def keep_from(shop_id: int, from_us: int | None) -> None:
    """Say from when on rows are kept."""
    Shelf.objects.filter(shop_id=shop_id).update(kept_from_us=from_us)


def begin_rebuilding(shop_id: int, stale: int, from_us: int | None) -> None:
    """Say that everything is being sealed anew, since this row of corrections; what was built before is dropped."""
    Segment.objects.filter(shop_id=shop_id, state=SegmentState.BUILDING).delete()
    Shelf.objects.bulk_create([Shelf(shop_id=shop_id)], ignore_conflicts=True)
    Shelf.objects.filter(shop_id=shop_id).update(rebuilding_stale=stale, kept_from_us=from_us)


def swap(shop_id: int, now_us: int) -> None:
    """Let what was built take the place of everything that readers see."""
    built = list_segments(shop_id, building=True)
    marks = built[-1].upto if built else Marks()
    retire(Q(shop_id=shop_id), max([now_us, *(each.made_us for each in built)]))
    Segment.objects.filter(shop_id=shop_id, state=SegmentState.BUILDING).update(state=SegmentState.LIVE)
    Segment.objects.filter(shop_id=shop_id, state=SegmentState.LIVE, ev_rows=0, line_rows=0).delete()
    move(shop_id, marks, now_us)
    Shelf.objects.filter(shop_id=shop_id).update(rebuilding_stale=None)
