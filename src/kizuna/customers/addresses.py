"""Finding whom an e-mail address belongs to, for those who prove that they read it.

A verified address is an identity and decides. Otherwise an address that the shop itself gave for exactly one customer
does; where several have it, or only a browser said so, nobody is let in by it.
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
    if wanted not in trusted_of(shop_id, customers[0]):
        return None
    own = Identity.objects.filter(shop_id=shop_id, customer_id=customers[0]).exclude(kind=IdentityKind.VISITOR)
    return own.order_by("kind", "id").values_list("id", flat=True).first()


def trusted_of(shop_id: int, customer_id: int) -> set[str]:
    """List the addresses of a customer that are verified or were said by a trusted source, in lower case."""
    identities = Identity.objects.filter(shop_id=shop_id, customer_id=customer_id)
    found = set(identities.filter(kind=IdentityKind.EMAIL).values_list("key", flat=True))
    said = [profile.get("email") for profile in identities.values_list("profile", flat=True)]
    return found | {str(entry[0]).strip().lower() for entry in said if entry and entry[0] and entry[2]}


def find_user(shop_id: int, user_id: str) -> int | None:
    """Find the identity of a user id as the shop writes it."""
    found = Identity.objects.filter(shop_id=shop_id, kind=IdentityKind.USER_ID, key=user_id, current=True)
    return found.values_list("id", flat=True).first()


def address_of(shop_id: int, customer_id: int) -> str:
    """Give the address that a customer is written to: verified or given by the shop; empty where none is known."""
    known = trusted_of(shop_id, customer_id)
    shown = Customer.objects.filter(shop_id=shop_id, pk=customer_id).values_list("email", flat=True).first() or ""
    return shown.strip().lower() if shown.strip().lower() in known else min(known, default="")
