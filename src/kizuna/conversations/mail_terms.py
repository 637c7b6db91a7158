"""A shop's terms of incoming mail: whose word about senders it trusts, and which addresses bring faxes and letters."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from kizuna.conversations.models import Channel, InboundTerms


@dataclass(frozen=True, slots=True)
class Kept:
    """The terms as they are kept."""

    trusted_receiver: str = ""
    fax_addresses: tuple[str, ...] = ()
    scan_addresses: tuple[str, ...] = ()
    raw_days: int = 730

    def told(self) -> dict[str, object]:
        """Give the terms by name, for the audit log."""
        return asdict(self)


def read(shop_id: int) -> Kept:
    """Read a shop's terms."""
    found = InboundTerms.objects.filter(shop_id=shop_id).first()
    if found is None:
        return Kept()
    return Kept(found.trusted_receiver, tuple(found.fax_addresses), tuple(found.scan_addresses), found.raw_days)


def change(shop_id: int, kept: Kept) -> None:
    """Store a shop's terms."""
    told = {**kept.told(), "fax_addresses": list(kept.fax_addresses), "scan_addresses": list(kept.scan_addresses)}
    InboundTerms.objects.update_or_create(shop_id=shop_id, defaults=told)


def trusted_receiver(shop_id: int) -> str:
    """Name the server whose Authentication-Results count; empty where none is named."""
    return read(shop_id).trusted_receiver


def channel_of(shop_id: int, addresses: Collection[str]) -> str:
    """Say which channel mail from or to these addresses belongs to: fax and scan machines write mail too."""
    kept = read(shop_id)
    if not set(addresses).isdisjoint(kept.fax_addresses):
        return Channel.FAX
    return Channel.EMAIL if set(addresses).isdisjoint(kept.scan_addresses) else Channel.POST
