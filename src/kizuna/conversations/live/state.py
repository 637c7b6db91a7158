"""How far both sides of a chat have got: what reached the panel, what was read there, what operators have seen.

Numbers only grow. Many chats at once, because panels report in bursts; callers hold the transaction.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from kizuna.conversations.models import ChatState, Conversation

_RAISE = (
    "UPDATE conversations_chatstate SET"
    " delivered_number = CASE WHEN delivered_number < %s THEN %s ELSE delivered_number END,"
    " read_number = CASE WHEN read_number < %s THEN %s ELSE read_number END,"
    " seen_number = CASE WHEN seen_number < %s THEN %s ELSE seen_number END,"
    " visitor_seen_us = CASE WHEN visitor_seen_us < %s THEN %s ELSE visitor_seen_us END"
    " WHERE conversation_id = %s"
)


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the panel said when a chat began; believed nowhere."""

    language: str = ""
    name: str = ""
    email: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Marks:
    """Up to which entry something has happened, 0 where nothing new did; when the panel was last connected."""

    delivered: int = 0
    read: int = 0
    seen: int = 0
    visitor_seen_us: int = 0

    def raise_to(self, other: "Marks") -> None:
        """Take the further of both."""
        self.delivered, self.read = max(self.delivered, other.delivered), max(self.read, other.read)
        self.seen = max(self.seen, other.seen)
        self.visitor_seen_us = max(self.visitor_seen_us, other.visitor_seen_us)


def begin(conversation_id: int, told: Beginning, now_us: int) -> None:
    """Note how a chat begins."""
    ChatState.objects.create(
        conversation_id=conversation_id,
        language=told.language[:20],
        name=told.name[:200],
        email=told.email[:254],
        context=dict(told.context),
        visitor_seen_us=now_us,
    )


def describe(conversation_id: int, name: str, email: str) -> None:
    """Note what the visitor calls themselves, where they say it later; nothing said changes nothing."""
    said = {key: value for key, value in (("name", name[:200]), ("email", email[:254])) if value}
    if said:
        ChatState.objects.filter(conversation_id=conversation_id).update(**said)


def note(marks: Mapping[int, Marks]) -> None:
    """Raise the marks of many chats, up to what there is: panels may claim anything."""
    last = dict(Conversation.objects.filter(pk__in=marks).values_list("pk", "last_number"))
    rows = []
    for conversation_id, number in sorted(last.items()):
        each = marks[conversation_id]
        delivered, read, seen = (min(mark, number) for mark in (each.delivered, each.read, each.seen))
        seen_us = each.visitor_seen_us
        rows.append((delivered, delivered, read, read, seen, seen, seen_us, seen_us, conversation_id))
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_RAISE, rows)


def find(conversation_id: int) -> ChatState | None:
    """Find how far a chat has got."""
    return ChatState.objects.filter(conversation_id=conversation_id).first()


def list_behind(most: int) -> list[tuple[int, int]]:
    """List chats of every shop whose words were not followed yet, as (shop, conversation)."""
    rows = ChatState.objects.filter(is_behind=True).order_by("conversation_id").select_related("conversation")
    return [(row.conversation.shop_id, row.conversation_id) for row in rows[:most]]


def lock(conversation_id: int) -> ChatState | None:
    """Lock how far a chat has got; its conversation is locked before."""
    return ChatState.objects.select_for_update().filter(conversation_id=conversation_id).first()


def note_followed(row: ChatState, number: int, *, is_behind: bool) -> None:
    """Note up to which entry everything followed, and whether more was said."""
    row.followed_number, row.is_behind = number, is_behind
    row.save(update_fields=["followed_number", "is_behind"])


def list_marks(conversation_ids: Collection[int]) -> dict[int, ChatState]:
    """Read how far many chats have got."""
    return ChatState.objects.in_bulk(list(conversation_ids))
