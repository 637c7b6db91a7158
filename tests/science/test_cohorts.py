"""The retention table: counted in a second way, its rates, and intervals that cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import cohorts
from kizuna.science.cohorts import CohortError

rows = st.lists(st.tuples(st.integers(1, 6), st.integers(300, 308)), min_size=1, max_size=40)


@given(rows, st.integers(300, 308))
def test_the_table_counts_each_customer_once_a_month(found: list[tuple[int, int]], until: int) -> None:
    table = cohorts.retention_table(*zip(*found, strict=True), until_month=until)
    seen = {(who, month) for who, month in found if month <= until}
    first = {who: min(month for w, month in seen if w == who) for who, _ in seen}
    assert table.size.sum() == len(first)
    for row, cohort in enumerate(table.cohort):
        members = {who for who, month in first.items() if month == cohort}
        assert table.size[row] == len(members)
        for age in range(table.active.shape[1]):
            assert table.active[row, age] == sum((who, cohort + age) in seen for who in members)
            assert table.seen[row, age] == (cohort + age <= until)
    assert (table.active[:, :1].ravel() == table.size).all()


def test_rates_show_what_has_not_come_as_nothing() -> None:
    table = cohorts.retention_table([1, 1, 2, 3], [0, 1, 0, 1], until_month=1)
    rates = table.rates()
    assert rates.rate[0].tolist() == [1.0, 0.5]
    assert rates.rate[1, 0] == 1.0
    assert np.isnan([rates.rate[1, 1], rates.low[1, 1], rates.high[1, 1]]).all()
    assert table.by_age().rate.tolist() == [1.0, 0.5]


def test_rate_by_age_weighs_cohorts_by_size() -> None:
    table = cohorts.from_counts([0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2], [90, 90, 90, 10, 10, 5], [90, 45, 9, 10, 1, 5])
    assert table.by_age().rate.tolist() == [1.0, 46 / 100, 9 / 90]
    assert table.cohort.tolist() == [0, 1, 2]


def test_counts_and_rows_give_the_same_table() -> None:
    random = np.random.default_rng(1)
    customer, month = random.integers(0, 50, 300), random.integers(0, 12, 300)
    table = cohorts.retention_table(customer, month, until_month=11)
    row, age = np.nonzero(table.active)
    again = cohorts.from_counts(table.cohort[row], table.cohort[row] + age, table.size[row], table.active[row, age])
    start = len(table.cohort) - len(again.cohort)
    assert (again.active == table.active[start:, : len(again.cohort)]).all()


def test_wilson_1927_interval_of_brown_cai_dasgupta_2001() -> None:
    table = cohorts.from_counts([0, 0], [0, 1], [10, 10], [10, 0])
    low, high = table.rates().low[0], table.rates().high[0]
    assert [round(float(each), 3) for each in (low[1], high[1], low[0], high[0])] == [0.0, 0.278, 0.722, 1.0]


def test_interval_covers_at_its_nominal_rate() -> None:
    random = np.random.default_rng(2)
    hits = random.binomial(40, 0.2, 4000)
    table = cohorts._wilson(hits, np.full(4000, 40), 0.95)
    assert 0.93 <= ((table.low <= 0.2) & (table.high >= 0.2)).mean() <= 0.97


def test_no_rows_make_an_empty_table() -> None:
    for table in (
        cohorts.retention_table([], [], 5),
        cohorts.retention_table([1], [9], 5),
        cohorts.from_counts([], [], [], []),
    ):
        assert table.active.shape == (0, 0)
        assert table.by_age().rate.tolist() == []


def test_impossible_rows_name_their_field() -> None:
    for field, call in (
        ("customer", lambda: cohorts.retention_table([1.5], [1], 3)),
        ("month", lambda: cohorts.retention_table([1], [1, 2], 3)),
        ("active", lambda: cohorts.from_counts([0], [0], [5], [6])),
        ("month", lambda: cohorts.from_counts([1], [0], [5], [5])),
        ("active", lambda: cohorts.from_counts([0], [0], [5], [5, 4])),
    ):
        with pytest.raises(CohortError) as raised:
            call()
        assert raised.value.field == field
