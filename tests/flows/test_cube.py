"""The base of a shop's cube: its sums are sales' own, its sources the first ones; the old base stays until the new."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kizuna.flows import analytics_upkeep, cube, retention
from kizuna.sales import days
from kizuna.science import periods
from kizuna.shops.models import Shop
from kizuna.warehouse import cube_files, rollup
from kizuna.warehouse.models import CubeFile
from kizuna.warehouse.rollup import PERIOD, Calendar, Question
from tests.flows.making import DAY, START, make_books
from tests.shops.making import NOW
from tests.web.console.shop_with_history import make_place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_home(settings: Any, tmp_path: Path) -> None:
    """Files of bases stay out of the home that all tests share."""
    settings.HOME = tmp_path


@pytest.fixture
def shop() -> Shop:
    """A seeded shop of a few hundred customers."""
    return make_place("tea", 120, 1500).shop


def test_every_day_of_the_cube_is_the_day_of_sales(shop: Shop) -> None:
    made = cube.make(shop, NOW + timedelta(days=400))
    assert made.first_day is not None
    assert made.last_day is not None
    each = np.arange(made.first_day, made.last_day + 1)
    question = Question(
        ("orders", "revenue", "profit"), (PERIOD,), (made.first_day, made.last_day), {}, Calendar(each, each, each)
    )
    cells = rollup.roll_up(made.path, question)
    found = {day: rest for day, *rest in zip(*(column.tolist() for column in cells.values()), strict=True) if any(rest)}
    expected = days.list_days(shop.pk, made.first_day, made.last_day)
    sold = {day.day: [day.orders, day.revenue_minor, day.net_profit_minor] for day in expected}
    assert found == {day: rest for day, rest in sold.items() if any(rest)}
    assert len(found) > 50


def test_a_base_that_was_overtaken_is_not_kept(shop: Shop) -> None:
    new = cube.make(shop, NOW + timedelta(days=2))
    cube.make(shop, NOW)
    kept = cube_files.find(shop.pk)
    assert kept is not None
    assert kept.path == new.path


def test_old_files_go_and_a_lost_file_is_no_base(shop: Shop) -> None:
    old = cube.make(shop, NOW)
    new = cube.make(shop, NOW + timedelta(hours=1))
    later = old.path.stat().st_mtime_ns // 1000 + cube_files.GRACE_US + 1_000_000_000
    assert old.path.exists(), "somebody may still be reading it"
    assert cube_files.sweep(shop.pk, later) == 1
    assert not old.path.exists()
    new.path.unlink()
    assert cube_files.find(shop.pk) is None


def test_a_base_is_due_until_it_shows_the_last_snapshot(shop: Shop) -> None:
    assert cube.is_due(shop)
    cube.make(shop, NOW)
    assert not cube.is_due(shop)
    CubeFile.objects.update(snapshot_id=0)
    assert cube.is_due(shop)


def test_an_erased_customer_leaves_the_base_too() -> None:
    books = make_books()
    kept, erased = books.customer(), books.customer()
    books.order(kept, START, 1000)
    books.order(erased, START + DAY, 500)
    cube.make(books.shop, NOW)
    analytics_upkeep.erase(books.shop, [erased], NOW + timedelta(minutes=1))
    assert cube.is_due(books.shop)
    made = cube.make(books.shop, NOW + timedelta(minutes=2))
    assert not cube.is_due(books.shop)
    assert rollup.roll_up(made.path, Question(("customers", "revenue"), (), (0, 40_000)))["revenue"].tolist() == [1000]


def test_retention_counts_the_cohorts_and_what_they_brought() -> None:
    books = make_books()
    zone = ZoneInfo(books.shop.timezone)
    for number, gaps in enumerate([(0, 35), (0,), (3, 40, 75), (195,)]):
        identity = books.customer()
        for gap in gaps:
            order = books.order(identity, START + gap * DAY + number, 1000)
            order.day = periods.day_index(order.placed_us, zone)
            order.save()
    cube.make(books.shop, periods.instant_at(START + 200 * DAY))
    found = retention.load(cube_files.find_retention(books.shop.pk))
    assert found is not None
    assert found.silence_days == 105
    assert found.table.size[0] == 3
    assert found.table.active[0, :3].tolist() == [3, 2, 1]
    assert found.revenue[0, :3].tolist() == [3000, 2000, 1000]
    (everybody,) = found.comparisons["all"].groups
    assert (everybody.customers, everybody.gone, everybody.few) == (4, 3, True)
    assert everybody.share[0] == 1.0
    assert everybody.median_days == 140


def test_a_shop_without_a_buyer_has_a_base_and_no_retention() -> None:
    books = make_books()
    cube.make(books.shop, NOW)
    assert retention.load(cube_files.find_retention(books.shop.pk)) is None
    assert cube_files.find(books.shop.pk) is not None
