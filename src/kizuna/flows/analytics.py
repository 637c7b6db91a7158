"""The warehouse of a shop, kept and read: sealing what is new into files, and holding all of it for a question.

One process at a time writes a shop's files (a turn); readers never wait. Killed at any point nothing is lost or
doubled: a file counts from the commit that names it. Compaction, erasure and rebuilding are flows.analytics_upkeep.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from django.db import OperationalError, transaction

from kizuna.customers import columns as customers
from kizuna.customers import links
from kizuna.flows import analytics_rows as rows
from kizuna.flows.analytics_rows import Portion
from kizuna.jobs import turns
from kizuna.relationships import standings
from kizuna.sales import portions as sold
from kizuna.sales import products
from kizuna.science import periods
from kizuna.tables import moments
from kizuna.tracking import portions as journal
from kizuna.warehouse import corrections, erasure, segments
from kizuna.warehouse.files import Writer
from kizuna.warehouse.schema import DATASETS, FACT, ORDER, REFUND, Column, Holding
from kizuna.warehouse.segments import Marks, SegmentView

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

SEAL_AT = 50_000
SEAL_AFTER_US = periods.DAY_US
PIECE_ROWS = 1_000_000
KINDS = {"fact": FACT, "order": ORDER, "refund": REFUND}
READERS = {"fact": rows.facts, "order": rows.orders, "refund": rows.refunds}


class Busy(RuntimeError):
    """Another process writes this shop's files just now."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a shop's warehouse stands; instants None where nothing happened yet."""

    segments: int
    retired: int
    rows: int
    bytes: int
    tail: int
    stale: int
    erasing: int
    sealed_us: int | None
    kept_from_us: int | None
    rebuilding: bool


def hold(shop: "Shop", as_of_us: int | None = None) -> Holding:
    """Read all that an engine needs of a shop, as one state of the database: sealed files, the tail, small tables.

    as_of_us: whose customer everybody was at that instant; None: now. Raises segments.FilesMissing.
    """
    with moments.one_state():
        gone = erasure.list_waiting(shop.pk)
        shelf = segments.shelf_of(shop.pk)
        listed = segments.paths_of(shop.pk, segments.list_segments(shop.pk))
        stale = _sealed_only(corrections.list_changed(shop.pk), shelf.marks)
        erased = erasure.list_erased(shop.pk)
        tail = rows.gather(rows.without(each, erased, None) for each in _tail(shop.pk, shelf.marks, stale))
        moved = links.moved(shop.pk, as_of_us)
        small = _small(shop.pk)
    return Holding(
        files=listed,
        tables={
            **{f"{dataset}_tail": tail[dataset] for dataset in DATASETS},
            "moved": {"identity_id": moved[0], "customer_id": moved[1]},
            "stale": {"ev_id": stale},
            "gone": {"identity_id": gone},
            **small,
        },
    )


def seal(shop: "Shop", now: datetime, piece_rows: int = PIECE_ROWS) -> int:
    """Seal all that is settled into files, a piece at a time; returns how many rows. Raises Busy.

    Every piece is committed by itself, so that what was sealed before a kill stays.
    """
    with writing(shop):
        return seal_on(shop, now, piece_rows)


def seal_on(shop: "Shop", now: datetime, piece_rows: int = PIECE_ROWS, *, building: bool = False) -> int:
    """Seal, as `seal`, for whoever has the turn; with `building` into segments that readers do not see yet."""
    now_us = periods.epoch_us(now)
    if not building:
        segments.sweep(shop.pk, now_us)
    cut = settle(corrections.settled)
    upto = Marks(settle(journal.settled_id), settle(sold.settled_order_id), settle(sold.settled_refund_id))
    total = 0
    for piece in _pieces(shop.pk, _start(shop.pk, building), upto, piece_rows):
        with transaction.atomic():
            segments.publish(shop.pk, piece, (), now_us, building=building)
            if not building:
                segments.move(shop.pk, piece.upto, now_us)
                _forget(shop.pk, cut, piece)
        total += sum(piece.rows.values())
    return total


def is_due(shop: "Shop", now_us: int) -> bool:
    """Tell whether a shop is to be sealed: the tail is long, or there is one and a day has passed."""
    shelf = segments.shelf_of(shop.pk)
    waiting = _count_tail(shop.pk, shelf.marks)
    return waiting >= SEAL_AT or (waiting > 0 and now_us - (shelf.sealed_us or 0) >= SEAL_AFTER_US)


def status(shop: "Shop") -> Status:
    """Tell how a shop's warehouse stands; the tail is counted as far as it matters."""
    shelf, listed = segments.shelf_of(shop.pk), segments.list_segments(shop.pk)
    return Status(
        segments=len(listed),
        retired=segments.count_retired(shop.pk),
        rows=sum(sum(each.rows.values()) for each in listed),
        bytes=sum(sum(each.bytes.values()) for each in listed),
        tail=_count_tail(shop.pk, shelf.marks),
        stale=len(_sealed_only(corrections.list_changed(shop.pk), shelf.marks)),
        erasing=len(erasure.list_waiting(shop.pk)),
        sealed_us=shelf.sealed_us,
        kept_from_us=shelf.kept_from_us,
        rebuilding=shelf.rebuilding is not None,
    )


@contextmanager
def writing(shop: "Shop") -> Iterator[None]:
    """Have the turn to write a shop's files; raises Busy where another process has it."""
    with turns.take_turn(f"warehouse-{shop.pk}") as mine:
        if not mine:
            raise Busy(f"the warehouse of {shop.slug} is being written by another process")
        yield


def settle(read: Callable[[], int]) -> int:
    """Read how far a table is settled, in the short transaction that takes. Raises Busy."""
    try:
        with transaction.atomic():
            return read()
    except OperationalError as problem:
        raise Busy("somebody writes facts or orders in one long transaction; sealing waits for it") from problem


def _start(shop_id: int, building: bool) -> Marks:
    """Where sealing goes on: after what is sealed, or after what a rebuilding had come to."""
    if not building:
        return segments.shelf_of(shop_id).marks
    built = segments.list_segments(shop_id, building=True)
    return built[-1].upto if built else Marks()


def _pieces(shop_id: int, start: Marks, upto: Marks, piece_rows: int) -> Iterator[SegmentView]:
    """Write segments one after another from start on, each named only when the caller publishes it."""
    here, erased = start, erasure.list_erased(shop_id)
    goal = Marks(*(max(getattr(start, kind), getattr(upto, kind)) for kind in KINDS))
    from_us = segments.shelf_of(shop_id).kept_from_us
    while here != goal:
        with Writer(segments.folder_of(shop_id)) as writer:
            there = _fill(shop_id, (here, goal), piece_rows, partial(_add, writer, erased, from_us))
            made = write(shop_id, writer, here, there)
        yield made
        here = there


def _fill(shop_id: int, span: tuple[Marks, Marks], piece_rows: int, add: Callable[[Portion], int]) -> Marks:
    """Add rows until a piece is full or all are in; returns how far it came."""
    here, upto = span
    count = 0
    for kind, read in READERS.items():
        end = getattr(upto, kind)
        for last, portion in read(shop_id, getattr(here, kind), end):
            count += add(portion)
            if count >= piece_rows:
                return replace(here, **{kind: last})
        here = replace(here, **{kind: end})
    return here


def _add(writer: Writer, erased: "rows.Ints", from_us: int | None, portion: Portion) -> int:
    return sum(writer.add(dataset, table) for dataset, table in rows.without(portion, erased, from_us).items())


def write(shop_id: int, writer: Writer, after: Marks, upto: Marks) -> SegmentView:
    """Write what a writer has collected under the next number; it counts when it is published."""
    made = SegmentView(segments.next_serial(shop_id), after, upto, {}, {}, None)
    written = {dataset: writer.write(dataset, made.name(dataset)) for dataset in DATASETS}
    firsts = [each.first_us for each in written.values() if each.first_us is not None]
    return replace(
        made,
        rows={dataset: each.rows for dataset, each in written.items()},
        bytes={dataset: each.bytes for dataset, each in written.items()},
        first_us=min(firsts, default=None),
    )


def _forget(shop_id: int, cut: int, piece: SegmentView) -> None:
    for kind in ("order", "refund"):
        corrections.forget(shop_id, cut, KINDS[kind], getattr(piece.after, kind), getattr(piece.upto, kind))


def _tail(shop_id: int, marks: Marks, stale: "rows.Ints") -> Iterator[Portion]:
    later = (read(shop_id, getattr(marks, kind), None) for kind, read in READERS.items())
    yield from (portion for _, portion in chain.from_iterable(later))
    yield from rows.again(shop_id, stale)


def _sealed_only(ev_ids: "rows.Ints", marks: Marks) -> "rows.Ints":
    """Of what changed, what is sealed: the rest is in the tail, which says it right."""
    number, kind = ev_ids // 4, ev_ids % 4
    sealed = ((kind == ORDER) & (number <= marks.order)) | ((kind == REFUND) & (number <= marks.refund))
    return np.compress(sealed, ev_ids)


def _count_tail(shop_id: int, marks: Marks) -> int:
    facts = journal.count_after(shop_id, marks.fact, SEAL_AT)
    return facts + sold.count_after(shop_id, marks.order, marks.refund, SEAL_AT)


def _small(shop_id: int) -> dict[str, dict[str, Column]]:
    people = customers.everybody(shop_id)
    placed = standings.segments(shop_id)
    segment = np.array([placed.get(number, "") for number in people.customer_id.tolist()], dtype=np.object_)
    kept = products.categories(shop_id)
    return {
        "who": {
            "customer_id": people.customer_id,
            "country": people.country,
            "segment": segment,
            "source": people.source,
        },
        "product": {
            "sku": np.array(list(kept), dtype=np.object_),
            "category": np.array(list(kept.values()), dtype=np.object_),
        },
    }
