"""What the live operator keeps of a person beside their conversations: taken out for good, or told to them.

Conversations themselves, with turns and states, go with conversations.erasing; here is what hangs on a browser's key.
"""

from collections.abc import Collection, Sequence

from django.db.models import Q

from kizuna.conversations.models import ChatInvitation, ChatKey, ChatState, OnlineVisitor, Turn


def erase(shop_id: int, identity_ids: Sequence[int], keys: Collection[str], addresses: Collection[str]) -> None:
    """Delete browsers, invitations and presence of a person, and their address where somebody typed it elsewhere."""
    wanted = Q(identity_id__in=list(identity_ids)) | Q(visitor_key__in=list(keys))
    for model in (ChatKey, ChatInvitation, OnlineVisitor):
        model.objects.filter(shop_id=shop_id).filter(wanted).delete()
    typed = ChatState.objects.filter(email__in=list(addresses), conversation__shop_id=shop_id)
    typed.update(email="", name="", by_mail_since_us=None, context={})


def list_chats(shop_id: int, identity_ids: Sequence[int]) -> list[dict[str, object]]:
    """Tell what is kept of each chat of a person beside its words."""
    rows = ChatState.objects.filter(conversation__shop_id=shop_id, conversation__identity_id__in=list(identity_ids))
    return [
        {
            "subject": row.conversation.subject,
            "opened_us": row.conversation.opened_us,
            "name": row.name,
            "email": row.email,
            "language": row.language,
            "began_on": row.context,
            "waits": [
                {"since_us": since, "answered_us": answered, "ended_us": ended}
                for since, answered, ended in Turn.objects.filter(conversation_id=row.conversation_id)
                .order_by("entered_us")
                .values_list("waited_since_us", "answered_us", "ended_us")
            ],
        }
        for row in rows.select_related("conversation").order_by("conversation__opened_us")
    ]


def list_invitations(shop_id: int, identity_ids: Sequence[int], keys: Collection[str]) -> list[dict[str, object]]:
    """Tell when a person was invited to chat, or kept from it by lot."""
    wanted = Q(identity_id__in=list(identity_ids)) | Q(visitor_key__in=list(keys))
    rows = ChatInvitation.objects.filter(shop_id=shop_id).filter(wanted).order_by("at_us")
    return [
        {
            "at_us": row.at_us,
            "page": row.url,
            "words": row.words,
            "held_back": row.held,
            "accepted_us": row.accepted_us,
        }
        for row in rows
    ]
