"""The purchase models against plain integration and against themselves, also far from where shops usually are."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from kizuna.science import beta_geometric, nbd, pareto_nbd
from kizuna.science.bg_nbd import BgNbd
from kizuna.science.histories import from_rows
from kizuna.science.mbg_nbd import MbgNbd
from kizuna.science.nbd import Nbd
from kizuna.science.pareto_nbd import ParetoNbd

LIKELIHOODS = {
    Nbd: nbd.likelihood,
    ParetoNbd: pareto_nbd.likelihood,
    BgNbd: lambda known: beta_geometric.likelihood(known, 0),
    MbgNbd: lambda known: beta_geometric.likelihood(known, 1),
}
SIZES = {Nbd: 2, ParetoNbd: 4, BgNbd: 4, MbgNbd: 4}
kinds = st.sampled_from(list(LIKELIHOODS))


def positive(least, most):
    """Spread evenly over orders of magnitude."""
    return st.floats(np.log(least), np.log(most)).map(lambda log: float(np.exp(log)))


@st.composite
def models(draw, least=0.02, most=50.0):
    kind = draw(kinds)
    return kind(*(draw(positive(least, most)) for _ in range(SIZES[kind])))


@st.composite
def known(draw, customers=6, longest=200.0):
    """Some histories of any shape."""
    rows = []
    for _ in range(draw(st.integers(1, customers))):
        length, x = draw(positive(0.01, longest)), draw(st.one_of(st.just(0), st.integers(0, 60)))
        rows.append((x, draw(st.floats(1e-3, 1.0)) * length if x else 0.0, length))
    return from_rows(*zip(*rows, strict=True))


def by_integration(model, row):
    """The likelihood of one history in the definition: the moment of leaving by plain quadrature."""
    x, t_x, T = row
    if isinstance(model, ParetoNbd):
        r, alpha, s, beta = astuple(model)

        def density(u):
            return s * (alpha + u) ** -(r + x) * (beta + u) ** -(s + 1)

        left = integrate.quad(density, t_x, T, epsabs=0, epsrel=1e-11, limit=200)[0]
        bracket = (alpha + T) ** -(r + x) * (beta + T) ** -s + left
        return special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(bracket)
    r, alpha, a, b = astuple(model)
    coins = x + model.first_coin
    stays = special.beta(a, b + coins) * (alpha + T) ** -(r + x)
    ends = special.beta(a + 1, b + coins - 1) * (alpha + t_x) ** -(r + x) if coins else 0.0
    return special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + np.log((stays + ends) / special.beta(a, b))


@pytest.mark.parametrize("kind", [ParetoNbd, BgNbd, MbgNbd])
@pytest.mark.parametrize("parameters", [(0.5, 8.0, 0.7, 12.0), (0.5, 12.0, 0.7, 8.0), (3.0, 0.2, 2.0, 40.0)])
@pytest.mark.parametrize("row", [(0, 0.0, 30.0), (1, 5.0, 30.0), (7, 29.0, 30.0), (25, 12.0, 30.0), (2, 30.0, 30.0)])
def test_likelihood_is_the_definition(kind, parameters, row):
    model = kind(*parameters)
    assert model.log_likelihood(from_rows(*([each] for each in row))) == pytest.approx(
        by_integration(model, row), rel=1e-11
    )


@given(models(), known())
def test_gradient_is_the_difference_quotient(model, histories):
    value = LIKELIHOODS[type(model)](histories)
    at = np.log(astuple(model))
    slope = value(at)[1]
    step = 1e-5
    for each in range(at.size):
        move = np.eye(at.size)[each] * step
        quotient = (value(at + move)[0] - value(at - move)[0]) / (2 * step)
        assert slope[each] == pytest.approx(quotient, rel=2e-5, abs=2e-5 * (1 + abs(slope).max()))


@given(positive(1e-3, 1e3), positive(0.02, 50), positive(1e-3, 1e3), positive(1e-3, 1e3), positive(1e-3, 1e5))
def test_expectation_of_the_coin_models_is_plain_integration(r, alpha, a, b, t):
    """In the log odds of p, where the integrand is a smooth hill with tails that fall as exp(-a |u|) and exp(-b u)."""
    model, z = BgNbd(r, alpha, a, b), t / alpha
    left, right = np.geomspace(1e-4, 1e5, 700), np.geomspace(1e-4, 1e5, 700)
    middle = np.clip(np.log(a / b), -8, 8)
    edges = np.concatenate((middle - left[::-1], [middle], middle + right))
    node, weight = np.polynomial.legendre.leggauss(16)
    odds = edges[:-1, None] + np.diff(edges)[:, None] * (node + 1) / 2
    with np.errstate(under="ignore", divide="ignore", invalid="ignore"):
        p = special.expit(odds)
        lost = np.where(p * z > 1e-15, -np.expm1(-r * np.log1p(p * z)) / p, r * z)
        hill = np.exp(a * special.log_expit(odds) + b * special.log_expit(-odds) - special.betaln(a, b))
    plain = (hill * lost * weight * np.diff(edges)[:, None] / 2).sum()
    assert model.expected(np.array([t]))[0] == pytest.approx(plain, rel=1e-8)


@pytest.mark.parametrize("t", [0.5, 10.0, 200.0])
@pytest.mark.parametrize("kind", [ParetoNbd, BgNbd, MbgNbd])
def test_the_hole_at_one_is_none(kind, t):
    """The printed formulas divide by a - 1 and s - 1."""
    near = [kind(0.5, 8.0, third, 3.0).expected(np.array([t]))[0] for third in (1 - 1e-7, 1.0, 1 + 1e-7)]
    assert near[0] > near[1] > near[2]
    assert near == pytest.approx([near[1]] * 3, rel=1e-6)


@pytest.mark.parametrize("parameters", [(0.2426, 4.4135, 0.7929, 2.4258), (1.7, 3.0, 2.5, 0.6), (0.5, 1.0, 5.0, 9.0)])
def test_bg_nbd_expectation_is_the_printed_formula(parameters):
    r, alpha, a, b = parameters
    t = np.array([0.1429, 1.0, 31.8571, 78.0])
    hyper = special.hyp2f1(r, b, a + b - 1, t / (alpha + t))
    printed = (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * hyper)
    assert BgNbd(*parameters).expected(t) == pytest.approx(printed, rel=1e-9)


@given(models(least=0.1, most=20.0), positive(0.1, 40.0))
@settings(max_examples=60)
def test_probabilities_sum_to_one_and_expect_what_expected_says(model, t):
    """Within the tail: no model buys more than the NBD of its rates, whose mean and tail beyond n are known."""
    rate = Nbd(*astuple(model)[:2])
    n = np.arange(2000)
    ever = rate.probability(n, t)
    tail, tail_mean = 1 - ever.sum(), float(rate.expected(np.array(t))) - n @ ever
    mass = model.probability(n, t)
    assert (mass >= 0).all()
    assert -1e-9 <= 1 - mass.sum() <= tail + 1e-9
    expected = float(model.expected(np.array(t)))
    assert -1e-8 * (1 + expected) <= expected - n @ mass <= tail_mean + 1e-8 * (1 + expected)


@given(models(least=0.1, most=20.0), known(customers=3, longest=60.0), positive(0.1, 10.0))
@settings(max_examples=40)
def test_conditional_probabilities_expect_what_conditional_says(model, histories, t):
    rate = (astuple(model)[0] + histories.x) / (astuple(model)[1] + histories.T)
    n = np.arange(600)
    expected = model.conditional(histories, t)
    for row in np.flatnonzero(rate * t < 30):
        one = from_rows(histories.x[[row]], histories.t_x[[row]], histories.T[[row]])
        mass = np.array([model.conditional_probability(one, np.array([y]), t)[0] for y in n[: 40 if t < 1 else 200]])
        if 1 - mass.sum() < 1e-9:
            assert n[: mass.size] @ mass == pytest.approx(expected[row], rel=1e-6, abs=1e-6)


@given(models(), known(), positive(0.1, 100.0))
def test_forecasts_grow_with_the_horizon_and_stay_under_the_rate(model, histories, t):
    soon, later = model.conditional(histories, t), model.conditional(histories, 2 * t)
    assert (soon >= 0).all()
    assert (later >= soon * (1 - 1e-10)).all()
    ever = Nbd(*astuple(model)[:2]).conditional(histories, t)
    assert (soon <= ever * (1 + 1e-9)).all()
    expected = model.expected(np.array([0.0, t, 2 * t, 4 * t]))
    assert (expected[1:] >= expected[:-1] * (1 - 1e-9)).all()
    assert model.expected(np.array([0.0]))[0] == 0.0


@given(models(), st.integers(1, 200), positive(0.1, 50.0))
def test_still_a_customer_falls_with_silence(model, x, t_x):
    silent = t_x * np.array([0.0, 0.01, 0.1, 1.0, 10.0, 100.0])
    alive = np.array([model.p_alive(from_rows([x], [t_x], [t_x + each]))[0] for each in silent])
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (np.diff(alive) <= 1e-12).all()
    if not isinstance(model, Nbd):
        assert alive[-1] < alive[0]


@pytest.mark.parametrize("kind", LIKELIHOODS)
def test_extremes_stay_finite(kind):
    """Purchases by the hundred thousand, parameters at the bounds of the search, horizons beyond all history."""
    histories = from_rows([0, 1, 300_000, 10**12], [0.0, 1e-6, 51.9, 52.0], [1e-6, 5200.0, 52.0, 52.0])
    for corner in ((1e-5, 1e-6), (1e4, 1e8), (1e-5, 1e8), (1e4, 1e-6)):
        for leaving in ((1e-5, 1e-5), (1e4, 1e4), (1e-5, 1e4), (1e4, 1e-5)):
            model = kind(*(corner + leaving)[: SIZES[kind]])
            value, slope = LIKELIHOODS[kind](histories)(np.log(astuple(model)))
            assert np.isfinite(value)
            assert np.isfinite(slope).all()
            alive = model.p_alive(histories)
            assert ((alive >= 0) & (alive <= 1)).all()
            for t in (1e-6, 52.0, 1e5):
                soon = model.conditional(histories, t)
                assert np.isfinite(soon).all()
                assert (soon >= 0).all()


@pytest.mark.parametrize("t", [-1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("kind", LIKELIHOODS)
def test_a_horizon_is_a_time(kind, t):
    model = kind(*(1.0, 1.0, 1.0, 1.0)[: SIZES[kind]])
    with pytest.raises(ValueError, match="t: not a finite time"):
        model.conditional(from_rows([0], [0], [1]), t)
    with pytest.raises(ValueError, match="t: not a finite time"):
        model.expected(np.array([t]))
