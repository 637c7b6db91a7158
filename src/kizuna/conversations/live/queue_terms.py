"""The rules of a shop's queue as numbers: how long is silent, away, too long; read from its panel's settings.

A shop that never opened those settings has the usual ones.
"""

from dataclasses import dataclass

from kizuna.conversations.models import Panel

SECOND_US = 1_000_000
GONE_US = 45 * SECOND_US
OFFLINE_US = 600 * SECOND_US
ABANDONED_US = 90 * SECOND_US
COMES_BACK_US = 60 * SECOND_US
"""How long somebody waits out of hours, though nobody is there, before they are taken as a request."""
RETURNS_US = 3600 * SECOND_US
"""Whose panel comes back so soon after they began to wait gets their place back."""


@dataclass(frozen=True, slots=True)
class QueueTerms:
    """How a shop's queue goes, in microseconds; shares are of one."""

    silent_us: int
    longest_wait_us: int
    overflow_wait_us: int
    wrap_up_us: int
    away_us: int
    goal_share: float
    goal_seconds: float


def read(shop_id: int) -> QueueTerms:
    """Read the rules of a shop's queue."""
    panel = Panel.objects.filter(shop_id=shop_id).first() or Panel(shop_id=shop_id)
    goal = panel.hourly_goal or {}
    return QueueTerms(
        silent_us=panel.silent_s * SECOND_US,
        longest_wait_us=panel.longest_wait_s * SECOND_US,
        overflow_wait_us=panel.overflow_wait_s * SECOND_US,
        wrap_up_us=panel.wrap_up_s * SECOND_US,
        away_us=panel.away_s * SECOND_US,
        goal_share=float(goal.get("share", 0.8)),
        goal_seconds=float(goal.get("seconds", 20)),
    )
