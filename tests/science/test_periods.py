"""Calendar arithmetic, around every kind of clock change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kizuna.science import periods
from kizuna.science.periods import DAY_US

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Havana",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]
zones = st.sampled_from([ZoneInfo(name) for name in ZONES])
instants = st.integers(631_152_000_000_000, 2_208_988_800_000_000)


def us(*parts, zone="UTC", fold=0):
    return periods.epoch_us(datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold))


@given(st.lists(instants, min_size=1, max_size=30), zones)
def test_many_at_once_equal_one_by_one(at, zone):
    days = periods.day_indices(np.array(at), zone)
    assert days.tolist() == [periods.day_index(each, zone) for each in at]
    assert periods.month_indices(days).tolist() == [periods.month_index(each, zone) for each in at]


@pytest.mark.parametrize("name", ZONES)
def test_days_are_right_on_both_sides_of_every_clock_change(name):
    zone = ZoneInfo(name)
    starts, _ = periods._clock_changes(zone, 7305, 7305 + 9000)
    at = np.concatenate([starts + shift for shift in (-1, 0, 1)])
    assert periods.day_indices(at, zone).tolist() == [periods.day_index(each, zone) for each in at.tolist()]
    hourly = np.arange(int(starts[0]), int(starts[0]) + 3 * 366 * DAY_US, 3_600_000_000 * 5)
    assert periods.day_indices(hourly, zone).tolist() == [periods.day_index(each, zone) for each in hourly.tolist()]


@given(st.integers(7305, 25_000), zones)
@example(15_338, ZoneInfo("Pacific/Apia"))
@example(17_820, ZoneInfo("America/Sao_Paulo"))
def test_a_day_begins_at_its_midnight(day, zone):
    begins = periods.local_midnight_us(day, zone)
    assert periods.day_index(begins - 1, zone) < day <= periods.day_index(begins, zone)
    if (day, zone.key) != (15_338, "Pacific/Apia"):
        assert periods.day_index(begins, zone) == day


def test_midnight_that_a_clock_change_skips_or_repeats():
    day = periods.day_index(us(2018, 11, 4, 12, zone="America/Sao_Paulo"), ZoneInfo("America/Sao_Paulo"))
    assert periods.local_midnight_us(day, ZoneInfo("America/Sao_Paulo")) == us(2018, 11, 4, 3)
    havana = ZoneInfo("America/Havana")
    day = periods.day_index(us(2023, 11, 5, 12, zone="America/Havana"), havana)
    assert periods.local_midnight_us(day, havana) == us(2023, 11, 5, 4)
    toronto = ZoneInfo("America/Toronto")
    day = periods.day_index(us(1919, 3, 31, 12, zone="America/Toronto"), toronto)
    assert periods.local_midnight_us(day, toronto) == us(1919, 3, 31, 4, 30)


def test_days_of_25_and_23_hours():
    berlin = ZoneInfo("Europe/Berlin")
    for month, day_of_month, hours in ((3, 31, 23), (10, 27, 25), (6, 1, 24)):
        day = periods.day_index(us(2024, month, day_of_month, 12, zone="Europe/Berlin"), berlin)
        length = periods.local_midnight_us(day + 1, berlin) - periods.local_midnight_us(day, berlin)
        assert length == hours * 3_600_000_000


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ((2024, 3, 31, 12), 1, (2024, 2, 29, 12)),
        ((2023, 3, 31, 12), 1, (2023, 2, 28, 12)),
        ((2024, 1, 15), 1, (2023, 12, 15)),
        ((2024, 2, 29), 12, (2023, 2, 28)),
        ((2024, 2, 29), 48, (2020, 2, 29)),
        ((2024, 5, 31), 0, (2024, 5, 31)),
        ((2024, 7, 1, 2, 30), 3, (2024, 4, 1, 2, 30)),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_months_before_keeps_the_wall_time_and_clamps_to_the_end_of_the_month(start, months, expected, zone):
    assert periods.months_before(us(*start, zone=zone), months, ZoneInfo(zone)) == us(*expected, zone=zone)


def test_months_before_is_reckoned_in_the_zone_of_the_shop():
    at = us(2024, 3, 31, 22, 30)
    assert periods.months_before(at, 1, ZoneInfo("UTC")) == us(2024, 2, 29, 22, 30)
    assert periods.months_before(at, 1, ZoneInfo("Europe/Berlin")) == us(2024, 2, 29, 23, 30)


def test_months_before_into_an_hour_that_was_skipped_moves_on():
    assert periods.months_before(us(2024, 4, 30, 2, 30, zone="Europe/Berlin"), 1, ZoneInfo("Europe/Berlin")) == us(
        2024, 3, 30, 2, 30, zone="Europe/Berlin"
    )
    skipped = periods.months_before(us(2019, 4, 30, 2, 30, zone="Europe/Berlin"), 1, ZoneInfo("Europe/Berlin"))
    assert skipped == us(2019, 3, 30, 1, 30)
    in_gap = periods.months_before(us(2020, 4, 29, 2, 30, zone="Europe/Berlin"), 1, ZoneInfo("Europe/Berlin"))
    assert in_gap == us(2020, 3, 29, 1, 30)


@given(instants, zones, st.integers(0, 120))
def test_months_before_lands_in_the_right_month(at, zone, months):
    earlier = periods.months_before(at, months, zone)
    if zone.key not in ("Pacific/Apia", "America/Sao_Paulo", "America/St_Johns"):
        assert periods.month_index(earlier, zone) == periods.month_index(at, zone) - months
    assert (earlier < at) == (months > 0)


@given(instants)
def test_instants_convert_exactly(at):
    assert periods.epoch_us(periods.instant_at(at)) == at
    assert periods.epoch_us(periods.instant_at(at).astimezone(ZoneInfo("Asia/Kathmandu"))) == at


def test_a_naive_datetime_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        periods.epoch_us(datetime(2024, 1, 1))


def test_no_instants_no_days():
    assert periods.day_indices(np.empty(0, dtype=np.int64), ZoneInfo("Europe/Berlin")).tolist() == []


def test_day_zero_is_the_first_of_january_1970_and_months_count_from_it():
    assert periods.day_index(periods.epoch_us(datetime(1970, 1, 1, tzinfo=UTC)), ZoneInfo("UTC")) == 0
    assert periods.month_index(-1, ZoneInfo("UTC")) == -1
    assert periods.day_index(-1, ZoneInfo("UTC")) == -1


def test_a_shop_lives_now_unless_its_last_fact_is_older_than_one_half_life():
    now = us(2024, 6, 1)
    at_the_edge = now - 90 * DAY_US
    assert periods.shop_clock(now, at_the_edge, 90) == now
    assert periods.shop_clock(now, at_the_edge - 1, 90) == at_the_edge - 1


def test_a_shop_without_facts_or_with_one_ahead_lives_now():
    assert periods.shop_clock(5, None, 30) == 5
    assert periods.shop_clock(5, 9, 30) == 5
