"""BG/BB against its publication (11,104 donors over six years), its own theory, and data that tell little."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import bg_bb
from kizuna.science.bg_bb import BgBb
from kizuna.science.histories import UnreadableHistoryError, from_rows
from kizuna.science.purchasing import Histories

# x, t_x and the number of donors with n = 6 (Fader, Hardie & Shang 2010, table 1)
DONORS = """
0 0 3464
1 1 1091  1 2 277  1 3 129  1 4 78  1 5 119  1 6 129
2 2 613  2 3 255  2 4 155  2 5 173  2 6 234
3 3 322  3 4 181  3 5 225  3 6 357
4 4 240  4 5 284  4 6 512
5 5 335  5 6 728
6 6 1203
"""
PUBLISHED = BgBb(1.204, 0.750, 0.657, 2.783)
positive = st.floats(0.2, 8)
models = st.builds(BgBb, positive, positive, positive, positive)


def _donors() -> Histories:
    x, t_x, number = np.array(DONORS.split(), dtype=np.int64).reshape(-1, 3).T
    return from_rows(np.repeat(x, number), np.repeat(t_x, number), np.full(number.sum(), 6))


def test_fader_hardie_shang_2010_bg_bb_donors() -> None:
    fit = bg_bb.fit(_donors())
    model = fit.model
    assert [round(each, 3) for each in (model.alpha, model.beta, model.gamma, model.delta)] == [
        1.204,
        0.75,
        0.657,
        2.783,
    ]
    assert round(fit.log_likelihood, 1) == -33225.6
    assert fit.converged
    assert fit.notes == ()


def test_fader_hardie_shang_2010_bg_bb_expected_donations_of_the_next_five_years() -> None:
    printed = [
        *(0.07, 0.09, 0.31, 0.59, 0.84, 1.02, 1.15),
        *(0.12, 0.54, 1.06, 1.44, 1.67),
        *(0.22, 1.03, 1.80, 2.19, 0.58, 2.03, 2.71, 1.81, 3.23, 3.75),
    ]
    assert PUBLISHED.conditional(_donors(), 5).round(2).tolist() == printed


def test_analytic_gradient_equals_finite_differences() -> None:
    random = np.random.default_rng(1)
    value = bg_bb.likelihood(PUBLISHED.simulate(random.integers(0, 9, 200).astype(float), random))
    at = np.log([0.9, 1.3, 0.5, 2.0])
    by_value = [(value(at + h)[0] - value(at - h)[0]) / 2e-5 for h in 1e-5 * np.eye(4)]
    np.testing.assert_allclose(value(at)[1], by_value, rtol=1e-6, atol=1e-5)


@given(models, st.integers(1, 9))
def test_probabilities_sum_to_one_and_to_the_expectation(model: BgBb, n: int) -> None:
    chance = model.probability(np.arange(n + 3), n)
    assert chance.sum() == pytest.approx(1.0)
    assert (chance @ np.arange(n + 3)) == pytest.approx(float(model.expected(np.array([float(n)]))[0]))
    assert (chance[n + 1 :] == 0).all()


@given(models, st.integers(0, 6))
def test_likelihood_is_the_probability_of_the_very_sequence(model: BgBb, n: int) -> None:
    ways: dict[tuple[int, int], int] = {}
    for bits in range(2**n):
        used = [place + 1 for place in range(n) if bits >> place & 1]
        row = (len(used), max(used, default=0))
        ways[row] = ways.get(row, 0) + 1
    whole = sum(k * np.exp(model.log_likelihood(from_rows([x], [t], [n]))) for (x, t), k in ways.items())
    assert whole == pytest.approx(1.0)


@given(models, st.integers(1, 8), st.integers(1, 8))
def test_what_is_expected_is_the_mean_of_what_is_conditionally_expected(model: BgBb, n: int, ahead: int) -> None:
    rows = [(x, t) for t in range(1, n + 1) for x in range(1, t + 1)]
    sequences = from_rows([0] + [x for x, _ in rows], [0] + [t for _, t in rows], [n] * (len(rows) + 1))
    one = [
        float(model.log_likelihood(Histories(*(c[i : i + 1] for c in (sequences.x, sequences.t_x, sequences.T)),
              np.ones(1, np.int64), np.zeros(1, np.int64)))) for i in range(len(sequences.x))
    ]  # fmt: skip
    ways = np.array([comb(int(t) - 1, int(x) - 1) if x else 1 for x, t in zip(sequences.x, sequences.t_x, strict=True)])
    weight = ways * np.exp(one)
    later = float(model.expected(np.array([float(n + ahead)]))[0] - model.expected(np.array([float(n)]))[0])
    assert (weight @ model.conditional(sequences, ahead)) == pytest.approx(later)
    assert (np.diff([model.conditional(sequences, t).sum() for t in range(4)]) > 0).all()
    alive = model.p_alive(sequences)
    assert ((alive >= 0) & (alive <= 1)).all()


@given(models, st.integers(0, 6), st.integers(0, 6))
def test_conditional_probabilities_sum_to_the_conditional_expectation(model: BgBb, n: int, ahead: int) -> None:
    rows = [(0, 0)] + [(x, t) for t in range(1, n + 1) for x in range(1, t + 1)]
    histories = from_rows([x for x, _ in rows], [t for _, t in rows], [n] * len(rows))
    counts = range(ahead + 2)
    chance = np.array([model.conditional_probability(histories, np.full(len(rows), y), ahead) for y in counts])
    np.testing.assert_allclose(chance.sum(axis=0), 1.0)
    np.testing.assert_allclose(np.arange(ahead + 2) @ chance, model.conditional(histories, ahead), atol=1e-12)


def test_discounted_purchases_are_the_discounted_sum() -> None:
    donors = _donors()
    year = [PUBLISHED.conditional(donors, t) for t in range(121)]
    total = sum((year[t] - year[t - 1]) * 1.25**-t for t in range(1, 121))
    np.testing.assert_allclose(PUBLISHED.discounted(donors, 0.25), total, rtol=1e-6)
    with pytest.raises(ValueError, match="discount"):
        PUBLISHED.discounted(donors, 0.0)


def test_recovers_what_it_simulates_within_its_standard_errors() -> None:
    random = np.random.default_rng(3)
    fit = bg_bb.fit(PUBLISHED.simulate(random.integers(3, 10, 20_000).astype(float), random))
    for name, error in fit.standard_errors.items():
        assert abs(getattr(fit.model, name) - getattr(PUBLISHED, name)) < 4 * error < 2


@pytest.mark.parametrize(
    ("x", "t_x", "T", "said"),
    [
        ([], [], [], "no customer"),
        ([0, 0], [0, 0], [6, 6], "Nobody came back"),
        ([3], [5], [6], "only one customer"),
        ([4, 4, 3] * 200, [6] * 600, [6] * 600, "no sign that customers leave"),
    ],
)
def test_what_the_histories_do_not_tell_is_said(x: list[int], t_x: list[int], T: list[int], said: str) -> None:
    histories = from_rows(x, t_x, T)
    fit = bg_bb.fit(histories)
    assert any(said in note for note in fit.notes)
    assert np.isfinite(fit.model.conditional(histories, 12)).all()


def test_occasions_are_whole_numbers() -> None:
    with pytest.raises(UnreadableHistoryError, match="T: not a whole number of occasions"):
        bg_bb.fit(from_rows([1], [1], [2.5]))
    with pytest.raises(UnreadableHistoryError, match="t_x"):
        bg_bb.fit(from_rows([1], [1.5], [2]))
    with pytest.raises(UnreadableHistoryError, match="more purchases than occasions"):
        bg_bb.fit(from_rows([3], [2], [4]))
