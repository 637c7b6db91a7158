"""What customers write on the premium site: an entry of a conversation with their operator, like any other.

Their operator is who answered them last; nobody yet, and the default team takes it.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from kizuna.bus import notes
from kizuna.conversations import talks_of, teams, threads
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.customers import links
from kizuna.flows import happenings, hearing
from kizuna.flows.happenings import Happening
from kizuna.science import periods
from kizuna.shops.tenants import Refused

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation, Message
    from kizuna.shops.models import Shop

LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Writer:
    """The customer who writes: who they are, and all their identities."""

    customer_id: int
    identity_id: int
    identity_ids: tuple[int, ...]
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What they write; `token` makes a form sent twice one message."""

    text: str
    subject: str = ""
    token: str = ""
    conversation: UUID | None = None


@transaction.atomic
def write(shop: "Shop", who: Writer, said: Words, now: datetime) -> "Message":
    """Store what a customer writes, in their conversation or a new one. Raises Refused and threads.NotThere."""
    text = said.text.strip().replace("\x00", "")
    if not text:
        raise Refused("text", "write a few words")
    if len(text) > LONGEST_TEXT:
        raise Refused("text", f"use at most {LONGEST_TEXT} characters")
    now_us = periods.epoch_us(now)
    links.lock(shop.pk)
    conversation = _find_or_open(shop, who, said, now_us)
    new = NewMessage(
        Direction.IN,
        Author.CUSTOMER,
        text,
        now_us,
        channel=Channel.PORTAL,
        identity_id=who.identity_id,
        from_address=who.email,
        from_name=who.name,
        client_id=said.token[:64],
    )
    message, is_new = threads.append(shop.pk, conversation.pk, new, now_us)
    if is_new:
        told = {"conversation_id": str(conversation.public_id), "subject": conversation.subject}
        key = f"written-{message.public_id}"
        happenings.record(shop, Happening("Message Written", who.identity_id, now_us, key, told), now_us)
        hearing.hear(shop, message, now)
        body: dict[str, object] = {"conversation": conversation.pk}
        transaction.on_commit(partial(notes.publish, f"shop:{shop.pk}:inbox", body))
    return message


def _find_or_open(shop: "Shop", who: Writer, said: Words, now_us: int) -> "Conversation":
    if said.conversation is not None:
        return talks_of.get(shop.pk, who.identity_ids, said.conversation)
    if said.token:
        known = talks_of.find_by_token(shop.pk, who.identity_ids, said.token[:64])
        if known is not None:
            return known
    subject = " ".join(said.subject.split()) or " ".join(said.text.split())[:60]
    new = NewConversation(
        teams.ensure_default(shop.pk).pk,
        Channel.PORTAL,
        subject,
        who.identity_id,
        who.customer_id,
        assignee_id=talks_of.find_operator(shop.pk, who.identity_ids),
    )
    return threads.open_conversation(shop.pk, new, now_us)
