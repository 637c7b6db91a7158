"""Entries of many chats at once: one round of queries whatever the number, numbered without gaps, once per client id.

What is read in lists is kept in step as conversations.threads does for a single entry; finding by words follows later.
Callers hold the transaction. A chat that is closed takes nothing more: the next words begin another one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Sum

from kizuna.conversations import attachments, chat_turns, threads
from kizuna.conversations.live import quick
from kizuna.conversations.models import (
    Attachment,
    Author,
    Channel,
    Conversation,
    Direction,
    Kind,
    Message,
    State,
    Turn,
)
from kizuna.tables import public_ids

MOST_FILES = 10


@dataclass(frozen=True, slots=True)
class Words:
    """An entry for a chat; the attachments are tokens of files uploaded for it."""

    shop_id: int
    conversation_id: int
    client_id: str
    text: str
    author: str = Author.CUSTOMER
    person_id: int | None = None
    name: str = ""
    kind: str = Kind.MESSAGE
    attachments: tuple[str, ...] = ()
    remarks: Mapping[str, Any] = field(default_factory=dict)
    supervises: bool = False
    """Whether they may speak in a chat that somebody else serves."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry as it is stored; `is_new` is False where its client id was known."""

    message: Message
    is_new: bool


@dataclass(frozen=True, slots=True)
class Turned:
    """Why an entry was not taken: `gone` (no such chat), `closed`, `taken` (somebody else serves it) or `files` (one is
    not there).
    """

    reason: str


def append_many(words: Sequence[Words], now_us: int) -> list[Kept | Turned]:
    """Add entries to their chats in the order given; what became of each, in the same order."""
    chats = quick.lock_chats({each.conversation_id for each in words})
    known = _find_known(words)
    turns = quick.lock_turns({each.conversation_id for each in words if _is_answer(each)} & chats.keys())
    files = _find_files(words)
    outcomes: list[Kept | Turned] = []
    new: list[Message] = []
    heard: dict[int, Turn] = {}
    for each in words:
        chat = chats.get(each.conversation_id)
        before = known.get((each.conversation_id, each.client_id)) if each.client_id else None
        if chat is None or chat.shop_id != each.shop_id:
            outcomes.append(Turned("gone"))
        elif before is not None:
            outcomes.append(Kept(before, False))
        elif chat.state in (State.CLOSED, State.SPAM):
            outcomes.append(Turned("closed"))
        elif _is_answer(each) and not each.supervises and chat_turns.is_anothers(turns.get(chat.pk), each.person_id):
            outcomes.append(Turned("taken"))
        elif any(files.get(token) != chat.pk for token in each.attachments):
            outcomes.append(Turned("files"))
        else:
            message = _make(chat, each, now_us)
            known[chat.pk, each.client_id] = message
            new.append(message)
            turn = turns.get(chat.pk)
            if turn is not None and _is_answer(each) and chat_turns.hear(turn, each.person_id, now_us):
                heard[chat.pk] = turn
            outcomes.append(Kept(message, True))
            for token in each.attachments:
                del files[token]
    _store(new, {message.conversation_id: chats[message.conversation_id] for message in new})
    chat_turns.keep_heard(heard.values())
    _attach([(each, kept) for each, kept in zip(words, outcomes, strict=True) if each.attachments])
    return outcomes


def address(message: Message, email: str) -> None:
    """Note that an entry goes to an address as well."""
    message.recipients = {"to": [email]}
    message.save(update_fields=["recipients"])


def batches(messages: Sequence[Message]) -> list[list[Message]]:
    """Divide entries, in their order, into mails whose files one mail can carry."""
    weights = Attachment.objects.filter(message__in=[each.pk for each in messages]).values_list("message_id", "size")
    of: dict[int, int] = defaultdict(int)
    for message_id, size in weights:
        of[message_id or 0] += size
    divided: list[list[Message]] = []
    carried = 0
    for each in messages:
        if not divided or carried + of[each.pk] > attachments.MOST_BYTES_OF_A_REPLY:
            divided.append([])
            carried = 0
        divided[-1].append(each)
        carried += of[each.pk]
    return divided


def list_files(message: Message) -> list[Attachment]:
    """List the files of an entry."""
    return list(Attachment.objects.filter(message=message).order_by("id"))


def weigh_files(conversation_id: int) -> int:
    """Add up the files that were uploaded for a chat, said or not."""
    said = Attachment.objects.filter(message__conversation=conversation_id)
    waiting = Attachment.objects.filter(message=None, for_conversation=conversation_id)
    return sum(each.aggregate(bytes=Sum("size"))["bytes"] or 0 for each in (said, waiting))


def _is_answer(each: Words) -> bool:
    return each.author == Author.PERSON and each.kind == Kind.MESSAGE


def _find_known(words: Sequence[Words]) -> dict[tuple[int, str], Message]:
    clients = {each.client_id for each in words if each.client_id}
    return quick.find_known({each.conversation_id for each in words}, clients)


def _find_files(words: Sequence[Words]) -> dict[str, int]:
    """Which of the files named wait, and for which chat."""
    wanted = [token for each in words for token in each.attachments]
    if not wanted:
        return {}
    rows = Attachment.objects.filter(token__in=wanted, message=None).exclude(for_conversation=None)
    return {token: chat for token, chat in rows.values_list("token", "for_conversation") if chat is not None}


def _make(chat: Conversation, each: Words, now_us: int) -> Message:
    chat.last_number += 1
    inbound = each.author == Author.CUSTOMER
    message = Message(
        shop_id=each.shop_id,
        public_id=public_ids.make(now_us),
        conversation_id=chat.pk,
        number=chat.last_number,
        kind=each.kind,
        direction=Direction.IN if inbound else Direction.OUT,
        channel=Channel.CHAT,
        author=each.author,
        person_id=each.person_id,
        identity_id=chat.identity_id,
        from_name=each.name[:200],
        text=each.text,
        is_automatic=each.author == Author.MACHINE,
        at_us=now_us,
        stored_us=now_us,
        client_id=each.client_id[:64],
        remarks=dict(each.remarks),
    )
    threads.keep_in_step(chat, message)
    return message


def _store(new: list[Message], chats: Mapping[int, Conversation]) -> None:
    if not new:
        return
    Message.objects.bulk_create(new)
    quick.move(chats.values())
    quick.note_behind(chats)


def _attach(told: Sequence[tuple[Words, Kept | Turned]]) -> None:
    given: dict[int, list[str]] = defaultdict(list)
    for each, kept in told:
        if isinstance(kept, Kept) and kept.is_new:
            given[kept.message.pk] += each.attachments
    for message_id, tokens in given.items():
        Attachment.objects.filter(token__in=tokens, message=None).update(message_id=message_id)
