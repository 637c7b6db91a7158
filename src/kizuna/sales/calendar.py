"""The shop-local day and month of orders and refunds, written anew after a shop changed its time zone."""

from functools import partial
from zoneinfo import ZoneInfo

from kizuna.science import periods
from kizuna.tables import rows


def rebuild_order_days(shop_id: int, zone: ZoneInfo, after_id: int) -> int | None:
    """Write day and month of the next orders; returns the last id, None at the end."""
    return rows.rewrite_days("sales_order", "placed_us", shop_id, after_id, partial(periods.days_and_months, zone=zone))


def rebuild_refund_days(shop_id: int, zone: ZoneInfo, after_id: int) -> int | None:
    """Write day and month of the next refunds; returns the last id, None at the end."""
    calendar = partial(periods.days_and_months, zone=zone)
    return rows.rewrite_days("sales_refund", "refunded_us", shop_id, after_id, calendar)
