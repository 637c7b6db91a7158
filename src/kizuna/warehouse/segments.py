"""The segments of a shop as its rows say: which files hold what, how far it is sealed, what was replaced and may go.

A file counts from the moment its row is committed; one without a row was never finished and is swept. What is written
into files is warehouse.files; when, the flows decide.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
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
class SegmentView:
    """One segment: rows with ids in (after, upto] of each kind, what its files hold, and when they were written."""

    serial: int
    after: Marks
    upto: Marks
    rows: Mapping[str, int]
    bytes: Mapping[str, int]
    first_us: int | None
    made_us: int = 0

    def name(self, dataset: str) -> str:
        """Give the name of its file of a dataset."""
        return f"{dataset}-{self.after.fact}-{self.upto.fact}-{self.serial}.parquet"


def folder_of(shop_id: int) -> Path:
    """Give the folder of a shop's files."""
    return Path(settings.HOME) / "warehouse" / str(shop_id)


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


def publish(shop_id: int, made: SegmentView, replaced: Collection[int], now_us: int, *, building: bool = False) -> None:
    """Name a written segment (one without rows is only a mark), and retire those it replaces. The commit."""
    Shelf.objects.bulk_create([Shelf(shop_id=shop_id)], ignore_conflicts=True)
    if any(made.rows.values()) or building:
        Segment.objects.create(
            shop_id=shop_id,
            serial=made.serial,
            state=SegmentState.BUILDING if building else SegmentState.LIVE,
            made_us=made.made_us,
            first_us=made.first_us,
            **{f"{kind}_from": getattr(made.after, kind) for kind in ("fact", "order", "refund")},
            **{f"{kind}_upto": getattr(made.upto, kind) for kind in ("fact", "order", "refund")},
            **{f"{dataset}_rows": made.rows[dataset] for dataset in DATASETS},
            **{f"{dataset}_bytes": made.bytes[dataset] for dataset in DATASETS},
        )
    # A job may run long after the instant it was given: the hour of grace begins when the new file stands.
    retire(Q(shop_id=shop_id, serial__in=replaced), max(now_us, made.made_us))
    Shelf.objects.filter(shop_id=shop_id).update(last_serial=made.serial)


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


def retire(which: Q, now_us: int) -> None:
    """Let live segments be replaced; their files stay until the sweep."""
    live = Segment.objects.filter(which, state=SegmentState.LIVE)
    live.update(state=SegmentState.RETIRED, retired_us=now_us)


def is_whole(shop_id: int) -> bool:
    """Tell whether every file that readers need is there, as long as it was written."""
    try:
        paths_of(shop_id, list_segments(shop_id))
    except FilesMissing:
        return False
    return True


def list_damaged(shop_id: int) -> list[str]:
    """Read every file that readers need to its end, and say of each that is missing or spoilt what is wrong."""
    folder, found = folder_of(shop_id), []
    for segment in list_segments(shop_id):
        for dataset in (each for each in DATASETS if segment.rows[each]):
            path = folder / segment.name(dataset)
            if files.size_of(path) != segment.bytes[dataset]:
                found.append(f"{path.name}: missing or not whole")
            elif (problem := files.find_problem(path, dataset, segment.rows[dataset])) is not None:
                found.append(f"{path.name}: {problem}")
    return found


def oldest_retired(shop_id: int) -> int | None:
    """Find the smallest number of a segment that was replaced and whose files are still there."""
    retired = Segment.objects.filter(shop_id=shop_id, state=SegmentState.RETIRED)
    return retired.order_by("serial").values_list("serial", flat=True).first()


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
        made_us=row.made_us,
    )
