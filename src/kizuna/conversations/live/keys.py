"""Who may read and write a chat: the browser whose grip belongs to the visitor key the chat was opened under.

A grip is a random value that only the browser's signed token holds; its hash is kept. Tokens are read at the door.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from kizuna.conversations.models import Channel, ChatKey, Conversation, State

OPEN = (State.OPEN, State.SNOOZED)


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat as the door needs it: which one, whose, and whether it takes words."""

    id: int
    public_id: UUID
    shop_id: int
    identity_id: int | None
    customer_id: int | None
    state: str
    last_number: int

    @property
    def is_open(self) -> bool:
        """Whether words may still be added."""
        return self.state in OPEN


def hash_grip(grip: str) -> str:
    """Hash a grip the way it is stored."""
    return hashlib.sha256(grip.encode()).hexdigest()


def own_key(grip_hash: str) -> str:
    """Name the visitor key of a browser whose claimed key belongs to another one."""
    return f"chat-{grip_hash[:24]}"


def claim(shop_id: int, visitor_key: str, grip_hash: str, identity_id: int, now_us: int) -> bool:
    """Let the chats of a visitor key belong to a browser; False where they belong to another one, or to another person.

    The row stays locked until the caller's transaction ends, so that one chat is opened at a time.
    """
    ChatKey.objects.get_or_create(
        shop_id=shop_id,
        visitor_key=visitor_key,
        defaults={"grip": grip_hash, "identity_id": identity_id, "created_us": now_us},
    )
    row = ChatKey.objects.select_for_update().get(shop_id=shop_id, visitor_key=visitor_key)
    return row.grip == grip_hash and row.identity_id == identity_id


def note_vouched(shop_id: int, identity_ids: Collection[int], grip_hash: str, now_us: int) -> None:
    """Note that the shop vouched for who uses a browser, so that they find its chats on their other ones."""
    rows = ChatKey.objects.filter(shop_id=shop_id, identity_id__in=identity_ids, grip=grip_hash, vouched_us=None)
    rows.update(vouched_us=now_us)


def list_vouched(shop_id: int, identity_ids: Collection[int]) -> set[int]:
    """Keep of some identities those that chat from a browser where the shop vouched for its user."""
    rows = ChatKey.objects.filter(shop_id=shop_id, identity_id__in=identity_ids).exclude(vouched_us=None)
    return set(rows.values_list("identity_id", flat=True))


def list_identities(shop_id: int, visitor_keys: Sequence[str], grip_hash: str) -> list[int]:
    """List the identities under which a browser may have chats."""
    rows = ChatKey.objects.filter(shop_id=shop_id, visitor_key__in=visitor_keys, grip=grip_hash)
    return list(rows.values_list("identity_id", flat=True))


def find_open(shop_id: int, identity_ids: Collection[int]) -> Chat | None:
    """Find the chat that is open for one of these identities."""
    if not identity_ids:
        return None
    rows = Conversation.objects.filter(
        shop_id=shop_id, identity_id__in=identity_ids, channel=Channel.CHAT, state__in=OPEN
    )
    return _view(rows.order_by("-id").first())


def lock_open(shop_id: int, identity_id: int) -> Chat | None:
    """Find the open chat of an identity under its lock, so that nobody closes it before the caller has added words."""
    rows = Conversation.objects.select_for_update().filter(shop_id=shop_id, identity_id=identity_id)
    return _view(rows.filter(channel=Channel.CHAT, state__in=OPEN).first())


def find_chat(public_id: UUID) -> Chat | None:
    """Find a chat by what panels know of it."""
    return _view(Conversation.objects.filter(public_id=public_id, channel=Channel.CHAT).first())


def list_by_number(shop_id: int, conversation_ids: Collection[int]) -> list[Chat]:
    """List chats of a shop by their numbers; those that are not there are left out."""
    rows = Conversation.objects.filter(pk__in=conversation_ids, channel=Channel.CHAT)
    return [view(row) for row in rows if row.shop_id == shop_id]


def list_past(shop_id: int, identity_ids: Collection[int], most: int) -> list[Conversation]:
    """List the closed chats of identities, the newest first."""
    rows = Conversation.objects.filter(
        shop_id=shop_id, identity_id__in=identity_ids, channel=Channel.CHAT, state=State.CLOSED
    )
    return list(rows.order_by("-last_message_us")[:most])


def _view(found: Conversation | None) -> Chat | None:
    return None if found is None else view(found)


def view(found: Conversation) -> Chat:
    """Look at a conversation as the door does."""
    return Chat(
        found.pk,
        found.public_id,
        found.shop_id,
        found.identity_id,
        found.customer_id,
        found.state,
        found.last_number,
    )
