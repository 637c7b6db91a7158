"""Serving by value at risk against first-come, tried on the same simulated callers: who leaves, what is lost.

Poisson arrivals, exponential service and patience, several servers, classes of callers that differ in what is lost with
them. The draws are made once and both rules meet the same callers, so that a difference is the rule's alone.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kizuna.science import queue_order
from kizuna.science.queue_order import Waiting

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scene:
    """How many come per unit of time, mean service and patience, servers, and (share, value) of each class."""

    arrivals: float
    service: float
    patience: float
    servers: int
    classes: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Callers:
    """Drawn callers in the order in which they come: when, for how long, how patient, of which class."""

    at: Floats
    service: Floats
    patience: Floats
    kind: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a rule led to: the share that left by class, value lost per caller, how long each waited, who was served."""

    abandoned: Floats
    value_lost: float
    waited: Floats
    served: NDArray[np.bool_]


def draw(scene: Scene, callers: int, randomness: np.random.Generator) -> Callers:
    """Draw callers."""
    shares = np.array([share for share, _ in scene.classes])
    return Callers(
        np.cumsum(randomness.exponential(1.0 / scene.arrivals, callers)),
        randomness.exponential(scene.service, callers),
        randomness.exponential(scene.patience, callers),
        randomness.choice(len(shares), callers, p=shares / shares.sum()),
    )


def simulate(scene: Scene, callers: Callers, longest_wait: float = math.inf, *, first_come: bool = False) -> Outcome:
    """Let callers be served by value at risk with an ageing bound, or as they came.

    Served without interruption; who is not chosen before their patience ends has left at that moment.
    """
    values = [value for _, value in scene.classes]
    worth = [0.0 if first_come else queue_order.worth(value, 1.0 / scene.service) for value in values]
    begun = np.full(len(callers.at), np.nan)
    at, patience, service, kind = (
        each.tolist() for each in (callers.at, callers.patience, callers.service, callers.kind)
    )
    busy: list[float] = []
    line: dict[int, Waiting] = {}
    for number, comes in enumerate(at):
        _serve_until(comes, busy, line, (begun, patience, service), longest_wait)
        if len(busy) < scene.servers:
            begun[number] = comes
            heapq.heappush(busy, comes + service[number])
        else:
            line[number] = Waiting(number, worth[kind[number]], comes)
    _serve_until(math.inf, busy, line, (begun, patience, service), longest_wait)
    return _outcome(values, callers, begun)


def _serve_until(
    until: float,
    busy: list[float],
    line: dict[int, Waiting],
    callers: tuple[Floats, list[float], list[float]],
    longest_wait: float,
) -> None:
    """Let servers become free up to an instant, each taking the next who is still there."""
    begun, patience, service = callers
    while busy and busy[0] <= until:
        free = heapq.heappop(busy)
        for number in [number for number, each in line.items() if each.since + patience[number] <= free]:
            del line[number]
        chosen = queue_order.pick(line.values(), free, longest_wait)
        if chosen is not None:
            del line[chosen.key]
            begun[chosen.key] = free
            heapq.heappush(busy, free + service[chosen.key])


def _outcome(values: Sequence[float], callers: Callers, begun: Floats) -> Outcome:
    served = ~np.isnan(begun)
    count = np.bincount(callers.kind, minlength=len(values))
    left = np.bincount(callers.kind, weights=~served, minlength=len(values)) / np.maximum(count, 1)
    lost = float(np.where(served, 0.0, np.array(values)[callers.kind]).sum() / max(1, len(served)))
    waited = np.where(served, begun - callers.at, callers.patience)
    return Outcome(left, lost, waited, served)
