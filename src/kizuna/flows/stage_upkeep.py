"""Once a day, and when asked: everybody's stage reckoned anew, who fell dormant, and what the Stages page shows.

A job in the slow lane, in short transactions; the page before stays until the next stands.
"""

from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING

from django.db import transaction
from django.tasks import task

from kizuna.flows import daily, portfolio, stage_events, stage_report, stages
from kizuna.flows.daily import Daily
from kizuna.jobs import queue, standing
from kizuna.relationships import kept_reports
from kizuna.relationships import stages as kept
from kizuna.relationships.kept_reports import ReportView
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

REPORT = "stages"
_TOGETHER = 400


def refresh(shop: "Shop", now: datetime) -> ReportView:
    """Reckon every stage of a shop anew and keep the report. Repeat-safe."""
    now_us = periods.epoch_us(now)
    acts = stage_report.read_acts(shop, portfolio.shop_now(shop, now_us))
    rhythm = {"buyers": len(acts.buyers), "quiet_days": acts.quiet_days}
    with transaction.atomic():
        kept_reports.keep(shop.pk, stages.RHYTHM, ReportView(acts.until_us, now, rhythm))
    queue.report(0.2)
    everybody = sorted(stage_events.list_candidates(shop) | set(kept.list_ids(shop.pk)))
    for place, some in enumerate(batched(everybody, _TOGETHER)):
        stages.review(shop, some, now_us)
        queue.report(0.2 + 0.6 * min(1.0, (place + 1) * _TOGETHER / len(everybody)))
    made = ReportView(acts.until_us, now, stage_report.make(shop, acts))
    with transaction.atomic():
        kept_reports.keep(shop.pk, REPORT, made)
    return made


@task(queue_name="slow")
def refresh_shop(shop_id: int, now_us: int) -> None:
    """Reckon every stage of a shop."""
    refresh(tenants.get_shop_by_id(shop_id), periods.instant_at(now_us))


_daily = Daily(refresh_shop, "stages:")
ask, find_job = _daily.ask, _daily.find_job


@standing.every("stages", seconds=daily.LOOK_S)
def ask_where_due(now: datetime) -> None:
    """Ask for every shop whose local day changed since it was last reckoned."""
    _daily.ask_where(is_due, now)


def is_due(shop: "Shop", now: datetime) -> bool:
    """Whether nothing was reckoned on the shop's present day, and nothing is under way; a failed one waits a day."""
    if _daily.is_under_way(shop, now):
        return False
    last = kept_reports.find(shop.pk, REPORT)
    clock = portfolio.shop_now(shop, periods.epoch_us(now))
    return daily.is_another_day(shop, None if last is None else last.as_of_us, clock)
