"""A shop's terms of incoming mail: whose word about senders it trusts, and which addresses bring faxes and letters."""

from kizuna.conversations.models import Channel, InboundTerms


def trusted_receiver(shop_id: int) -> str:
    """Name the server whose Authentication-Results count; empty where none is named."""
    return InboundTerms.objects.filter(shop_id=shop_id).values_list("trusted_receiver", flat=True).first() or ""


def channel_of(shop_id: int, addresses: tuple[str, ...]) -> str:
    """Say which channel mail from or to these addresses belongs to: fax and scan machines write mail too."""
    terms = InboundTerms.objects.filter(shop_id=shop_id).first()
    if terms is None:
        return Channel.EMAIL
    for channel, kept in ((Channel.FAX, terms.fax_addresses), (Channel.POST, terms.scan_addresses)):
        if set(addresses) & set(kept):
            return channel
    return Channel.EMAIL
