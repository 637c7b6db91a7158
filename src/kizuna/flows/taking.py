"""Taking one snapshot of the portfolio, and freezing one reference: both from the facts, both stored and left alone.

What follows for the customers (standings, moves, pages) is in flows.snapshots; when, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction

from kizuna.customers import links
from kizuna.flows import portfolio
from kizuna.flows.portfolio import Portfolio, Question
from kizuna.relationships import criterion as criteria
from kizuna.relationships import population, reference, snapshots, standings
from kizuna.relationships.population import FactColumns, Placed
from kizuna.relationships.reference import Frozen, ReferenceView
from kizuna.relationships.snapshots import SnapshotColumns, SnapshotDraft, SnapshotView
from kizuna.relationships.standings import Position
from kizuna.science import periods
from kizuna.science.stocks import FACTORS, HALF_LIVES, significant

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

AUTOMATIC_AT = 100


@dataclass(frozen=True)
class Taken:
    """A stored snapshot with the portfolio it was taken from."""

    snapshot: SnapshotView
    portfolio: Portfolio


@dataclass(frozen=True)
class Occasion:
    """Why a snapshot is taken, after which one (hysteresis), and whether it is of history."""

    cause: str
    previous: SnapshotView | None = None
    reconstructed: bool = False
    facts: str = ""


def take(shop: "Shop", as_of_us: int, cause: str, now: datetime) -> Taken:
    """Take a snapshot with the criterion and reference that hold now, after the last one.

    Reads before it writes: call it outside a transaction where the shop may be large.
    """
    facts = portfolio.gather(shop.pk, as_of_us)
    found = complete_reference(shop, facts, as_of_us, now)
    question = Question(as_of_us, criteria.get_current(shop.pk), found)
    mark = mark_of(shop, facts, question)
    occasion = Occasion(cause, snapshots.find_last(shop.pk), facts=mark)
    return take_measured(shop, portfolio.measure_facts(shop, question, facts), occasion, now)


def take_measured(shop: "Shop", measured: Portfolio, occasion: Occasion, now: datetime) -> Taken:
    """Store a snapshot of a portfolio already measured; it is packed before the writing begins."""
    question = measured.question
    columns = SnapshotColumns(
        measured.customer_id, measured.rf, measured.net_profit, shown_after(measured, occasion.previous)
    )
    content = snapshots.condense(columns)
    with transaction.atomic():
        criterion_id = question.criterion.id
        if criterion_id is None:
            criterion_id = criteria.hold(shop.pk, now)
        draft = _draft(shop, measured, occasion, criterion_id)
        return Taken(snapshots.store(shop.pk, draft, content, now), measured)


def _draft(shop: "Shop", measured: Portfolio, occasion: Occasion, criterion_id: int) -> SnapshotDraft:
    question = measured.question
    return SnapshotDraft(
        day=periods.day_index(question.as_of_us, ZoneInfo(shop.timezone)),
        as_of_us=question.as_of_us,
        period=measured.period,
        criterion_id=criterion_id,
        reference_id=None if question.reference is None else question.reference.id,
        cuts=measured.cuts,
        cause=occasion.cause,
        previous_id=None if occasion.previous is None else occasion.previous.id,
        reconstructed=occasion.reconstructed,
        facts=occasion.facts,
    )


def mark_of(shop: "Shop", facts: FactColumns, question: Question) -> str:
    """Mark the facts and links a portfolio is made of: another mark later means that they changed."""
    held = links.columns(shop.pk, question.as_of_us)
    return population.fingerprint(facts, held, question.criterion.indicators)


def shown_after(measured: Portfolio, previous: SnapshotView | None) -> portfolio.Letters:
    """The segments shown: who was high in the previous snapshot stays high down to 95 % of the cut.

    A snapshot of another criterion says nothing about today's axes, so the first one after a change starts afresh.
    """
    before = np.full(len(measured.customer_id), "")
    if previous is not None and previous.criterion_id == measured.question.criterion.id:
        before = snapshots.columns(previous).shown_to(measured.customer_id)
    return population.shown(measured.net_profit, measured.rf, measured.cuts, before)


def positions(taken: Taken, rows: Sequence[int]) -> dict[int, Position]:
    """Where some customers of a snapshot stand, by their rows in its portfolio."""
    measured, at = taken.portfolio, np.array(rows, dtype=np.int64)
    share = measured.e_cnrr
    columns = snapshots.columns(taken.snapshot)
    part = Placed(
        customer_id=measured.customer_id[at],
        stocks={name: column[at] for name, column in measured.stocks.items()},
        z={name: column[at] for name, column in measured.z.items()},
        rf=measured.rf[at],
        net_profit=measured.net_profit[at],
        e_cnrr=None if share is None else share[at],
        segment=columns.shown[at],
    )
    return standings.positions(part, taken.snapshot.as_of_us)


def freeze(shop: "Shop", as_of_us: int, person: "Person | None", now: datetime) -> ReferenceView:
    """Freeze the population of an instant as the reference, every factor at every half-life."""
    people = _population(shop, portfolio.gather(shop.pk, as_of_us), as_of_us)
    names = (*FACTORS, *sorted(people.sums.keys() - set(FACTORS)))
    frozen = Frozen(population.distributions(people, names, as_of_us), as_of_us, len(people.customer_id), False)
    with transaction.atomic():
        return reference.freeze(shop.pk, frozen, person, now)


def complete_reference(shop: "Shop", facts: FactColumns, as_of_us: int, now: datetime) -> ReferenceView | None:
    """Freeze the first reference at 100 placed customers; later, add factors that had not a single fact till then.

    A factor joins when 100 placed customers have it, or at once where the owner just registered it; those already
    frozen keep their distribution. Returns the reference that holds now: another one frozen meanwhile, if any was.
    Nobody is reckoned where there is nothing to add, and nothing is while the database is written to.
    """
    current = reference.find_current(shop.pk)
    known = {} if current is None else reference.load(current)
    lacking = [name for name in (*FACTORS, *sorted(facts.indicators)) if _is_silent(known, name)]
    if not lacking:
        return current
    people = _population(shop, facts, as_of_us)
    joining = [name for name in lacking if (name, HALF_LIVES[0]) not in known or _is_usual(people, name, as_of_us)]
    if not joining or (current is None and len(people.customer_id) < AUTOMATIC_AT):
        return current
    added = population.distributions(people, tuple(joining), as_of_us)
    frozen = Frozen({**known, **added}, as_of_us, len(people.customer_id), automatic=True)
    with transaction.atomic():
        newest = reference.find_current(shop.pk)
        return reference.freeze(shop.pk, frozen, None, now) if newest == current else newest


def _is_silent(known: "population.Distributions", name: str) -> bool:
    """Whether a reference does not know a factor, or knows that nobody had any of it."""
    return not any(known[name, days].has_facts for days in HALF_LIVES if (name, days) in known)


def _is_usual(people: population.Population, name: str, as_of_us: int) -> bool:
    having = np.count_nonzero(significant(people.stock(name, HALF_LIVES[-1], as_of_us), name))
    return bool(having >= AUTOMATIC_AT)


def _population(shop: "Shop", facts: FactColumns, as_of_us: int) -> population.Population:
    held = population.Links(*links.columns(shop.pk, as_of_us))
    return population.from_facts(facts, held, portfolio.period_of(shop, as_of_us), as_of_us)
