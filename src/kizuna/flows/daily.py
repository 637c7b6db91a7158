"""What is reckoned for each shop once on every day of its own, and when asked: one job waits, whoever asks for it.

The flow that reckons keeps its task and says what is due; how it is asked for, found and asked for again is the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from kizuna.jobs import queue
from kizuna.relationships import kept_reports
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from django.tasks import Task

    from kizuna.jobs.queue import JobView
    from kizuna.shops.models import Shop

LOOK_S = 900.0
"""How often it is looked whether the day of a shop has changed."""
TRIED_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Daily:
    """The task that reckons one shop, and what its key begins with."""

    refresh_shop: "Task[..., Any]"
    key: str

    @transaction.atomic
    def ask(self, shop: "Shop", now: datetime) -> UUID:
        """Let it be reckoned soon; asking again while it waits changes nothing."""
        key = f"{self.key}{shop.pk}"
        return queue.enqueue_once(self.refresh_shop, key, shop_id=shop.pk, now_us=periods.epoch_us(now))

    def find_job(self, shop: "Shop") -> "JobView | None":
        """Find the reckoning that runs, waits or was given up; None where there is none."""
        return queue.find_unfinished(f"{self.key}{shop.pk}")

    def ask_where(self, is_due: "Callable[[Shop, datetime], bool]", now: datetime) -> None:
        """Ask for every shop where it is due."""
        for shop in tenants.list_shops():
            if is_due(shop, now):
                self.ask(shop, now)

    def is_under_way(self, shop: "Shop", now: datetime) -> bool:
        """Whether it runs or waits; one that was given up is tried again a day later."""
        job = self.find_job(shop)
        return job is not None and (job.state != "dead" or now - job.enqueued_at < TRIED_AGAIN)

    def lacks_report(self, shop: "Shop", name: str, now: datetime) -> bool:
        """Whether a report was not made on the shop's present day, and nothing runs, waits or was given up."""
        last = kept_reports.find(shop.pk, name)
        made_us = None if last is None else periods.epoch_us(last.made_at)
        return is_another_day(shop, made_us, periods.epoch_us(now)) and self.find_job(shop) is None


def is_another_day(shop: "Shop", one_us: int | None, other_us: int) -> bool:
    """Whether two instants lie on different days of the shop; never is another day too."""
    zone = ZoneInfo(shop.timezone)
    return one_us is None or periods.day_index(one_us, zone) != periods.day_index(other_us, zone)
