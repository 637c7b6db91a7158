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


def moments(chats: Sequence[Chat], money: Money, became: str) -> Moments:
    """When chats of customers we know were opened, the first of each customer in seven days."""
    wanted = [chat for chat in chats if chat.became == became]
    customer = money.customers(chat.talk.identity_id for chat in wanted)
    at_us = np.array([chat.talk.opened_us for chat in wanted], dtype=np.int64)
    kept, last = [], dict[int, int]()
    for row in np.argsort(at_us, kind="stable").tolist():
        who = int(customer[row])
        if who and at_us[row] - last.get(who, -AFTER_US) >= AFTER_US:
            kept.append(row)
            last[who] = int(at_us[row])
    return Moments(customer[kept], at_us[kept])


def brought(money: Money, who: Moments) -> tuple[Floats, Floats]:
    """Net profit of each in the days after, and whether they bought (1) or not (0)."""
    end = who.at_us + AFTER_US
    profit = money.profit.between(who.customer, who.at_us, end).astype(np.float64)
    return profit, (money.purchases.between(who.customer, who.at_us, end) > 0).astype(np.float64)


def total_minor(money: Money, who: Moments) -> int:
    """Net profit of customers in the days after their chat, no order counted twice."""
    order = np.lexsort((who.at_us, who.customer))
    customer, at_us = who.customer[order], who.at_us[order]
    end = at_us + AFTER_US
    follows = np.r_[customer[1:] == customer[:-1], False]
    end[:-1] = np.where(follows[:-1], np.minimum(end[:-1], at_us[1:]), end[:-1])
    return int(money.profit.between(customer, at_us, end).sum())


def against_alike(
    served: Moments, visits: tuple[Ints, Ints], money: Money, settled_us: int, seed: int = 20
) -> dict[str, Any] | None:
    """Those answered against visitors of the same seven days who had no chat around then and stood alike.

    Alike: net profit so far, days since the last order, visits of four weeks. Visits after `settled_us` are nobody's
    first: their days after are not over. None under ten with others alike.
    """
    random, over = np.random.default_rng(seed), visits[1] <= settled_us
    settled = visits[0][over], visits[1][over]
    going, busy = running.make(*visits, np.ones(len(visits[0]), dtype=np.int64)), _taken(served)
    rows: list[tuple[Floats, Floats]] = []
    pairs: list[tuple[int, list[int]]] = []
    unmatched = 0
    for block in np.unique(served.at_us // AFTER_US).tolist():
        mine = served.chosen(served.at_us // AFTER_US == block)
        others = _free(_in_block(settled, block), busy, random)
        found = _alike(mine, others, money, going)
        profit, bought = brought(money, mine)
        profit_alike, bought_alike = brought(money, others)
        for place, near in enumerate(found):
            if not len(near):
                unmatched += 1
                continue
            both = ((profit[place], profit_alike[near].mean()), (bought[place], bought_alike[near].mean()))
            rows.append((np.array(both[0]), np.array(both[1])))
            pairs.append((int(mine.customer[place]), others.customer[near].tolist()))
    told = np.array(rows, dtype=np.float64).reshape(-1, 2, 2)
    differences = [matching.compare(told[:, part, 0], told[:, part, 1], unmatched) for part in (0, 1)]
    if differences[0] is None or differences[1] is None:
        return None
    return {"profit": asdict(differences[0]), "bought": asdict(differences[1]), "pairs": pairs}


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


def _in_block(visits: tuple[Ints, Ints], block: int) -> Moments:
    """The first visit of each customer in a stretch of seven days."""
    inside = np.flatnonzero((visits[1] // AFTER_US == block) & (visits[0] > 0))
    customer, at_us = visits[0][inside], visits[1][inside]
    order = np.lexsort((at_us, customer))
    who, first = np.unique(customer[order], return_index=True)
    return Moments(who, at_us[order][first])


def _taken(served: Moments) -> Running:
    return running.make(served.customer, served.at_us, np.ones(len(served.at_us), dtype=np.int64))


def _free(others: Moments, busy: Running, random: np.random.Generator) -> Moments:
    """Those without an answered chat in the seven days before and after, in an order that says nothing."""
    chats = busy.between(others.customer, others.at_us - AFTER_US, others.at_us + AFTER_US)
    return others.chosen(random.permutation(np.flatnonzero(chats == 0)))


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
