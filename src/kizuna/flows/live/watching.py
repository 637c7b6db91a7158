"""What time does to the live queue, each second: the silent give back, who left is let go, hours end.

Runs on one worker at a time; every step looks again under its locks, so that running twice changes nothing. One shop,
chat or seat that fails stops none of the others and is looked at again in the next second.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import attention, threads
from kizuna.conversations.live import queue_terms, seats, turns
from kizuna.conversations.live.queue_terms import ABANDONED_US, QueueTerms
from kizuna.conversations.live.seats import SeatState
from kizuna.conversations.live.turns import TurnState
from kizuna.conversations.threads import State
from kizuna.flows.live import deferring, news, presence, routing
from kizuna.flows.live.routing import Told
from kizuna.jobs import standing
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation, Seat, Turn
    from kizuna.shops.models import Shop

_log = logging.getLogger(__name__)


@standing.pump("live.route", interval_s=1.0)
def watch(now: datetime) -> bool:
    """Go through every shop in which anybody sits or waits; there is never more to do at once."""
    at_work: dict[int, list[Seat]] = {}
    for seat in seats.list_at_work():
        at_work.setdefault(seat.shop_id, []).append(seat)
    shops = sorted(turns.list_shops_under_way() | at_work.keys())
    _each(shops, lambda each: watch_shop(tenants.get_shop_by_id(each), at_work.get(each, []), now))
    return False


def watch_shop(shop: "Shop", sitting: "list[Seat]", now: datetime) -> None:
    """Do for one shop what is due now."""
    _each(sitting, lambda seat: presence.settle(shop, seat, now))
    _each(turns.list_left_over(shop.pk), lambda turn: _let_go(shop, turn, now))
    terms = queue_terms.read(shop.pk)
    silent = [turn for turn in turns.list_served(shop.pk) if turn.conversation.awaits_us]
    _each(silent, lambda turn: take_back(shop, turn, terms, now))
    waiting = turns.list_waiting(shop.pk, periods.epoch_us(now))
    _each(waiting, lambda turn: _abandon(shop, turn, now))
    _each(turns.list_returned(shop.pk, periods.epoch_us(now)), lambda turn: _take_up(shop, turn, now))
    _end_hours(shop, waiting, now)
    routing.route(shop, now)


def _each[T](found: Iterable[T], act: Callable[[T], object]) -> None:
    """Do something with each, whatever becomes of the others."""
    for one in found:
        try:
            act(one)
        except Exception:
            _log.exception("the live queue could not look after %r", one)


def _end_hours(shop: "Shop", waiting: "list[Turn]", now: datetime) -> None:
    """Take who waits as requests where work is over and nobody is there, not before somebody could have come back."""
    before_us = periods.epoch_us(now) - queue_terms.COMES_BACK_US
    long_enough = [turn for turn in waiting if turn.entered_us <= before_us]
    if long_enough and deferring.availability(shop, now).is_over:
        _each(long_enough, lambda turn: deferring.end_of_hours(shop, turn.conversation_id, now))


def take_back(shop: "Shop", found: "Turn", terms: QueueTerms, now: datetime) -> bool:
    """Take a chat back from somebody silent for too long, or whose console is gone; who did nothing is away."""
    now_us = periods.epoch_us(now)
    if not _is_silent(found, found.conversation, terms, now_us):
        return False
    with transaction.atomic():
        conversation = threads.lock(shop.pk, found.conversation_id)
        turn = turns.lock_under_way(found.conversation_id)
        if turn is None or turn.pk != found.pk or not _is_silent(turn, conversation, terms, now_us):
            return False
        person_id = turn.person_id
        routing.put_back(shop, conversation, turn, Told("taken_back", "went back to the queue"), now)
        if person_id is not None:
            presence.send_away(shop, person_id, terms.silent_us, now)
    return True


def _is_silent(turn: "Turn", conversation: "Conversation", terms: QueueTerms, now_us: int) -> bool:
    """Whether the visitor waits for a word that does not come."""
    if turn.state != TurnState.SERVED or not conversation.awaits_us:
        return False
    if turn.person_id is None:
        return True
    seat = seats.find(turn.shop_id, turn.person_id)
    if seat is not None and (seat.state == SeatState.OFFLINE or seats.is_gone(seat.seen_us, now_us)):
        return now_us - (turn.served_us or 0) > queue_terms.GONE_US
    since = max(turn.served_us or 0, conversation.waiting_since_us or 0)
    if now_us - since <= terms.silent_us:
        return False
    return now_us - attention.typed_us(conversation.pk, turn.person_id) > terms.silent_us


def _abandon(shop: "Shop", found: "Turn", now: datetime) -> None:
    """Let go who left before a person had them; the wait ended when their panel was last there."""
    now_us = periods.epoch_us(now)
    if _left_us(found, found.conversation, now_us) is None:
        return
    with transaction.atomic():
        conversation = threads.lock(shop.pk, found.conversation_id)
        turn = turns.lock_under_way(conversation.pk)
        if turn is None or turn.pk != found.pk or turn.state != TurnState.WAITING:
            return
        left_us = _left_us(turn, conversation, now_us)
        if left_us is not None:
            turns.end_of(conversation.pk, turns.GONE, left_us, TurnState.ABANDONED)
            routing.note(shop, conversation, Told("left", "left before somebody had time"), None, now)


def _take_up(shop: "Shop", gone: "Turn", now: datetime) -> None:
    """Let somebody whose panel is back wait on, as long as they have waited in all."""
    with transaction.atomic():
        conversation = threads.lock(shop.pk, gone.conversation_id)
        if conversation.state == State.OPEN and turns.lock_under_way(conversation.pk) is None:
            routing.begin_again(shop, conversation, gone, now)
            routing.note(shop, conversation, Told("returned", "is back and waits on"), None, now)


def _left_us(turn: "Turn", conversation: "Conversation", now_us: int) -> int | None:
    """When the visitor's panel was last there, if that is too long ago."""
    state = getattr(conversation, "chat", None)
    seen_us = max(turn.entered_us, 0 if state is None else state.visitor_seen_us)
    return seen_us if now_us - seen_us > ABANDONED_US else None


@transaction.atomic
def _let_go(shop: "Shop", turn: "Turn", now: datetime) -> None:
    """End the turn of a chat that was closed, or merged into another conversation, on some other page."""
    turns.end_of(turn.conversation_id, "closed", periods.epoch_us(now))
    news.tell(shop.pk, turn.conversation_id)
    news.tell_desk(shop.pk, "queue")
