"""The portfolio of a shop at any instant, reckoned from the facts alone: no stored stock, no snapshot, no hysteresis.

It is what exports and any-date questions give, what snapshots are made from, and what the full recompute compares
with. Reads orders, visits and the journal as columns; the arithmetic is relationships.population.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kizuna.customers import links
from kizuna.relationships import criterion as criteria
from kizuna.relationships import indicators, population, reference
from kizuna.relationships.criterion import CriterionView
from kizuna.relationships.population import FactColumns, Population, Scores
from kizuna.relationships.reference import ReferenceView
from kizuna.sales import ledger
from kizuna.science import periods, portfolio
from kizuna.science.portfolio import Cuts
from kizuna.tracking import columns as journal

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Letters = NDArray[np.str_]


class EmptyPeriod(ValueError):
    """A period that ends before it begins."""


@dataclass(frozen=True)
class Question:
    """What a portfolio is asked for: the instant, the criterion, the reference and where the e-CNRR period begins.

    reference None: the population itself. from_us None: the shop's own number of months before the instant.
    """

    as_of_us: int
    criterion: CriterionView
    reference: ReferenceView | None
    from_us: int | None = None


@dataclass(frozen=True)
class Portfolio:
    """Every customer placed by an instant: arrays in rows by customer id, with the cuts and what they came from."""

    question: Question
    period: tuple[int, int]
    population: Population
    scores: Scores
    cuts: Cuts
    segment: Letters

    @property
    def customer_id(self) -> Ints:
        """The customers, ascending."""
        return self.population.customer_id

    @property
    def stocks(self) -> Mapping[str, Floats]:
        """D of every factor, raw."""
        return self.scores.stocks

    @property
    def z(self) -> Mapping[str, Floats]:
        """The score of every factor."""
        return self.scores.z

    @property
    def rf(self) -> Floats:
        """The relationship factor."""
        return self.scores.rf

    @property
    def net_profit(self) -> Ints:
        """Net profit over the period in minor units."""
        return self.population.net_profit

    @property
    def e_cnrr(self) -> Floats | None:
        """The net revenue ratio; None where it is undefined."""
        return portfolio.e_cnrr(self.net_profit, self.cuts.net_gain_minor)


def shop_now(shop: "Shop", now_us: int) -> int:
    """The instant a shop's figures speak of: now, or its last fact if that is older than one half-life."""
    found = (ledger.last_fact_us(shop.pk), journal.last_fact_us(shop.pk))
    last = max((instant for instant in found if instant is not None), default=None)
    return periods.shop_clock(now_us, last, criteria.get_current(shop.pk).longest_half_life)


def period_of(shop: "Shop", as_of_us: int) -> tuple[int, int]:
    """The e-CNRR period (from, to] that ends at an instant: so many calendar months in the shop's zone."""
    return periods.months_before(as_of_us, shop.period_months, ZoneInfo(shop.timezone)), as_of_us


def gather(shop_id: int, until_us: int | None, names: tuple[str, ...] | None = None) -> FactColumns:
    """Read every fact that moves a stock or net profit; of further indicators those named, or all."""
    orders = ledger.columns(shop_id, until_us)
    bought = orders.order_is_purchase
    both = (
        np.concatenate((orders.order_identity, orders.refund_identity)),
        np.concatenate((orders.order_us, orders.refund_us)),
    )
    revenue = np.concatenate((orders.order_revenue, -orders.refund_revenue)).astype(np.float64)
    counted = {
        each.name: journal.indicator_columns(shop_id, each.event_names, each.direction, until_us)
        for each in indicators.list_indicators(shop_id)
        if names is None or each.name in names
    }
    return FactColumns(
        placing=both,
        purchases=(orders.order_identity[bought], orders.order_us[bought]),
        money=(*both, revenue),
        visits=journal.visit_columns(shop_id, until_us),
        emails=journal.email_columns(shop_id, until_us),
        profit=(*both, np.concatenate((orders.order_profit, orders.refund_profit))),
        indicators=counted,
    )


def measure_as_of(shop: "Shop", as_of_us: int, *, frozen: bool = True, from_us: int | None = None) -> Portfolio:
    """Reckon the portfolio as of an instant from the facts, links and criterion that held then and now.

    The reference is the newest frozen at or before the instant, else (or with frozen=False) the population itself.
    from_us begins the e-CNRR period (from, to] elsewhere than the shop's own months before. Raises EmptyPeriod.
    """
    return measure(shop, question_at(shop, as_of_us, frozen=frozen, from_us=from_us))


def question_at(shop: "Shop", as_of_us: int, *, frozen: bool, from_us: int | None) -> Question:
    """Put the question of `measure_as_of` under the criterion of now. Raises EmptyPeriod."""
    if from_us is not None and from_us >= as_of_us:
        raise EmptyPeriod("the period must begin before the instant it ends at")
    criterion = criteria.get_current(shop.pk)
    found = reference.find_frozen_by(shop.pk, periods.instant_at(as_of_us)) if frozen else None
    return Question(as_of_us, criterion, found, from_us)


def period_for(shop: "Shop", question: Question) -> tuple[int, int]:
    """The e-CNRR period (from, to] of a question."""
    if question.from_us is None:
        return period_of(shop, question.as_of_us)
    return question.from_us, question.as_of_us


def measure(shop: "Shop", question: Question) -> Portfolio:
    """Reckon the portfolio that a question asks for from the facts of the shop."""
    facts = gather(shop.pk, question.as_of_us, question.criterion.indicators)
    return measure_facts(shop, question, facts)


def measure_facts(shop: "Shop", question: Question, facts: FactColumns) -> Portfolio:
    """Reckon the portfolio from facts already at hand; those after the instant are left out."""
    period = period_for(shop, question)
    held = population.Links(*links.columns(shop.pk, question.as_of_us))
    return measure_people(question, period, population.from_facts(facts, held, period, question.as_of_us))


def measure_people(question: Question, period: tuple[int, int], people: Population) -> Portfolio:
    """Reckon the portfolio from the stocks and net profit of everybody placed, whoever summed them."""
    frozen = None if question.reference is None else reference.load(question.reference)
    scores = population.score(people, question.criterion, frozen, question.as_of_us)
    cuts = portfolio.cuts(people.net_profit, scores.rf)
    segment = portfolio.segments(people.net_profit, scores.rf, cuts)
    return Portfolio(question, period, people, scores, cuts, segment)
