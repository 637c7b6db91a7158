"""The brake on mails that a visitor can make us send to an address they typed: few, and few in a stretch of time."""

from kizuna.conversations.models import ChatState, Outgoing


def count_begun(shop_id: int, email: str, since_us: int) -> int:
    """Count the chats that went on by mail to one address since an instant: the brake on confirmations."""
    begun = ChatState.objects.filter(email=email, by_mail_since_us__gte=since_us, conversation__shop_id=shop_id)
    return begun.count()


def count_notices(shop_id: int, key: str) -> int:
    """Count the mails beside conversations whose key begins so: the brake on transcripts."""
    return Outgoing.objects.filter(shop_id=shop_id, key__startswith=key).count()
