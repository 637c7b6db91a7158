"""The shop-local day and month of orders and refunds, written anew after a shop changed its time zone."""

from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from kizuna.sales.models import Order, Refund
from kizuna.science import periods

_AT_ONCE = 5_000


def rebuild_order_days(shop_id: int, zone: ZoneInfo, after_id: int) -> int | None:
    """Write day and month of the next orders; returns the last id, None at the end."""
    later = Order.objects.filter(shop_id=shop_id, id__gt=after_id).order_by("id")
    rows = list(later.values_list("id", "placed_us")[:_AT_ONCE])
    return _write("UPDATE sales_order SET day = %s, month = %s WHERE id = %s", rows, zone)


def rebuild_refund_days(shop_id: int, zone: ZoneInfo, after_id: int) -> int | None:
    """Write day and month of the next refunds; returns the last id, None at the end."""
    later = Refund.objects.filter(shop_id=shop_id, id__gt=after_id).order_by("id")
    rows = list(later.values_list("id", "refunded_us")[:_AT_ONCE])
    return _write("UPDATE sales_refund SET day = %s, month = %s WHERE id = %s", rows, zone)


def _write(statement: str, rows: list[tuple[int, int]], zone: ZoneInfo) -> int | None:
    if not rows:
        return None
    days = periods.day_indices(np.array([us for _, us in rows], dtype=np.int64), zone)
    changes = zip(days.tolist(), periods.month_indices(days).tolist(), (number for number, _ in rows), strict=True)
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(changes))
    return rows[-1][0]
