"""Customers who were touched are placed again at once, against the last snapshot's NG, cuts, criterion and reference.

One call for all customers of a batch. Before a shop's first snapshot the first customer with an order makes one.
The daily work on everybody is flows.snapshots.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from kizuna.bus import notes
from kizuna.customers import links, profiles
from kizuna.flows import portfolio, taking, tiers
from kizuna.relationships import criterion as criteria
from kizuna.relationships import indicators, paths, population, reference, snapshots, standings, stocks
from kizuna.relationships.population import Distributions, Placed, Population
from kizuna.relationships.snapshots import SnapshotView
from kizuna.relationships.standings import Bought, Identification, Position, Row
from kizuna.sales import ledger
from kizuna.science import periods
from kizuna.science import portfolio as science

if TYPE_CHECKING:
    from kizuna.customers.profiles import Card
    from kizuna.shops.models import Shop

FIRST = "first_order"


@dataclass(frozen=True)
class _Touched:
    """The customers of one call: who they are, whose identities are whose, what they bought."""

    cards: "Mapping[int, Card]"
    identities: Mapping[int, list[int]]
    totals: Mapping[int, ledger.Totals]

    def placed(self) -> list[int]:
        """Those with an order or a refund, ascending."""
        return [
            customer
            for customer in sorted(self.cards)
            if any(identity in self.totals for identity in self.identities[customer])
        ]

    def bought(self, customer_id: int) -> Bought:
        """What one customer bought, over all identities."""
        parts = [self.totals[each] for each in self.identities[customer_id] if each in self.totals]
        first = [part.first_us for part in parts if part.first_us is not None]
        last = [part.last_us for part in parts if part.last_us is not None]
        return Bought(
            sum(part.orders for part in parts),
            sum(part.revenue_minor for part in parts),
            min(first, default=None),
            max(last, default=None),
        )


@transaction.atomic
def place(shop: "Shop", customer_ids: Collection[int], cause: str, now_us: int) -> None:
    """Reckon where customers stand now, store it, record moves and path, and publish who moved after commit.

    Customers without any identity left (merged away) leave the portfolio and the lists.
    """
    wanted = sorted(set(customer_ids))
    cards = profiles.cards(shop.pk, wanted)
    gone = [customer for customer in wanted if customer not in cards]
    standings.forget(shop.pk, gone)
    tiers.inherit(shop, gone)
    if not cards:
        return
    identities = links.identities_of(shop.pk, list(cards))
    every = [identity for customer in cards for identity in identities[customer]]
    touched = _Touched(cards, identities, ledger.totals(shop.pk, every))
    placed = touched.placed()
    snapshot = snapshots.find_last(shop.pk)
    at_us = portfolio.shop_now(shop, now_us)
    if snapshot is None and placed:
        snapshot = taking.take(shop, at_us, FIRST, periods.instant_at(now_us)).snapshot
    before = standings.before(shop.pk, cards)
    at_us = max(at_us, *(each.as_of_us for each in before.values())) if before else at_us
    positions: dict[int, Position] = {}
    if snapshot is not None and placed:
        at_us = max(at_us, snapshot.as_of_us)
        positions = _positions(shop, snapshot, {customer: identities[customer] for customer in placed}, at_us)
    _store(shop, touched, positions, _Occasion(cause, at_us, snapshot, before))
    tiers.refresh(shop, {each: positions[each].segment if each in positions else "" for each in cards}, now_us)


@dataclass(frozen=True)
class _Occasion:
    cause: str
    at_us: int
    snapshot: SnapshotView | None
    before: Mapping[int, standings.Before]


def _positions(
    shop: "Shop", snapshot: SnapshotView, identities: Mapping[int, list[int]], at_us: int
) -> dict[int, Position]:
    criterion = criteria.get_by_id(shop.pk, snapshot.criterion_id)
    people = _population(shop, identities, at_us, criterion.indicators)
    scores = population.score(people, criterion, _references(shop, snapshot, criterion, people, at_us), at_us)
    before = snapshots.columns(snapshot).shown_to(people.customer_id)
    placed = Placed(
        people.customer_id,
        scores.stocks,
        scores.z,
        scores.rf,
        people.net_profit,
        science.e_cnrr(people.net_profit, snapshot.net_gain_minor),
        population.shown(people.net_profit, scores.rf, snapshot.cuts, before),
    )
    return standings.positions(placed, at_us)


def _population(shop: "Shop", identities: Mapping[int, list[int]], at_us: int, names: tuple[str, ...]) -> Population:
    """The stored stocks of these customers' identities, summed, with net profit over the period that ends now."""
    customers = np.array(sorted(identities), dtype=np.int64)
    row_of = {identity: row for row, customer in enumerate(customers.tolist()) for identity in identities[customer]}
    stored = stocks.columns(shop.pk, row_of)
    rows = np.array([row_of[identity] for identity in stored.identity_id.tolist()], dtype=np.int64)
    last = population.latest(rows, len(customers), stored.last_purchase_us)
    sums = {name: population.summed(rows, len(customers), columns) for name, columns in stored.sums.items()}
    for each in indicators.list_indicators(shop.pk):
        if each.name in names:
            identity, columns = stocks.indicator_columns(shop.pk, each.id, row_of)
            rows = np.array([row_of[one] for one in identity.tolist()], dtype=np.int64)
            sums[each.name] = population.summed(rows, len(customers), columns)
    profit = np.zeros(len(customers), dtype=np.int64)
    for one, minor in ledger.period_profit(shop.pk, list(row_of), *portfolio.period_of(shop, at_us)).items():
        profit[row_of[one]] += minor
    return Population(customers, last, sums, profit)


def _references(
    shop: "Shop", snapshot: SnapshotView, criterion: criteria.CriterionView, people: Population, at_us: int
) -> Distributions:
    """What scores are measured against: the snapshot's reference, or provisionally everybody placed so far."""
    frozen = reference.find_by_id(shop.pk, snapshot.reference_id)
    if frozen is not None:
        return reference.load(frozen)
    everybody = set(standings.placed_ids(shop.pk)) | set(people.customer_id.tolist())
    whole = _population(shop, links.identities_of(shop.pk, sorted(everybody)), at_us, criterion.indicators)
    return {
        (name, half_life): whole.distribution(name, half_life, at_us)
        for name, half_life in criterion.half_lives.items()
    }


def _store(shop: "Shop", touched: _Touched, positions: Mapping[int, Position], occasion: _Occasion) -> None:
    before = occasion.before
    rows = [
        Row(
            customer,
            Identification(card.name, card.email, card.label, card.country, card.known, card.last_seen_us),
            touched.bought(customer),
            positions.get(customer, unplaced(occasion.at_us)),
            before.get(customer),
        )
        for customer, card in sorted(touched.cards.items())
    ]
    standings.refresh(shop.pk, rows)
    cut = None if occasion.snapshot is None else occasion.snapshot.cut_net_profit_minor
    record_paths(shop, {row.customer_id: (row.position, row.before) for row in rows}, occasion.cause, cut)
    moved = [
        str(touched.cards[row.customer_id].public_id)
        for row in rows
        if row.position.rf is not None and _differs(row.position, row.before)
    ]
    if moved:
        body = {"customers": moved, "at_us": occasion.at_us}
        transaction.on_commit(partial(notes.publish, f"shop:{shop.pk}:moves", body))


def unplaced(at_us: int) -> Position:
    """Where somebody without an order or refund stands: not yet placed."""
    return Position(at_us, {}, {}, None, None, None, "")


def record_paths(
    shop: "Shop",
    positions: Mapping[int, tuple[Position, standings.Before | None]],
    cause: str,
    cut_net_profit_minor: int | None,
) -> None:
    """Record every change of the shown segment, and a point where a customer moved visibly."""
    points, steps = [], []
    last = paths.last_points(shop.pk, positions)
    for customer, (position, before) in positions.items():
        was = "" if before is None else before.segment
        if was != position.segment:
            steps.append(paths.Step(customer, position.as_of_us, was, position.segment, cause))
        if position.rf is None or position.net_profit_minor is None:
            continue
        point = paths.Point(
            customer, position.as_of_us, position.rf, position.net_profit_minor, position.z, position.segment
        )
        if paths.moved_visibly(point, last.get(customer), cut_net_profit_minor):
            points.append(point)
    paths.record(shop.pk, points, steps)


def _differs(position: Position, before: standings.Before | None) -> bool:
    if before is None or before.segment != position.segment or before.net_profit_minor != position.net_profit_minor:
        return True
    return position.rf != before.rf
