"""Taking a person out of the room of customers: what remains is a random key that nothing leads back from.

Identities stay as numbers, because orders hang on them; names, addresses, keys, consents and search terms go.
"""

import secrets
from collections.abc import Sequence

from django.db.models import Q

from kizuna.customers import addresses
from kizuna.customers.models import Consent, Customer, Identity, IdentityKind, MergeSuggestion, SearchTerm


def list_addresses(shop_id: int, customer_id: int) -> list[str]:
    """List the e-mail addresses that are a customer's: verified, or given by the shop and verified for nobody else."""
    known = addresses.trusted_of(shop_id, customer_id)
    others = Identity.objects.filter(shop_id=shop_id, kind=IdentityKind.EMAIL, key__in=known)
    return sorted(known - set(others.exclude(customer_id=customer_id).values_list("key", flat=True)))


def erase(shop_id: int, customer_id: int, identity_ids: Sequence[int]) -> None:
    """Put random keys in the place of a customer's identities and forget everything said under them."""
    for identity in Identity.objects.filter(shop_id=shop_id, pk__in=list(identity_ids)):
        key = f"erased-{secrets.token_hex(16)}"
        identity.kind, identity.key, identity.value = IdentityKind.VISITOR, key, key
        identity.bound_user, identity.profile = "", {}
        identity.save(update_fields=["kind", "key", "value", "bound_user", "profile"])
    gone = Customer.objects.filter(shop_id=shop_id).filter(Q(pk=customer_id) | Q(merged_into_id=customer_id))
    gone.update(
        name="",
        email="",
        email_verified=False,
        phone="",
        country="",
        language="",
        traits={},
        first_touch={},
        last_touch={},
    )
    SearchTerm.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids)).delete()
    Consent.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids)).delete()
    pairs = MergeSuggestion.objects.filter(shop_id=shop_id)
    pairs.filter(Q(first_id=customer_id) | Q(second_id=customer_id)).delete()
