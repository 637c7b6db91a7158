"""Whether those who were answered stayed and bought: against others alike, and against those who gave up.

Both are comparisons, never proof: who writes may have meant to buy anyway. What the lot decides is in lot.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kizuna.flows.live_report.gathering import ABANDONED, ANSWERED, Chat, Money
from kizuna.science import matching, proportions, running, two_means
from kizuna.science.periods import DAY_US
from kizuna.science.running import Running

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

AFTER_DAYS = 7
AFTER_US = AFTER_DAYS * DAY_US
BEFORE_US = 28 * DAY_US


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Whom we look at from which instant on, two arrays side by side."""

    customer: Ints
    at_us: Ints

    def chosen(self, rows: NDArray[Any]) -> "Moments":
        """Some of them."""
        return Moments(self.customer[rows], self.at_us[rows])


def every(chats: Sequence[Chat], money: Money, became: str = ANSWERED) -> Moments:
    """When chats of customers we know were opened."""
    wanted = [chat for chat in chats if chat.became == became]
    customer = money.customers(chat.talk.identity_id for chat in wanted)
    at_us = np.array([chat.talk.opened_us for chat in wanted], dtype=np.int64)
    return Moments(customer, at_us).chosen(customer > 0)


def moments(chats: Sequence[Chat], money: Money, became: str) -> Moments:
    """When chats of customers we know were opened, the first of each customer in seven days."""
    found = every(chats, money, became)
    kept, last = [], dict[int, int]()
    for row in np.argsort(found.at_us, kind="stable").tolist():
        who = int(found.customer[row])
        if found.at_us[row] - last.get(who, -AFTER_US) >= AFTER_US:
            kept.append(row)
            last[who] = int(found.at_us[row])
    return found.chosen(np.array(kept, dtype=np.int64))


def brought(money: Money, who: Moments) -> tuple[Floats, Floats]:
    """Net profit of each in the days after, and whether they bought (1) or not (0)."""
    end = who.at_us + AFTER_US
    profit = money.profit.between(who.customer, who.at_us, end).astype(np.float64)
    return profit, (money.purchases.between(who.customer, who.at_us, end) > 0).astype(np.float64)


def credited(money: Money, who: Moments) -> Ints:
    """Net profit of customers in the days after each chat, an order only after the last chat before it."""
    order = np.lexsort((who.at_us, who.customer))
    customer, at_us = who.customer[order], who.at_us[order]
    end = at_us + AFTER_US
    follows = customer[1:] == customer[:-1]
    end[:-1] = np.where(follows, np.minimum(end[:-1], at_us[1:]), end[:-1])
    found = np.zeros(len(order), dtype=np.int64)
    found[order] = money.profit.between(customer, at_us, end)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """Every answered chat, every visit (whose, since when), and until when the days after are over."""

    answered: Moments
    visits: tuple[Ints, Ints]
    settled_us: int


def against_alike(served: Moments, around: Around, money: Money, seed: int = 20) -> dict[str, Any] | None:
    """Those answered against visitors of the same seven days who stood alike and had no chat then or the week before.

    Alike: net profit so far, days since the last order, visits of four weeks. Whether others chat later does not
    matter: to leave them out would leave out who comes often. Visits whose days after are not over are nobody's. None
    under ten people with others alike.
    """
    random, none = np.random.default_rng(seed), np.empty(0, dtype=np.int64)
    going = running.make(*around.visits, np.ones(len(around.visits[0]), dtype=np.int64))
    free, busy = _free_visits(around, random), _counted(around.answered)
    served = served.chosen(busy.between(served.customer, served.at_us - AFTER_US, served.at_us - 1) == 0)
    mine, others, near = [served.chosen(none)], [served.chosen(none)], list[Ints]()
    for block in np.unique(served.at_us // AFTER_US).tolist():
        here = served.chosen(served.at_us // AFTER_US == block)
        there = _first_of_each(free.chosen(free.at_us // AFTER_US == block))
        before = sum(len(each.customer) for each in others)
        near += [rows + before for rows in _alike(here, there, money, going)]
        mine.append(here)
        others.append(there)
    return _contrast(_together(mine), _together(others), near, money)


def _contrast(mine: Moments, others: Moments, near: Sequence[Ints], money: Money) -> dict[str, Any] | None:
    """Those with others alike against these, in money and in buying."""
    rows = np.array([place for place, each in enumerate(near) if len(each)], dtype=np.int64)
    matched = mine.chosen(rows)
    pairs = matching.Pairs(matched.customer, [near[row] for row in rows.tolist()], len(near) - len(rows))
    told = [
        matching.contrast(one, other, pairs)
        for one, other in zip(brought(money, matched), brought(money, others), strict=True)
    ]
    if told[0] is None or told[1] is None:
        return None
    known = zip(matched.customer.tolist(), pairs.near, strict=True)
    return {
        "profit": asdict(told[0]),
        "bought": asdict(told[1]),
        "pairs": [(who, others.customer[each].tolist()) for who, each in known],
    }


def against_lost(chats: Sequence[Chat], money: Money) -> dict[str, Any]:
    """Those answered against those who gave up waiting; differences only where both are enough."""
    served, lost = (brought(money, moments(chats, money, became)) for became in (ANSWERED, ABANDONED))
    return {
        "answered": len(served[0]),
        "lost": len(lost[0]),
        "profit": means(served[0], lost[0]),
        "bought": shares(served[1], lost[1]),
    }


def means(first: Floats, second: Floats) -> dict[str, float] | None:
    """Mean of each group, how much larger the first is, and its interval; None where either is too small."""
    told = two_means.compare(first, second)
    return None if told is None else asdict(told)


def shares(first: Floats, second: Floats) -> dict[str, float] | None:
    """Share of each group that did it (1), how much larger the first is, and its interval; None as above."""
    if min(len(first), len(second)) < two_means.FEWEST:
        return None
    one, other = (proportions.share(int(each.sum()), len(each)) for each in (first, second))
    return {"first": one.share, "second": other.share, **asdict(proportions.difference(one, other))}


def _counted(moments: Moments) -> Running:
    return running.make(moments.customer, moments.at_us, np.ones(len(moments.at_us), dtype=np.int64))


def _together(parts: Sequence[Moments]) -> Moments:
    return Moments(np.concatenate([each.customer for each in parts]), np.concatenate([each.at_us for each in parts]))


def _free_visits(around: Around, random: np.random.Generator) -> Moments:
    """Visits of customers without an answered chat in it or in the seven days before, in an order that says nothing.

    A visit is over with the next one, after a day at the latest.
    """
    customer, at_us = around.visits
    order = np.lexsort((at_us, customer))
    customer, at_us = customer[order], at_us[order]
    over = at_us + DAY_US
    over[:-1] = np.where(customer[1:] == customer[:-1], np.minimum(over[:-1], at_us[1:] - 1), over[:-1])
    chats = _counted(around.answered).between(customer, at_us - AFTER_US, over)
    wanted = (customer > 0) & (at_us <= around.settled_us) & (chats == 0)
    return Moments(customer, at_us).chosen(random.permutation(np.flatnonzero(wanted)))


def _first_of_each(visits: Moments) -> Moments:
    """The first of each customer, in the order they came."""
    order = np.lexsort((visits.at_us, visits.customer))
    _, first = np.unique(visits.customer[order], return_index=True)
    return visits.chosen(np.sort(order[first]))


def _alike(mine: Moments, others: Moments, money: Money, going: Running) -> list[Ints]:
    both = Moments(np.r_[mine.customer, others.customer], np.r_[mine.at_us, others.at_us])
    before = both.at_us - 1
    last = money.purchases.last(both.customer, before)
    days = np.where(last < 0, np.iinfo(np.int64).max, (both.at_us - last) // DAY_US)
    figures = (
        money.profit.until(both.customer, before).astype(np.float64),
        days.astype(np.float64),
        going.between(both.customer, both.at_us - BEFORE_US, both.at_us).astype(np.float64),
    )
    placed = np.stack([matching.ranks(each) for each in figures], axis=1)
    return matching.nearest(placed[: len(mine.customer)], placed[len(mine.customer) :])
