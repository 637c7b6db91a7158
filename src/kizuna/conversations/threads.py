"""Opening a conversation and adding to it: numbers without gaps, once per client id, the row kept in step for lists.

Who may, what follows in other rooms and what is sent is not known here. Callers hold the transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from kizuna.conversations import chat_turns, search
from kizuna.conversations.models import Author, Channel, ChatState, Conversation, Direction, Kind, Message, State
from kizuna.tables import public_ids
from kizuna.tables.rows import of_shop

__all__ = ["Author", "Channel", "Direction", "Kind", "NewConversation", "NewMessage", "NotThere", "State"]

LONGEST_SUBJECT = 300
PREVIEW = 200


class NotThere(LookupError):
    """This shop has no such conversation."""


@dataclass(frozen=True, slots=True)
class NewConversation:
    """How a conversation begins."""

    team_id: int
    channel: str
    subject: str = ""
    identity_id: int | None = None
    customer_id: int | None = None
    state: str = State.OPEN
    assignee_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewMessage:
    """An entry to add; `client_id` makes adding it again the same entry."""

    direction: str
    author: str
    text: str
    at_us: int
    kind: str = Kind.MESSAGE
    channel: str = ""
    html: str = ""
    full_text: str = ""
    subject: str = ""
    person_id: int | None = None
    identity_id: int | None = None
    from_address: str = ""
    from_name: str = ""
    to: Sequence[str] = ()
    cc: Sequence[str] = ()
    is_automatic: bool = False
    client_id: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    remarks: Mapping[str, Any] = field(default_factory=dict)


def open_conversation(shop_id: int, new: NewConversation, now_us: int) -> Conversation:
    """Open a conversation without entries; raises IntegrityError where the channel allows one and one is open."""
    return Conversation.objects.create(
        shop_id=shop_id,
        public_id=public_ids.make(now_us),
        team_id=new.team_id,
        identity_id=new.identity_id,
        customer_id=new.customer_id,
        channel=new.channel,
        state=new.state,
        subject=new.subject[:LONGEST_SUBJECT],
        assignee_id=new.assignee_id,
        opened_us=now_us,
        last_message_us=now_us,
    )


def append(shop_id: int, conversation_id: int, new: NewMessage, now_us: int) -> tuple[Message, bool]:
    """Add an entry under the conversation's lock; (it, whether it is new). Raises NotThere.

    A customer's message opens the conversation again, also one that was snoozed or only begun, but not spam; a
    machine's does not.
    """
    conversation = _locked(shop_id, conversation_id)
    if new.client_id:
        known = Message.objects.filter(conversation=conversation, client_id=new.client_id).first()
        if known is not None:
            return known, False
    conversation.last_number += 1
    message = Message.objects.create(
        shop_id=shop_id,
        public_id=public_ids.make(now_us),
        conversation=conversation,
        number=conversation.last_number,
        kind=new.kind,
        direction=new.direction,
        channel=new.channel or conversation.channel,
        author=new.author,
        person_id=new.person_id,
        identity_id=new.identity_id,
        from_address=new.from_address[:320],
        from_name=new.from_name[:200],
        recipients={"to": list(new.to), "cc": list(new.cc)} if new.to or new.cc else {},
        subject=new.subject[:LONGEST_SUBJECT],
        text=new.text,
        full_text=new.full_text,
        html=new.html,
        is_automatic=new.is_automatic,
        at_us=new.at_us,
        stored_us=now_us,
        client_id=new.client_id,
        message_id=new.message_id,
        in_reply_to=new.in_reply_to,
        remarks=dict(new.remarks),
    )
    keep_in_step(conversation, message)
    conversation.save()
    if conversation.channel == Channel.CHAT and new.kind == Kind.MESSAGE and new.author == Author.PERSON:
        chat_turns.note_answer(conversation.pk, new.person_id, new.at_us)
    search.index(message)
    if conversation.channel == Channel.CHAT and new.kind == Kind.MESSAGE:
        ChatState.objects.filter(conversation=conversation, is_behind=False).update(is_behind=True)
    return message, True


def get(shop_id: int, public_id: UUID | str) -> Conversation:
    """Get a conversation by what its address shows; where it was merged, the one it went into. Raises NotThere."""
    try:
        wanted = UUID(str(public_id))
    except ValueError:
        raise NotThere(str(public_id)) from None
    found = _all(shop_id).filter(public_id=wanted).first()
    while found is not None and found.merged_into_id is not None:
        found = _all(shop_id).filter(pk=found.merged_into_id).first()
    if found is None:
        raise NotThere(str(public_id))
    return found


def find(shop_id: int, conversation_id: int) -> Conversation | None:
    """Find a conversation by its number; where it was merged, the one it went into."""
    found = _all(shop_id).filter(pk=conversation_id).first()
    return find(shop_id, found.merged_into_id) if found is not None and found.merged_into_id is not None else found


def rebuild(conversation: Conversation) -> None:
    """Derive what lists and response times read anew from the entries, after some of them came or went."""
    state, snoozed, closed = conversation.state, conversation.snoozed_until_us, conversation.closed_us
    conversation.awaits_us, conversation.preview = False, ""
    conversation.last_inbound_us = conversation.waiting_since_us = None
    conversation.first_inbound_us = conversation.first_response_us = None
    conversation.last_message_us = conversation.opened_us
    for message in Message.objects.filter(conversation=conversation).order_by("at_us", "number"):
        keep_in_step(conversation, message)
    conversation.state, conversation.snoozed_until_us, conversation.closed_us = state, snoozed, closed
    if state not in (State.OPEN, State.SNOOZED):
        conversation.awaits_us, conversation.waiting_since_us = False, None
    conversation.save()


def lock(shop_id: int, conversation_id: int) -> Conversation:
    """Lock a conversation until the caller's transaction ends. Raises NotThere."""
    return _locked(shop_id, conversation_id)


def list_messages(
    shop_id: int, conversation_id: int, after: int = 0, *, before: int | None = None, newest: int | None = None
) -> list[Message]:
    """List the entries after a number (and before another), in their order, with their attachments; or the newest."""
    wanted = Message.objects.filter(shop_id=shop_id, conversation_id=conversation_id, number__gt=after)
    wanted = wanted if before is None else wanted.filter(number__lt=before)
    wanted = wanted.select_related("person").prefetch_related("attachments")
    if newest is not None:
        return list(reversed(wanted.order_by("-number")[:newest]))
    return list(wanted.order_by("number"))


def find_message(shop_id: int, message_id: int) -> Message | None:
    """Find an entry by its number."""
    return Message.objects.select_related("conversation").filter(shop_id=shop_id, pk=message_id).first()


def name_mail(shop_id: int, message_id: int, mail_id: str) -> None:
    """Note the Message-ID under which an entry goes out, so that answers to it find their thread."""
    Message.objects.filter(shop_id=shop_id, pk=message_id).update(message_id=mail_id)


def follow(shop_id: int, owners: Mapping[int, int]) -> None:
    """Show the conversations of identities as those of the customers who have them now, {identity: customer}."""
    for part in batched(owners, 5_000):
        theirs = of_shop(Conversation.objects.filter(identity_id__in=part), shop_id)
        for conversation_id, identity_id, customer_id in theirs.values_list("id", "identity_id", "customer_id"):
            if customer_id != owners[identity_id or 0]:
                Conversation.objects.filter(pk=conversation_id).update(customer_id=owners[identity_id or 0])


def find_message_by(shop_id: int, public_id: UUID | str) -> Message | None:
    """Find an entry by what addresses show."""
    try:
        wanted = UUID(str(public_id))
    except ValueError:
        return None
    return Message.objects.select_related("conversation").filter(shop_id=shop_id, public_id=wanted).first()


def _all(shop_id: int) -> QuerySet[Conversation]:
    return Conversation.objects.filter(shop_id=shop_id)


def _locked(shop_id: int, conversation_id: int) -> Conversation:
    found = _all(shop_id).select_for_update().filter(pk=conversation_id).first()
    if found is None:
        raise NotThere(f"conversation {conversation_id}")
    return _locked(shop_id, found.merged_into_id) if found.merged_into_id is not None else found


def keep_in_step(conversation: Conversation, message: Message) -> None:
    """What lists and response times read: previews, who waits since when, and whether it is open again."""
    if message.kind == Kind.MESSAGE:
        conversation.preview = " ".join(message.text.split())[:PREVIEW]
        conversation.last_message_us = max(conversation.last_message_us, message.at_us)
        if message.direction == Direction.IN and not message.is_automatic:
            _hear(conversation, message.at_us)
        elif message.direction == Direction.OUT and message.author == Author.PERSON:
            _answer(conversation, message.at_us)


def _hear(conversation: Conversation, at_us: int) -> None:
    conversation.awaits_us = True
    conversation.last_inbound_us = max(conversation.last_inbound_us or at_us, at_us)
    conversation.waiting_since_us = conversation.waiting_since_us or at_us
    conversation.first_inbound_us = conversation.first_inbound_us or at_us
    if conversation.state != State.SPAM:
        conversation.state, conversation.snoozed_until_us, conversation.closed_us = State.OPEN, None, None


def _answer(conversation: Conversation, at_us: int) -> None:
    conversation.awaits_us = False
    conversation.waiting_since_us = None
    if conversation.first_inbound_us is not None and conversation.first_response_us is None:
        conversation.first_response_us = at_us
    if conversation.state == State.SNOOZED:
        conversation.state, conversation.snoozed_until_us = State.OPEN, None
