"""How many operators an hour needs so that visitors are met in time, and what to expect with those who sit there.

An operator who has k chats at once is k servers; how long a chat takes was measured with that many, so the two belong
together. The queue is Erlang-A (science.queueing); the mean of an hour's arrivals is planned for, not its worst week.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from kizuna.science import queueing
from kizuna.science.queueing import Goal, Queue

HOURS = 168


@dataclass(frozen=True, slots=True)
class Terms:
    """Mean seconds of a chat and of patience (inf: nobody leaves), chats an operator has at once, and the goal.

    The goal's time is in seconds.
    """

    chat_s: float
    patience_s: float
    at_once: float
    goal: Goal


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of a week: chats that come in it, operators it needs, and what those need or sat would reach.

    reached: the share met in time; left: the share that leaves unmet. sat is a mean over weeks; where nobody comes
    nothing is needed and all is reached.
    """

    arrivals: float
    needed: int
    reached_then: float
    sat: float
    reached_sat: float
    left_sat: float

    @property
    def short(self) -> float:
        """How many operators were missing on average."""
        return max(0.0, self.needed - self.sat)


def plan(arrivals: Sequence[float], sat: Sequence[float], terms: Terms) -> list[Hour]:
    """Plan the hours of a week from chats an hour and operators who sat, float[n] both.

    >>> terms = Terms(180.0, float("inf"), 1.0, Goal(0.8, 20.0))
    >>> hour = plan([200.0], [12.0], terms)[0]
    >>> hour.needed, round(hour.reached_then, 3), hour.short
    (14, 0.888, 2.0)
    """
    found = []
    for chats, people in zip(arrivals, sat, strict=True):
        needed, reached = _need(chats, terms)
        reached_sat, left = expect(chats, people, terms)
        found.append(Hour(chats, needed, reached, people, reached_sat, left))
    return found


def expect(chats: float, operators: float, terms: Terms) -> tuple[float, float]:
    """The share met in time and the share that leaves, with so many operators (a mean of 1.5 is between 1 and 2)."""
    if chats <= 0.0:
        return 1.0, 0.0
    low = math.floor(operators)
    weight = operators - low
    below, above = _met(chats, low, terms), _met(chats, low + 1, terms)
    return below[0] + weight * (above[0] - below[0]), below[1] + weight * (above[1] - below[1])


@dataclass(frozen=True, slots=True)
class Choice:
    """What a number of operators would reach in one hour: shares met in time and left, mean seconds, how busy."""

    operators: int
    reached: float
    left: float
    wait_s: float
    busy: float


def choices(chats: float, terms: Terms, around: int = 2) -> list[Choice]:
    """Lay out the numbers of operators around the one an hour needs, to see what one more or less would change."""
    needed, _ = _need(chats, terms)
    found = []
    for operators in range(max(1, needed - around), max(1, needed) + around + 1):
        queue = _queue(chats, _places(operators, terms), terms)
        reached = queue.within(terms.goal.time)
        found.append(Choice(operators, reached, queue.abandon_share, queue.mean_wait, queue.utilisation))
    return found


@lru_cache(maxsize=4096)
def _need(chats: float, terms: Terms) -> tuple[int, float]:
    if chats <= 0.0:
        return 0, 1.0
    places = queueing.operators_needed(chats / 3600.0, terms.chat_s, terms.patience_s, terms.goal)
    operators = math.ceil(places / terms.at_once - 1e-9)
    return operators, _met(chats, operators, terms)[0]


@lru_cache(maxsize=8192)
def _met(chats: float, operators: int, terms: Terms) -> tuple[float, float]:
    places = _places(operators, terms)
    if places < 1:
        return 0.0, 1.0
    queue = _queue(chats, places, terms)
    return queue.within(terms.goal.time), queue.abandon_share


def _places(operators: int, terms: Terms) -> int:
    return min(queueing.MOST_SERVERS, math.floor(operators * terms.at_once + 1e-9))


def _queue(chats: float, places: int, terms: Terms) -> Queue:
    return queueing.erlang_a(chats / 3600.0, terms.chat_s, terms.patience_s, places)
