"""Stocks: forward decay keeps its sums whatever the order, and reads them as the definition says."""

from datetime import UTC, datetime
from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import periods, stocks
from kizuna.science.stocks import DAY_US, HALF_LIVES, LANDMARK_US, NO_PURCHASE

YEAR_1990_US = 631_152_000_000_000
YEAR_2050_US = 2_524_608_000_000_000

instants = st.integers(YEAR_1990_US, YEAR_2050_US)
facts = st.lists(st.tuples(st.integers(0, 3), instants, st.integers(-(10**9), 10**9)), max_size=40)


def columns(given_facts):
    owner = np.array([fact[0] for fact in given_facts], dtype=np.int64)
    at = np.array([fact[1] for fact in given_facts], dtype=np.int64)
    return owner, at, np.array([fact[2] for fact in given_facts], dtype=np.float64)


def tolerance(given_facts, owners=4):
    """1e-12 of the sum of |w|, decayed alike: what the nightly recompute allows."""
    owner, at, w = columns(given_facts)
    return 1e-12 * stocks.accumulate(owner, at, np.abs(w), owners)


def exact_weight(happened_us, half_life_days):
    getcontext().prec = 40
    return Decimal(2) ** (Decimal(happened_us - LANDMARK_US) / Decimal(half_life_days * DAY_US))


@given(instants)
def test_addend_agrees_with_exact_arithmetic_to_1e_13(at):
    for half_life, value in zip(HALF_LIVES, stocks.addend(at, 1.0), strict=True):
        exact = exact_weight(at, half_life)
        assert abs(Decimal(value) / exact - 1) < Decimal("1e-13")
        assert abs(Decimal(float(stocks.weights(np.array([at]), half_life)[0])) / exact - 1) < Decimal("1e-13")


@given(facts)
def test_one_by_one_equals_all_at_once_in_any_order(given_facts):
    owner, at, w = columns(given_facts)
    at_once = stocks.accumulate(owner, at, w, 4)
    live = np.zeros((4, len(HALF_LIVES)))
    for each, happened, weight in reversed(given_facts):
        live[each] += stocks.addend(happened, float(weight))
    assert (np.abs(at_once - live) <= tolerance(given_facts)).all()


@given(facts)
def test_addends_are_the_summands_of_accumulate(given_facts):
    owner, at, w = columns(given_facts)
    rows = stocks.addends(at, w)
    assert rows.shape == (len(given_facts), len(HALF_LIVES))
    by_hand = np.array([rows[owner == each].sum(axis=0) for each in range(4)])
    assert (np.abs(by_hand - stocks.accumulate(owner, at, w, 4)) <= tolerance(given_facts)).all()


@given(facts, facts, facts)
def test_merging_customers_is_commutative_and_associative(a, b, c):
    s, t, u = (stocks.accumulate(np.zeros(len(x), dtype=np.int64), *columns(x)[1:], 1) for x in (a, b, c))
    together = stocks.accumulate(np.zeros(len(a + b + c), dtype=np.int64), *columns(a + b + c)[1:], 1)
    allowed = sum(tolerance([(0, *fact[1:]) for fact in x], 1) for x in (a, b, c))
    assert (s + t == t + s).all()
    assert (np.abs((s + t) + u - (s + (t + u))) <= allowed).all()
    assert (np.abs((s + t) + u - together) <= allowed).all()


@given(facts, st.sampled_from(HALF_LIVES))
def test_stock_is_the_sum_of_the_definition(given_facts, half_life):
    at_us = YEAR_2050_US
    owner, at, w = columns(given_facts)
    s = stocks.accumulate(owner, at, w, 4)[:, HALF_LIVES.index(half_life)]
    direct = np.bincount(owner, w * 2.0 ** ((at - at_us) / (half_life * DAY_US)), 4)
    scale = np.bincount(owner, np.abs(w) * 2.0 ** ((at - at_us) / (half_life * DAY_US)), 4)
    assert (np.abs(stocks.stock_at(s, half_life, at_us) - direct) <= 1e-12 * scale).all()


def test_accumulate_across_chunks_equals_one_chunk(monkeypatch):
    rng = np.random.default_rng(7)
    owner, at = rng.integers(0, 5, 1000), rng.integers(YEAR_1990_US, YEAR_2050_US, 1000)
    whole = stocks.accumulate(owner, at, np.ones(1000), 5)
    monkeypatch.setattr(stocks, "_CHUNK", 7)
    np.testing.assert_allclose(stocks.accumulate(owner, at, np.ones(1000), 5), whole, rtol=1e-12)


def test_accumulate_of_nothing_is_zero_for_every_owner():
    none = np.empty(0, dtype=np.int64)
    assert stocks.accumulate(none, none, none.astype(float), 3).tolist() == [[0.0] * 5] * 3
    assert stocks.accumulate(none, none, none.astype(float), 0).shape == (0, 5)


@pytest.mark.parametrize("index", [-1, 2])
def test_accumulate_refuses_an_owner_outside(index):
    with pytest.raises(ValueError, match="owner index"):
        stocks.accumulate(np.array([index]), np.array([LANDMARK_US]), np.array([1.0]), 2)


def test_sums_stay_finite_for_the_largest_money_until_2079():
    year_2079_us = 3_439_756_800_000_000
    assert np.isfinite(stocks.addend(year_2079_us, 2.0**60)).all()
    assert np.isfinite(stocks.addends(np.array([year_2079_us]), np.array([2.0**60]))).all()


def test_one_half_life_halves_for_each_of_the_grid():
    for k, half_life in enumerate(HALF_LIVES):
        s = stocks.addend(LANDMARK_US, 1.0)[k]
        assert stocks.stock_at(s, half_life, LANDMARK_US + half_life * DAY_US) == 0.5


def test_half_life_off_the_grid_is_refused():
    for call in (
        lambda: stocks.stock_at(1.0, 91, LANDMARK_US),
        lambda: stocks.weights(np.array([0]), 7),
        lambda: stocks.recency_at(0, 1, LANDMARK_US),
    ):
        with pytest.raises(stocks.UnknownHalfLifeError):
            call()


@given(st.lists(st.one_of(st.just(NO_PURCHASE), instants), min_size=1, max_size=20), instants)
def test_recency_is_in_0_1_and_one_by_one_as_all_at_once(last, at_us):
    many = stocks.recency_at(np.array(last, dtype=np.int64), 90, at_us)
    assert ((many >= 0) & (many <= 1)).all()
    np.testing.assert_allclose(many, [stocks.recency_at(each, 90, at_us) for each in last], rtol=1e-14)
    assert (many[np.array(last) == NO_PURCHASE] == 0).all()


def test_recency_of_a_purchase_ahead_of_the_clock_is_one():
    assert stocks.recency_at(LANDMARK_US + DAY_US, 30, LANDMARK_US) == 1.0
    assert stocks.recency_at(np.array([LANDMARK_US + DAY_US]), 30, LANDMARK_US).tolist() == [1.0]


def test_recency_merges_as_a_maximum():
    assert max(NO_PURCHASE, LANDMARK_US) == LANDMARK_US
    assert np.iinfo(np.int64).min == NO_PURCHASE


@pytest.mark.parametrize("factor", ["R", "F", "V", "E", "operator chats"])
def test_one_mail_nine_years_ago_is_no_mail(factor):
    s = stocks.addend(LANDMARK_US, 1.0)[HALF_LIVES.index(365)]
    eight, nine = (stocks.stock_at(s, 365, LANDMARK_US + years * 365 * DAY_US) for years in (8, 9))
    assert stocks.significant(np.array([eight, nine]), factor).tolist() == [2**-8, 0.0]


def test_noise_at_the_threshold_does_not_decide():
    threshold = 2.0**-8
    noisy = np.array([threshold * (1 - 1e-12), threshold * (1 - 1e-6)])
    assert (stocks.significant(noisy, "F") > 0).tolist() == [True, False]


def test_money_below_one_minor_unit_and_more_refunded_than_spent_count_as_nothing():
    assert stocks.significant(np.array([1.0, 0.999, 0.5, -7.0]), "M").tolist() == [1.0, 0.0, 0.0, 0.0]


def test_the_landmark_never_moves():
    assert periods.epoch_us(datetime(2000, 1, 1, tzinfo=UTC)) == LANDMARK_US
    assert stocks.addend(LANDMARK_US, 3.0) == (3.0,) * 5
