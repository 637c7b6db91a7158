"""When a shop's forecast is computed and what is kept of it: every night in the shop's own time, and when asked for.

A run is written in short transactions that nobody sees before the last; then the standings take up the two figures that
lists sort by. The reckoning is flows.foresight; it holds no transaction, so it never keeps the live path waiting.
"""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction
from django.tasks import task

from kizuna.flows import customer_days, daily, foresight, portfolio
from kizuna.flows.daily import Daily
from kizuna.flows.foresight import Terms
from kizuna.jobs import queue, standing
from kizuna.relationships import forecasts
from kizuna.relationships.forecasts import ForecastColumns, RunView
from kizuna.sales import ledger
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

_PARTS_AT_ONCE = 16
_WRITING = 0.7


def refresh(shop: "Shop", now: datetime) -> RunView | None:
    """Compute and keep the forecast as of the shop's clock; None where nobody has bought yet.

    Repeat-safe: the same facts give the same figures, and a run of the same day is replaced.
    """
    clock = portfolio.shop_now(shop, periods.epoch_us(now))
    day = periods.day_index(clock, ZoneInfo(shop.timezone))
    book = customer_days.read(shop, clock)
    foreseen = foresight.foresee(shop, book, day, terms_of(shop), lambda part: queue.report(_WRITING * part))
    if foreseen is None:
        _forget(shop)
        return None
    draft = forecasts.RunDraft(day, clock, asdict(terms_of(shop)), foreseen.method, foreseen.totals, foreseen.back_test)
    _store(shop, draft, foreseen.columns, now)
    _note(shop, foreseen.columns)
    return forecasts.find_last(shop.pk)


def terms_of(shop: "Shop") -> Terms:
    """The terms that the shop's settings name."""
    return Terms(shop.forecast_months, float(shop.discount_year), shop.maintenance_minor)


@task(queue_name="slow")
def refresh_shop(shop_id: int, now_us: int) -> None:
    """Compute the forecast of a shop."""
    refresh(tenants.get_shop_by_id(shop_id), periods.instant_at(now_us))


_daily = Daily(refresh_shop, "forecast:")
ask, find_job = _daily.ask, _daily.find_job


@standing.every("forecasts", seconds=daily.LOOK_S)
def ask_where_due(now: datetime) -> None:
    """Ask for the forecast of every shop whose local day changed since its last, or whose terms did."""
    _daily.ask_where(is_due, now)


def is_due(shop: "Shop", now: datetime) -> bool:
    """Whether a shop with purchases has no forecast of its present day on its present terms, and none is under way.

    One that was given up is tried again a day later.
    """
    if _daily.is_under_way(shop, now):
        return False
    last = forecasts.find_last(shop.pk)
    if last is None:
        return ledger.has_orders(shop.pk)
    clock = portfolio.shop_now(shop, periods.epoch_us(now))
    today = periods.day_index(clock, ZoneInfo(shop.timezone))
    return last.day != today or last.terms != asdict(terms_of(shop))


def _store(shop: "Shop", draft: forecasts.RunDraft, columns: ForecastColumns, now: datetime) -> None:
    count = len(columns.customer_id)
    with transaction.atomic():
        run = forecasts.begin(shop.pk, draft, count, now)
    for start in range(0, count, forecasts.PART * _PARTS_AT_ONCE):
        with transaction.atomic():
            forecasts.add_parts(shop.pk, run, columns.rows(start, start + forecasts.PART * _PARTS_AT_ONCE))
    with transaction.atomic():
        forecasts.finish(shop.pk, run)


def _note(shop: "Shop", columns: ForecastColumns) -> None:
    count = len(columns.customer_id)
    for start in range(0, count, forecasts.PART):
        with transaction.atomic():
            forecasts.note(shop.pk, columns.rows(start, start + forecasts.PART))
        queue.report(_WRITING + (1 - _WRITING) * start / count)
    absent = forecasts.list_absent(shop.pk, columns.customer_id)
    for start in range(0, len(absent), forecasts.PART):
        with transaction.atomic():
            forecasts.unnote(shop.pk, absent[start : start + forecasts.PART])


def _forget(shop: "Shop") -> None:
    """A shop whose purchases were all taken back has no forecast left."""
    if forecasts.find_last(shop.pk) is not None:
        with transaction.atomic():
            forecasts.forget(shop.pk)
        _note(shop, forecasts.NOBODY)
