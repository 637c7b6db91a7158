"""The shifted beta-geometric model against its publication, its theory, and renewals that tell little."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import sbg
from kizuna.science.sbg import RenewalError, ShiftedBetaGeometric

FOUR = [1000, 631, 468, 382, 326]
REGULAR = [*FOUR, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]

positive = st.floats(0.05, 50)


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "log_likelihood"),
    [
        (FOUR, 0.7637, 1.2958, -1401.56),
        (REGULAR, 0.7041, 1.1820, -1680.27),
        (HIGH_END, 0.6681, 3.8061, -1611.16),
    ],
)
def test_fader_hardie_2007_shifted_beta_geometric(
    survivors: list[int], alpha: float, beta: float, log_likelihood: float
) -> None:
    fit = sbg.fit(*sbg.from_survivors(survivors))
    assert (round(fit.model.alpha, 4), round(fit.model.beta, 4)) == (alpha, beta)
    assert round(fit.log_likelihood, 2) == log_likelihood
    assert fit.converged


@given(positive, positive)
def test_retention_rises_and_survival_falls_with_age(alpha: float, beta: float) -> None:
    model = ShiftedBetaGeometric(alpha, beta)
    retention, survival = model.retention(np.arange(1, 40)), model.survival(np.arange(40))
    assert (np.diff(retention) > 0).all()
    assert (np.diff(survival) < 0).all()
    np.testing.assert_allclose(survival[1:] / survival[:-1], retention, rtol=1e-9)


@given(st.floats(2.5, 30), positive, st.integers(0, 20), st.floats(0.05, 1))
def test_remaining_lifetime_is_the_sum_of_the_survival_curve(
    alpha: float, beta: float, renewed: int, discount: float
) -> None:
    model = ShiftedBetaGeometric(alpha, beta)
    ahead = np.arange(1, 20_000)
    conditional = model.survival(renewed + ahead) / model.survival([renewed])
    assert model.remaining([renewed])[0] == pytest.approx(conditional.sum(), rel=2e-2)
    discounted = (conditional * (1 + discount) ** -ahead.astype(float)).sum()
    assert model.discounted_remaining([renewed], discount)[0] == pytest.approx(discounted, rel=1e-9)


@given(positive, positive, st.lists(st.integers(0, 500), min_size=1, max_size=8))
def test_analytic_gradient_and_hessian_equal_finite_differences(alpha: float, beta: float, lost: list[int]) -> None:
    gone, kept = np.array(lost, dtype=float), np.array(lost[::-1], dtype=float) + 3
    at, steps = np.log([alpha, beta]), 1e-5 * np.eye(2)
    _, slope, curvature = sbg._surface(gone, kept, at)
    by_value = [(sbg._surface(gone, kept, at + h)[0] - sbg._surface(gone, kept, at - h)[0]) / 2e-5 for h in steps]
    by_slope = [(sbg._surface(gone, kept, at + h)[1] - sbg._surface(gone, kept, at - h)[1]) / 2e-5 for h in steps]
    np.testing.assert_allclose(slope, by_value, rtol=1e-4, atol=1e-2)
    np.testing.assert_allclose(curvature, by_slope, rtol=1e-4, atol=1e-2)


def test_cohorts_of_different_age_count_together() -> None:
    long, short = sbg.from_survivors(FOUR), sbg.from_survivors([500, 320])
    lost, renewed = long[0].copy(), long[1].copy()
    lost[0], renewed[0] = lost[0] + short[0][0], renewed[0] + short[1][0]
    model = sbg.fit(lost, renewed).model
    by_hand = model.log_likelihood(*long) + model.log_likelihood(*short)
    assert model.log_likelihood(lost, renewed) == pytest.approx(by_hand)


def test_recovers_what_it_simulates_within_its_standard_errors() -> None:
    random = np.random.default_rng(11)
    truth = ShiftedBetaGeometric(2.0, 5.0)
    lost, renewed = truth.simulate(50_000, 12, random)
    assert lost[0] + renewed[0] == 50_000
    fit = sbg.fit(lost, renewed)
    assert abs(fit.model.alpha - 2.0) < 4 * fit.standard_errors["alpha"] < 0.8
    assert abs(fit.model.beta - 5.0) < 4 * fit.standard_errors["beta"] < 2.0


@pytest.mark.parametrize(
    ("survivors", "said"),
    [
        ([], "nobody has come to a renewal yet"),
        ([0, 0], "nobody has come to a renewal yet"),
        ([100, 100, 100], "nobody was lost yet"),
        ([100, 0, 0], "nobody ever renewed"),
        ([1000, 631], "only one renewal was seen"),
        ([20, 15, 13], "customers: only 20"),
        ([1, 1, 0], "customers: only 1;"),
        ([400, 300, 200], "customers do not differ"),
        ([1000, 631, 468], "use discounted figures"),
    ],
)
def test_what_the_renewals_do_not_tell_is_said(survivors: list[int], said: str) -> None:
    fit = sbg.fit(*sbg.from_survivors(survivors))
    assert any(said in note for note in fit.notes)
    assert np.isfinite(fit.model.discounted_remaining(np.arange(5), 0.1)).all()
    assert ((fit.model.retention([1, 9]) > 0) & (fit.model.retention([1, 9]) < 1)).all()
    assert np.isinf(fit.model.remaining([0])).all() == (fit.model.alpha <= 1)


def test_little_data_lean_on_other_businesses_and_much_do_not() -> None:
    few = sbg.fit(*sbg.from_survivors([20, 19, 19])).model
    many = sbg.fit(*sbg.from_survivors([20_000, 19_000, 19_000])).model
    assert few.retention([1])[0] < many.retention([1])[0] == pytest.approx(0.95, abs=0.01)
    one = sbg.fit(*sbg.from_survivors([1000, 631]))
    assert one.standard_errors["alpha"] > 0.3
    assert one.model.retention([1])[0] == pytest.approx(0.631, abs=0.01)


def test_impossible_counts_name_their_field() -> None:
    for field, call in (
        ("survivors", lambda: sbg.from_survivors([5, 6])),
        ("survivors", lambda: sbg.from_survivors([5, -1])),
        ("lost", lambda: sbg.fit([-1], [3])),
        ("renewed", lambda: sbg.fit([1], [np.nan])),
        ("renewed", lambda: sbg.fit([1, 2], [3])),
        ("discount", lambda: ShiftedBetaGeometric(1, 1).discounted_remaining([1], 0.0)),
    ):
        with pytest.raises(RenewalError) as raised:
            call()
        assert raised.value.field == field
