"""Working time: stretches, holidays, zones and the nights in which the clocks change; adding and counting agree."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import periods
from kizuna.shops import hours
from kizuna.shops.hours import MINUTE_US, FreeDay, Schedule
from kizuna.shops.tenants import Refused
from tests.shops import making

BERLIN = ZoneInfo("Europe/Berlin")


def _us(*parts: int, zone: ZoneInfo = BERLIN) -> int:
    return periods.epoch_us(datetime(*parts, tzinfo=zone))


def _schedule(spans: dict[int, list[tuple[int, int]]], *off: date) -> Schedule:
    return Schedule(BERLIN, spans, frozenset(off), frozenset())


WEEK = {weekday: [(540, 720), (780, 1020)] for weekday in range(5)}


@pytest.mark.django_db
def test_a_shop_that_said_nothing_works_nine_to_five_and_what_it_says_counts() -> None:
    shop = making.make_shop(timezone="Europe/Berlin")
    friday, monday = _us(2026, 3, 6, 16), _us(2026, 3, 9, 10)
    assert hours.working_minutes(shop, friday, monday) == 120
    hours.set_spans(shop, [(5, 600, 840), (0, 540, 600)])
    hours.set_holidays(shop, [FreeDay(date(2026, 3, 7), "Stocktaking"), FreeDay(date(2020, 3, 14), "", True)])
    assert hours.working_minutes(shop, friday, monday) == 60
    due = hours.add_working_minutes(shop, friday, 61)
    assert due == _us(2026, 3, 16, 9, 1), "Saturday 14 March is free every year"
    hours.set_spans(shop, [(0, 540, 600)])
    assert hours.list_spans(shop) == [(0, 540, 600)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spans", [[], [(0, 600, 600)], [(0, 700, 600)], [(7, 0, 60)], [(0, 0, 1441)], [(0, 0, 60), (0, 59, 90)]]
)
def test_hours_that_cannot_be_are_refused(spans: list[tuple[int, int, int]]) -> None:
    with pytest.raises(Refused) as refused:
        hours.set_spans(making.make_shop(), spans)
    assert refused.value.field == "hours"


def test_a_night_in_which_the_clocks_change_has_the_hours_it_has() -> None:
    always = _schedule({weekday: [(0, 1440)] for weekday in range(7)})
    assert always.working_us(_us(2026, 3, 29), _us(2026, 3, 30)) == 23 * 60 * MINUTE_US
    assert always.working_us(_us(2026, 10, 25), _us(2026, 10, 26)) == 25 * 60 * MINUTE_US
    nights = _schedule({6: [(60, 150), (180, 300)]})
    assert nights.working_us(_us(2026, 3, 29), _us(2026, 3, 30)) == 180 * MINUTE_US, "1:00 to 5:00 lasted three hours"
    assert nights.add(_us(2026, 3, 29), 180) == _us(2026, 3, 29, 5)


def test_working_days_pass_over_weekends_and_holidays() -> None:
    schedule = _schedule(WEEK, date(2026, 3, 9))
    assert schedule.next_working_day(date(2026, 3, 7)) == date(2026, 3, 10)
    assert schedule.next_working_day(date(2026, 3, 6)) == date(2026, 3, 6)
    assert schedule.next_working_day(date(2026, 3, 6), 1) == date(2026, 3, 10)
    assert schedule.next_working_day(date(2026, 3, 7), 2) == date(2026, 3, 11)
    assert schedule.end_of(date(2026, 3, 10)) == _us(2026, 3, 10, 17)


@given(
    start=st.integers(0, 400 * 24 * 60).map(lambda minute: _us(2025, 12, 1) + minute * MINUTE_US),
    minutes=st.integers(0, 5_000),
    after=st.integers(0, 5_000),
)
def test_adding_and_counting_agree(start: int, minutes: int, after: int) -> None:
    schedule = _schedule(WEEK, date(2026, 12, 25))
    end = schedule.add(start, minutes)
    assert schedule.working_us(start, end) == minutes * MINUTE_US
    assert schedule.add(end, after) == schedule.add(start, minutes + after) or minutes == 0 or after == 0
    assert schedule.working_us(start, schedule.add(start, minutes + after)) == (minutes + after) * MINUTE_US


def test_an_instant_far_away_ends_all_the_same() -> None:
    never = _schedule({0: [(0, 1)]}, *[date(2026, 1, 5) + timedelta(days=7 * week) for week in range(600)])
    assert never.add(periods.epoch_us(datetime(2026, 1, 1, tzinfo=UTC)), 5) >= _us(2026, 1, 1)
    assert never.next_working_day(date(2026, 1, 5)) is None
