"""Closing a chat: its minutes booked once, its turn ended, the visitor asked how it was, the operator given the next.

One transaction, under the conversation's lock; closing it again, here or on any other page, changes nothing.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import threads
from kizuna.conversations.live import turns
from kizuna.conversations.live.turns import TurnState
from kizuna.flows.dialogue import handling
from kizuna.flows.live import asking, news, presence, routing
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Turn
    from kizuna.shops.models import Person, Shop

CLOSED, LEFT = "closed", "left"


@transaction.atomic
def close(shop: "Shop", conversation_id: int, person: "Person | None", now: datetime, why: str = CLOSED) -> bool:
    """Close a chat, for its operator or because the visitor left; False where it was closed.

    Raises Taken where somebody else serves it, threads.NotThere.
    """
    conversation = threads.lock(shop.pk, conversation_id)
    handling.check_turn(conversation, person)
    ended = end_turn(conversation.pk, why, now)
    if not handling.close(shop, conversation.pk, person, now):
        return False
    asking.ask(shop, conversation, now)
    if ended is not None and ended.person_id is not None:
        presence.wrap_up(shop, ended.person_id, now)
    news.tell(shop.pk, conversation.pk)
    news.tell_desk(shop.pk, "queue")
    routing.soon(shop, now)
    return True


def end_turn(conversation_id: int, why: str, now: datetime) -> "Turn | None":
    """End the turn of a chat; one who leaves before a person had it has given up. In the caller's transaction."""
    turn = turns.lock_under_way(conversation_id)
    if turn is None:
        return None
    gave_up = turn.state == TurnState.WAITING and why == LEFT
    state = TurnState.ABANDONED if gave_up else TurnState.ENDED
    return turns.end_of(conversation_id, why, periods.epoch_us(now), state)


@transaction.atomic
def left(shop: "Shop", conversation_id: int, now: datetime) -> bool:
    """Let a visitor leave the queue by their own word; the chat stays open. False where they did not wait."""
    conversation = threads.lock(shop.pk, conversation_id)
    turn = turns.lock_under_way(conversation.pk)
    if turn is None or turn.state != TurnState.WAITING:
        return False
    end_turn(conversation.pk, LEFT, now)
    routing.note(shop, conversation, routing.Told("left", "left before somebody had time"), None, now)
    return True
