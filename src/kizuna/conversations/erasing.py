"""Taking a person's dialogue out of the database: conversations, files, mail in both directions, wishes.

A promise made to a wish is another room's; callers give it back first.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import Q

from kizuna.conversations import attachments
from kizuna.conversations.models import (
    Attachment,
    Conversation,
    Message,
    Outgoing,
    Proposal,
    RawMail,
    ServiceRequest,
    WishProposal,
)


def list_wish_ids(shop_id: int, identity_ids: Sequence[int]) -> list[UUID]:
    """List the wishes of identities."""
    wishes = ServiceRequest.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids))
    return list(wishes.values_list("public_id", flat=True))


def list_talk_ids(shop_id: int, identity_ids: Sequence[int]) -> list[int]:
    """List the conversations of identities, by number."""
    talks = Conversation.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids))
    return list(talks.values_list("id", flat=True))


def has_taught(shop_id: int, identity_ids: Sequence[int]) -> bool:
    """Whether words of identities may stand in what was learned of wishes: their wishes, and messages judged none."""
    wanted = list(identity_ids)
    judged = WishProposal.objects.filter(shop_id=shop_id, message__conversation__identity_id__in=wanted)
    judged = judged.filter(state=Proposal.DISMISSED)
    return ServiceRequest.objects.filter(shop_id=shop_id, identity_id__in=wanted).exists() or judged.exists()


def erase(shop_id: int, identity_ids: Sequence[int], addresses: Collection[str]) -> set[str]:
    """Delete what was said with identities and addresses; returns the hashes of files to remove after the commit."""
    wanted = list(identity_ids)
    talks = Conversation.objects.filter(shop_id=shop_id, identity_id__in=wanted)
    said = Message.objects.filter(shop_id=shop_id, conversation__in=talks)
    files = Attachment.objects.filter(shop_id=shop_id)
    waiting = Q(message=None, for_conversation__in=list(talks.values_list("id", flat=True)))
    orphaned = attachments.forget(list(files.filter(Q(message__in=said) | waiting)))
    raw = RawMail.objects.filter(shop_id=shop_id)
    raw = raw.filter(Q(conversation__in=talks) | Q(from_address__in=list(addresses)))
    raw.update(body=None, subject="", from_address="", mail_from=None, recipients=[], problem="", why="erased")
    ServiceRequest.objects.filter(shop_id=shop_id, identity_id__in=wanted).delete()
    Conversation.objects.filter(shop_id=shop_id, merged_into__in=talks).update(merged_into=None)
    Message.objects.filter(shop_id=shop_id, identity_id__in=wanted).exclude(conversation__in=talks).update(
        text="", full_text="", html="", from_address="", from_name="", subject="", identity_id=None
    )
    for address in addresses:
        notices = Outgoing.objects.filter(shop_id=shop_id, message=None, recipients__icontains=f'"{address}"')
        notices.exclude(state="sending").delete()  # one on its way tells the sender what became of it, then goes
    talks.delete()
    return orphaned
