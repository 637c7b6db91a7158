"""After a shop changed its time zone: the local days and months of everything stored are written anew, as a job.

In portions of a transaction each; running it again, or half of it twice, comes to the same. The sealed files follow.
"""

from zoneinfo import ZoneInfo

from django.db import transaction
from django.tasks import task

from kizuna.flows import analytics_upkeep
from kizuna.sales import calendar
from kizuna.science import periods
from kizuna.shops import tenants
from kizuna.tracking import journal


@task(queue_name="slow")
def rebuild_days(shop_id: int, now_us: int) -> None:
    """Write the days and months of a shop's facts, orders and refunds in its present zone."""
    shop = tenants.get_shop_by_id(shop_id)
    zone = ZoneInfo(shop.timezone)
    for rebuild in (journal.rebuild_days, calendar.rebuild_order_days, calendar.rebuild_refund_days):
        last: int | None = 0
        while last is not None:
            with transaction.atomic():
                last = rebuild(shop_id, zone, last)
    analytics_upkeep.follow(shop, ("timezone",), periods.instant_at(now_us))
