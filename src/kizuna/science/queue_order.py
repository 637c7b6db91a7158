"""Whom to serve next: the one whose loss would cost most for the time they take, and nobody later than a bound.

The index v x mu, and c x mu / theta where loss accrues by the minute, is the c-mu/theta rule of Atar, Giat & Shimkin
(2010) for impatient customers; the ageing bound is ours. The simulation against first-come is science.queue_trial.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the queue: `worth` is the index, `since` when they began to wait (seconds from any origin)."""

    key: int
    worth: float
    since: float


def worth(value: float, mu: float, theta: float | None = None) -> float:
    """The index of the order of service: v mu, or c mu / theta.

    Without theta, value is what is lost at once if they give up; with theta (1 / mean patience), what is lost per
    unit of time while they wait. mu is the service rate in the same unit of time.

    >>> worth(90.0, 1 / 8) > worth(100.0, 1 / 10), worth(2.0, 0.5, theta=0.25)
    (True, 4.0)
    """
    return value * mu if theta is None else value * mu / theta


def order(waiting: Iterable[Waiting], now: float, longest_wait: float) -> list[Waiting]:
    """Put who waits into the order of service: first those who waited longest_wait, oldest first; then by worth.

    Equal worth goes by age, equal age by key, so that the order never depends on how it was read.

    >>> line = [Waiting(1, 5.0, 0.0), Waiting(2, 9.0, 50.0), Waiting(3, 7.0, 60.0)]
    >>> [each.key for each in order(line, 100.0, 180.0)], [each.key for each in order(line, 200.0, 180.0)]
    ([2, 3, 1], [1, 2, 3])
    """
    return sorted(waiting, key=lambda each: _place(each, now, longest_wait))


def pick(waiting: Iterable[Waiting], now: float, longest_wait: float) -> Waiting | None:
    """Say who is served next, None where nobody waits."""
    return min(waiting, key=lambda each: _place(each, now, longest_wait), default=None)


def _place(each: Waiting, now: float, longest_wait: float) -> tuple[bool, float, float, int]:
    aged = now - each.since >= longest_wait
    return not aged, 0.0 if aged else -each.worth, each.since, each.key
