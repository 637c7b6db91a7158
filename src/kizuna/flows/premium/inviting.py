"""Inviting friends: the customer's own link and how many came by it; who came is only the shop's to read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from kizuna.customers import links
from kizuna.relationships import referrals

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@dataclass(frozen=True, slots=True)
class Invitation:
    """A customer's link for friends: how many followed it, and how many bought."""

    link: str
    followed: int
    bought: int


@transaction.atomic
def invitation_of(shop: "Shop", customer_id: int, identity_id: int, now_us: int) -> Invitation:
    """Give the customer's link, made when first asked for."""
    identity_ids = links.identities_of(shop.pk, [customer_id])[customer_id]
    codes = referrals.list_codes(shop.pk, identity_ids)
    code = codes[0].code if codes else referrals.code_of(shop.pk, identity_id, now_us)
    came = referrals.list_of(shop.pk, identity_ids)
    bought = sum(each.attributed_us is not None for each in came)
    return Invitation(f"{settings.PUBLIC_URL}/r/{code}", len(came), bought)
