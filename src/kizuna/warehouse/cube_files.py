"""Which file is the base of a shop's cube: one row a shop, written after its file; what has no row is swept later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kizuna.warehouse.cube import Written
from kizuna.warehouse.models import CubeFile
from kizuna.warehouse.segments import folder_of

GRACE_US = 3_600_000_000
_META = ("name", "as_of_us", "made_us", "snapshot_id", "rows", "bytes", "first_day", "last_day", "labels")


@dataclass(frozen=True)
class CubeView:
    """A base: its file, when it was made and of when it speaks, its days, and what the codes of dimensions mean."""

    path: Path
    as_of_us: int
    made_us: int
    snapshot_id: int | None
    rows: int
    bytes: int
    first_day: int | None
    last_day: int | None
    labels: Mapping[str, Sequence[str]]


def path_of(shop_id: int, made_us: int) -> Path:
    """Name the file of a base made at an instant."""
    return folder_of(shop_id) / f"cube-{made_us}.parquet"


def find(shop_id: int) -> CubeView | None:
    """Find the base of a shop; None where none was made yet or its file is gone or not whole."""
    row = CubeFile.objects.filter(shop_id=shop_id).values_list(*_META).first()
    if row is None:
        return None
    name, *rest = row
    view = CubeView(folder_of(shop_id) / name, *rest)
    try:
        return view if view.path.stat().st_size == view.bytes else None
    except FileNotFoundError:
        return None


def find_retention(shop_id: int) -> Mapping[str, Any]:
    """Find what was reckoned of retention with the base; empty where nothing was."""
    kept = CubeFile.objects.filter(shop_id=shop_id).values_list("retention", flat=True).first()
    return kept or {}


def keep(shop_id: int, made: CubeView, retention: Mapping[str, Any]) -> None:
    """Let a written base be the shop's from now on, unless a newer one is; in the caller's transaction."""
    if CubeFile.objects.select_for_update().filter(shop_id=shop_id, made_us__gt=made.made_us).exists():
        return
    fields = {name: getattr(made, name) for name in _META if name != "name"}
    fields |= {"name": made.path.name, "retention": retention}
    CubeFile.objects.update_or_create(shop_id=shop_id, defaults=fields)


def view_of(path: Path, written: Written, instants: tuple[int, int], snapshot_id: int | None) -> CubeView:
    """The view of a base that was just written; instants: the shop's clock, and now."""
    return CubeView(
        path=path,
        as_of_us=instants[0],
        made_us=instants[1],
        snapshot_id=snapshot_id,
        rows=written.rows,
        bytes=written.bytes,
        first_day=written.first_day,
        last_day=written.last_day,
        labels=written.labels,
    )


def sweep(shop_id: int, now_us: int) -> int:
    """Remove the files that are no longer the base, an hour after they were made; returns how many went."""
    current = CubeFile.objects.filter(shop_id=shop_id).values_list("name", flat=True).first()
    going = [
        path
        for path in folder_of(shop_id).glob("cube-*")
        if path.is_file() and path.name != current and now_us - path.stat().st_mtime_ns // 1000 > GRACE_US
    ]
    for path in going:
        path.unlink(missing_ok=True)
    return len(going)
