"""How many people are needed: queues with and without patience, computed exactly whatever the load.

Erlang-B (who finds all busy is turned away), Erlang-C (nobody leaves), Erlang-A (each leaves after an exponential
patience), the wait to promise, and patience fitted from waits that mostly ended by service. Any one unit of time.
Sources: Erlang (1917); Palm (1957); Garnett, Mandelbaum & Reiman (2002); Brown et al. (2005), censored patience.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy as sp
from numpy.typing import ArrayLike, NDArray

type Floats = NDArray[np.float64]

MOST_SERVERS = 2_000
_MOST_LEVELS = 100_000
_NOTHING = math.log(1e-18)


class NoSuchQueue(ValueError):
    """A rate or a number of servers that cannot be."""


@dataclass(frozen=True, slots=True, eq=False)
class Queue:
    """What somebody who comes will meet: shares of all who come, mean wait over all, share of time servers are busy.

    levels[j] is the chance to find all servers busy and j waiting; busy_rate = servers / mean service.
    """

    wait_share: float
    abandon_share: float
    mean_wait: float
    utilisation: float
    levels: Floats
    busy_rate: float
    theta: float

    def within(self, time: float) -> float:
        """The share of all who come that is served within a time; who leaves before is not served.

        Who finds j waiting is served once j + 1 places came free at rates busy_rate + i theta, i = j..0, if they are
        still there: exp(-theta V) of that sum V is Beta(busy_rate / theta, j + 1).
        """
        if not math.isfinite(self.mean_wait):
            return 0.0
        ahead = np.arange(1, len(self.levels) + 1, dtype=np.float64)
        if self.theta == 0.0:
            served = sp.special.gammainc(ahead, self.busy_rate * time)
        else:
            c = self.busy_rate / self.theta
            served = c / (c + ahead) * (1.0 - sp.special.betainc(c + 1.0, ahead, math.exp(-self.theta * time)))
        return float(1.0 - self.wait_share + self.levels @ served)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long people would wait on average before they leave, with its 95 % interval.

    `left` of the n waits ended so. Where nobody has left, mean and high are inf: only how long it is at least is known.
    """

    mean: float
    low: float
    high: float
    n: int
    left: int


@dataclass(frozen=True, slots=True)
class Goal:
    """The share of those who come that a server should have within a time."""

    share: float
    time: float


def erlang_b(load: float, servers: int) -> float:
    """The share that finds every server busy and is turned away: B(0) = 1, B(n) = a B(n-1) / (n + a B(n-1)).

    load a = arrivals x mean service, in erlang.

    >>> round(erlang_b(2.0, 2), 6)
    0.4
    """
    _check(load, servers)
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """The share that has to wait where nobody leaves: C = B / (1 - rho (1 - B)), rho = a / n; 1 where it never ends.

    >>> round(erlang_c(10.0, 14), 4)
    0.1741
    """
    if load >= servers:
        return 1.0
    blocked = erlang_b(load, servers)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def erlang_a(arrivals: float, service: float, patience: float, servers: int) -> Queue:
    """The queue M/M/n+M: arrivals per unit of time, mean service, mean patience (inf: nobody leaves: Erlang-C).

    p(n + j) = p(n) prod over i <= j of arrivals / (n mu + i theta); abandonment = theta E[queue] / arrivals.

    >>> queue = erlang_a(48.0, 1.0, 2.0, 50)
    >>> round(100 * queue.abandon_share, 2), round(60 * queue.mean_wait, 2), round(100 * queue.utilisation, 1)
    (3.09, 3.71, 93.0)
    """
    _check(arrivals * service, servers)
    theta, rate = (0.0 if math.isinf(patience) else 1.0 / patience), servers / service
    if arrivals == 0.0 or (theta == 0.0 and arrivals >= rate):
        lost = 0.0 if arrivals == 0.0 else 1.0
        return Queue(lost, 0.0, math.inf if lost else 0.0, lost, np.zeros(1), rate, theta)
    if theta and arrivals - rate > theta * _MOST_LEVELS:  # a queue of 100,000: as good as a stream of that width
        lost = 1.0 - rate / arrivals
        return Queue(1.0, lost, lost / theta, 1.0, np.zeros(1), rate, theta)
    log_level = _log_levels(arrivals, rate, theta)
    below = _log_below(erlang_b(arrivals * service, servers))
    levels = np.exp(log_level - np.logaddexp(sp.special.logsumexp(log_level), below))
    waiting = float(levels @ np.arange(len(levels)))
    left = min(1.0, theta * waiting / arrivals)
    used = min(1.0, arrivals * (1.0 - left) / rate)
    return Queue(float(levels.sum()), left, waiting / arrivals, used, levels, rate, theta)


def operators_needed(arrivals: float, service: float, patience: float, goal: Goal) -> int:
    """The fewest servers that reach a goal; MOST_SERVERS where none of so many does.

    >>> operators_needed(100 / 30, 3.0, float("inf"), Goal(0.8, 20 / 60))
    14
    """
    if arrivals == 0.0:
        return 0
    return _first(lambda n: erlang_a(arrivals, service, patience, n).within(goal.time) >= goal.share)


def expected_wait(ahead: int, servers: int, service: float, patience: float) -> float:
    """The wait to promise somebody who has `ahead` others before them: sum over i <= ahead of 1 / (n mu + i theta).

    Given that they stay. Below zero there is a free place for them, and no wait.

    >>> expected_wait(-1, 2, 8.0, 5.0), expected_wait(0, 2, 8.0, 5.0), round(expected_wait(1, 2, 8.0, float("inf")), 2)
    (0.0, 4.0, 8.0)
    """
    rate, theta = servers / service, 1.0 / patience
    return math.fsum(1.0 / (rate + i * theta) for i in range(ahead + 1))


def fit_patience(waits: ArrayLike, abandoned: ArrayLike) -> Patience:
    """Fit mean patience where most waits were cut short by service: sum of all waits / number who left.

    waits: float64[n] >= 0, how long each waited until served or gone; abandoned: bool[n]. The mean wait of those who
    left is no such estimate: only the impatient are among them. Interval from 2 sum / mean ~ chi2.

    >>> found = fit_patience([10.0, 20.0, 30.0, 60.0], [False, True, False, True])
    >>> found.mean, found.low < 60.0 < found.high, found.left
    (60.0, True, 2)
    """
    waited = np.asarray(waits, dtype=np.float64)
    went = np.asarray(abandoned, dtype=np.bool_)
    if waited.shape != went.shape or waited.ndim != 1 or not np.isfinite(waited).all() or (waited < 0.0).any():
        raise NoSuchQueue("waits are finite, at least 0, and each has its end")
    total, left = float(waited.sum()), int(went.sum())
    low = 2.0 * total / float(sp.special.chdtri(2 * left + 2, 0.025))
    if left == 0:
        return Patience(math.inf, low, math.inf, len(waited), 0)
    return Patience(total / left, low, 2.0 * total / float(sp.special.chdtri(2 * left, 0.975)), len(waited), left)


def _log_levels(arrivals: float, rate: float, theta: float) -> Floats:
    """log p(n + j) / p(n) for j = 0, 1 ..., until the rest is nothing against the largest."""
    peak = max(0.0, (arrivals - rate) / theta) if theta else 0.0
    spread = 14.0 * math.sqrt(max(arrivals, rate) / theta) if theta else math.inf
    fall = _NOTHING / math.log(arrivals / rate) if arrivals < rate else math.inf
    most = int(min(_MOST_LEVELS, peak + min(spread, fall) + 60))
    steps = math.log(arrivals) - np.log(rate + theta * np.arange(1, most + 1))
    return np.concatenate([np.zeros(1), np.cumsum(steps)])


def _log_below(blocked: float) -> float:
    """log of the weight of all states with a free server, against the state in which just all are busy."""
    return math.log1p(-blocked) - math.log(blocked) if 0.0 < blocked < 1.0 else (-math.inf if blocked else math.inf)


def _first(holds: Callable[[int], bool]) -> int:
    """The first number of servers for which something holds that holds for all larger ones."""
    high = 1
    while high < MOST_SERVERS and not holds(high):
        high = min(2 * high, MOST_SERVERS)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _check(load: float, servers: int) -> None:
    if not (math.isfinite(load) and load >= 0.0):
        raise NoSuchQueue("arrivals and service are finite and at least 0")
    if not 0 < servers <= MOST_SERVERS:
        raise NoSuchQueue(f"between 1 and {MOST_SERVERS} servers")
