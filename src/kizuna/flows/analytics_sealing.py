"""Sealing: facts, orders and refunds that are settled go from the database into files, a piece at a time.

One process at a time writes a shop's files (a turn); readers never wait. Killed at any point nothing is lost or
doubled: a file counts from the commit that names it. Facts never change; an order that does is noted as stale.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.db import OperationalError, transaction

from kizuna.flows import analytics_rows as rows
from kizuna.flows.analytics_rows import Portion
from kizuna.jobs import turns
from kizuna.sales import portions as sold
from kizuna.science import periods
from kizuna.tracking import portions as journal
from kizuna.warehouse import corrections, erasure, segments, shelves
from kizuna.warehouse.files import Writer
from kizuna.warehouse.schema import DATASETS, FACT, ORDER, REFUND
from kizuna.warehouse.segments import Marks, SegmentView

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

PIECE_ROWS = 1_000_000
KINDS = {"fact": FACT, "order": ORDER, "refund": REFUND}
READERS = {"fact": rows.facts, "order": rows.orders, "refund": rows.refunds}


class Busy(RuntimeError):
    """Another process writes this shop's files just now."""


def seal(shop: "Shop", now: datetime) -> int:
    """Seal all that is settled into files, a piece at a time; returns how many rows. Raises Busy.

    Every piece is committed by itself, so that what was sealed before a kill stays.
    """
    with writing(shop):
        return seal_on(shop, now)


def seal_on(shop: "Shop", now: datetime, *, building: bool = False) -> int:
    """Seal, as `seal`, for whoever has the turn; with `building` into segments that readers do not see yet."""
    now_us = periods.epoch_us(now)
    if not building:
        segments.sweep(shop.pk, now_us)
    cut = settle(corrections.settled)
    upto = Marks(settle(journal.settled_id), settle(sold.settled_order_id), settle(sold.settled_refund_id))
    total = 0
    for piece in _pieces(shop.pk, _start(shop.pk, building), upto):
        with transaction.atomic():
            segments.publish(shop.pk, piece, (), now_us, building=building)
            if not building:
                shelves.move(shop.pk, piece.upto, now_us)
                forget(shop.pk, cut, piece)
        total += sum(piece.rows.values())
    return total


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


def write(shop_id: int, writer: Writer, after: Marks, upto: Marks) -> SegmentView:
    """Write what a writer has collected under the next number; it counts when it is published."""
    made = SegmentView(shelves.next_serial(shop_id), after, upto, {}, {}, None)
    written = {dataset: writer.write(dataset, made.name(dataset)) for dataset in DATASETS}
    firsts = [each.first_us for each in written.values() if each.first_us is not None]
    return replace(
        made,
        rows={dataset: each.rows for dataset, each in written.items()},
        bytes={dataset: each.bytes for dataset, each in written.items()},
        first_us=min(firsts, default=None),
        made_us=max(each.made_us for each in written.values()),
    )


def add(writer: Writer, erased: "rows.Ints", from_us: int | None, portion: Portion) -> int:
    """Add a portion to what a writer collects, without what is erased or too old; returns how many rows."""
    return sum(writer.add(dataset, table) for dataset, table in rows.without(portion, erased, from_us).items())


def forget(shop_id: int, cut: int, piece: SegmentView) -> None:
    """Let go of the corrections up to a row that a segment now says right."""
    for kind in ("order", "refund"):
        corrections.forget(shop_id, cut, KINDS[kind], getattr(piece.after, kind), getattr(piece.upto, kind))


def _start(shop_id: int, building: bool) -> Marks:
    """Where sealing goes on: after what is sealed, or after what a rebuilding had come to."""
    if not building:
        return shelves.shelf_of(shop_id).marks
    built = segments.list_segments(shop_id, building=True)
    return built[-1].upto if built else Marks()


def _pieces(shop_id: int, start: Marks, upto: Marks) -> Iterator[SegmentView]:
    """Write segments one after another from start on, each named only when the caller publishes it."""
    here, erased = start, erasure.list_erased(shop_id)
    goal = Marks(*(max(getattr(start, kind), getattr(upto, kind)) for kind in KINDS))
    from_us = shelves.shelf_of(shop_id).kept_from_us
    while here != goal:
        with Writer(segments.folder_of(shop_id)) as writer:
            there = _fill(shop_id, (here, goal), partial(add, writer, erased, from_us))
            made = write(shop_id, writer, here, there)
        yield made
        here = there


def _fill(shop_id: int, span: tuple[Marks, Marks], add: Callable[[Portion], int]) -> Marks:
    """Add rows until a piece is full or all are in; returns how far it came."""
    here, upto = span
    count = 0
    for kind, read in READERS.items():
        end = getattr(upto, kind)
        for last, portion in read(shop_id, getattr(here, kind), end):
            count += add(portion)
            if count >= PIECE_ROWS:
                return replace(here, **{kind: last})
        here = replace(here, **{kind: end})
    return here
