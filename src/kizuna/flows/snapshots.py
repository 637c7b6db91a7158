"""When snapshots are made and what follows for everybody: at midnight, after an import, after a changed criterion.

Missed midnights are made up for, each as of itself, the last 31 at most: a shop that wakes after years does not walk
through all of them. Imported history gets weekly snapshots, marked reconstructed, so that a fresh import has paths to
draw. Taking and storing one is flows.taking.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction
from django.tasks import task

from kizuna.flows import history, placing, portfolio, taking, tiers
from kizuna.jobs import queue, standing
from kizuna.relationships import reference, snapshots, standings
from kizuna.relationships.reference import ReferenceView
from kizuna.relationships.snapshots import DAILY, SnapshotView
from kizuna.science import periods
from kizuna.shops import audit, tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

IMPORTED = "imported"
CRITERION_CHANGED = "criterion_changed"
REFERENCE_FROZEN = "reference_frozen"
_TOGETHER = 500
_EVERY_S = 30.0
MOST_MISSED = 31


def make_snapshot(shop: "Shop", as_of_us: int, cause: str, now: datetime) -> SnapshotView:
    """Take a snapshot as of an instant and move everybody's standing to it, some customers per transaction.

    Freezes the first reference once 100 customers are placed. Who was touched since the instant is placed again.
    """
    taken = taking.take(shop, as_of_us, cause, now)
    rows = taken.portfolio.customer_id.tolist()
    new = []
    for number, some in enumerate(batched(range(len(rows)), _TOGETHER)):
        new += _reposition(shop, taken, some, cause)
        queue.report(number * _TOGETHER / len(rows))
    later = standings.ids_placed_after(shop.pk, as_of_us)
    gone = set(standings.placed_ids(shop.pk)).difference(rows)
    place_all(shop, sorted({*new, *later, *gone}), cause, periods.epoch_us(now))
    tiers.refresh_everybody(shop, periods.epoch_us(now))
    return taken.snapshot


def settle(shop: "Shop", now: datetime) -> SnapshotView | None:
    """Place everybody after an import as of the shop's clock, and let history be reconstructed by a job.

    Repeat-safe; a shop without an order or refund is left alone.
    """
    snapshot = settle_present(shop, now)
    if snapshot is not None:
        with transaction.atomic():
            queue.enqueue_once(reconstruct, f"reconstruct:{shop.pk}", shop_id=shop.pk, now_us=periods.epoch_us(now))
    return snapshot


def settle_present(shop: "Shop", now: datetime) -> SnapshotView | None:
    """Do what `settle` does for the present only: the caller sees to history (flows.history) itself."""
    as_of_us = _clock(shop, periods.epoch_us(now))
    taken = taking.take(shop, as_of_us, IMPORTED, now)
    if not len(taken.portfolio.customer_id):
        return None
    place_all(shop, taken.portfolio.customer_id.tolist(), IMPORTED, periods.epoch_us(now))
    return taken.snapshot


def place_all(shop: "Shop", customer_ids: Sequence[int], cause: str, now_us: int) -> None:
    """Place many customers, some per transaction."""
    for some in batched(customer_ids, _TOGETHER):
        placing.place(shop, some, cause, now_us)


def place_everybody(shop: "Shop", cause: str, now: datetime) -> SnapshotView:
    """Take a new snapshot at the shop's clock because the rules changed; earlier ones stay as they are."""
    return make_snapshot(shop, _clock(shop, periods.epoch_us(now)), cause, now)


def freeze_reference(shop: "Shop", person: "Person | None", now: datetime) -> ReferenceView:
    """Freeze today's customers as the reference that scores are measured against, and place everybody anew."""
    before = reference.find_current(shop.pk)
    frozen = taking.freeze(shop, _clock(shop, periods.epoch_us(now)), person, now)
    with transaction.atomic():
        was = None if before is None else {"version": before.version, "customers": before.customers}
        after = {"version": frozen.version, "customers": frozen.customers}
        audit.record(shop, person, "reference_frozen", "reference population", was, after, now)
        replace_later(shop, REFERENCE_FROZEN, now)
    return frozen


def replace_later(shop: "Shop", cause: str, now: datetime) -> None:
    """Let a job place everybody anew, once for all changes that wait for it; in the caller's transaction."""
    now_us = periods.epoch_us(now)
    queue.enqueue_once(replace_everybody, f"replace:{shop.pk}", shop_id=shop.pk, cause=cause, now_us=now_us)


@task()
def replace_everybody(shop_id: int, cause: str, now_us: int) -> None:
    """Place everybody of a shop in a new snapshot."""
    place_everybody(tenants.get_shop_by_id(shop_id), cause, periods.instant_at(now_us))


@task(queue_name="slow")
def reconstruct(shop_id: int, now_us: int) -> None:
    """Reconstruct the weekly snapshots of a shop's imported history."""
    history.backfill(tenants.get_shop_by_id(shop_id), periods.instant_at(now_us))


@standing.pump("snapshots", interval_s=_EVERY_S)
def make_due_snapshots(now: datetime) -> bool:
    """Make the next snapshot that is due in every shop; true while any was."""
    return any([make_next_due(shop, now) is not None for shop in tenants.list_shops()])  # noqa: C419 - every shop


def make_next_due(shop: "Shop", now: datetime) -> SnapshotView | None:
    """Make the oldest missing snapshot of a shop-local midnight since the last one, of the last 31; else None."""
    last = snapshots.find_last(shop.pk)
    if last is None:
        return None
    zone = ZoneInfo(shop.timezone)
    clock = portfolio.shop_now(shop, periods.epoch_us(now))
    today = periods.day_index(clock, zone)
    due = max(periods.day_index(last.as_of_us, zone), today - MOST_MISSED) + 1
    midnight = periods.local_midnight_us(due, zone)
    if midnight > clock:
        return None
    return make_snapshot(shop, midnight, DAILY, now)


def _clock(shop: "Shop", now_us: int) -> int:
    """The shop's clock, never before its last snapshot."""
    last = snapshots.find_last(shop.pk)
    clock = portfolio.shop_now(shop, now_us)
    return clock if last is None else max(clock, last.as_of_us)


@transaction.atomic
def _reposition(shop: "Shop", taken: taking.Taken, rows: Sequence[int], cause: str) -> list[int]:
    """Move the standings of some customers to the snapshot; returns those who have no standing yet."""
    positions = taking.positions(taken, rows)
    before = standings.before(shop.pk, positions)
    moving = {
        customer: (position, before[customer])
        for customer, position in positions.items()
        if customer in before and before[customer].as_of_us <= position.as_of_us
    }
    standings.reposition(shop.pk, moving)
    placing.record_paths(shop, dict(moving), cause, taken.snapshot.cut_net_profit_minor)
    return [customer for customer in positions if customer not in before]
