"""Shops in which nothing that is done has any effect: whatever the report finds in them is wrong.

People differ: who seldom buys says no more often, who comes often writes more often. What they buy is drawn apart from
all that is done with them.
"""

import numpy as np
from numpy.typing import NDArray

from kizuna.conversations.live.marks import Invited
from kizuna.flows.live_report.gathering import Money
from kizuna.flows.live_report.loss import AFTER_US, Around, Moments
from kizuna.science import running
from kizuna.science.periods import DAY_US

type Ints = NDArray[np.int64]


def buy(random: np.random.Generator, a_week: NDArray[np.float64], until_us: int) -> Money:
    """Customers 1 to n buy at their own rates, for amounts that differ widely."""
    times = random.poisson(a_week * until_us / (7 * DAY_US))
    who = np.repeat(np.arange(1, len(a_week) + 1), times)
    at_us = random.integers(0, until_us, len(who))
    amount = random.lognormal(7, 0.9, len(who)).astype(np.int64)
    owners = {number: number for number in range(1, len(a_week) + 1)}
    return Money(running.make(who, at_us, amount), running.make(who, at_us, np.ones(len(who), dtype=np.int64)), owners)


def invite(random: np.random.Generator, people: int, share: float, until_us: int) -> tuple[list[Invited], Money]:
    """Rules invite whom the lot lets them, as often as the panel does: twice a day, and not for a week after a no."""
    seldom = random.random(people) < 0.5
    held = random.random(people) < share
    invited = []
    for number in range(people):
        born = random.uniform(until_us - 21 * DAY_US, until_us)
        past: list[tuple[float, bool]] = []
        for at_us in np.sort(random.uniform(born, until_us, 10)):
            today = [no for at, no in past if at_us - at < DAY_US]
            if len(today) >= 2 or any(today) or any(no and at_us - at < 7 * DAY_US for at, no in past):
                continue
            past.append((at_us, not held[number] and random.random() < (0.8 if seldom[number] else 0.1)))
            invited.append(Invited(f"v{number}", number + 1, bool(held[number]), int(at_us), accepted=False))
    return invited, buy(random, np.where(seldom, 0.05, 0.5), until_us + 8 * DAY_US)


def first_of_keys(invited: list[Invited]) -> list[Invited]:
    """What the store reads: the first invitation of each visitor key."""
    first: dict[str, Invited] = {}
    for each in sorted(invited, key=lambda one: one.at_us):
        first.setdefault(each.visitor_key, each)
    return list(first.values())


def write(random: np.random.Generator, people: int, days: int, chats: float) -> tuple[Moments, Around, Money]:
    """Visitors come at their own rates, buy in some visits, and write in some, which changes nothing.

    Chats of the days that are settled, one of each customer in seven days; what is around them; what was bought.
    """
    end_us = (100 + days) * DAY_US
    who = np.repeat(np.arange(1, people + 1), random.poisson((random.gamma(1, 1, people) + 0.05) * (100 + days) / 7))
    at_us = random.integers(0, end_us, len(who))
    bought = random.random(len(who)) < random.beta(1, 6, people)[who - 1]
    buyer, paid_us = who[bought], at_us[bought] + random.integers(0, DAY_US // 24, int(bought.sum()))
    amount = random.lognormal(7, 0.7, len(buyer)).astype(np.int64)
    money = Money(running.make(buyer, paid_us, amount), running.make(buyer, paid_us, np.ones_like(buyer)), {})
    rows = np.flatnonzero(random.random(len(who)) < chats)
    rows = rows[np.argsort(at_us[rows])]
    answered = Moments(who[rows], at_us[rows] + 120_000_000)
    settled_us, kept, last = end_us - AFTER_US, [], dict[int, int]()
    for row, (one, at) in enumerate(zip(answered.customer.tolist(), answered.at_us.tolist(), strict=True)):
        if settled_us - days * DAY_US < at <= settled_us and at - last.get(one, -AFTER_US) >= AFTER_US:
            kept.append(row)
            last[one] = at
    return answered.chosen(np.array(kept)), Around(answered, (who, at_us), settled_us), money
