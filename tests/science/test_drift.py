"""Drift: the stability index against its published null law, permutation within customer, levels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import drift

NOBODY = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


def everybody(count):
    return np.arange(count), np.arange(count)


@pytest.mark.parametrize(
    ("n", "m", "expected", "digits"), [(200, 200, 0.169, 3), (500, 500, 0.068, 3), (10_000, 2_000, 0.01015, 5)]
)
def test_yurdakul_naranjo_2020_null_law_95_percent_points(n, m, expected, digits):
    assert round(drift.psi_threshold(n, m, 10, 0.95), digits) == expected


def under_no_drift(samples, n):
    random = np.random.default_rng(2)
    cuts = np.arange(1, 10) / 10
    index = []
    for _ in range(samples):
        counts = [np.bincount(np.searchsorted(cuts, random.random(n)), minlength=10) for _ in range(2)]
        index.append(drift.psi(*counts))
    return np.array(index)


def test_the_fixed_tenth_false_alarms_38_percent_of_the_time_at_200():
    index = under_no_drift(4000, 200)
    assert (index > 0.10).mean() == pytest.approx(0.38, abs=0.02)
    assert (index > drift.psi_threshold(200, 200, 10, 0.95)).mean() == pytest.approx(0.05, abs=0.015)


def test_the_index_by_hand():
    expected = (0.6 - 0.5) * np.log(0.6 / 0.5) + (0.4 - 0.5) * np.log(0.4 / 0.5)
    assert drift.psi(np.array([50, 50]), np.array([60, 40])) == pytest.approx(expected)
    assert drift.psi(np.array([10, 0]), np.array([9, 1])) > 0
    assert np.isfinite(drift.psi(np.array([10, 0]), np.array([0, 10])))
    assert drift.psi(np.array([5, 0, 5]), np.array([5, 0, 5])) == 0


@given(st.lists(st.integers(0, 6).map(float), min_size=1, max_size=50))
def test_every_bin_of_the_reference_has_somebody(values):
    sample = np.array(values)
    cuts = drift.edges(sample)
    counts = np.bincount(np.searchsorted(cuts, sample), minlength=len(cuts) + 1)
    assert len(cuts) <= 9
    assert (counts > 0).all()


def test_same_customers_moving_little_are_judged_by_swapping_within_customer():
    random = np.random.default_rng(7)
    before = random.normal(size=1000)
    now = before + random.normal(scale=0.1, size=1000)
    same = drift.compare(before, now, everybody(1000), random)
    strangers = drift.compare(before, now, NOBODY, random)
    assert same.index == strangers.index
    assert same.threshold < strangers.threshold / 3
    assert (same.level, strangers.level) == ("steady", "steady")
    moved = drift.compare(before, now + 0.12, everybody(1000), random)
    assert moved.level == "watch"
    assert moved.index < strangers.threshold


@pytest.mark.parametrize("share", [0.0, 0.6, 1.0])
def test_no_drift_is_beyond_chance_about_once_in_a_hundred(share):
    random = np.random.default_rng(5)
    count, samples, loud = 300, 150, 0
    both = np.arange(round(share * count))
    for _ in range(samples):
        strength = random.gamma(1.0, 1.0, 2 * count)
        before = np.round(strength[:count] * random.lognormal(0, 0.3, count), 1)
        now = np.round(strength[count:] * random.lognormal(0, 0.3, count), 1)
        now[both] = np.round(strength[both] * random.lognormal(0, 0.3, len(both)), 1)
        loud += drift.compare(before, now, (both, both), random, draws=400).level != "steady"
    assert loud / samples <= 0.04


def test_newcomers_unlike_the_reference_are_drift():
    random = np.random.default_rng(8)
    before = random.normal(size=400)
    now = np.concatenate((before, random.normal(1.5, 1.0, 400)))
    shift = drift.compare(before, now, everybody(400), random)
    assert shift.level == "critical"
    assert shift.alarms


def test_with_under_three_bins_the_share_of_zeros_is_compared():
    random = np.random.default_rng(1)
    before = np.concatenate((np.zeros(950), np.full(50, 3.0)))
    grown = np.concatenate((np.zeros(800), np.arange(200.0) + 1))
    shift = drift.compare(before, grown, NOBODY, random)
    assert shift.zeros
    assert shift.before == (0.95, 0.05)
    assert shift.now == (0.8, 0.2)
    assert shift.level == "alarm"
    assert drift.compare(before, before * 100, NOBODY, random).level == "steady"


def test_levels_need_both_chance_ruled_out_and_size():
    assert drift.level_of(0.30, 0.31) == "steady"
    assert drift.level_of(0.10, 0.01) == "watch"
    assert drift.level_of(0.1001, 0.01) == "alarm"
    assert drift.level_of(0.2501, 0.01) == "critical"


def test_kolmogorov_smirnov_by_hand():
    found = drift.ks(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.5, 3.5, 4.5, 5.5]))
    assert found.distance == 0.5
    far = drift.ks(np.arange(100.0), np.arange(100.0) + 50)
    assert far.distance == 0.5
    assert far.p < 1e-9
