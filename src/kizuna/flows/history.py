"""Reconstructing the past of a shop whose orders were imported: weekly snapshots, paths and moves.

Each week is reckoned from the facts up to it, against its own population (provisional), and marked reconstructed.
Building it again replaces what was reconstructed before; live snapshots are never touched.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from kizuna.flows import portfolio, taking
from kizuna.flows.portfolio import Question
from kizuna.flows.taking import Occasion, Taken
from kizuna.jobs import queue
from kizuna.relationships import criterion as criteria
from kizuna.relationships import paths, snapshots, standings
from kizuna.relationships.snapshots import SnapshotColumns, SnapshotView
from kizuna.sales import ledger
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

WEEK = 7
MOST_WEEKS = 3 * 52


@dataclass
class _Trail:
    """The newest point kept of every customer so far, in rows by customer id; segment '' where there is none."""

    customer_id: portfolio.Ints
    rf: portfolio.Floats
    net_profit: portfolio.Ints
    segment: portfolio.Letters
    shown: portfolio.Letters


def backfill(shop: "Shop", now: datetime) -> int:
    """Reconstruct weekly snapshots from the first order to the first live snapshot; returns how many."""
    live = next((each for each in snapshots.list_snapshots(shop.pk) if not each.reconstructed), None)
    first_us = ledger.first_fact_us(shop.pk)
    if live is None or first_us is None:
        return 0
    days = _weeks(shop, first_us, live)
    with transaction.atomic():
        paths.forget_reconstructed(shop.pk, snapshots.forget_reconstructed(shop.pk))
    if not days:
        return 0
    facts = portfolio.gather(shop.pk, live.as_of_us)
    criterion = criteria.get_by_id(shop.pk, live.criterion_id)
    trail = _empty(snapshots.columns(live).customer_id)
    previous: SnapshotView | None = None
    for number, day in enumerate(days):
        question = Question(periods.local_midnight_us(day, ZoneInfo(shop.timezone)), criterion, None)
        measured = portfolio.measure_facts(shop, question, facts)
        with transaction.atomic():
            taken = taking.take_measured(shop, measured, Occasion(paths.RECONSTRUCTED, previous, True), now)
            _record(shop, taken, trail)
        previous = taken.snapshot
        queue.report((number + 1) / len(days))
    with transaction.atomic():
        _join(shop, trail, question.as_of_us)
    return len(days)


def _weeks(shop: "Shop", first_us: int, live: SnapshotView) -> list[int]:
    """The days to reconstruct: every seventh before the live snapshot, after the first order."""
    first = periods.day_index(first_us, ZoneInfo(shop.timezone))
    days = list(range(live.day - WEEK, first, -WEEK))[:MOST_WEEKS]
    return days[::-1]


def _empty(customer_id: portfolio.Ints) -> _Trail:
    count = len(customer_id)
    letters = np.full(count, "", dtype="<U1")
    return _Trail(customer_id, np.zeros(count), np.zeros(count, dtype=np.int64), letters, letters.copy())


def _record(shop: "Shop", taken: Taken, trail: _Trail) -> None:
    columns = snapshots.columns(taken.snapshot)
    rows = np.searchsorted(trail.customer_id, columns.customer_id)
    rows = np.minimum(rows, len(trail.customer_id) - 1)
    known = trail.customer_id[rows] == columns.customer_id
    rows, here = rows[known], np.flatnonzero(known)
    shown = columns.shown[here]
    moved = trail.shown[rows] != shown
    at_us = taken.snapshot.as_of_us
    steps = [
        paths.Step(customer, at_us, was, goes, paths.RECONSTRUCTED)
        for customer, was, goes in zip(
            trail.customer_id[rows[moved]].tolist(),
            trail.shown[rows[moved]].tolist(),
            shown[moved].tolist(),
            strict=True,
        )
    ]
    visible = moved | _visible(taken, columns, here, (trail, rows))
    points = _points(taken, columns, here[visible])
    paths.record(shop.pk, points, steps)
    trail.shown[rows] = shown
    kept = rows[visible]
    trail.rf[kept], trail.net_profit[kept] = columns.rf[here[visible]], columns.net_profit[here[visible]]
    trail.segment[kept] = shown[visible]


def _visible(
    taken: Taken, columns: SnapshotColumns, here: portfolio.Ints, trail: tuple[_Trail, portfolio.Ints]
) -> NDArray[np.bool_]:
    """The rule of paths.moved_visibly for whole columns."""
    kept, rows = trail
    change = np.abs(columns.net_profit[here] - kept.net_profit[rows])
    least = paths.VISIBLE_SHARE_OF_CUT * (taken.snapshot.cut_net_profit_minor or 0)
    far = np.abs(columns.rf[here] - kept.rf[rows]) >= paths.VISIBLE_RF
    result: NDArray[np.bool_] = far | ((change > 0) & (change >= least))
    return result


def _points(taken: Taken, columns: SnapshotColumns, here: portfolio.Ints) -> list[paths.Point]:
    z = {name: column[here].tolist() for name, column in taken.portfolio.z.items()}
    return [
        paths.Point(
            customer,
            taken.snapshot.as_of_us,
            rf,
            profit,
            {name: column[row] for name, column in z.items()},
            segment,
        )
        for row, (customer, rf, profit, segment) in enumerate(
            zip(
                columns.customer_id[here].tolist(),
                columns.rf[here].tolist(),
                columns.net_profit[here].tolist(),
                columns.shown[here].tolist(),
                strict=True,
            )
        )
    ]


def _join(shop: "Shop", trail: _Trail, end_us: int) -> None:
    """Let live moves begin where history ended, and standings know since when their segment holds."""
    shown = dict(zip(trail.customer_id.tolist(), trail.shown.tolist(), strict=True))
    paths.join_history(shop.pk, shown, end_us)
    steps = paths.last_steps(shop.pk)
    before = standings.before(shop.pk, steps)
    standings.set_history(
        shop.pk,
        {
            customer: (step.from_segment, step.at_us)
            for customer, step in steps.items()
            if customer in before and before[customer].segment == step.to_segment
        },
    )
