"""What follows from an order, a refund or a cancellation: the ledger, the stocks R, F and M, and the search terms.

One transaction per call; inside another (ingest's, an import's) it nests. Who gave the order is decided before
(customers.identity); placing the customers anew is the caller's next step (flows.placing), with what is returned.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.customers import search
from kizuna.flows import restating
from kizuna.relationships import stocks
from kizuna.relationships.stocks import Change
from kizuna.sales import orders, refunds
from kizuna.sales.orders import CancelDraft, OrderDraft, RefundDraft
from kizuna.sales.outcome import Effect, Outcome, Refusal
from kizuna.sales.pricing import Terms
from kizuna.shops import rates
from kizuna.warehouse import corrections

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

__all__ = ["CancelDraft", "OrderDraft", "Recorded", "RefundDraft", "Refusal"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many drafts were taken, already known or corrected; those refused; what was done to which stocks."""

    taken: int
    repeated: int
    changed: int
    refused: Sequence[Refusal]
    stock_changes: Sequence[Change]
    identity_ids: frozenset[int]


@transaction.atomic
def record_orders(shop: "Shop", told: Sequence[tuple[int, OrderDraft]]) -> Recorded:
    """Record orders of (identity, draft): once for ever by source reference; a correction keeps the order's time.

    What cannot be taken (an unknown currency, a rate that is missing, an absurd amount) is refused by itself.
    """
    outcome = orders.record(_terms(shop), told)
    numbers: dict[int, list[str]] = defaultdict(list)
    for identity_id, draft in told:
        if identity_id in outcome.identity_ids:
            numbers[identity_id].append(draft.source_ref)
    if outcome.taken or outcome.changed:
        search.add_order_numbers(shop.id, numbers)
    return _settle(shop, outcome)


@transaction.atomic
def record_refunds(shop: "Shop", told: Sequence[tuple[int | None, RefundDraft]]) -> Recorded:
    """Record refunds of (identity, draft) at their own time and their order's rates; None takes the order's identity.

    A refund that names an order not known yet joins it when it comes.
    """
    return _settle(shop, refunds.record(_terms(shop), told))


@transaction.atomic
def cancel_orders(shop: "Shop", told: Sequence[CancelDraft]) -> Recorded:
    """Give back what is left of orders at the time of their cancellation; orders that are not known are refused."""
    return _settle(shop, refunds.cancel(_terms(shop), told))


def changes_of(effects: Sequence[Effect]) -> list[Change]:
    """Turn what the ledger gained or lost into changes of stocks: F counts purchases, M sums money, R is the last."""
    changes: list[Change] = []
    for effect in effects:
        if effect.purchases:
            changes.append(Change(effect.identity_id, "F", effect.happened_us, float(effect.purchases)))
        if effect.purchases > 0:
            changes.append(Change(effect.identity_id, "R", effect.happened_us, 1.0))
        if effect.revenue_minor:
            changes.append(Change(effect.identity_id, "M", effect.happened_us, float(effect.revenue_minor)))
    return changes


def _terms(shop: "Shop") -> Terms:
    return Terms(shop, lambda code, day: rates.rate_on(shop, code, day))


def _settle(shop: "Shop", outcome: Outcome) -> Recorded:
    changes = changes_of(outcome.effects)
    stocks.apply(shop.id, [change for change in changes if change.identity_id not in outcome.corrected])
    restating.restate(shop.id, outcome.corrected)
    corrections.note(shop.id, outcome.changed_orders, outcome.changed_refunds)
    return Recorded(
        taken=outcome.taken,
        repeated=outcome.repeated,
        changed=outcome.changed,
        refused=tuple(outcome.refused),
        stock_changes=changes,
        identity_ids=frozenset(outcome.identity_ids),
    )
