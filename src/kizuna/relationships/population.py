"""A population of customers at an instant: their stocks summed over identities, scored, and placed on the portfolio.

Arrays only: the facts or stored stocks are read by others. Whoever holds the columns (flows.portfolio, flows.placing)
gets the same answer here, so that the live place and the as-of place are one computation. Source: model, section 2.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kizuna.relationships.criterion import CriterionView
from kizuna.science import factor, portfolio, ranking, stocks

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Letters = NDArray[np.str_]
type Distributions = Mapping[tuple[str, int], ranking.Reference]
type Events = tuple[Ints, Ints]
"""Whose (identity ids, int64[n]) and when (epoch microseconds, int64[n])."""
type Weighted = tuple[Ints, Ints, Floats]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_SHIFTS = tuple(np.uint64(bits) for bits in (30, 27, 31))
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_DENSE = 8
_DENSE_AT_LEAST = 1_000_000


@dataclass(frozen=True, slots=True)
class FactColumns:
    """All facts of a shop that move a stock or net profit, by identity, in any order.

    placing: orders and refunds, which put a customer on the portfolio. profit: (identity, instant, minor units).
    """

    placing: Events
    purchases: Events
    money: Weighted
    visits: Events
    emails: Events
    profit: tuple[Ints, Ints, Ints]
    indicators: Mapping[str, Events] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Population:
    """Customers ascending, last purchase (NO_PURCHASE where none), sums S float64[n, 5] of every factor but R, NP."""

    customer_id: Ints
    last_purchase_us: Ints
    sums: Mapping[str, Floats]
    net_profit: Ints

    def stock(self, name: str, half_life: int, at_us: int) -> Floats:
        """D of one factor at an instant: float64[n], raw, before the threshold."""
        if name == "R":
            return stocks.recency_at(self.last_purchase_us, half_life, at_us)
        if name not in self.sums:
            return np.zeros(len(self.customer_id))
        return stocks.stock_at(self.sums[name][:, stocks.HALF_LIVES.index(half_life)], half_life, at_us)

    def distribution(self, name: str, half_life: int, at_us: int) -> ranking.Reference:
        """The population as a reference for one factor."""
        return ranking.Reference.of(stocks.significant(self.stock(name, half_life, at_us), name))


@dataclass(frozen=True, slots=True)
class Scores:
    """Per factor the raw stock D and the score z, and RF: all float64[n]. without_facts: factors that say nothing."""

    stocks: Mapping[str, Floats]
    z: Mapping[str, Floats]
    rf: Floats
    without_facts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Placed:
    """Customers placed on the portfolio: everything a standing shows of them, in rows; e_cnrr None where undefined."""

    customer_id: Ints
    stocks: Mapping[str, Floats]
    z: Mapping[str, Floats]
    rf: Floats
    net_profit: Ints
    e_cnrr: Floats | None
    segment: Letters


def fingerprint(facts: FactColumns, links: Events, indicators: Sequence[str]) -> str:
    """A number for all these facts whatever their order: the sum of the hashes of the rows, column by column."""
    marks = [
        _hashed(columns)
        for columns in (
            facts.placing,
            facts.purchases,
            facts.money,
            facts.visits,
            facts.emails,
            facts.profit,
            links,
            *(facts.indicators[name] for name in sorted(indicators) if name in facts.indicators),
        )
    ]
    return hashlib.blake2b(np.array(marks, dtype=np.uint64).tobytes(), digest_size=8).hexdigest()


def _hashed(columns: "tuple[Ints | Floats, ...]") -> int:
    rows = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        rows += np.ascontiguousarray(column).view(np.uint64) + _STEP
        rows = (rows ^ (rows >> _SHIFTS[0])) * _FACTORS[0]
        rows = (rows ^ (rows >> _SHIFTS[1])) * _FACTORS[1]
        rows ^= rows >> _SHIFTS[2]
    return int(rows.sum(dtype=np.uint64))


class Links:
    """Which customer an identity belongs to, for whole columns at once."""

    def __init__(self, identity_id: Ints, customer_id: Ints) -> None:
        order = np.argsort(identity_id, kind="stable")
        self._identity, self._customer = identity_id[order], customer_id[order]
        self._table: Ints | None = None
        count = len(order)
        if count and int(self._identity[-1] - self._identity[0]) <= _DENSE * count + _DENSE_AT_LEAST:
            self._table = np.full(int(self._identity[-1] - self._identity[0]) + 1, -1)
            self._table[self._identity - self._identity[0]] = np.arange(count)

    def customers(self, identity_id: Ints) -> Ints:
        """The customer of each identity; -1 where there is none."""
        place = self._find(identity_id)
        return np.append(self._customer, -1)[place]

    def places(self, identity_id: Ints, customer_id: Ints) -> Ints:
        """The row of each identity's customer among `customer_id` (ascending); -1 where it is not among them."""
        if not len(customer_id):
            return np.full(len(identity_id), -1)
        row = np.minimum(np.searchsorted(customer_id, self._customer), len(customer_id) - 1)
        row = np.where(customer_id[row] == self._customer, row, -1)
        return np.append(row, -1)[self._find(identity_id)]

    def _find(self, identity_id: Ints) -> Ints:
        """The row of each identity here, -1 for none; by a table where ids lie dense, else by bisection."""
        if not len(self._identity):
            return np.full(len(identity_id), -1)
        if self._table is not None:
            offset = identity_id - self._identity[0]
            inside = (offset >= 0) & (offset < len(self._table))
            return np.where(inside, self._table[np.where(inside, offset, 0)], -1)
        place = np.minimum(np.searchsorted(self._identity, identity_id), len(self._identity) - 1)
        return np.where(self._identity[place] == identity_id, place, -1)


def from_facts(facts: FactColumns, links: Links, period: tuple[int, int], as_of_us: int) -> Population:
    """The customers placed by an instant, from facts at or before it; NP over the period (from, to]."""
    identity, happened = facts.placing
    placed = np.unique(links.customers(identity[happened <= as_of_us]))
    placed = placed[placed >= 0]
    summed = {
        "F": _weighted(facts.purchases),
        "M": facts.money,
        "V": _weighted(facts.visits),
        "E": _weighted(facts.emails),
        **{name: _weighted(events) for name, events in facts.indicators.items()},
    }
    sums = {}
    for name, (identity, happened, weight) in summed.items():
        rows = np.where(happened <= as_of_us, links.places(identity, placed), -1)
        kept = rows >= 0
        sums[name] = stocks.accumulate(rows[kept], happened[kept], weight[kept], len(placed))
    last = np.full(len(placed), stocks.NO_PURCHASE)
    identity, happened = facts.purchases
    rows = np.where(happened <= as_of_us, links.places(identity, placed), -1)
    np.maximum.at(last, rows[rows >= 0], happened[rows >= 0])
    return Population(placed, last, sums, _profit(facts.profit, links, placed, period))


def score(
    population: Population,
    criterion: CriterionView,
    references: Distributions | None,
    at_us: int,
) -> Scores:
    """Stocks, scores and RF of a population; references None means the population itself (provisional).

    A factor that a frozen reference does not know, or has not a single fact of, gives .5 to all.
    """
    raw, z, silent = {}, {}, set()
    for name in criterion.factors:
        half_life = criterion.half_lives[name]
        raw[name] = population.stock(name, half_life, at_us)
        ranked = stocks.significant(raw[name], name)
        if references is None:
            reference = ranking.Reference.of(ranked)
        else:
            reference = references.get((name, half_life)) or ranking.Reference.without_facts()
        z[name] = reference.score(ranked)
        if not reference.has_facts:
            silent.add(name)
    columns = np.column_stack([z[name] for name in criterion.factors])
    omega = factor.aligned(criterion.weights, criterion.factors)
    return Scores(raw, z, factor.relationship_factor(columns, omega), frozenset(silent))


def shown(net_profit: Ints, rf: Floats, cuts: portfolio.Cuts, before: Letters) -> Letters:
    """The segments shown: hysteresis from those shown before ('' for newcomers)."""
    high_x, high_y = portfolio.highs(before)
    return portfolio.segments_with_hysteresis(net_profit, rf, cuts, high_x, high_y)


def distributions(
    population: Population, names: tuple[str, ...], at_us: int
) -> dict[tuple[str, int], ranking.Reference]:
    """The population as a reference: every factor at every half-life of the grid."""
    return {
        (name, half_life): population.distribution(name, half_life, at_us)
        for name in names
        for half_life in stocks.HALF_LIVES
    }


def latest(rows: Ints, count: int, last_us: Ints) -> Ints:
    """Last purchases of identities as those of `count` customers: a maximum; rows say whose each identity is."""
    last = np.full(count, stocks.NO_PURCHASE)
    np.maximum.at(last, rows, last_us)
    return last


def summed(rows: Ints, count: int, sums: Floats) -> Floats:
    """Sums of identities as those of `count` customers: float64[n, 5] added up; rows say whose each identity is."""
    total = np.zeros((count, len(stocks.HALF_LIVES)))
    np.add.at(total, rows, sums)
    return total


def _weighted(events: Events) -> Weighted:
    return (*events, np.ones(len(events[0])))


def _profit(profit: tuple[Ints, Ints, Ints], links: Links, placed: Ints, period: tuple[int, int]) -> Ints:
    identity, happened, minor = profit
    rows = np.where((happened > period[0]) & (happened <= period[1]), links.places(identity, placed), -1)
    total = np.zeros(len(placed), dtype=np.int64)
    np.add.at(total, rows[rows >= 0], minor[rows >= 0])
    return total
