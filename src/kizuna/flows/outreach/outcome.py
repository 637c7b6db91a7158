"""What a play did: who answered, and whether those written to became most valuable customers more often.

Held-back customers were drawn by lot at the very moment they could have been written to, so the two groups differ in
nothing but the mail. Only customers whose time is up are compared; a mail nobody opened counts like any other.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kizuna.customers import links
from kizuna.outreach import plays, reached, targets
from kizuna.relationships import moves
from kizuna.science import proportions
from kizuna.science.proportions import Difference, Share

if TYPE_CHECKING:
    from kizuna.outreach.models import Play
    from kizuna.shops.models import Shop

DAY_US = 86_400_000_000
GOAL = "A"
FEWEST = 20


@dataclass(frozen=True, slots=True)
class Movement:
    """B to A among those written to and those held back, of whom the time is up; `pending`: not up yet."""

    written: Share
    held: Share
    difference: Difference
    pending: int
    days: int

    @property
    def too_few(self) -> bool:
        """Whether a group is too small to say anything."""
        return min(self.written.whole, self.held.whole) < FEWEST

    @property
    def shown(self) -> bool:
        """Whether the difference is beyond chance."""
        return not self.too_few and not self.difference.low <= 0 <= self.difference.high


def movement(shop: "Shop", play: "Play", now_us: int) -> Movement | None:
    """Compare the movement B to A; None for plays that are not there to strengthen."""
    if play.purpose != plays.Purpose.STRENGTHEN:
        return None
    decided = [each for each in reached.list_decided(play) if each[2] == "B"]
    owners = links.customers_of(shop.pk, [each[0] for each in decided])
    came = moves.arrivals(shop.pk, set(owners.values()), GOAL)
    wait_us, pending = play.success_days * DAY_US, 0
    counts = {True: [0, 0], False: [0, 0]}
    for identity_id, state, _, at_us in decided:
        if at_us + wait_us > now_us:
            pending += 1
            continue
        arrived = any(at_us < us <= at_us + wait_us for us in came.get(owners.get(identity_id, 0), ()))
        group = counts[state != targets.TargetState.HELD]
        group[0] += arrived
        group[1] += 1
    written, held = (proportions.share(*counts[wrote]) for wrote in (True, False))
    return Movement(written, held, proportions.difference(written, held), pending, play.success_days)
