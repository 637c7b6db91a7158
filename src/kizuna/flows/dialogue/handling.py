"""What is done with a conversation: whose it is, how it stands, its tags. Each leaves a line in the thread.

One transaction per call, under the conversation's lock. Merging and splitting are in flows.dialogue.joining.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import chat_turns, desk, teams, threads
from kizuna.conversations.desk import Refused, Taken
from kizuna.conversations.threads import Author, Channel, Direction, Kind, NewMessage, State
from kizuna.flows.dialogue import attending, news
from kizuna.jobs import standing
from kizuna.science import periods
from kizuna.shops import members

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.shops.models import Person, Shop

__all__ = ["Refused", "Taken"]

LONGEST_SNOOZE = timedelta(days=366)
WOKEN_AT_ONCE = 100


@transaction.atomic
def assign(shop: "Shop", conversation_id: int, to: "Person | None", person: "Person | None", now: datetime) -> bool:
    """Let a conversation be somebody's who works for the shop, or nobody's. Raises Refused."""
    if to is not None and all(member.person_id != to.pk for member in members.list_members(shop)):
        raise Refused("this person does not work for the shop")
    conversation = threads.lock(shop.pk, conversation_id)
    if not desk.give(conversation, None if to is None else to.pk):
        return False
    told = "is nobody's now" if to is None else f"is {to.name or to.email}'s now"
    _tell(shop, conversation, "assigned", told, person, now)
    return True


@transaction.atomic
def take(shop: "Shop", conversation_id: int, person: "Person", now: datetime) -> bool:
    """Take a conversation that is nobody's. Raises Taken where somebody else was quicker."""
    conversation = threads.lock(shop.pk, conversation_id)
    if not desk.take(conversation, person.pk):
        return False
    _tell(shop, conversation, "assigned", f"is {person.name or person.email}'s now", person, now)
    return True


@transaction.atomic
def hand_to(shop: "Shop", conversation_id: int, team_public_id: str, person: "Person | None", now: datetime) -> bool:
    """Hand a conversation to another team. Raises teams.NotThere."""
    team = teams.get(shop.pk, team_public_id)
    conversation = threads.lock(shop.pk, conversation_id)
    if not desk.hand_to(conversation, team.pk):
        return False
    _tell(shop, conversation, "handed", f"went to {team.name}", person, now)
    return True


@transaction.atomic
def close(shop: "Shop", conversation_id: int, person: "Person | None", now: datetime) -> bool:
    """Close a conversation; the time it was in front of people is booked to the customer. Raises Taken."""
    changed = _set_state(shop, conversation_id, State.CLOSED, "was closed", person, now)
    if changed:
        attending.book(shop, conversation_id, now)
    return changed


@transaction.atomic
def reopen(shop: "Shop", conversation_id: int, person: "Person | None", now: datetime) -> bool:
    """Open a conversation again: a closed one, one that rests, or one that was no spam."""
    conversation = threads.lock(shop.pk, conversation_id)
    changed = _set_state(shop, conversation.pk, State.OPEN, "was opened again", person, now)
    if changed:
        threads.rebuild(threads.lock(shop.pk, conversation.pk))
    return changed


@transaction.atomic
def snooze(shop: "Shop", conversation_id: int, until: datetime, person: "Person | None", now: datetime) -> bool:
    """Let a conversation rest until an instant; a word of the customer wakes it. Raises Refused."""
    if not now < until <= now + LONGEST_SNOOZE:
        raise Refused("choose a time within the next year")
    conversation = threads.lock(shop.pk, conversation_id)
    if not desk.set_state(conversation, State.SNOOZED, periods.epoch_us(now), periods.epoch_us(until)):
        return False
    _tell(shop, conversation, "snoozed", "rests", person, now, until_us=periods.epoch_us(until))
    return True


@transaction.atomic
def mark_spam(shop: "Shop", conversation_id: int, person: "Person | None", now: datetime) -> bool:
    """Call a conversation spam: no inbox shows it, and nothing its sender writes opens it. Raises Taken."""
    return _set_state(shop, conversation_id, State.SPAM, "was called spam", person, now)


@transaction.atomic
def tag(shop: "Shop", conversation_id: int, name: str, person: "Person | None", now: datetime) -> bool:
    """Put a tag on a conversation. Raises Refused."""
    conversation = threads.lock(shop.pk, conversation_id)
    changed = desk.tag(conversation, name)
    if changed:
        news.tell(shop.pk, conversation.pk)
    return changed


@transaction.atomic
def untag(shop: "Shop", conversation_id: int, name: str, person: "Person | None", now: datetime) -> bool:
    """Take a tag off a conversation."""
    conversation = threads.lock(shop.pk, conversation_id)
    changed = desk.untag(conversation, name)
    if changed:
        news.tell(shop.pk, conversation.pk)
    return changed


def check_turn(conversation: "Conversation", person: "Person | None") -> None:
    """Let nobody act in a chat that somebody else serves; the conversation is locked. Raises Taken with who that is."""
    if person is None or conversation.channel != Channel.CHAT:
        return
    turn = chat_turns.find_anothers(conversation.pk, person.pk)
    if turn is not None and turn.person is not None:
        raise Taken(f"this chat is served by {turn.person.name or turn.person.email}")


@transaction.atomic
def look(shop: "Shop", conversation: "Conversation", person: "Person", now: datetime) -> None:
    """Note that somebody has looked: what names them is seen."""
    desk.see_mentions(conversation, person.pk, now)


@standing.pump("dialogue.wake", interval_s=5.0)
def wake(now: datetime) -> bool:
    """Open what has rested long enough; True where more waits."""
    due = desk.list_to_wake(periods.epoch_us(now), WOKEN_AT_ONCE)
    for each in due:
        _wake(each, now)
    return len(due) == WOKEN_AT_ONCE


@transaction.atomic
def _wake(found: "Conversation", now: datetime) -> None:
    conversation = threads.lock(found.shop_id, found.pk)
    now_us = periods.epoch_us(now)
    if conversation.state != State.SNOOZED or (conversation.snoozed_until_us or 0) > now_us:
        return
    desk.set_state(conversation, State.OPEN, now_us)
    entry = NewMessage(Direction.WITHIN, Author.MACHINE, "has rested long enough", now_us, kind=Kind.HAPPENING)
    threads.append(found.shop_id, conversation.pk, entry, now_us)
    news.tell(found.shop_id, conversation.pk)


def _set_state(
    shop: "Shop", conversation_id: int, state: str, told: str, person: "Person | None", now: datetime
) -> bool:
    conversation = threads.lock(shop.pk, conversation_id)
    check_turn(conversation, person)
    if not desk.set_state(conversation, state, periods.epoch_us(now)):
        return False
    _tell(shop, conversation, state, told, person, now)
    return True


def _tell(
    shop: "Shop",
    conversation: "Conversation",
    happening: str,
    text: str,
    person: "Person | None",
    now: datetime,
    **more: object,
) -> None:
    now_us = periods.epoch_us(now)
    entry = NewMessage(
        Direction.WITHIN,
        Author.MACHINE if person is None else Author.PERSON,
        text,
        now_us,
        kind=Kind.HAPPENING,
        person_id=None if person is None else person.pk,
        remarks={"happening": happening, **more},
    )
    threads.append(shop.pk, conversation.pk, entry, now_us)
    news.tell(shop.pk, conversation.pk)
