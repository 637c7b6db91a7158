"""Who is served next and by whom: entering the queue, giving chats to free operators, claiming, taking back.

Locks are taken in one order everywhere: conversation, turn, seat. What is planned is read without locks; each gift is a
transaction of its own that looks again, so that two processes give a chat once. What is told is flows.live.news.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import desk, threads
from kizuna.conversations.desk import Refused, Taken
from kizuna.conversations.live import seats, turns
from kizuna.conversations.live.seats import Sitting
from kizuna.conversations.live.turns import NewTurn, TurnState
from kizuna.conversations.threads import Author, Channel, Direction, Kind, NewMessage, State
from kizuna.flows.dialogue import news as inbox_news
from kizuna.flows.live import news, valuing
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation, Turn
    from kizuna.shops.models import Person, Shop

__all__ = ["Refused", "Taken"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """A line in the thread about who has a chat: its name for machines, and its words."""

    happening: str
    text: str


def enter(shop: "Shop", conversation: "Conversation", now: datetime, wanted: "Person | None" = None) -> "Turn":
    """Let a chat wait for a person, the one wanted first; one that waits or is served already keeps its turn.

    Call it inside the transaction that holds the conversation's lock; free operators are looked for after its commit.
    """
    found = turns.find_under_way(conversation.pk)
    if found is not None:
        return found
    now_us = periods.epoch_us(now)
    state = getattr(conversation, "chat", None)
    context = {} if state is None else state.context
    risk = valuing.reckon(shop, conversation, context, now_us)
    made = turns.enter(
        NewTurn(
            shop.pk,
            conversation.pk,
            conversation.team_id,
            language="" if state is None else state.language,
            skill=str(context.get("skill") or "")[:40],
            wanted_id=wanted.pk if wanted else conversation.assignee_id or turns.find_last_operator(conversation),
            value_minor=risk.value_minor,
            worth=risk.worth,
        ),
        now_us,
    )
    news.tell(shop.pk, conversation.pk)
    news.tell_desk(shop.pk, "queue")
    soon(shop, now)
    return made


def soon(shop: "Shop", now: datetime) -> None:
    """Look for free operators after the caller's commit; should that fail, the pump looks within a second."""
    transaction.on_commit(partial(route, shop, now), robust=True)


def route(shop: "Shop", now: datetime) -> "list[tuple[Turn, Person]]":
    """Give whoever waits to whoever is free, the most worth saving first; says what was given.

    Call it outside any transaction. What somebody else gave or claimed meanwhile is left to them; a chat that fails
    waits on and the others are given.
    """
    now_us = periods.epoch_us(now)
    waiting = turns.list_waiting(shop.pk, now_us)
    if not waiting:
        return []
    sitting = [each for each in seats.list_seats(shop.pk) if each.takes and not seats.is_gone(each.seen_us, now_us)]
    passed = turns.list_passed_over([each.conversation_id for each in waiting])
    free = {each.person.pk: each.free for each in sitting}
    given = []
    for turn in waiting:
        chosen = choose(turn, sitting, free, {person for chat, person in passed if chat == turn.conversation_id})
        if chosen is None:
            continue
        try:
            is_given = _give_by_itself(shop, turn, chosen, now)
        except Exception:
            _log.exception("chat %d could not be given to anybody", turn.conversation_id)
            continue
        if is_given:
            given.append((turn, chosen.person))
            free[chosen.person.pk] -= 1
    return given


def choose(turn: "Turn", sitting: Sequence[Sitting], free: dict[int, int], passed: set[int]) -> Sitting | None:
    """Choose who gets a chat: the operator of last time, else whoever has the largest share of their places free.

    Language, skill and department are asked for as long as anybody at work has them. Who gave it back, or was silent,
    gets it again only where nobody else is at work.
    """
    able = _narrow(list(sitting), lambda each: each.speaks(turn.language))
    able = _narrow(able, lambda each: not turn.skill or turn.skill.casefold() in map(str.casefold, each.skills))
    able = _narrow(able, lambda each: turn.team_id is None or turn.team_id in each.team_ids)
    able = _narrow(able, lambda each: each.person.pk not in passed)
    ready = [each for each in able if free[each.person.pk] > 0]
    if not ready:
        return None
    return min(
        ready,
        key=lambda each: (
            each.person.pk != turn.wanted_id,
            -free[each.person.pk] / max(1, each.capacity),
            each.last_given_us,
            each.person.pk,
        ),
    )


@transaction.atomic
def claim(shop: "Shop", conversation_id: int, person: "Person", now: datetime) -> "Turn":
    """Let somebody have a chat that waits, by their own choice, also beyond their number of chats.

    A chat without a turn (its visitor had gone, or it goes on by mail) begins one. Raises Taken where somebody else
    has it, Refused where it is no open chat or they have too many, threads.NotThere.
    """
    conversation = threads.lock(shop.pk, conversation_id)
    if conversation.channel != Channel.CHAT or conversation.state not in (State.OPEN, State.SNOOZED):
        raise Refused("this is no open chat")
    turn = turns.lock_under_way(conversation.pk)
    if turn is None:
        turn = enter(shop, conversation, now)
    if turn.state == TurnState.SERVED:
        if turn.person_id != person.pk:
            raise Taken("somebody else has taken it")
        return turn
    if seats.count_chats(shop.pk)[person.pk] >= seats.MOST_AT_ONCE:
        raise Refused(f"you have {seats.MOST_AT_ONCE} chats already: close one first")
    hand_over(shop, conversation, turn, person, now)
    return turn


def hand_over(shop: "Shop", conversation: "Conversation", turn: "Turn", person: "Person", now: datetime) -> None:
    """Let somebody have a turn that waits; conversation and turn are locked."""
    now_us = periods.epoch_us(now)
    turns.give(turn, person.pk, now_us)
    seat = seats.ensure(shop.pk, person.pk)
    seat.last_given_us = now_us
    seat.save(update_fields=["last_given_us"])
    desk.give(conversation, person.pk)
    note(shop, conversation, Told("claimed", f"{person.name or person.email} has it now"), person, now)


def put_back(shop: "Shop", conversation: "Conversation", turn: "Turn", told: Told, now: datetime) -> "Turn":
    """End a locked turn and let the chat wait again, as old as it was and for nobody in particular."""
    turns.end_of(conversation.pk, told.happening, periods.epoch_us(now))
    desk.give(conversation, None)
    made = begin_again(shop, conversation, turn, now)
    note(shop, conversation, told, None, now)
    soon(shop, now)
    return made


def begin_again(shop: "Shop", conversation: "Conversation", ended: "Turn", now: datetime) -> "Turn":
    """Let a chat wait once more, as old and as much worth as it was; the conversation is locked."""
    return turns.enter(
        NewTurn(
            shop.pk,
            conversation.pk,
            conversation.team_id,
            language=ended.language,
            skill=ended.skill,
            value_minor=ended.value_minor,
            worth=ended.worth,
            waited_since_us=ended.waited_since_us,
        ),
        periods.epoch_us(now),
    )


def note(shop: "Shop", conversation: "Conversation", told: Told, person: "Person | None", now: datetime) -> None:
    """Leave a line in the thread, and tell the panel and every console."""
    now_us = periods.epoch_us(now)
    entry = NewMessage(
        Direction.WITHIN,
        Author.MACHINE if person is None else Author.PERSON,
        told.text,
        now_us,
        kind=Kind.HAPPENING,
        person_id=None if person is None else person.pk,
        remarks={"happening": told.happening},
    )
    threads.append(shop.pk, conversation.pk, entry, now_us)
    inbox_news.tell(shop.pk, conversation.pk)
    news.tell(shop.pk, conversation.pk)
    news.tell_desk(shop.pk, "queue")


def _narrow(sitting: list[Sitting], holds: Callable[[Sitting], bool]) -> list[Sitting]:
    """Keep whom a wish holds for, or everybody where it holds for nobody at work."""
    return [each for each in sitting if holds(each)] or sitting


def _give_by_itself(shop: "Shop", found: "Turn", chosen: Sitting, now: datetime) -> bool:
    """Give a planned chat if it still waits and there is still a place."""
    with transaction.atomic():
        conversation = threads.lock(shop.pk, found.conversation_id)
        turn = turns.lock_under_way(found.conversation_id)
        if (
            turn is None
            or turn.pk != found.pk
            or turn.state != TurnState.WAITING
            or conversation.pk != turn.conversation_id
        ):
            return False
        if not seats.has_place(seats.ensure(shop.pk, chosen.person.pk)):
            return False
        hand_over(shop, conversation, turn, chosen.person, now)
    return True
