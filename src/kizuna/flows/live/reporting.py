"""A panel's report on the system, added to the shop's local day; system quality is read from it."""

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction

from kizuna.conversations.live import reports
from kizuna.conversations.live.reports import Report
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

__all__ = ["Report", "report"]


@transaction.atomic
def report(shop: "Shop", told: Report, now: datetime) -> None:
    """Add what a panel counted to today."""
    reports.add(shop.pk, periods.day_index(periods.epoch_us(now), ZoneInfo(shop.timezone)), told)
