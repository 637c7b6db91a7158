"""When we last talked with customers: conversations in which they said something; and the tags on them.

A mail that nobody answered is no talk. Customers are asked for by their identities, so a merge changes nothing here.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from itertools import batched
from uuid import UUID

from django.db.models import Max

from kizuna.conversations.models import Conversation, ConversationTag
from kizuna.tables.rows import of_shop

_IN_ONE_QUERY = 5_000


def last_talked(shop_id: int, identity_ids: Collection[int]) -> dict[int, int]:
    """Read, by identity, when the last conversation in which the customer spoke had its last message."""
    found: dict[int, int] = {}
    for part in batched(identity_ids, _IN_ONE_QUERY):
        rows = of_shop(Conversation.objects.filter(identity_id__in=part, last_inbound_us__isnull=False), shop_id)
        found.update(rows.values_list("identity_id").annotate(at=Max("last_message_us")).order_by())
    return found


def tags_of(shop_id: int, identity_ids: Collection[int]) -> dict[int, set[str]]:
    """Read, by identity, the tags on its conversations."""
    found: dict[int, set[str]] = defaultdict(set)
    for part in batched(identity_ids, _IN_ONE_QUERY):
        rows = ConversationTag.objects.filter(conversation__identity_id__in=part, conversation__shop_id=shop_id)
        for identity_id, name in rows.values_list("conversation__identity_id", "tag__name"):
            found[identity_id].add(name)
    return dict(found)


def find_begun(shop_id: int, identity_ids: Collection[int], client_id: str) -> Conversation | None:
    """Find the conversation that a form sent twice has begun before."""
    rows = Conversation.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids))
    return rows.filter(messages__client_id=client_id, messages__number=1).first() if client_id else None


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A conversation as a list beside something else shows it."""

    public_id: UUID
    preview: str
    state: str


def glimpses(shop_id: int, conversation_ids: Collection[int]) -> dict[int, Glimpse]:
    """Read how conversations look in one line."""
    rows = of_shop(Conversation.objects.filter(id__in=list(conversation_ids)), shop_id)
    return {row[0]: Glimpse(*row[1:]) for row in rows.values_list("id", "public_id", "preview", "state")}
