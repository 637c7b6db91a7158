"""The simulator's face: one seeded model of a shop's year, made of parts that each add to one world.

A later part (actions with counterfactuals) is one more entry in PARTS: it has a random
stream of its own, so the parts before it stay as they were to the last byte. No clock, no database.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
import numpy as np

from kizuna.demo import (
    simulator_chats,
    simulator_dialogue,
    simulator_mail,
    simulator_sales,
    simulator_visits,
    simulator_voice,
)
from kizuna.demo.simulator_world import Event, Part, Plan, Truth, World, make_world
from kizuna.science import periods

PARTS: Final[tuple[tuple[str, Part], ...]] = (
    ("purchases", simulator_sales.add_purchases),
    ("mail", simulator_mail.add_mail),
    ("visits", simulator_visits.add_visits),
    ("orders", simulator_sales.add_orders),
    ("after orders", simulator_voice.add_after_orders),
    ("voice", simulator_voice.add_voice),
    ("referrals", simulator_voice.add_referrals),
    ("strangers", simulator_visits.add_strangers),
    ("dialogue", simulator_dialogue.add_dialogue),
    ("chats", simulator_chats.add_chats),
)
_RATE_NOW, _RATE_STEP = 1.155, 0.006
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Simulation:
    """A year that was lived through: its world, with the truth, and its events in order of time."""

    world: World
    events: list[Event]

    @property
    def truth(self) -> Truth:
        """What is true of each customer."""
        return self.world.truth


@dataclass(frozen=True, slots=True)
class WireEvent:
    """An event as bytes of the Segment wire."""

    call: str
    body: bytes
    at_us: int


def simulate(plan: Plan) -> Simulation:
    """Live through a year that ends at `plan.now_us`."""
    world = make_world(plan)
    for name, add in PARTS:
        add(world, world.stream(name))
    now_us = plan.now_us
    events = sorted((each for each in world.events if each.at_us <= now_us), key=lambda each: each.at_us)
    return Simulation(world, events)


def list_rates(plan: Plan) -> list[tuple[date, Decimal]]:
    """Give what a pound was worth in euros, week by week through the year and a little before."""
    rng = np.random.default_rng([plan.seed, 7])
    last = periods.instant_at(plan.now_us).date().toordinal()
    days = range(last - 7 * 56, last + 1, 7)
    walk = _RATE_NOW + np.cumsum(rng.normal(0, _RATE_STEP, len(days)))
    return [(date.fromordinal(day), Decimal(f"{rate:.4f}")) for day, rate in zip(days, walk.tolist(), strict=True)]


def to_wire(simulation: Simulation) -> Iterator[WireEvent]:
    """Write the events as the wire has them; message ids repeat with the plan, so repeating a filling adds nothing."""
    space = uuid.uuid5(uuid.NAMESPACE_URL, f"{simulation.world.plan}")
    for number, event in enumerate(simulation.events):
        said: dict[str, Any] = {
            "type": event.call,
            "messageId": f"sim-{space.hex[:12]}-{number}",
            "timestamp": _iso(event.at_us),
        }
        for name, value in (("userId", event.user), ("anonymousId", event.visitor), ("traits", event.traits)):
            if value is not None:
                said[name] = value
        if event.call == "track":
            said["event"] = event.name
        if event.properties:
            said["properties"] = event.properties
        if event.campaign:
            said["context"] = {"campaign": event.campaign}
        yield WireEvent(event.call, _encode(said), event.at_us)


def _iso(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
