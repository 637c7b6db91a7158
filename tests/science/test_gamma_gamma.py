"""Gamma-Gamma against its publication, its own rules, and everything that can be wrong with money."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kizuna.science import gamma_gamma
from kizuna.science.gamma_gamma import GammaGamma, MoneyError, Prior
from tests.science import cdnow

PUBLISHED = GammaGamma(6.25, 3.74, 15.44)


def _repeat_spending(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Repeat purchases and their average to the cent, as the published summary file has them."""
    rows = cdnow.read(folder / "cdnow" / "CDNOW_sample.txt").until(cdnow.CALIBRATION_END)
    _, x, mean = gamma_gamma.spending(rows.customer, rows.day, rows.dollars, first=False)
    return x, np.floor(mean * 100 + 0.5 + 1e-7) / 100


def test_fader_hardie_2013_gamma_gamma_cdnow(real_orders: Path) -> None:
    x, mean = _repeat_spending(real_orders)
    assert (len(x), np.count_nonzero(x)) == (2357, 946)
    fit = gamma_gamma.fit(x, mean)
    assert (round(fit.model.p, 3), round(fit.model.q, 3), round(fit.model.v, 3)) == (6.249, 3.745, 15.448)
    assert round(fit.log_likelihood, 2) == -4055.92
    assert fit.converged
    assert fit.notes == ()


def test_fader_hardie_2013_first_ten_customers_cdnow(real_orders: Path) -> None:
    x, mean = _repeat_spending(real_orders)
    printed = [24.66, 18.92, 35.22, 35.22, 35.22, 71.47, 18.92, 35.22, 27.29, 35.22]
    assert PUBLISHED.conditional(x[:10], mean[:10]).round(2).tolist() == printed


def test_the_first_purchase_is_included_or_left_out() -> None:
    customer, day, amount = [1, 1, 1, 2, 3, 3], [5, 5, 9, 4, 1, 2], [10.0, 5.0, 30.0, 8.0, 7.0, -7.0]
    with_first = gamma_gamma.spending(customer, day, amount)
    without = gamma_gamma.spending(customer, day, amount, first=False)
    assert [list(a) for a in with_first] == [[1, 2, 3], [2, 1, 1], [22.5, 8.0, 7.0]]
    assert [list(a) for a in without] == [[1, 2, 3], [1, 0, 0], [30.0, 0.0, 0.0]]
    assert [len(a) for a in gamma_gamma.spending([], [], [])] == [0, 0, 0]


def test_analytic_gradient_and_hessian_equal_finite_differences() -> None:
    random = np.random.default_rng(2)
    x = random.geometric(0.4, 300)
    money = gamma_gamma._grouped(x.astype(float), GammaGamma(3.0, 3.0, 20.0).simulate(x, random))
    at, prior = np.array([0.9, 1.3, -0.4]), Prior.of_shops()
    for surface, point in (
        (lambda a: gamma_gamma._surface(money, a, prior=prior), at),
        (lambda a: gamma_gamma._held_surface(money, a), at[:2]),
    ):
        _, slope, curvature = surface(point)
        steps = 1e-5 * np.eye(len(point))
        by_value = [(surface(point + h)[0] - surface(point - h)[0]) / 2e-5 for h in steps]
        by_slope = [(surface(point + h)[1] - surface(point - h)[1]) / 2e-5 for h in steps]
        np.testing.assert_allclose(slope, by_value, rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(curvature, by_slope, rtol=1e-5, atol=1e-4)


def test_recovers_what_it_simulates_within_its_standard_errors() -> None:
    random = np.random.default_rng(7)
    x = random.geometric(0.3, 20_000)
    truth = {"p": 6.0, "q": 4.0, "v": 15.0}
    fit = gamma_gamma.fit(x, GammaGamma(**truth).simulate(x, random))
    for name, value in truth.items():
        assert abs(getattr(fit.model, name) - value) < 4 * fit.standard_errors[name]
        assert fit.standard_errors[name] < 0.1 * value
    assert gamma_gamma.GammaGamma(**truth).simulate(np.zeros(3, dtype=np.int64), random).tolist() == [0, 0, 0]


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.floats(1e-6, 1e12)), min_size=1, max_size=20),
    st.floats(0.05, 50),
    st.floats(1.01, 50),
    st.floats(1e-3, 1e6),
)
def test_conditional_lies_between_own_mean_and_shop_mean(
    rows: list[tuple[int, float]], p: float, q: float, v: float
) -> None:
    model = GammaGamma(p, q, v)
    x, mean = (np.array(column) for column in zip(*rows, strict=True))
    expected = model.conditional(x, mean)
    own = np.where(x > 0, mean, model.mean)
    low, high = np.minimum(own, model.mean), np.maximum(own, model.mean)
    assert (expected >= low * (1 - 1e-12)).all()
    assert (expected <= high * (1 + 1e-12)).all()


@given(st.integers(-12, 12), st.integers(0, 2**32))
def test_the_unit_of_money_does_not_matter(power: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    x = random.geometric(0.4, 120)
    mean = PUBLISHED.simulate(x, random)
    scaled = mean * 10.0**power
    one, other = gamma_gamma.fit(x, mean).model, gamma_gamma.fit(x, scaled).model
    np.testing.assert_allclose(other.conditional(x, scaled), one.conditional(x, mean) * 10.0**power, rtol=1e-5)


def test_heavy_tail_without_average_is_said_and_the_average_held() -> None:
    random = np.random.default_rng(3)
    x = random.geometric(0.3, 2000)
    mean = GammaGamma(6.0, 0.9, 15.0).simulate(x, random)
    fit = gamma_gamma.fit(x, mean)
    assert "an average may not exist" in fit.notes[0]
    assert fit.model.q > 1.0
    assert fit.model.mean == pytest.approx((x * mean).sum() / x.sum(), rel=1e-6)
    assert np.isfinite(fit.model.conditional(x, mean)).all()
    assert GammaGamma(6.0, 0.9, 15.0).mean == np.inf
    with pytest.raises(ValueError, match="has no average"):
        GammaGamma(6.0, 0.9, 15.0).conditional([0], [0.0])


def test_twenty_buyers_get_an_answer_with_wide_errors() -> None:
    random = np.random.default_rng(4)
    x = random.geometric(0.5, 20)
    mean = PUBLISHED.simulate(x, random)
    fit = gamma_gamma.fit(x, mean)
    assert fit.notes == ("customers with money: only 20; the experience of other shops was added",)
    assert fit.converged
    assert 18 < fit.model.mean < 70
    assert fit.standard_errors["q"] > 0.8
    one = gamma_gamma.fit([1], [5.0])
    assert 3 < one.model.mean < 10
    assert one.standard_errors["q"] > fit.standard_errors["q"]


def test_the_experience_of_other_shops_fades() -> None:
    random = np.random.default_rng(6)
    x = random.geometric(0.5, 400)
    mean = PUBLISHED.simulate(x, random)
    none = Prior(np.zeros(3), np.ones(3), weight=0.0)
    away = [
        abs(gamma_gamma.fit(x[:n], mean[:n]).model.mean / gamma_gamma.fit(x[:n], mean[:n], prior=none).model.mean - 1)
        for n in (10, 400)
    ]
    assert away[0] > 0.01
    assert away[1] < 1e-3


def test_draws_spread_as_the_standard_errors_say_and_always_have_an_average() -> None:
    random = np.random.default_rng(8)
    x = random.geometric(0.4, 3000)
    fit = gamma_gamma.fit(x, PUBLISHED.simulate(x, random))
    drawn = gamma_gamma.draw(fit, 4000, random)
    assert np.std([each.p for each in drawn]) == pytest.approx(fit.standard_errors["p"], rel=0.1)
    assert np.std([each.q for each in drawn]) == pytest.approx(fit.standard_errors["q"], rel=0.1)
    heavy = gamma_gamma.fit(x, GammaGamma(6.0, 0.9, 15.0).simulate(x, random))
    means = [each.mean for each in gamma_gamma.draw(heavy, 500, random)]
    assert np.isfinite(means).all()
    assert np.std(np.log(means)) > 0.2
    nothing = gamma_gamma.fit([], [])
    assert gamma_gamma.draw(nothing, 2, random) == [nothing.model] * 2


def test_nobody_with_money_is_said() -> None:
    for x, mean in (([], []), ([0, 0], [0.0, 0.0]), ([2], [0.0])):
        fit = gamma_gamma.fit(x, mean)
        assert "no purchase with money yet" in fit.notes[-1]
        assert fit.model.conditional([0, 3], [0.0, 8.0]).tolist() == [0.0, 8.0]
        assert fit.model.mean == 0.0
    assert GammaGamma(1.0, 2.0, 0.0).log_likelihood([], []) == 0.0
    assert GammaGamma(1.0, 2.0, 0.0).log_likelihood([1], [3.0]) == -np.inf


def test_all_alike_is_said() -> None:
    fit = gamma_gamma.fit([3, 2, 1] * 50, [5.0] * 150)
    assert any("every purchase of a customer is worth the same" in note for note in fit.notes)
    assert not fit.converged
    assert fit.model.conditional([1, 0], [5.0, 0.0]) == pytest.approx([5.0, 5.0], rel=1e-3)


def test_free_purchases_are_left_out_and_said() -> None:
    random = np.random.default_rng(5)
    x = random.geometric(0.4, 200)
    mean = PUBLISHED.simulate(x, random)
    fit = gamma_gamma.fit(np.r_[x, 4], np.r_[mean, 0.0])
    assert fit.notes == ("customers whose purchases cost nothing, left out: 1",)
    assert fit.model == gamma_gamma.fit(x, mean).model


@pytest.mark.parametrize(
    ("x", "mean", "field", "reason"),
    [
        ([1, 1], [3.0, -2.0], "mean_value", "row 1 is -2, below 0"),
        ([1, 1], [np.nan, 2.0], "mean_value", "row 0 is nan, no amount"),
        ([1], [np.inf], "mean_value", "row 0 is inf, no amount"),
        ([-1], [3.0], "x", "row 0 is -1, not a number of purchases"),
        ([1.5], [3.0], "x", "row 0 is 1.5, not a number of purchases"),
    ],
)
def test_impossible_money_names_its_field(x: list[float], mean: list[float], field: str, reason: str) -> None:
    with pytest.raises(MoneyError, match=reason) as raised:
        gamma_gamma.fit(x, mean)
    assert raised.value.field == field
    with pytest.raises(ValueError, match="one length"):
        gamma_gamma.fit([1, 2], [3.0])


def test_money_of_customers_without_a_purchase_is_not_read() -> None:
    assert PUBLISHED.conditional([0], [np.nan]).round(2).tolist() == [35.22]


def test_int64_and_float_do_not_overflow() -> None:
    large = np.array([9 * 10**18, 8 * 10**18, 7 * 10**18], dtype=np.int64)
    fit = gamma_gamma.fit(np.array([100, 50, 10]), large)
    assert 7e18 < fit.model.mean < 1.2e19
    assert (fit.model.conditional([100, 50, 10], large) > 0).all()
    _, x, mean = gamma_gamma.spending([1, 1], [3, 3], large[:2])
    assert (x.tolist(), mean.tolist()) == ([1], [1.7e19])
    with pytest.raises(MoneyError, match="too large beside the others"):
        gamma_gamma.fit([10] * 4, [1e308, 1e-300, 1e-300, 1e-300])
