"""The signing keys of a shop's sender domains, one each; whether a key is in use is the shop's to say.

A key signs only once its public half stands in the DNS, or receivers would refuse what it signs.
"""

from kizuna.conversations.models import SigningKey
from kizuna.conversations.signing import Signer, make_key, open_key

__all__ = ["SigningKey"]


def ensure(shop_id: int, domain: str, secret: str, now_us: int) -> SigningKey:
    """Find the key of a domain, or make one that is not in use yet."""
    known = find(shop_id, domain)
    return known if known is not None else renew(shop_id, domain, secret, now_us)


def renew(shop_id: int, domain: str, secret: str, now_us: int) -> SigningKey:
    """Make a new key under a new selector; the old one is gone and nothing is signed until the new one is in use."""
    private, public = make_key(secret)
    row, _ = SigningKey.objects.update_or_create(
        shop_id=shop_id,
        domain=domain.lower(),
        defaults={
            "selector": f"kizuna{now_us // 1_000_000}",
            "private": private,
            "public": public,
            "in_use": False,
            "created_us": now_us,
        },
    )
    return row


def find(shop_id: int, domain: str) -> SigningKey | None:
    """Find the key of a domain."""
    return SigningKey.objects.filter(shop_id=shop_id, domain=domain.lower()).first()


def use(shop_id: int, domain: str, in_use: bool) -> bool:
    """Let a key sign, or leave signing to the relay; False where there is no key."""
    return SigningKey.objects.filter(shop_id=shop_id, domain=domain.lower()).update(in_use=in_use) > 0


def find_signer(shop_id: int, domain: str, secret: str) -> Signer | None:
    """Find what signs for a domain now; None where signing is left to the relay. Raises signing.Unreadable."""
    row = SigningKey.objects.filter(shop_id=shop_id, domain=domain.lower(), in_use=True).first()
    return None if row is None else Signer(row.domain, row.selector, open_key(secret, row.private))
