"""Weeks of a live desk written straight into the tables: known arrivals, patience and seats, for tests of staffing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from kizuna.conversations import teams
from kizuna.conversations.models import Channel, Conversation, Seat, Spell, State, Turn
from kizuna.science import periods, queue_trial
from kizuna.science.queue_trial import Scene
from kizuna.shops.models import Person, Shop
from kizuna.tables import public_ids

SECOND_US = 1_000_000


@dataclass(frozen=True)
class Truth:
    """What the weeks were made of: chats an hour in the busy and the other hours, mean seconds, operators who sat."""

    busy: float = 24.0
    quiet: float = 6.0
    chat_s: float = 480.0
    patience_s: float = 180.0
    at_once: int = 3
    busy_hours: range = range(10, 14)
    open_hours: range = range(9, 17)


def fill(shop: Shop, people: list[Person], now: datetime, weeks: int = 4, truth: Truth | None = None) -> int:
    """Write weeks of chats up to today; returns how many. Everybody sits in the busy hours, the first one all day."""
    truth = truth or Truth()
    zone, randomness = ZoneInfo(shop.timezone), np.random.default_rng(4)
    today = now.astimezone(zone).date()
    turns: list[Turn] = []
    for back in range(7 * weeks, 0, -1):
        day = today - timedelta(days=back)
        if day.weekday() < 5:
            for hour in truth.open_hours:
                start = periods.epoch_us(datetime(day.year, day.month, day.day, hour, tzinfo=zone))
                turns += _hour(shop, people, start, hour in truth.busy_hours, (truth, randomness))
    team = teams.ensure_default(shop.pk)
    made = Conversation.objects.bulk_create(
        Conversation(
            shop=shop,
            public_id=public_ids.make(turn.entered_us),
            team=team,
            channel=Channel.CHAT,
            state=State.CLOSED,
            opened_us=turn.entered_us,
            last_message_us=turn.entered_us,
        )
        for turn in turns
    )
    for turn, conversation in zip(turns, made, strict=True):
        turn.conversation = conversation
    Turn.objects.bulk_create(turns)
    for person in people:
        Seat.objects.get_or_create(shop=shop, person=person, defaults={"capacity": truth.at_once})
    return len(turns)


def _hour(
    shop: Shop, people: list[Person], start: int, busy: bool, drawn: tuple[Truth, np.random.Generator]
) -> list[Turn]:
    truth, randomness = drawn
    sitting = people if busy else people[:1]
    for person in sitting:
        Spell.objects.create(shop=shop, person=person, state="available", from_us=start, to_us=start + 3600 * SECOND_US)
    rate = (truth.busy if busy else truth.quiet) / 3600
    scene = Scene(rate, truth.chat_s, truth.patience_s, truth.at_once * len(sitting), [(1.0, 1.0)])
    callers = queue_trial.draw(scene, int(randomness.poisson(rate * 3600)), randomness)
    seen = queue_trial.simulate(scene, callers, first_come=True)
    made = []
    for place, at in enumerate(callers.at.tolist()):
        entered = start + round(at * SECOND_US) % (3600 * SECOND_US)
        gone = entered + round(seen.waited[place] * SECOND_US)
        served = bool(seen.served[place])
        made.append(
            Turn(
                shop=shop,
                state="ended" if served else "abandoned",
                end="closed" if served else "left",
                waited_since_us=entered,
                entered_us=entered,
                served_us=gone if served else None,
                person=sitting[0] if served else None,
                ended_us=gone + round(callers.service[place] * SECOND_US) if served else gone,
            )
        )
    return made
