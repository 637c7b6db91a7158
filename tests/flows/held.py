"""What a holding says, row by row, by an oracle of its own: plain Python over the files, not the engines' SQL."""

from typing import Any

import duckdb

from kizuna.customers.models import Identity
from kizuna.sales.models import Order, Refund
from kizuna.shops.models import Shop
from kizuna.tracking.models import Fact
from kizuna.warehouse.schema import EV, FACT, LINE, ORDER, REFUND, Holding

type Row = dict[str, Any]


def _rows(table: Any) -> list[Row]:
    names = list(table)
    return [dict(zip(names, row, strict=True)) for row in zip(*(table[name].tolist() for name in names), strict=True)]


def read(holding: Holding, dataset: str) -> list[Row]:
    """Every row that holds, with today's customer, in the order of its own id; one that is there twice comes twice."""
    columns = EV if dataset == "ev" else LINE
    sealed: list[Row] = []
    for path in holding.files[dataset]:
        found = duckdb.read_parquet(str(path)).fetchall()
        sealed += [dict(zip(columns, row, strict=True)) for row in found]
    stale = set(holding.tables["stale"]["ev_id"].tolist())
    gone = set(holding.tables["gone"]["identity_id"].tolist())
    moved = dict(zip(*(holding.tables["moved"][name].tolist() for name in ("identity_id", "customer_id")), strict=True))
    kept = [row for row in sealed if row["ev_id"] not in stale] + _rows(holding.tables[f"{dataset}_tail"])
    kept = [row for row in kept if not gone & {row["identity_id"], row.get("visitor_id")}]
    for row in kept:
        row["customer_id"] = moved.get(row["identity_id"], row["customer_id"])
        if dataset == "ev":
            row["visitor_customer_id"] = moved.get(row["visitor_id"], row["visitor_customer_id"])
    return sorted(kept, key=lambda row: row["ev_id" if dataset == "ev" else "line_id"])


def expected(shop: Shop) -> list[Row]:
    """What the database says the events are."""
    owner = dict(Identity.objects.filter(shop=shop).values_list("id", "customer_id"))
    nothing = {
        **dict.fromkeys(("visitor_id", "visitor_customer_id", "channel", "is_page", "counts_email"), 0),
        "direction": 1,
        "about": 1,
        "source": "",
        "is_purchase": 0,
        "country": "",
        "revenue_minor": 0,
        "profit_minor": 0,
    }
    found: list[Row] = []
    for fact in Fact.objects.filter(shop_id=shop.pk):
        told = {"visitor_id": fact.visitor_id or 0, "visitor_customer_id": owner.get(fact.visitor_id, 0)}
        told |= {"name": fact.name, "channel": fact.channel, "direction": fact.direction, "about": fact.about}
        told |= {"is_page": int(fact.is_page_activity), "counts_email": int(fact.counts_email)}
        found.append({**nothing, **_own(fact, FACT, fact.happened_us, owner), **told, "source": fact.came_from})
    for order in Order.objects.filter(shop=shop):
        sold = {"is_purchase": int(order.is_purchase), "country": order.shipping_country, "name": "order"}
        money = {"revenue_minor": order.revenue_minor, "profit_minor": order.net_profit_minor}
        found.append({**nothing, **_own(order, ORDER, order.placed_us, owner), **sold, **money})
    for refund in Refund.objects.filter(shop=shop):
        money = {"revenue_minor": -refund.revenue_minor, "profit_minor": refund.net_profit_minor, "name": "refund"}
        found.append({**nothing, **_own(refund, REFUND, refund.refunded_us, owner), **money})
    return sorted(found, key=lambda row: row["ev_id"])


def _own(row: Any, kind: int, ts_us: int, owner: dict[int, int]) -> Row:
    return {
        "ev_id": 4 * row.pk + kind,
        "kind": kind,
        "identity_id": row.identity_id,
        "customer_id": owner[row.identity_id],
        "ts_us": ts_us,
        "day": row.day,
        "month": row.month,
    }
