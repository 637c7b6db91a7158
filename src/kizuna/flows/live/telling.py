"""Where a chat stands, as its panel is told: who answers, which place in the queue, how long it may take.

Never what the place was reckoned from. Many chats of a shop are described at once, because one who is served moves all
who wait behind them.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kizuna.conversations.live import keys, queue_terms, shown, state, turns
from kizuna.conversations.live.keys import Chat
from kizuna.conversations.live.turns import TurnState
from kizuna.flows.live import deferring
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


def opening_hours(shop: "Shop", now: datetime) -> dict[str, Any]:
    """Say whether a chat can begin now (`open`), whether somebody sits there (`there`), and when somebody will.

    In working hours one may write and wait although the desk is empty for a moment, but nobody is said to be there.
    """
    found = deferring.availability(shop, now)
    opens_at = None if found.opens_us is None else shown.iso(found.opens_us)
    return {"open": not found.is_over, "there": found.is_open, "opens_at": opens_at}


def states(shop: "Shop", conversation_ids: Collection[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Describe where chats stand; those that are not there are left out."""
    chats = keys.list_by_number(shop.pk, conversation_ids)
    if not chats:
        return {}
    now_us = periods.epoch_us(now)
    under_way = {turn.conversation_id: turn for turn in turns.list_under_way([chat.id for chat in chats])}
    waits = any(turn.state == TurnState.WAITING for turn in under_way.values())
    places = turns.places(shop.pk, turns.list_waiting(shop.pk, now_us), now_us) if waits else {}
    longest_s = queue_terms.read(shop.pk).overflow_wait_us / queue_terms.SECOND_US
    marks = state.list_marks([chat.id for chat in chats])
    there = opening_hours(shop, now)
    told: dict[int, dict[str, Any]] = {}
    for chat in chats:
        turn = under_way.get(chat.id)
        each: dict[str, Any] = {"state": chat.state, "person": None, **there}
        if turn is not None and turn.state == TurnState.WAITING:
            place = places.get(turn.pk)
            each["state"] = "waiting"
            if place is not None:
                each.update(position=place.position, expected_wait_s=place.expected_wait_s)
                each["overflow"] = place.expected_wait_s is None or place.expected_wait_s > longest_s
        elif turn is not None and turn.person is not None:
            each.update(state="served", person={"name": turn.person.name})
        elif chat.is_open and chat.id in marks and marks[chat.id].by_mail_since_us is not None:
            each["state"] = "mail"
        if chat.id in marks:
            each["read"] = marks[chat.id].seen_number
        told[chat.id] = each
    return told


def describe(shop: "Shop", chat: Chat, most: int, now: datetime) -> dict[str, Any]:
    """Describe a chat with its newest entries, as its visitor may see it."""
    entries = [each for message in shown.list_last(chat.id, most) if (each := shown.show_stored(message))]
    stands = states(shop, [chat.id], now).get(chat.id, {"state": chat.state})
    return {"id": str(chat.public_id), "number": chat.last_number, "messages": entries, **stands}
