"""Rolling origins: what the criterion said of the customers known at T-H, against what they brought in (T-H, T].

Arrays only: flows.validity reads the facts and keeps what is found. RF at an origin is the stateless portfolio's
(relationships.population), with the links and the reference of then; rivals come from customer-day rows (science).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kizuna.relationships import population
from kizuna.relationships.criterion import CriterionView
from kizuna.relationships.population import Distributions, FactColumns, Links, Population, Scores
from kizuna.relationships.validity import OURS, Missing
from kizuna.science import learning, periods, ranking, rivals, stocks, validity
from kizuna.science.validity import Resampled

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

HORIZON_DAYS, STEP_DAYS, MOST_ORIGINS = 90, 30, 6
LEAST_BEFORE_DAYS, LEAST_CUSTOMERS, LEAST_BUYERS = 90, 100, 20
_MOST_TAUGHT = 10_000


@dataclass(frozen=True)
class History:
    """A shop's facts and how to read them: links and frozen reference at any instant, the criterion, the zone.

    current: links as they are now, for what came after an origin from identities that were linked only later.
    """

    facts: FactColumns
    criterion: CriterionView
    links_at: Callable[[int], Links]
    reference_at: Callable[[int], Distributions | None]
    current: Links
    zone: ZoneInfo


@dataclass(frozen=True)
class Measured:
    """One origin measured: its size, our score and the rivals on the same draws, and what learning needs of it."""

    at_us: int
    until_us: int
    customers: int
    buyers: int
    found: Resampled
    lesson: learning.Origin

    @property
    def rivals(self) -> tuple[str, ...]:
        """The names of all scores but ours."""
        return tuple(name for name in self.found.names if name != OURS)


@dataclass(frozen=True)
class Then:
    """The customers at an instant and their scores under the criterion."""

    people: Population
    scores: Scores

    def ranked(self, name: str, half_life: int, at_us: int) -> Floats:
        """The stock of a factor as it enters the ranking."""
        return stocks.significant(self.people.stock(name, half_life, at_us), name)


def plan(first_us: int, now_us: int, zone: ZoneInfo) -> list[tuple[int, int]] | Missing:
    """Choose origins and ends, the oldest first: local midnights, 90 days apart, a month between one and the next.

    Each needs 90 days of history before it; six at most, so that a check costs the same for any age of the shop.
    """
    last = periods.day_index(now_us, zone)
    first = periods.day_index(first_us, zone)
    need = LEAST_BEFORE_DAYS + HORIZON_DAYS
    if last - first < need:
        return Missing("history", last - first, need)
    count = min(MOST_ORIGINS, 1 + (last - first - need) // STEP_DAYS)
    ends = [last - STEP_DAYS * place for place in reversed(range(count))]
    return [(periods.local_midnight_us(day - HORIZON_DAYS, zone), periods.local_midnight_us(day, zone)) for day in ends]


def see(history: History, at_us: int, frozen: Distributions | None) -> Then:
    """See the customers of an instant as the stateless portfolio does."""
    people = population.from_facts(history.facts, history.links_at(at_us), (at_us, at_us), at_us)
    return Then(people, population.score(people, history.criterion, frozen, at_us))


def measure(history: History, at_us: int, until_us: int, random: np.random.Generator) -> Measured | Missing:
    """Measure our score and every rival at one origin; or what is missing."""
    then = see(history, at_us, history.reference_at(at_us))
    customers = len(then.people.customer_id)
    if customers < LEAST_CUSTOMERS:
        return Missing("customers", customers, LEAST_CUSTOMERS)
    brought = gained(history, then.people.customer_id, at_us, until_us)
    buyers = int(np.count_nonzero(brought > 0))
    if buyers < LEAST_BUYERS:
        return Missing("buyers", buyers, LEAST_BUYERS)
    scores = {OURS: then.scores.rf, **rival_scores(history, then, at_us)}
    found = validity.resample(scores, brought, random)
    return Measured(
        at_us, until_us, customers, buyers, found, _lesson(history, then, (at_us, until_us), brought, random)
    )


def rival_scores(history: History, then: Then, at_us: int) -> dict[str, Floats]:
    """The rivals' scores of the customers of an instant, by name."""
    days = customer_days(history, then.people.customer_id, at_us)
    at_day = periods.day_index(at_us, history.zone)
    scores = dict(rivals.simple(days, at_day))
    with suppress(rivals.NobodyPaid):
        scores["model"] = rivals.modelled(days, at_day, HORIZON_DAYS)
    scores["without_money"] = rivals.without(then.scores.z, history.criterion.weights, "M")
    return scores


def customer_days(history: History, customer_id: Ints, at_us: int) -> rivals.CustomerDays:
    """What customers (ascending) paid and got back by an instant, a row a day; they are numbered by their rows here."""
    identity, happened, money = history.facts.money
    known = happened <= at_us
    row = history.links_at(at_us).places(identity[known], customer_id)
    day = periods.day_indices(happened[known], history.zone)
    return rivals.CustomerDays.of(row[row >= 0], day[row >= 0], money[known][row >= 0])


def gained(history: History, customer_id: Ints, from_us: int, to_us: int) -> Floats:
    """Net profit of customers (ascending, known at from_us) in (from, to], float64[n] in minor units.

    Facts belong to whom their identity belonged to at the origin; those of identities that were nobody's known customer
    then belong to whom they were linked later.
    """
    identity, happened, profit = history.facts.profit
    inside = (happened > from_us) & (happened <= to_us)
    identity, profit = identity[inside], profit[inside]
    row = history.links_at(from_us).places(identity, customer_id)
    later = row < 0
    row[later] = history.current.places(identity[later], customer_id)
    total = np.zeros(len(customer_id), dtype=np.int64)
    np.add.at(total, row[row >= 0], profit[row >= 0])
    return total.astype(np.float64)


def teach_all(
    measured: Sequence[Measured], criterion: CriterionView, random: np.random.Generator
) -> Mapping[str, learning.Proof]:
    """Try to learn half-lives, weights and both from the origins; empty where no outcome was known in time."""
    start = learning.Rule(criterion.half_lives, criterion.weights)
    lessons = [each.lesson for each in measured]
    tried = {"weights": (False, True), "half_lives": (True, False), "both": (True, True)}
    try:
        return {
            kind: learning.prove(lessons, start, random, half_lives=half_lives, weights=weights)
            for kind, (half_lives, weights) in tried.items()
        }
    except learning.TooShort:
        return {}


def _lesson(
    history: History, then: Then, span: tuple[int, int], brought: Floats, random: np.random.Generator
) -> learning.Origin:
    """The scores of some customers at every half-life, among themselves; bounded, so that learning is too."""
    count = len(brought)
    some = np.arange(count)
    if count > _MOST_TAUGHT:
        some = np.sort(random.choice(count, _MOST_TAUGHT, replace=False))
    z = {}
    for name in history.criterion.factors:
        for days in stocks.HALF_LIVES:
            stock = then.ranked(name, days, span[0])[some]
            z[name, days] = ranking.Reference.of(stock).score(stock)
    return learning.Origin(*span, z, brought[some])
