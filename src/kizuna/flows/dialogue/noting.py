"""A call, a fax, a letter or a meeting noted by hand becomes a conversation, with what it cost booked to the customer.

The fact itself is told by flows.contacts, in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.conversations import desk, teams, threads
from kizuna.conversations.threads import Author, Direction, NewConversation, NewMessage, State
from kizuna.customers import links
from kizuna.flows import investing
from kizuna.flows.dialogue import news
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Message
    from kizuna.shops.models import Person, Shop


@dataclass(frozen=True, slots=True)
class NotedContact:
    """What was noted; `open` keeps the conversation in the inbox because somebody must come back to them."""

    identity_id: int
    channel: str
    inbound: bool
    at: datetime
    subject: str
    text: str
    minutes: int
    token: str
    open: bool = False


def note_contact(shop: "Shop", told: NotedContact, person: "Person | None", now: datetime) -> "Message":
    """Make a conversation of a noted contact; call it once per token, inside the caller's transaction."""
    now_us, at_us = periods.epoch_us(now), periods.epoch_us(told.at)
    owner = links.customers_of(shop.pk, [told.identity_id]).get(told.identity_id)
    subject = told.subject or " ".join(told.text.split())[:80]
    team = teams.ensure_default(shop.pk)
    new = NewConversation(team.pk, told.channel, subject, told.identity_id, owner)
    conversation = threads.open_conversation(shop.pk, new, at_us)
    entry = NewMessage(
        Direction.IN if told.inbound else Direction.OUT,
        Author.CUSTOMER if told.inbound else Author.PERSON,
        told.text,
        at_us,
        subject=told.subject,
        person_id=None if person is None else person.pk,
        identity_id=told.identity_id,
        client_id=told.token[:64],
        remarks={"noted": True},
    )
    message, _ = threads.append(shop.pk, conversation.pk, entry, now_us)
    if not told.open:
        desk.set_state(threads.lock(shop.pk, conversation.pk), State.CLOSED, now_us)
    investing.book_message(shop, message.pk, told.channel, now)
    if told.minutes:
        investing.book_minutes(shop, conversation.pk, person, told.minutes * 60, now, f"contact-{told.token}"[:90])
    news.tell(shop.pk, conversation.pk)
    return message
