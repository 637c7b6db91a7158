"""After a shop changed its time zone: the local days and months of everything stored are written anew, as a job.

In portions of a transaction each; running it again, or half of it twice, comes to the same.
"""

from zoneinfo import ZoneInfo

from django.db import transaction
from django.tasks import task

from kizuna.sales import calendar
from kizuna.shops import tenants
from kizuna.tracking import journal


@task(queue_name="slow")
def rebuild_days(shop_id: int) -> None:
    """Write the days and months of a shop's facts, orders and refunds in its present zone."""
    zone = ZoneInfo(tenants.get_shop_by_id(shop_id).timezone)
    for rebuild in (journal.rebuild_days, calendar.rebuild_order_days, calendar.rebuild_refund_days):
        last: int | None = 0
        while last is not None:
            with transaction.atomic():
                last = rebuild(shop_id, zone, last)
