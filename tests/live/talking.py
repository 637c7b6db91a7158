"""Visitors who chat: a conversation of the channel chat with its state and a turn, made from the rooms themselves."""

from typing import Any

from kizuna.conversations import threads
from kizuna.conversations.models import ChatState, Conversation, Seat, SeatState, Turn, TurnState
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.customers import identity, links
from kizuna.customers.identity import IdentityKind
from kizuna.science import periods
from kizuna.shops.models import Person
from tests.dialogue.making import NOW, Desk

NOW_US = periods.epoch_us(NOW)


def open_chat(desk: Desk, *words: str, visitor: str = "visitor-1", at_us: int = NOW_US, **state: Any) -> Conversation:
    """Let a visitor open a chat and write."""
    known = identity.ensure(desk.shop.pk, IdentityKind.VISITOR, [visitor], [at_us])[visitor]
    owner = links.customers_of(desk.shop.pk, [known])[known]
    new = NewConversation(desk.team.pk, Channel.CHAT, "", known, owner)
    conversation = threads.open_conversation(desk.shop.pk, new, at_us)
    ChatState.objects.create(conversation=conversation, **state)
    for place, text in enumerate(words):
        say(conversation, text, f"{visitor}-{place}", at_us)
    conversation.refresh_from_db()
    return conversation


def say(conversation: Conversation, text: str, client_id: str, at_us: int = NOW_US) -> None:
    """Let the visitor write once more."""
    entry = NewMessage(
        Direction.IN, Author.CUSTOMER, text, at_us, identity_id=conversation.identity_id, client_id=client_id
    )
    threads.append(conversation.shop_id, conversation.pk, entry, at_us)


def wait_in_queue(conversation: Conversation, at_us: int = NOW_US) -> Turn:
    """Let a chat wait."""
    return Turn.objects.create(
        shop_id=conversation.shop_id,
        conversation=conversation,
        team_id=conversation.team_id,
        state=TurnState.WAITING,
        waited_since_us=at_us,
        entered_us=at_us,
    )


def sit(desk: Desk, person: Person, state: str = SeatState.AVAILABLE, seen_us: int = NOW_US) -> Seat:
    """Let somebody sit at the desk."""
    return Seat.objects.create(shop=desk.shop, person=person, state=state, since_us=seen_us, seen_us=seen_us)
