"""Finding whom an e-mail address belongs to, for those who prove that they read it.

A verified address is an identity and decides. Otherwise an address that exactly one customer is known by does; where
several claim it, nobody is let in by it.
"""

from kizuna.customers.models import Customer, Identity, IdentityKind


def find_identity(shop_id: int, address: str) -> int | None:
    """Find the identity that whoever reads this mailbox may act as."""
    wanted = address.strip().lower()
    if not wanted:
        return None
    verified = Identity.objects.filter(shop_id=shop_id, kind=IdentityKind.EMAIL, key=wanted, current=True)
    found = verified.values_list("id", flat=True).first()
    if found is not None:
        return found
    claimed = Customer.objects.filter(shop_id=shop_id, email__in={wanted, address.strip()}, merged_into=None)
    customers = list(claimed.values_list("id", flat=True)[:2])
    if len(customers) != 1:
        return None
    own = Identity.objects.filter(shop_id=shop_id, customer_id=customers[0]).exclude(kind=IdentityKind.VISITOR)
    return own.order_by("kind", "id").values_list("id", flat=True).first()


def find_user(shop_id: int, user_id: str) -> int | None:
    """Find the identity of a user id as the shop writes it."""
    found = Identity.objects.filter(shop_id=shop_id, kind=IdentityKind.USER_ID, key=user_id, current=True)
    return found.values_list("id", flat=True).first()


def address_of(shop_id: int, customer_id: int) -> str:
    """Give the address that a customer is written to; empty where none is known."""
    return Customer.objects.filter(shop_id=shop_id, pk=customer_id).values_list("email", flat=True).first() or ""
