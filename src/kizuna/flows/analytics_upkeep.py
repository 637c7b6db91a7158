"""What keeps a shop's sealed files small in number, true and clean: compaction, retention, erasure, rebuilding.

Each writes new files first, then names them and retires the old ones in one transaction; killed at any point it can be
run again. Retired files stay an hour for whoever still reads them. What wakes these flows stands at the foot.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction
from django.tasks import Task, task

from kizuna.flows import analytics, analytics_sealing
from kizuna.flows import analytics_rows as rows
from kizuna.jobs import queue, standing
from kizuna.science import periods
from kizuna.shops import tenants
from kizuna.warehouse import compaction, corrections, erasure, files, segments, shelves
from kizuna.warehouse.files import Rewrite, Writer
from kizuna.warehouse.schema import ORDER, REFUND
from kizuna.warehouse.segments import SegmentView

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

_EVERY_S = 60.0
_EVERYTHING = 2**60


def compact(shop: "Shop", now: datetime) -> int:
    """Merge small segments, apply corrections, let go of what is older than the shop keeps; returns segments written.

    Raises analytics_sealing.Busy.
    """
    now_us = periods.epoch_us(now)
    with analytics_sealing.writing(shop):
        segments.sweep(shop.pk, now_us)
        from_us = _keep_from(shop, now_us)
        listed = segments.list_segments(shop.pk)
        runs = compaction.choose(listed, _stale_in(shop.pk, listed), from_us)
        for number, run in enumerate(runs):
            _rewrite(shop.pk, run, from_us, now_us)
            queue.report((number + 1) / len(runs))
    return len(runs)


@transaction.atomic
def erase(shop: "Shop", identity_ids: Collection[int], now: datetime) -> None:
    """Erase identities from the warehouse: from every answer at once, from every file by a job.

    What the database itself holds of them is the caller's to erase, in the same transaction.
    """
    now_us = periods.epoch_us(now)
    erasure.note(shop.pk, identity_ids, now_us)
    _start(clean_shop, shop, now_us)


def clean(shop: "Shop", now: datetime) -> int:
    """Write anew every segment that holds an erased identity; returns how many were. Raises analytics_sealing.Busy.

    Erasure is done when the files they replaced are gone as well: an hour later, at the next call.
    """
    now_us = periods.epoch_us(now)
    with analytics_sealing.writing(shop):
        segments.sweep(shop.pk, now_us)
        erased = erasure.list_uncleaned(shop.pk)
        written = 0
        for segment in segments.list_segments(shop.pk) if len(erased) else ():
            paths = segments.paths_of(shop.pk, [segment])
            if files.find_holding([*paths["ev"], *paths["line"]], erased.tolist()):
                _rewrite(shop.pk, [segment], shelves.shelf_of(shop.pk).kept_from_us, now_us)
                written += 1
        with transaction.atomic():
            erasure.note_cleaned(shop.pk, erased.tolist(), shelves.next_serial(shop.pk) - 1)
        if shelves.shelf_of(shop.pk).rebuilding is None:
            with transaction.atomic():
                erasure.note_done(shop.pk, segments.oldest_retired(shop.pk), now_us)
    return written


def rebuild(shop: "Shop", now: datetime, *, afresh: bool = False) -> int:
    """Seal everything anew from the database, then let it take the place of all there is; returns rows.

    Readers see the old segments until then. One that was killed goes on where it stood, unless `afresh`. Raises Busy.
    """
    now_us = periods.epoch_us(now)
    with analytics_sealing.writing(shop):
        if afresh or shelves.shelf_of(shop.pk).rebuilding is None:
            cut = analytics_sealing.settle(corrections.settled)
            with transaction.atomic():
                shelves.begin_rebuilding(shop.pk, cut, horizon(shop, now_us))
        segments.sweep(shop.pk, now_us)
        cut = shelves.shelf_of(shop.pk).rebuilding or 0
        analytics_sealing.seal_on(shop, now, building=True)
        built = segments.list_segments(shop.pk, building=True)
        with transaction.atomic():
            shelves.swap(shop.pk, now_us)
            for kind in (ORDER, REFUND):
                corrections.forget(shop.pk, cut, kind, 0, _EVERYTHING)
            erasure.look_again(shop.pk)
    return sum(sum(each.rows.values()) for each in built)


def horizon(shop: "Shop", now_us: int) -> int | None:
    """From when on a shop keeps rows: the beginning of the month so many months ago; None for ever."""
    if not shop.warehouse_months:
        return None
    zone = ZoneInfo(shop.timezone)
    day = periods.day_index(periods.months_before(now_us, shop.warehouse_months, zone), zone)
    first = np.datetime64(day, "D").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return periods.local_midnight_us(int(first), zone)


def follow(shop: "Shop", changed: Collection[str], now: datetime) -> None:
    """Bring the files in line with changed settings: other days are other rows, and months may come back."""
    now_us = periods.epoch_us(now)
    if "timezone" in changed:
        _start(rebuild_shop, shop, now_us, afresh=True)
    elif "warehouse_months" in changed:
        _start(compact_shop if shelves.shelf_of(shop.pk).kept_from_us is None else rebuild_shop, shop, now_us)


def _keep_from(shop: "Shop", now_us: int) -> int | None:
    """Move the beginning of what is kept on; it never goes back but by rebuilding."""
    kept, wanted = shelves.shelf_of(shop.pk).kept_from_us, horizon(shop, now_us)
    if wanted is None or (kept is not None and kept >= wanted):
        return kept
    with transaction.atomic():
        shelves.keep_from(shop.pk, wanted)
    return wanted


def _stale_in(shop_id: int, listed: Sequence[SegmentView]) -> dict[int, int]:
    changed = corrections.list_changed(shop_id)
    by_kind = {kind: changed[changed % 4 == number] // 4 for kind, number in (("order", ORDER), ("refund", REFUND))}
    return compaction.count_stale(listed, by_kind)


def _rewrite(shop_id: int, run: Sequence[SegmentView], from_us: int | None, now_us: int) -> None:
    """Write a run of neighbours as one segment: what was corrected as it is now, without what is erased or too old."""
    cut = analytics_sealing.settle(corrections.settled)
    changed = corrections.list_changed(shop_id, cut)
    number, kind = changed // 4, changed % 4
    inside = np.zeros(len(changed), dtype=np.bool_)
    for name, which in (("order", ORDER), ("refund", REFUND)):
        after, upto = getattr(run[0].after, name), getattr(run[-1].upto, name)
        inside |= (kind == which) & (number > after) & (number <= upto)
    stale, erased = np.compress(inside, changed), erasure.list_erased(shop_id)
    with Writer(segments.folder_of(shop_id)) as writer:
        writer.take_over(Rewrite(segments.paths_of(shop_id, run), stale.tolist(), erased.tolist(), from_us))
        for portion in rows.again(shop_id, stale):
            analytics_sealing.add(writer, erased, from_us, portion)
        made = analytics_sealing.write(shop_id, writer, run[0].after, run[-1].upto)
    with transaction.atomic():
        segments.publish(shop_id, made, [each.serial for each in run], now_us)
        analytics_sealing.forget(shop_id, cut, made)


@task(queue_name="slow")
def seal_shop(shop_id: int, now_us: int) -> int | None:
    """Seal a shop; nothing where another process writes its files, as it will be due again."""
    return _unless_busy(analytics_sealing.seal, shop_id, now_us)


@task(queue_name="slow")
def compact_shop(shop_id: int, now_us: int) -> int | None:
    """Compact a shop, likewise; where a file cannot be read any more, everything is sealed anew instead."""
    if segments.list_damaged(shop_id):
        _start(rebuild_shop, tenants.get_shop_by_id(shop_id), now_us)
        return None
    return _unless_busy(compact, shop_id, now_us)


@task(queue_name="slow")
def clean_shop(shop_id: int, now_us: int) -> int | None:
    """Go on with the erasures of a shop, likewise."""
    return _unless_busy(clean, shop_id, now_us)


@task(queue_name="slow")
def rebuild_shop(shop_id: int, now_us: int, afresh: bool = False) -> int:
    """Seal everything of a shop anew; fails where another process writes, and is tried again."""
    return rebuild(tenants.get_shop_by_id(shop_id), periods.instant_at(now_us), afresh=afresh)


def _unless_busy(work: "Callable[[Shop, datetime], int]", shop_id: int, now_us: int) -> int | None:
    try:
        return work(tenants.get_shop_by_id(shop_id), periods.instant_at(now_us))
    except analytics_sealing.Busy:
        return None


def _start(work: "Task[..., Any]", shop: "Shop", now_us: int, **more: bool) -> None:
    with transaction.atomic():
        queue.enqueue_once(work, f"{work.module_path}:{shop.pk}", shop_id=shop.pk, now_us=now_us, **more)


@standing.every("warehouse.tend", seconds=_EVERY_S)
def tend(now: datetime) -> None:
    """Start what is due in every shop: sealing, finishing erasures, rebuilding where files are missing."""
    now_us = periods.epoch_us(now)
    for shop in tenants.list_shops():
        if not segments.is_whole(shop.pk):
            _start(rebuild_shop, shop, now_us)
        elif analytics.is_due(shop, now_us):
            _start(seal_shop, shop, now_us)
        if len(erasure.list_waiting(shop.pk)):
            _start(clean_shop, shop, now_us)


@standing.every("warehouse.compact", cron="23 2 * * *")
def compact_all(now: datetime) -> None:
    """Compact every shop."""
    for shop in tenants.list_shops():
        _start(compact_shop, shop, periods.epoch_us(now))
