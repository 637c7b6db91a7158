"""What customers agreed to or refused: kept per identity with when and how we know; the newest per purpose holds.

A refusal is a fact like an agreement. Where nothing was said the answer is no. Who asks, and for what, is theirs.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from kizuna.customers.models import Consent
from kizuna.tables.rows import of_shop

LONGEST_PURPOSE = 40
_IN_ONE_QUERY = 5_000


@dataclass(frozen=True, slots=True)
class Decision:
    """What was said under one identity about one purpose."""

    identity_id: int
    purpose: str
    granted: bool
    given_us: int
    evidence: Mapping[str, Any] = field(default_factory=dict)


def record(shop_id: int, decisions: Iterable[Decision]) -> None:
    """Store decisions; every one is kept, also where it repeats."""
    Consent.objects.bulk_create(
        Consent(
            shop_id=shop_id,
            identity_id=each.identity_id,
            purpose=each.purpose[:LONGEST_PURPOSE],
            granted=each.granted,
            given_us=each.given_us,
            evidence=dict(each.evidence),
        )
        for each in decisions
    )


def current(shop_id: int, customer_id: int) -> dict[str, Decision]:
    """Read what holds for a customer now, by purpose: the newest over its identities, a refusal where they tie."""
    rows = Consent.objects.filter(shop_id=shop_id, identity__customer_id=customer_id).order_by(
        "given_us", "-granted", "id"
    )
    return {
        row.purpose: Decision(row.identity_id, row.purpose, row.granted, row.given_us, row.evidence) for row in rows
    }


def granted(shop_id: int, purpose: str, customer_ids: Collection[int]) -> set[int]:
    """Read who among customers agrees to a purpose now: the newest over their identities, a refusal where they tie."""
    newest: dict[int, bool] = {}
    for part in batched(customer_ids, _IN_ONE_QUERY):
        rows = Consent.objects.filter(identity__customer_id__in=part, purpose=purpose)
        rows = of_shop(rows, shop_id).order_by("given_us", "-granted", "id")
        newest.update(rows.values_list("identity__customer_id", "granted"))
    return {customer_id for customer_id, agrees in newest.items() if agrees}
