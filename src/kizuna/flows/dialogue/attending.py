"""A conversation in front of people: who sees it and types, their minutes, and the minutes booked when it is closed.

Presence is a hint that ends by itself; minutes are booked once per person and sitting (flows.investing).
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import attention, drafts, threads
from kizuna.flows import investing
from kizuna.flows.dialogue import news
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.shops.models import Person, Shop


@transaction.atomic
def beat(
    shop: "Shop", conversation: "Conversation", person: "Person", seconds: int, now: datetime, *, types: bool
) -> None:
    """Note that somebody has a conversation in front of them and for how many seconds since the last beat."""
    now_us = periods.epoch_us(now)
    if attention.beat(conversation, person.pk, seconds, types=types, now_us=now_us):
        news.tell(shop.pk, conversation.pk, viewing=True)


@transaction.atomic
def leave(shop: "Shop", conversation: "Conversation", person: "Person") -> None:
    """Note that somebody has left the page."""
    if attention.leave(conversation, person.pk):
        news.tell(shop.pk, conversation.pk, viewing=True)


@transaction.atomic
def keep_draft(
    shop: "Shop", conversation: "Conversation", person: "Person", text: str, now: datetime, *, is_note: bool
) -> None:
    """Keep what somebody has typed so far."""
    drafts.keep(shop.pk, conversation.pk, person.pk, text, periods.epoch_us(now), is_note=is_note)


@transaction.atomic
def set_minutes(shop: "Shop", conversation_id: int, person: "Person", minutes: float, now: datetime) -> None:
    """Correct how long a conversation took somebody, before it is booked."""
    conversation = threads.lock(shop.pk, conversation_id)
    attention.set_seconds(conversation, person.pk, round(minutes * 60))
    news.tell(shop.pk, conversation.pk)


def book(shop: "Shop", conversation_id: int, now: datetime) -> None:
    """Book what was measured and is not booked yet; call it inside the transaction that closes the conversation."""
    for each in attention.end(conversation_id, periods.epoch_us(now)):
        investing.book_minutes(shop, conversation_id, each.person, each.seconds, now, f"attention-{each.pk}")
