"""The segments of a shop as its rows say: which files hold what, how far it is sealed, what was replaced and may go.

A file counts from the moment its row is committed; one without a row was never finished and is swept. What is written
into files is warehouse.files; when, the flows decide.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from kizuna.warehouse import files
from kizuna.warehouse.models import Segment, SegmentState, Shelf
from kizuna.warehouse.schema import DATASETS

GRACE_US = 3_600 * 1_000_000


class FilesMissing(RuntimeError):
    """Files that the rows name are not there, or not whole; everything can be sealed anew from the database."""


@dataclass(frozen=True, slots=True)
class Marks:
    """One id of each kind of row."""

    fact: int = 0
    order: int = 0
    refund: int = 0


@dataclass(frozen=True, slots=True)
class ShelfView:
    """How far a shop is sealed; rebuilding: the row of corrections at which sealing everything anew began."""

    marks: Marks = field(default_factory=Marks)
    kept_from_us: int | None = None
    sealed_us: int | None = None
    rebuilding: int | None = None


@dataclass(frozen=True, slots=True)
class SegmentView:
    """One segment: rows with ids in (after, upto] of each kind, and what its files hold."""

    serial: int
    after: Marks
    upto: Marks
    rows: Mapping[str, int]
    bytes: Mapping[str, int]
    first_us: int | None

    def name(self, dataset: str) -> str:
        """Give the name of its file of a dataset."""
        return f"{dataset}-{self.after.fact}-{self.upto.fact}-{self.serial}.parquet"


def folder_of(shop_id: int) -> Path:
    """Give the folder of a shop's files."""
    return Path(settings.HOME) / "warehouse" / str(shop_id)


def shelf_of(shop_id: int) -> ShelfView:
    """Read how far a shop is sealed."""
    row = Shelf.objects.filter(shop_id=shop_id).first()
    if row is None:
        return ShelfView()
    marks = Marks(row.fact_upto, row.order_upto, row.refund_upto)
    return ShelfView(marks, row.kept_from_us, row.sealed_us, row.rebuilding_stale)


def list_segments(shop_id: int, *, building: bool = False) -> list[SegmentView]:
    """List the segments that readers see, or those that are to replace all of them, in the order of their ids."""
    state = SegmentState.BUILDING if building else SegmentState.LIVE
    found = Segment.objects.filter(shop_id=shop_id, state=state)
    return [_view(row) for row in found.order_by("fact_upto", "order_upto", "refund_upto", "serial")]


def paths_of(shop_id: int, segments: Sequence[SegmentView]) -> dict[str, list[Path]]:
    """Give the files of segments by dataset; raises FilesMissing where one is not there as it was written."""
    folder, found = folder_of(shop_id), {dataset: list[Path]() for dataset in DATASETS}
    for segment in segments:
        for dataset in DATASETS:
            if segment.rows[dataset]:
                path = folder / segment.name(dataset)
                if files.size_of(path) != segment.bytes[dataset]:
                    raise FilesMissing(f"{path} is missing or not whole: run `./run manage warehouse rebuild`")
                found[dataset].append(path)
    return found


def next_serial(shop_id: int) -> int:
    """Give the number of the next segment; it is taken when the segment is published."""
    row = Shelf.objects.filter(shop_id=shop_id).first()
    return 1 if row is None else row.last_serial + 1


def publish(shop_id: int, made: SegmentView, replaced: Collection[int], now_us: int, *, building: bool = False) -> None:
    """Name a written segment (one without rows is only a mark), and retire those it replaces. The commit."""
    Shelf.objects.bulk_create([Shelf(shop_id=shop_id)], ignore_conflicts=True)
    if any(made.rows.values()) or building:
        Segment.objects.create(
            shop_id=shop_id,
            serial=made.serial,
            state=SegmentState.BUILDING if building else SegmentState.LIVE,
            made_us=now_us,
            first_us=made.first_us,
            **{f"{kind}_from": getattr(made.after, kind) for kind in ("fact", "order", "refund")},
            **{f"{kind}_upto": getattr(made.upto, kind) for kind in ("fact", "order", "refund")},
            **{f"{dataset}_rows": made.rows[dataset] for dataset in DATASETS},
            **{f"{dataset}_bytes": made.bytes[dataset] for dataset in DATASETS},
        )
    _retire(Q(shop_id=shop_id, serial__in=replaced), now_us)
    Shelf.objects.filter(shop_id=shop_id).update(last_serial=made.serial)


def move(shop_id: int, marks: Marks, now_us: int) -> None:
    """Say that a shop is sealed up to these ids."""
    Shelf.objects.filter(shop_id=shop_id).update(
        fact_upto=marks.fact, order_upto=marks.order, refund_upto=marks.refund, sealed_us=now_us
    )


def keep_from(shop_id: int, from_us: int | None) -> None:
    """Say from when on rows are kept."""
    Shelf.objects.filter(shop_id=shop_id).update(kept_from_us=from_us)


def begin_rebuilding(shop_id: int, stale: int) -> None:
    """Say that everything is being sealed anew, since this row of corrections."""
    Shelf.objects.bulk_create([Shelf(shop_id=shop_id)], ignore_conflicts=True)
    Shelf.objects.filter(shop_id=shop_id).update(rebuilding_stale=stale)


def swap(shop_id: int, marks: Marks, now_us: int) -> None:
    """Let what was built take the place of everything that readers see."""
    _retire(Q(shop_id=shop_id), now_us)
    Segment.objects.filter(shop_id=shop_id, state=SegmentState.BUILDING).update(state=SegmentState.LIVE)
    Segment.objects.filter(shop_id=shop_id, state=SegmentState.LIVE, ev_rows=0, line_rows=0).delete()
    move(shop_id, marks, now_us)
    Shelf.objects.filter(shop_id=shop_id).update(rebuilding_stale=None)


def sweep(shop_id: int, now_us: int, grace_us: int = GRACE_US) -> int:
    """Remove the files of segments retired long enough and files that no row names; returns how many went.

    Only for whoever may write segments of the shop: a file being written has no row yet.
    """
    old = Segment.objects.filter(shop_id=shop_id, state=SegmentState.RETIRED, retired_us__lte=now_us - grace_us)
    going = [(row.pk, _view(row)) for row in old]
    named = {
        view.name(dataset)
        for view in map(_view, Segment.objects.filter(shop_id=shop_id).exclude(pk__in=[pk for pk, _ in going]))
        for dataset in DATASETS
    }
    removed = files.remove_others(folder_of(shop_id), named)
    Segment.objects.filter(pk__in=[pk for pk, _ in going]).delete()
    return removed


def _retire(which: Q, now_us: int) -> None:
    live = Segment.objects.filter(which, state=SegmentState.LIVE)
    live.update(state=SegmentState.RETIRED, retired_us=now_us)


def count_retired(shop_id: int) -> int:
    """Count the segments that were replaced and whose files still wait for the last reader."""
    return Segment.objects.filter(shop_id=shop_id, state=SegmentState.RETIRED).count()


def _view(row: Segment) -> SegmentView:
    return SegmentView(
        serial=row.serial,
        after=Marks(row.fact_from, row.order_from, row.refund_from),
        upto=Marks(row.fact_upto, row.order_upto, row.refund_upto),
        rows={"ev": row.ev_rows, "line": row.line_rows},
        bytes={"ev": row.ev_bytes, "line": row.line_bytes},
        first_us=row.first_us,
    )
