"""The conversations of one customer as they may read them: their own only, and what was said, never notes.

Everything is found through the customer's identities; another customer's conversation does not exist.
"""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from kizuna.conversations.models import Author, Channel, Conversation, Direction, Kind, Message, ServiceRequest, State
from kizuna.conversations.threads import NotThere

MOST = 100


def list_talks(shop_id: int, identity_ids: Collection[int]) -> list[Conversation]:
    """List a customer's conversations with the shop, the newest first."""
    found = Conversation.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids), merged_into=None)
    found = found.exclude(state=State.SPAM)
    return list(found.select_related("assignee").order_by("-last_message_us", "-id")[:MOST])


def get(shop_id: int, identity_ids: Collection[int], public_id: UUID) -> Conversation:
    """Get one of a customer's conversations, or the one it was merged into. Raises NotThere."""
    among = Conversation.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids))
    found = among.filter(public_id=public_id).first()
    while found is not None and found.merged_into_id is not None:
        found = among.filter(pk=found.merged_into_id).first()
    if found is None:
        raise NotThere(str(public_id))
    return found


def find_by_token(shop_id: int, identity_ids: Collection[int], client_id: str) -> Conversation | None:
    """Find the conversation that a form of the customer opened already."""
    wanted = Message.objects.filter(shop_id=shop_id, client_id=client_id, identity_id__in=list(identity_ids))
    found = wanted.select_related("conversation").first()
    return None if found is None else found.conversation


def list_said(shop_id: int, conversation_id: int, identity_ids: Collection[int] | None) -> list[Message]:
    """List what was said with a customer in a conversation, either way, in order; no notes, no happenings.

    What another customer wrote or was answered is left out: conversations merged while two customers were one. None
    reads everybody's words, for the shop's own people.
    """
    said = Message.objects.filter(shop_id=shop_id, conversation_id=conversation_id, kind=Kind.MESSAGE)
    if identity_ids is not None:
        said = said.filter(Q(identity_id=None) | Q(identity_id__in=list(identity_ids)))
    said = said.filter(direction__in=[Direction.IN, Direction.OUT])
    return list(said.select_related("person").prefetch_related("attachments").order_by("number"))


def find_operator(shop_id: int, identity_ids: Collection[int]) -> int | None:
    """Find who answered this customer last, where they can still log in."""
    said = Message.objects.filter(shop_id=shop_id, conversation__identity_id__in=list(identity_ids))
    said = said.filter(direction=Direction.OUT, author=Author.PERSON, person__is_active=True)
    return said.order_by("-at_us", "-id").values_list("person_id", flat=True).first()


def count_by_channel(shop_id: int, since_us: int) -> dict[str, int]:
    """Count conversations that customers began since an instant, by channel."""
    counted = dict.fromkeys(Channel.values, 0)
    for channel in counted:
        begun = Conversation.objects.filter(shop_id=shop_id, channel=channel, opened_us__gte=since_us)
        counted[channel] = begun.exclude(first_inbound_us=None).count()
    return counted


def list_wishes(shop_id: int, identity_ids: Collection[int]) -> list[ServiceRequest]:
    """List a customer's wishes, the customer's own order first, then the newest."""
    found = ServiceRequest.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids))
    rows = list(found.select_related("conversation").order_by("-forwarded_us", "-id")[:MOST])
    return sorted(rows, key=lambda each: each.own_priority or 10_000)


def find_talks(shop_id: int, message_ids: Collection[int]) -> dict[int, UUID]:
    """Find the conversation that each message belongs to."""
    found = Message.objects.filter(shop_id=shop_id, pk__in=list(message_ids))
    return dict(found.values_list("id", "conversation__public_id"))
