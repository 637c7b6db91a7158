"""Who brought whom: a customer's code, the visitors who came by it, and the new customers among them.

Codes are random and tell nothing; one that nobody was given finds nothing. When a referral counts, and what follows, is
flows.referrals.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from kizuna.relationships.models import Referral, ReferralCode

LENGTH = 10
WINDOW_DAYS = 90
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class CodeView:
    """A code and whose it is."""

    id: int
    shop_id: int
    identity_id: int
    code: str


@dataclass(frozen=True, slots=True)
class ReferralView:
    """Somebody who came by a code; attributed_us None while they have not bought."""

    id: int
    code_id: int
    giver_identity_id: int
    identity_id: int
    followed_us: int
    order_ref: str
    attributed_us: int | None
    cost_minor: int


def code_of(shop_id: int, identity_id: int, now_us: int) -> str:
    """Give the code of a customer's identity, made when first asked for."""
    fresh = "".join(secrets.choice(_SIGNS) for _ in range(LENGTH))
    ReferralCode.objects.bulk_create(
        [ReferralCode(shop_id=shop_id, identity_id=identity_id, code=fresh, made_us=now_us)], ignore_conflicts=True
    )
    return ReferralCode.objects.get(shop_id=shop_id, identity_id=identity_id).code


def find_code(code: str) -> CodeView | None:
    """Find whose code it is, of whichever shop; None where nobody was given it."""
    if len(code) != LENGTH or not set(code) <= set(_SIGNS):
        return None
    row = ReferralCode.objects.filter(code=code).values_list("id", "shop_id", "identity_id", "code").first()
    return None if row is None else CodeView(*row)


def list_codes(shop_id: int, identity_ids: Collection[int]) -> list[CodeView]:
    """List the codes that a customer's identities were given."""
    rows = ReferralCode.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids)).order_by("id")
    return [CodeView(*row) for row in rows.values_list("id", "shop_id", "identity_id", "code")]


def record_visit(code: CodeView, identity_id: int, at_us: int) -> bool:
    """Note that somebody came by a code; False where they had before."""
    known = Referral.objects.filter(code_id=code.id, identity_id=identity_id).exists()
    Referral.objects.bulk_create(
        [Referral(shop_id=code.shop_id, code_id=code.id, identity_id=identity_id, followed_us=at_us)],
        ignore_conflicts=True,
    )
    return not known


def list_waiting(shop_id: int, identity_ids: Collection[int]) -> list[ReferralView]:
    """List by whose codes these identities came, not attributed yet, the first first."""
    rows = Referral.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids), attributed_us=None)
    return _views(rows.order_by("followed_us", "id"))


def is_attributed(shop_id: int, identity_ids: Collection[int]) -> bool:
    """Tell whether a customer was attributed to somebody already."""
    rows = Referral.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids))
    return rows.exclude(attributed_us=None).exists()


def attribute(shop_id: int, referral_id: int, order_ref: str, at_us: int) -> bool:
    """Attribute a new customer's first order; False where it was attributed before."""
    rows = Referral.objects.filter(shop_id=shop_id, pk=referral_id, attributed_us=None)
    return rows.update(order_ref=order_ref, attributed_us=at_us) > 0


def costs_of_attributed(shop_id: int) -> dict[int, int]:
    """What was paid for each who bought after coming by a code, {identity: minor units}: mostly nothing."""
    rows = Referral.objects.filter(shop_id=shop_id).exclude(attributed_us=None)
    return dict(rows.values_list("identity_id", "cost_minor"))


def list_of(shop_id: int, identity_ids: Collection[int]) -> list[ReferralView]:
    """List who came by the codes of these identities, the newest first."""
    found: list[ReferralView] = []
    ordered = sorted(set(identity_ids))
    for start in range(0, len(ordered), _TOGETHER):
        part = ordered[start : start + _TOGETHER]
        found += _views(Referral.objects.filter(shop_id=shop_id, code__identity_id__in=part))
    return sorted(found, key=lambda each: (-each.followed_us, each.id))


def erase(shop_id: int, identity_ids: Collection[int]) -> None:
    """Delete the codes of an erased customer with who came by them, and by whose code they came themselves."""
    Referral.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids)).delete()
    ReferralCode.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids)).delete()


def _views(rows: "QuerySet[Referral]") -> list[ReferralView]:
    names = ("id", "code_id", "code__identity_id", "identity_id", "followed_us", "order_ref", "attributed_us")
    return [ReferralView(*row) for row in rows.values_list(*names, "cost_minor")]
