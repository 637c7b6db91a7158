"""The outlook put together: terms do what they say, losses count, ranges grow with what is not known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kizuna.science import ahead, back_test, margins, outlook, still
from kizuna.science.ahead import Ahead, Estimates
from kizuna.science.outlook import Fitted
from kizuna.science.worth import Terms

NOBODY = np.zeros(30, dtype=np.int64)


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    random = np.random.default_rng(4)
    gaps = random.exponential(40, (30, 9)).astype(np.int64) + 1
    days = np.cumsum(np.column_stack((random.integers(0, 60, 30), gaps)), axis=1)
    row, place = np.nonzero((days <= 300) & (np.arange(10) <= random.integers(1, 10, 30)[:, None]))
    return outlook.fit(row + 100, days[row, place], random.gamma(5.0, 8.0, len(row)), 300)


def _ahead(fitted: Fitted, **terms: float) -> Ahead:
    asked = {"months": 12, "discount_year": 0.0, **terms}
    return ahead.look_ahead(fitted, Terms(**asked), NOBODY, 2, seed=1)  # type: ignore[arg-type]


def test_discount_maintenance_and_months_do_what_they_say(fitted: Fitted) -> None:
    plain, later, kept, soon = (
        _ahead(fitted, **terms) for terms in ({}, {"discount_year": 0.1}, {"maintenance": 1.0}, {"months": 6})
    )
    assert 0.9 < later.value.mean.sum() / plain.value.mean.sum() < 0.98
    cost = plain.value.mean - kept.value.mean
    assert (cost >= 0).all()
    assert (cost <= 12 * plain.still + 1e-9).all()
    assert cost.sum() > 6 * plain.still.sum() / 2
    assert (soon.purchases.mean < plain.purchases.mean).all()
    assert later.purchases.mean.tolist() == plain.purchases.mean.tolist()


def test_groups_and_everybody_are_sums_with_ranges_around_them(fitted: Fitted) -> None:
    found = _ahead(fitted)
    assert found.group_value.mean.tolist() == pytest.approx([found.value.mean.sum(), 0.0, found.value.mean.sum()])
    for each in (found.group_purchases, found.group_value):
        assert (each.low <= each.mean).all()
        assert (each.mean <= each.high).all()
    assert found.group_value.high[-1] - found.group_value.low[-1] < (found.value.high - found.value.low).sum()


def test_losses_turn_the_value_with_its_range(fitted: Fitted) -> None:
    gain = np.ones(30)
    measured = margins.measure(np.arange(30), -gain, 30)
    assert measured.expected(gain).tolist() == [-1.0] * 30
    random = np.random.default_rng(2)
    row = np.repeat(np.arange(30), 3)
    lost = outlook.fit(row, np.tile([0, 40, 90], 30), -random.gamma(5.0, 1.0, 90), 120)
    found = ahead.look_ahead(lost, Terms(12, 0.0), NOBODY, 1, seed=1)
    assert (found.value.mean < 0).all()
    assert (found.value.low <= found.value.mean).all()
    assert (found.value.high >= found.value.mean).all()
    assert found.value.high.max() <= 0
    assert found.group_value.low[-1] < found.group_value.mean[-1] < found.group_value.high[-1] <= 0


@given(
    arrays.arrays(np.float64, 3, elements=st.floats(-1e6, 1e6)),
    st.floats(0, 1e5),
    st.floats(0, 1e5),
    st.floats(0, 2),
    st.floats(0, 2),
)
def test_a_larger_error_never_narrows_a_range(mean: np.ndarray, down: float, up: float, e: float, more: float) -> None:
    said = Estimates(mean, mean - down, mean + up)
    assert ahead.widen(said, None) is said
    narrow, wide = ahead.widen(said, e), ahead.widen(said, e + more)
    tolerance = 1e-6 * (1 + np.abs(mean) + down + up)
    assert (wide.low <= narrow.low + tolerance).all()
    assert (narrow.low <= said.low + tolerance).all()
    assert (wide.high >= narrow.high - tolerance).all()
    assert ahead.widen(said, -e).high.tolist() == narrow.high.tolist()


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(-1e4, 1e4)), min_size=1, max_size=60))
def test_margins_lie_between_the_best_gain_and_the_worst_loss(rows: list[tuple[int, float]]) -> None:
    row, profit = (np.array(column) for column in zip(*rows, strict=True))
    found = margins.measure(row, profit, 6)
    assert 0.02 <= found.likeness <= 0.5
    share = found.share()
    assert ((share >= 0) & (share <= 1)).all()
    left = found.expected(np.full(6, max(profit.max(), 0.0)))
    assert (left <= max(profit.max(), 0.0) + 1e-9).all()
    assert (left >= -found.loss - 1e-9).all()


def test_whoever_loses_more_often_keeps_less() -> None:
    row = np.repeat(np.arange(3), 10)
    profit = np.ones(30)
    profit[10:15], profit[20:30] = -1.0, -1.0
    share = margins.measure(row, profit, 3).share()
    assert share[0] > share[1] > share[2]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=30), st.integers(1, 9))
def test_tracking_counts_every_repeat_once_and_ends_where_it_is_asked(pairs: list[tuple[int, int]], step: int) -> None:
    first = np.array([low for low, _ in pairs])
    repeats = np.array([low + more for low, more in pairs])
    until = int(repeats.max())
    found = back_test.tracking(first, repeats, np.arange(until - int(first.min()) + 1) * 1.0, until, step)
    assert found.day[-1] == until
    assert found.actual[-1] == len(pairs)
    assert found.expected[-1] == pytest.approx(float((until - first).sum()))
    actual, expected = found.steps()
    assert actual.sum() == len(pairs)
    assert (expected >= 0).all()


def test_dormancy_is_told_by_likelihood_or_in_a_small_shop_by_silence() -> None:
    assert not still.is_dormant(0.3, 10_000, 50, 90)
    assert still.is_dormant(0.2999, 0, 50, 90)
    assert not still.is_dormant(0.01, 90, 49, 90)
    assert still.is_dormant(0.99, 91, 49, 90)
    assert not still.is_dormant(None, 90, 5_000, 90)
