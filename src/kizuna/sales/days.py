"""What the shop took per day: purchases, revenue less refunds, net profit, for figures over time.

Days are the shop's own (written with each order and refund); a day without sales is a row of zeros.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class DayTotal:
    """One shop-local day."""

    day: int
    orders: int
    revenue_minor: int
    net_profit_minor: int


def list_days(shop_id: int, from_day: int, to_day: int) -> list[DayTotal]:
    """Sum every day from one to the other, both included."""
    sums: dict[int, list[int]] = {day: [0, 0, 0] for day in range(from_day, to_day + 1)}
    for sql in (
        "SELECT day, SUM(CASE WHEN is_purchase THEN 1 ELSE 0 END), SUM(revenue_minor), SUM(net_profit_minor)"
        " FROM sales_order WHERE shop_id = %s AND day >= %s AND day <= %s GROUP BY day",
        "SELECT day, 0, -SUM(revenue_minor), SUM(net_profit_minor)"
        " FROM sales_refund WHERE shop_id = %s AND day >= %s AND day <= %s GROUP BY day",
    ):
        for day, *amounts in _rows(sql, [shop_id, from_day, to_day]):
            sums[day] = [had + int(amount) for had, amount in zip(sums[day], amounts, strict=True)]
    return [DayTotal(day, *amounts) for day, amounts in sums.items()]


def _rows(sql: str, parameters: list[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
