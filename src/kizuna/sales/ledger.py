"""Orders and refunds as columns and sums: what stocks, net profit per period and lists are computed from.

Read-only. Periods are (from, to] in epoch microseconds; money is the shop's minor units; refunds count negative at
their own time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from kizuna.sales.models import Order, Refund
from kizuna.sales.rows import Ints, in_batches, read_columns

FOREVER_US = 2**62


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every order and refund of a shop, column by column, in no promised order.

    Revenue of refunds is positive here (what was given back); `refund_profit` is signed as it adds to net profit.
    """

    order_identity: Ints
    order_us: Ints
    order_revenue: Ints
    order_profit: Ints
    order_is_purchase: NDArray[np.bool_]
    refund_identity: Ints
    refund_us: Ints
    refund_revenue: Ints
    refund_profit: Ints


@dataclass(frozen=True, slots=True)
class Totals:
    """What an identity bought in all: purchases, revenue less refunds, and the first and last purchase."""

    orders: int
    revenue_minor: int
    first_us: int | None
    last_us: int | None


def columns(shop_id: int, until_us: int | None) -> Ledger:
    """Read all orders and refunds up to and including an instant (None: all of them)."""
    bound = FOREVER_US if until_us is None else until_us
    *orders, purchases = read_columns(
        "SELECT identity_id, placed_us, revenue_minor, net_profit_minor, is_purchase"
        " FROM sales_order WHERE shop_id = %s AND placed_us <= %s",
        [shop_id, bound],
        5,
    )
    refunds = read_columns(
        "SELECT identity_id, refunded_us, revenue_minor, net_profit_minor"
        " FROM sales_refund WHERE shop_id = %s AND refunded_us <= %s",
        [shop_id, bound],
        4,
    )
    return Ledger(
        order_identity=orders[0],
        order_us=orders[1],
        order_revenue=orders[2],
        order_profit=orders[3],
        order_is_purchase=purchases.astype(np.bool_),
        refund_identity=refunds[0],
        refund_us=refunds[1],
        refund_revenue=refunds[2],
        refund_profit=refunds[3],
    )


def columns_of(shop_id: int, identity_ids: Collection[int]) -> Ledger:
    """Read all orders and refunds of some identities."""
    orders = [np.empty((0, 5), dtype=np.int64)]
    refunds = [np.empty((0, 4), dtype=np.int64)]
    with connection.cursor() as cursor:
        for part, places in in_batches(sorted(set(identity_ids))):
            cursor.execute(
                "SELECT identity_id, placed_us, revenue_minor, net_profit_minor, is_purchase FROM sales_order"  # noqa: S608
                f" WHERE shop_id = %s AND identity_id IN ({places}) ORDER BY id",
                [shop_id, *part],
            )
            orders.append(np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 5))
            cursor.execute(
                "SELECT identity_id, refunded_us, revenue_minor, net_profit_minor FROM sales_refund"  # noqa: S608
                f" WHERE shop_id = %s AND identity_id IN ({places}) ORDER BY id",
                [shop_id, *part],
            )
            refunds.append(np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 4))
    sold, returned = np.concatenate(orders).T, np.concatenate(refunds).T
    return Ledger(
        sold[0], sold[1], sold[2], sold[3], sold[4].astype(np.bool_), returned[0], returned[1], returned[2], returned[3]
    )


def period_profit(shop_id: int, identity_ids: Collection[int] | None, from_us: int, to_us: int) -> dict[int, int]:
    """Sum net profit over (from, to] per identity; None asks for everybody who has any."""
    sums: dict[int, int] = {}
    for table, when in (("sales_order", "placed_us"), ("sales_refund", "refunded_us")):
        rows = _grouped(
            f"SELECT identity_id, SUM(net_profit_minor) FROM {table}"  # noqa: S608
            f" WHERE shop_id = %s AND {when} > %s AND {when} <= %s",
            [shop_id, from_us, to_us],
            identity_ids,
        )
        for identity_id, profit in rows:
            sums[identity_id] = sums.get(identity_id, 0) + int(profit)
    return sums


def totals(shop_id: int, identity_ids: Collection[int]) -> dict[int, Totals]:
    """Sum what identities bought; those without an order or refund are left out."""
    bought = _grouped(
        "SELECT identity_id, SUM(CASE WHEN is_purchase THEN 1 ELSE 0 END), SUM(revenue_minor),"
        " MIN(CASE WHEN is_purchase THEN placed_us END), MAX(CASE WHEN is_purchase THEN placed_us END)"
        " FROM sales_order WHERE shop_id = %s",
        [shop_id],
        identity_ids,
    )
    found = {row[0]: Totals(int(row[1]), int(row[2]), row[3], row[4]) for row in bought}
    given_back = _grouped(
        "SELECT identity_id, SUM(revenue_minor) FROM sales_refund WHERE shop_id = %s", [shop_id], identity_ids
    )
    for identity_id, amount in given_back:
        had = found.get(identity_id, Totals(0, 0, None, None))
        found[identity_id] = Totals(had.orders, had.revenue_minor - int(amount), had.first_us, had.last_us)
    return found


def last_fact_us(shop_id: int) -> int | None:
    """Find when the last order or refund of a shop was."""
    order = Order.objects.filter(shop_id=shop_id).order_by("-placed_us").values_list("placed_us", flat=True).first()
    refund = (
        Refund.objects.filter(shop_id=shop_id).order_by("-refunded_us").values_list("refunded_us", flat=True).first()
    )
    return max((us for us in (order, refund) if us is not None), default=None)


def first_fact_us(shop_id: int) -> int | None:
    """Find when the first order or refund of a shop was."""
    order = Order.objects.filter(shop_id=shop_id).order_by("placed_us").values_list("placed_us", flat=True).first()
    refund = (
        Refund.objects.filter(shop_id=shop_id).order_by("refunded_us").values_list("refunded_us", flat=True).first()
    )
    return min((us for us in (order, refund) if us is not None), default=None)


def has_orders(shop_id: int) -> bool:
    """Tell whether the shop has any order or refund: from then on its currency is fixed."""
    return last_fact_us(shop_id) is not None


def _grouped(sql: str, parameters: list[Any], identity_ids: Collection[int] | None) -> list[tuple[Any, ...]]:
    """Run a query grouped by identity, for some of them (in portions) or for all."""
    with connection.cursor() as cursor:
        if identity_ids is None:
            cursor.execute(f"{sql} GROUP BY identity_id", parameters)
            return list(cursor.fetchall())
        rows: list[tuple[Any, ...]] = []
        for part, places in in_batches(sorted(set(identity_ids))):
            cursor.execute(f"{sql} AND identity_id IN ({places}) GROUP BY identity_id", [*parameters, *part])
            rows += cursor.fetchall()
        return rows
