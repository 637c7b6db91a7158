"""What is reckoned once a day: by the shop's own day, one job whoever asks, and what was given up waits."""

from datetime import UTC, datetime, timedelta

import pytest
from django.tasks import task

from kizuna.flows.daily import Daily, is_another_day
from kizuna.jobs.models import Job, JobState
from kizuna.relationships import kept_reports
from kizuna.relationships.kept_reports import ReportView
from kizuna.science import periods
from kizuna.shops.models import Shop
from tests.shops.making import make_shop

pytestmark = pytest.mark.django_db
EVENING = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
"""Half past eleven at night in Tokyo."""


@task(queue_name="slow")
def reckon(shop_id: int, now_us: int) -> None:
    """Reckon nothing."""


DAILY = Daily(reckon, "reckoning:")


def _shop() -> Shop:
    shop = make_shop()
    Shop.objects.filter(pk=shop.pk).update(timezone="Asia/Tokyo")
    shop.refresh_from_db()
    return shop


def test_a_day_ends_at_the_shops_own_midnight() -> None:
    shop, evening_us = _shop(), periods.epoch_us(EVENING)
    assert is_another_day(shop, None, evening_us)
    assert not is_another_day(shop, evening_us, evening_us + 29 * 60_000_000)
    assert is_another_day(shop, evening_us, evening_us + 30 * 60_000_000)


def test_many_who_ask_wait_for_one_job() -> None:
    shop = _shop()
    assert DAILY.lacks_report(shop, "reckoning", EVENING)
    assert DAILY.ask(shop, EVENING) == DAILY.ask(shop, EVENING)
    assert not DAILY.lacks_report(shop, "reckoning", EVENING), "it is under way"
    assert Job.objects.get().kwargs == {"shop_id": shop.pk, "now_us": periods.epoch_us(EVENING)}
    Job.objects.all().delete()
    kept_reports.keep(shop.pk, "reckoning", ReportView(0, EVENING, {}))
    assert not DAILY.lacks_report(shop, "reckoning", EVENING + timedelta(minutes=29))
    assert DAILY.lacks_report(shop, "reckoning", EVENING + timedelta(minutes=30))


def test_what_was_given_up_is_under_way_for_a_day() -> None:
    shop = _shop()
    assert not DAILY.is_under_way(shop, EVENING)
    DAILY.ask(shop, EVENING)
    Job.objects.update(enqueued_at=EVENING)
    assert DAILY.is_under_way(shop, EVENING + timedelta(days=9))
    Job.objects.update(state=JobState.DEAD, finished_at=EVENING)
    assert DAILY.is_under_way(shop, EVENING + timedelta(hours=23))
    assert not DAILY.is_under_way(shop, EVENING + timedelta(days=1))


def test_it_asks_only_where_it_is_due() -> None:
    one, _ = _shop(), make_shop("other")
    DAILY.ask_where(lambda shop, now: shop.pk == one.pk, EVENING)
    assert [job.kwargs["shop_id"] for job in Job.objects.all()] == [one.pk]
