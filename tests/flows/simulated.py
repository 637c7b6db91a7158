"""A simulated shop in arrays, whose customers' interest wanders from month to month: with or without a known shift.

Purchases and visits follow the same interest, so that decayed stocks know best; a shift makes visits say nothing from
a day on, or makes everybody buy less. Seeded; nothing is stored.
"""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np

from kizuna.flows.origins import History
from kizuna.flows.validity import Stand
from kizuna.relationships.criterion import DEFAULT, CriterionView
from kizuna.relationships.population import FactColumns, Links, distributions, from_facts
from kizuna.relationships.reference import ReferenceView
from kizuna.science.periods import instant_at

DAY = 86_400_000_000
FROM = 19_000 * DAY
MONTHS = 26
UNTIL = FROM + MONTHS * 30 * DAY
REFERENCE = FROM + 14 * 30 * DAY
NAMES = tuple(DEFAULT.half_lives)


@dataclass(frozen=True)
class Shift:
    """From this month on visits say nothing (`blind`), or everybody buys and visits so many times as much."""

    month: int = MONTHS
    blind: bool = False
    times: float = 1.0


@dataclass(frozen=True)
class Plan:
    """How many customers, what happens to them, and the criterion that looks at them."""

    customers: int = 600
    shift: Shift = field(default_factory=Shift)
    criterion: CriterionView = DEFAULT


def simulate(plan: Plan, seed: int) -> Stand:
    """Simulate a shop as a check finds it: two years of facts, a reference frozen after 14 months."""
    random = np.random.default_rng(seed)
    facts = _facts(plan, random)
    who = np.arange(1, plan.customers + 1)
    links = Links(who, who)
    people = from_facts(facts, links, (REFERENCE, REFERENCE), REFERENCE)
    frozen = distributions(people, NAMES, REFERENCE)
    history = History(
        facts, plan.criterion, lambda at_us: links, lambda at_us: frozen if at_us >= REFERENCE else None, links,
        ZoneInfo("UTC"),
    )  # fmt: skip
    view = ReferenceView(1, 1, REFERENCE, instant_at(REFERENCE), True, len(people.customer_id), "simulated")
    return Stand(history, UNTIL, view, frozen, dict.fromkeys(NAMES, REFERENCE), None)


def _facts(plan: Plan, random: np.random.Generator) -> FactColumns:
    count = plan.customers
    level = random.normal(-0.9, 0.6, count)
    mood = random.normal(0, 0.8, count)
    price = random.normal(8, 0.35, count)
    bought, visited, written = [], [], []
    for month in range(MONTHS):
        mood = 0.75 * mood + random.normal(0, 0.8 * np.sqrt(1 - 0.75**2), count)
        shifted = month >= plan.shift.month
        rate = np.exp(level + mood) * (plan.shift.times if shifted else 1.0)
        seen = random.permutation(rate) if shifted and plan.shift.blind else rate
        bought.append(_events(random.poisson(rate), month, random))
        visited.append(_events(random.poisson(4 * seen), month, random))
        written.append(_events(random.poisson(0.3 * rate), month, random))
        written.append(_events(random.poisson(0.3 * np.exp(level + 0.3)), month - MONTHS, random))
    (who, when), visits, mails = (
        tuple(map(np.concatenate, zip(*each, strict=True))) for each in (bought, visited, written)
    )
    first = np.full(count, FROM)
    who, when = np.concatenate((who, np.arange(1, count + 1))), np.concatenate((when, first))
    money = np.exp(price[who - 1] + random.normal(0, 0.3, len(who))).astype(np.int64)
    return FactColumns(
        placing=(who, when),
        purchases=(who, when),
        money=(who, when, money.astype(np.float64)),
        visits=visits,
        emails=mails,
        profit=(who, when, money),
    )


def _events(counts: np.ndarray, month: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    who = np.repeat(np.arange(1, len(counts) + 1), counts)
    return who, FROM + (month * 30 * DAY + random.random(len(who)) * 30 * DAY).astype(np.int64)
