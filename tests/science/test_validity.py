"""Measures of a ranking against counting by hand, their resampling, Holm and "two running"."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from kizuna.science import validity
from kizuna.science.validity import GINI, LIFT, SPEARMAN, Estimate

customers = st.lists(st.tuples(st.integers(-3, 6), st.integers(-2, 5)), min_size=2, max_size=60)


def slow_gini(score, y):
    def area(by):
        order = sorted(range(len(y)), key=lambda row: -by[row])
        upto, total = [], 0.0
        for row in order:
            total += y[row]
            upto.append(total / sum(y))
        return sum(upto) / len(upto) - 0.5

    return area(score) / area(y)


@given(customers)
def test_the_measures_are_what_the_protocol_says(rows):
    score, outcome = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    floored = np.maximum(outcome, 0)
    rho, gini, lift = validity.measures(score, outcome)
    if len(set(score)) > 1 and len(set(floored)) > 1:
        assert rho == pytest.approx(spearmanr(score, floored).statistic, abs=1e-12)
    else:
        assert np.isnan(rho)
    if floored.any():
        assert gini == pytest.approx(slow_gini(score.tolist(), floored.tolist()), abs=1e-12)
        top = sorted(range(len(score)), key=lambda row: -score[row])[: -(-len(score) // 10)]
        assert lift == pytest.approx(10 * floored[top].sum() / floored.sum(), abs=1e-12)
    else:
        assert np.isnan(gini)
        assert np.isnan(lift)


@given(customers, st.data())
def test_customers_drawn_again_measure_as_if_they_stood_there_so_often(rows, data):
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows))))
    if not times.any():
        times[0] = 1
    score, y = (np.maximum(np.array(column, dtype=np.float64), 0) for column in zip(*rows, strict=True))
    repeated = np.repeat(np.arange(len(rows)), times)
    drawn = validity._weighted([validity._Order(score, y)], validity._Order(y, y), times)[0]
    np.testing.assert_allclose(drawn, validity.measures(score[repeated], y[repeated]), atol=1e-12)


def test_one_measure_at_a_time_is_the_same():
    score, y = np.array([3.0, 1.0, 2.0]), np.array([2.0, 9.0, 0.0])
    assert [validity.spearman(score, y), validity.normalised_gini(score, y), validity.top_decile_lift(score, y)] == (
        validity.measures(score, y).tolist()
    )


def test_what_cannot_be_measured_is_refused_or_nan():
    assert np.isnan(validity.measures(np.empty(0), np.empty(0))).all()
    assert np.isnan(validity.resample({"a": np.empty(0)}, np.empty(0), np.random.default_rng(1)).value).all()
    with pytest.raises(ValueError, match="do not match"):
        validity.measures(np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match="finite"):
        validity.measures(np.array([np.nan]), np.zeros(1))


def simulated(count, random):
    strength = random.gamma(0.7, 1.0, count)
    noisy = strength * random.lognormal(0, 0.8, count)
    return strength, noisy, random.poisson(strength) * 20.0


def test_resampling_is_paired_and_repeats_with_the_seed():
    strength, noisy, y = simulated(400, np.random.default_rng(3))
    scores = {"ours": noisy, "again": noisy, "better": strength}
    first, second = (validity.resample(scores, y, np.random.default_rng(9), 60) for _ in range(2))
    assert first.draws.tobytes() == second.draws.tobytes()
    same = first.difference("ours", "again")
    assert (same.value, same.error, same.p) == (0.0, 0.0, 1.0)
    apart = first.difference("ours", "better")
    alone = np.hypot(first.estimate("ours").error, first.estimate("better").error)
    assert apart.value < 0
    assert 0 < apart.error < alone
    assert apart.low < apart.value < apart.high


@pytest.mark.parametrize("measure", [SPEARMAN, GINI, LIFT])
def test_a_small_part_of_many_customers_tells_the_error_of_all(measure, monkeypatch):
    strength, _, y = simulated(3000, np.random.default_rng(4))
    whole = validity.resample({"a": strength}, y, np.random.default_rng(5), 150).estimate("a", measure)
    monkeypatch.setattr(validity, "_MOST_RESAMPLED", 1200)
    drawn = validity.resample({"a": strength}, y, np.random.default_rng(5), 150)
    part = drawn.estimate("a", measure)
    assert part.value == whole.value
    assert part.error == pytest.approx(whole.error, rel=0.35)
    assert part.low < whole.value < part.high
    assert abs(drawn.draws[:, 0, measure].mean() - whole.value) < 0.35 * whole.error


def coverage(samples, count, draws):
    random = np.random.default_rng(11)
    truth = validity.normalised_gini(*simulated(200_000, random)[::2])
    inside = 0
    for _ in range(samples):
        strength, _, y = simulated(count, random)
        found = validity.resample({"a": strength}, y, random, draws).estimate("a")
        inside += found.low <= truth <= found.high
    return inside / samples


def test_intervals_cover_about_as_often_as_they_say():
    assert coverage(60, 300, 60) > 0.83


@pytest.mark.long
def test_intervals_cover_at_their_nominal_rate():
    assert coverage(600, 1500, 200) == pytest.approx(0.95, abs=0.03)


def test_holm_1979_is_step_down():
    p = {"a": 0.010, "b": 0.012, "c": 0.024, "d": 0.3}
    assert validity.holm(p, 0.05) == {"a", "b", "c"}
    assert validity.holm({**p, "c": 0.026}, 0.05) == {"a", "b"}
    assert validity.holm({**p, "a": 0.0126, "b": 0.0126}, 0.05) == frozenset()
    assert validity.holm({}) == frozenset()


def test_a_rival_beats_us_only_beyond_two_errors_and_only_upwards():
    def of(value):
        return Estimate(value, 0.01, value - 0.02, value + 0.02)

    assert validity.beaten_by({"one": of(-0.0201)}) == {"one"}
    assert validity.beaten_by({"one": of(-0.0199)}) == frozenset()
    assert validity.beaten_by({"one": of(0.05)}) == frozenset()
    assert validity.beaten_by({"one": of(-0.0201), "two": of(0.001)}) == frozenset()
    assert validity.beaten_by({"one": of(-0.024), "two": of(0.001)}) == {"one"}


def test_validity_has_fallen_beyond_two_errors_of_the_difference():
    before = Estimate(0.70, 0.03, 0.64, 0.76)
    assert validity.fallen_below(Estimate(0.599, 0.04, 0.52, 0.68), before)
    assert not validity.fallen_below(Estimate(0.601, 0.04, 0.52, 0.68), before)
    assert not validity.fallen_below(Estimate(0.1, np.nan, np.nan, np.nan), before)


@given(st.lists(st.booleans(), max_size=8))
def test_an_alarm_needs_two_origins_running_and_says_since_when(flags):
    since = validity.running_since(flags)
    if len(flags) >= 2 and flags[-1] and flags[-2]:
        assert since is not None
        assert all(flags[since:])
        assert since == 0 or not flags[since - 1]
    else:
        assert since is None
