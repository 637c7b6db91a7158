"""Entries that change their place: two conversations become one, a part becomes its own, an answer is taken back.

Numbers go on within a conversation and are never given twice, so pages that resume by number miss nothing; where
entries were moved out, their numbers stay empty. Callers hold the transaction and the locks.
"""

from collections.abc import Collection

from django.db.models import QuerySet

from kizuna.conversations import search, threads
from kizuna.conversations.desk import Refused
from kizuna.conversations.models import (
    Attention,
    Channel,
    Conversation,
    ConversationTag,
    Draft,
    Kind,
    Message,
    RawMail,
    ServiceRequest,
    State,
)
from kizuna.conversations.threads import NewConversation


def merge(kept: Conversation, other: Conversation, now_us: int) -> int:
    """Move the entries of one conversation into another of the same customer; returns how many. Raises Refused."""
    if kept.pk == other.pk:
        raise Refused("it is the same conversation")
    if None not in (kept.customer_id, other.customer_id) and kept.customer_id != other.customer_id:
        raise Refused("they belong to different customers")
    if Channel.CHAT in (kept.channel, other.channel):
        raise Refused("a chat stays as it was")
    if other.identity_id is not None and other.identity_id != kept.identity_id:
        _remember(other)
    moved = _move(Message.objects.filter(conversation=other).order_by("number"), kept)
    tags = ConversationTag.objects.filter(conversation=other).values_list("tag_id", flat=True)
    rows = [ConversationTag(conversation=kept, tag_id=tag_id) for tag_id in tags]
    ConversationTag.objects.bulk_create(rows, ignore_conflicts=True)
    Draft.objects.filter(conversation=other).exclude(
        person_id__in=Draft.objects.filter(conversation=kept).values("person_id")
    ).update(conversation=kept)
    _move_attention(kept, other)
    ServiceRequest.objects.filter(conversation=other).update(conversation=kept)
    RawMail.objects.filter(conversation=other).update(conversation=kept)
    search.move(kept.shop_id, other.pk, kept.pk)
    if kept.identity_id is None:
        kept.identity_id, kept.customer_id = other.identity_id, other.customer_id
    if other.state == State.OPEN and kept.state != State.OPEN:
        kept.state, kept.closed_us, kept.snoozed_until_us = State.OPEN, None, None
    threads.rebuild(kept)
    other.state, other.merged_into, other.closed_us = State.CLOSED, kept, now_us
    other.awaits_us, other.waiting_since_us, other.snoozed_until_us = False, None, None
    other.save()
    return moved


def split(conversation: Conversation, numbers: Collection[int], now_us: int) -> Conversation:
    """Let entries of a conversation become one of their own, with the same customer and team. Raises Refused."""
    if conversation.channel == Channel.CHAT:
        raise Refused("a chat stays as it was")
    chosen = Message.objects.filter(conversation=conversation, number__in=numbers, kind__in=[Kind.MESSAGE, Kind.NOTE])
    some = list(chosen.order_by("number"))
    left = Message.objects.filter(conversation=conversation, kind=Kind.MESSAGE)
    if not any(each.kind == Kind.MESSAGE for each in some):
        raise Refused("choose at least one message")
    if not left.exclude(pk__in=[each.pk for each in some]).exists():
        raise Refused("leave at least one message where it is")
    subject = next((each.subject for each in some if each.subject), conversation.subject)
    new = NewConversation(
        conversation.team_id,
        conversation.channel,
        subject,
        conversation.identity_id,
        conversation.customer_id,
        State.OPEN,
        conversation.assignee_id,
    )
    made = threads.open_conversation(conversation.shop_id, new, now_us)
    _move(chosen.order_by("number"), made)
    ServiceRequest.objects.filter(conversation=conversation, message__conversation=made).update(conversation=made)
    RawMail.objects.filter(conversation=conversation, message__conversation=made).update(conversation=made)
    threads.rebuild(made)
    threads.rebuild(conversation)
    for message in Message.objects.filter(conversation=made):
        search.index(message)
    return made


def list_joined(shop_id: int, conversation_id: int) -> list[int]:
    """List a conversation with all that went into it, and what had gone into those."""
    found, newest = [conversation_id], [conversation_id]
    while newest:
        into = Conversation.objects.filter(shop_id=shop_id, merged_into__in=newest).exclude(pk__in=found)
        newest = list(into.order_by("id").values_list("id", flat=True))
        found += newest
    return found


def withdraw(message: Message) -> str:
    """Make of an answer that was taken back a line that says so; returns what it said."""
    text = message.text
    message.kind, message.text, message.html, message.full_text = Kind.HAPPENING, "", "", ""
    message.remarks = {"happening": "taken_back", "undone": True}
    message.save()
    return text


def _remember(other: Conversation) -> None:
    """Note at each message whose conversation it was: customers merged by mistake are parted again, threads are not."""
    said = Message.objects.filter(conversation=other, kind=Kind.MESSAGE, identity_id=None)
    said.update(identity_id=other.identity_id)


def _move(entries: QuerySet[Message], to: Conversation) -> int:
    known = set(Message.objects.filter(conversation=to).exclude(client_id="").values_list("client_id", flat=True))
    moved = 0
    for message in entries:
        to.last_number += 1
        if message.client_id in known:
            message.client_id = f"{message.pk}-{message.client_id}"[:64]
        message.conversation, message.number = to, to.last_number
        message.save(update_fields=["conversation", "number", "client_id"])
        moved += 1
    to.save(update_fields=["last_number"])
    return moved


def _move_attention(kept: Conversation, other: Conversation) -> None:
    """Minutes measured and not booked go along; those of one person become one."""
    under_way = {each.person_id: each for each in Attention.objects.filter(conversation=kept, booked_us=None)}
    for each in Attention.objects.filter(conversation=other, booked_us=None):
        mine = under_way.get(each.person_id)
        if mine is None:
            each.conversation = kept
            each.save(update_fields=["conversation"])
        else:
            mine.seconds += each.seconds
            mine.measured_seconds += each.measured_seconds
            mine.save(update_fields=["seconds", "measured_seconds"])
            each.delete()
