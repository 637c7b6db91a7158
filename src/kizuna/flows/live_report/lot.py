"""What inviting brings, proven: those a rule would have invited against those whom the lot held back from it.

A person counts once, with their very first invitation, and only where that lies in the period: how often somebody is
invited again depends on what the first one did with them (who says no is left alone), so later ones would pick
different people in either group. Everybody counts, whether they accepted or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kizuna.conversations.live.marks import Invited
from kizuna.flows.live_report import loss
from kizuna.flows.live_report.gathering import Money
from kizuna.flows.live_report.loss import Moments
from kizuna.science import proportions, two_means

FEWEST = two_means.FEWEST
HARDLY_EVER = 0.001
"""How seldom the numbers of both groups may come by chance before they are called wrong."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Everybody ever drawn: the first invitation of each visitor key with whose it is today (0: nobody we know)."""

    invited: Sequence[Invited]
    customers: Sequence[int]


@dataclass(frozen=True, slots=True)
class Draw:
    """The period (from, to] of first invitations, and the share that was held out in all of it."""

    from_us: int
    to_us: int
    share: float


def own(invited: Sequence[Invited], found: dict[str, int], money: Money) -> Drawn:
    """Say whose the keys are; found: identities of keys that had none when they were invited."""
    identities = [each.identity_id or found.get(each.visitor_key) for each in invited]
    return Drawn(invited, money.customers(identities).tolist())


def by_lot(drawn: Drawn, draw: Draw, money: Money) -> dict[str, Any]:
    """Both groups of the people first invited in a period; odd: their numbers do not fit the share held out (0: off).

    Two devices of one customer count once, as the first of them was drawn.
    """
    first, crossed = _first_of_each(drawn, draw)
    arms = []
    for held in (False, True):
        rows = [(customer, each) for customer, each in first if each.held is held]
        who = Moments(
            np.array([customer for customer, _ in rows], dtype=np.int64),
            np.array([each.at_us for _, each in rows], dtype=np.int64),
        )
        arms.append(loss.brought(money, who))
    fits = not draw.share or proportions.chance(len(arms[1][0]), len(first), draw.share) >= HARDLY_EVER
    return {
        "invited": len(arms[0][0]),
        "held": len(arms[1][0]),
        "accepted": sum(each.accepted for _, each in first if not each.held),
        "crossed": crossed,
        "fewest": FEWEST,
        "share": draw.share,
        "from_us": draw.from_us,
        "odd": not fits,
        "profit": loss.means(arms[0][0], arms[1][0]),
        "bought": loss.shares(arms[0][1], arms[1][1]),
    }


def _first_of_each(drawn: Drawn, draw: Draw) -> tuple[list[tuple[int, Invited]], int]:
    """The first invitation ever of each person where it lies in the period; how many were drawn both ways."""
    first: dict[object, Invited] = {}
    owner: dict[object, int] = {}
    both_ways: set[object] = set()
    for each, customer in sorted(zip(drawn.invited, drawn.customers, strict=True), key=lambda pair: pair[0].at_us):
        if each.at_us > draw.to_us:
            break
        unit: object = customer or each.visitor_key
        before = first.setdefault(unit, each)
        owner[unit] = customer
        if before.held is not each.held:
            both_ways.add(unit)
    counted = [unit for unit, each in first.items() if each.at_us > draw.from_us]
    return [(owner[unit], first[unit]) for unit in counted], sum(unit in both_ways for unit in counted)
