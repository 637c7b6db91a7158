"""An inbox for tests of ingest: put events in, drain it, and see what became of them."""

import json
from datetime import timedelta
from typing import Any

import numpy as np

from kizuna.customers.models import Customer, Identity
from kizuna.flows import ingest
from kizuna.flows import shops as shops_flow
from kizuna.relationships import stocks
from kizuna.sales.models import Order, Refund
from kizuna.science.periods import epoch_us
from kizuna.shops.models import Shop, Source
from kizuna.tracking import arrivals
from kizuna.tracking.arrivals import Filters
from kizuna.tracking.inbox import Received
from kizuna.tracking.models import Fact, Visit
from tests.shops import making

NOW = making.NOW
NOW_US = epoch_us(NOW)
MINUTE = 60_000_000


class Box:
    """An inbox in memory: what capture acknowledged, in order."""

    def __init__(self) -> None:
        self.rows: list[Received] = []

    def put(self, source: Source, event: Any, call: str = "track", received_us: int = NOW_US) -> None:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        self.rows.append(Received(len(self.rows) + 1, source.pk, call, received_us, body))

    def read_after(self, position: int, limit_rows: int, limit_bytes: int) -> list[Received]:
        return [row for row in self.rows if row.id > position][:limit_rows]

    def drain(self) -> None:
        while ingest.take_pending(self, NOW):  # type: ignore[arg-type]
            pass


def make_source(shop: Shop, kind: str = "server", name: str = "") -> Source:
    source, _ = shops_flow.create_source(shop, name or f"my {kind}", kind, None, NOW)
    return source


def ago(**delta: float) -> str:
    return (NOW - timedelta(**delta)).isoformat()


def order(number: object, user: str = "u", **more: Any) -> dict[str, Any]:
    lines = [{"sku": "A", "price": 10, "quantity": 2}]
    said = {"order_id": number, "total": 20, "currency": "EUR", "products": lines, **more}
    return {"event": "Order Completed", "userId": user, "messageId": f"o-{number}-{user}", "properties": said}


def outcomes(shop: Shop) -> list[tuple[str, str]]:
    return [(row.outcome, row.detail) for row in reversed(arrivals.list_newest(shop.pk, 0, Filters(), 1000))]


def state(shop: Shop) -> dict[str, Any]:
    """All that facts have led to, without row numbers."""
    names = {row.pk: (row.kind, row.value) for row in Identity.objects.filter(shop=shop)}
    groups: dict[int, set[Any]] = {}
    for row in Identity.objects.filter(shop=shop):
        groups.setdefault(row.customer_id, set()).add(names[row.pk])
    kept = stocks.columns(shop.pk)
    sums = np.concatenate([kept.sums[factor] for factor in "FMVE"], axis=1)
    seen = Fact.objects.filter(shop_id=shop.pk)
    return {
        "groups": {frozenset(group) for group in groups.values()},
        "facts": sorted((names[row.identity_id], row.name, row.happened_us, row.counts_email) for row in seen),
        "visits": sorted(
            (names[row.identity_id], row.first_us, row.last_us, row.pages)
            for row in Visit.objects.filter(shop_id=shop.pk)
        ),
        "orders": sorted(Order.objects.filter(shop=shop).values_list("source_ref", "revenue_minor", "placed_us")),
        "refunds": sorted(Refund.objects.filter(shop=shop).values_list("revenue_minor", "refunded_us")),
        "stocks": {
            names[who]: [float(f"{number:.9e}") for number in row]
            for who, row in zip(kept.identity_id.tolist(), sums.tolist(), strict=True)
            if any(row)
        },
        "profiles": sorted(
            Customer.objects.filter(shop=shop, merged_into=None).values_list("name", "email", "country")
        ),
    }
