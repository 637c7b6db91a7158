"""Shops of which little or nothing can be known: an honest, wide answer in every case, said in plain notes."""

import math
from dataclasses import astuple

import numpy as np
import pytest

from kizuna.science import bg_nbd, fitting, mbg_nbd, nbd, pareto_nbd
from kizuna.science.bg_nbd import BgNbd
from kizuna.science.fitting import NO_PRIOR, Prior
from kizuna.science.histories import from_rows
from kizuna.science.mbg_nbd import MbgNbd
from kizuna.science.nbd import Nbd
from kizuna.science.pareto_nbd import ParetoNbd

MODELS = (nbd, pareto_nbd, bg_nbd, mbg_nbd)
every = pytest.mark.parametrize("model", MODELS)
leaving = pytest.mark.parametrize("model", [pareto_nbd, bg_nbd, mbg_nbd])

CASES = {
    "no customer": ([], [], [], "There is no customer yet"),
    "one customer, never back": ([0], [0], [10], "There is only one customer"),
    "one customer, often back": ([9], [9], [10], "There is only one customer"),
    "nobody came back": ([0] * 500, [0] * 500, list(range(1, 501)), "Nobody came back"),
    "no time has passed": ([0] * 30, [0] * 30, [0] * 30, "no time to come back"),
    "all alike": ([1] * 40, [1] * 40, [2] * 40, "Only 40 customers came back"),
    "twenty buyers": ([0] * 14 + [1, 2, 1, 5, 1, 3], [0] * 14 + [3, 8, 1, 20, 2, 9], [26] * 20, "Only 6 customers"),
    "one of a million purchases": ([10**6, 0], [51.9, 0], [52, 52], "Only one customer came back"),
}


@every
@pytest.mark.parametrize("prior", [None, NO_PRIOR], ids=["with the prior", "without"])
@pytest.mark.parametrize("case", CASES)
def test_there_is_always_an_answer(model, prior, case):
    x, t_x, T, said = CASES[case]
    known = from_rows(x, t_x, T)
    found = model.fit(known, prior=prior)
    assert all(math.isfinite(each) and each > 0 for each in astuple(found.model))
    assert math.isfinite(found.log_likelihood)
    if prior is None:
        assert found.converged
        assert any(note.startswith(said) or said in note for note in found.notes)
    alive, soon = found.model.p_alive(known), found.model.conditional(known, 52.0)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (np.isfinite(soon) & (soon >= 0)).all()
    for each in fitting.draw(found, 20, np.random.default_rng(1)):
        assert np.isfinite(each.conditional(known, 52.0)).all()


@every
def test_a_shop_of_twenty_buyers_is_told_wide(model):
    x, t_x, T, _ = CASES["twenty buyers"]
    known = from_rows(x, t_x, T)
    found = model.fit(known)
    drawn = fitting.draw(found, 100, np.random.default_rng(2))
    low, high = np.quantile([known.count @ each.conditional(known, 52.0) for each in drawn], [0.1, 0.9])
    assert high > (1.3 if model is nbd else 2.0) * low
    assert low < known.count @ found.model.conditional(known, 52.0) < high


@every
def test_the_belief_fades_as_customers_come_back(model):
    """At 1,000 repeat buyers the default is the plain maximum likelihood; at ten it is not."""
    truth = Nbd(0.5, 4.0) if model is nbd else BgNbd(0.5, 4.0, 0.8, 2.5)
    many = truth.simulate(np.full(3000, 40.0), np.random.default_rng(3))
    assert astuple(model.fit(many).model) == pytest.approx(astuple(model.fit(many, prior=NO_PRIOR).model), rel=1e-3)
    few = truth.simulate(np.full(20, 40.0), np.random.default_rng(3))
    assert astuple(model.fit(few).model) != pytest.approx(astuple(model.fit(few, prior=NO_PRIOR).model), rel=0.05)
    assert any("lean on what shops in general are like" in note for note in model.fit(few).notes)


def test_frequent_buyers_without_dropout_do_not_run_away():
    known = Nbd(3.0, 1.0).simulate(np.full(800, 30.0), np.random.default_rng(4))
    for model in (bg_nbd, mbg_nbd, pareto_nbd):
        found = model.fit(known)
        assert "There is no sign that customers leave: they keep buying at their own rates." in found.notes
        assert found.model.p_alive(known) @ known.count / 800 > 0.99
        assert found.model.conditional(known, 10.0) == pytest.approx(
            nbd.fit(known).model.conditional(known, 10.0), rel=0.02
        )
        lost = [name for name, error in found.standard_errors.items() if math.isnan(error)]
        assert lost
        assert any(all(name in note for name in lost) for note in found.notes)


def test_customers_who_leave_all_alike_are_said_to():
    """a and b run to infinity together: every purchase is the last one of three."""
    random = np.random.default_rng(5)
    known = BgNbd(2.0, 2.0, 1e4, 2e4).simulate(np.full(5000, 30.0), random)
    found = bg_nbd.fit(known)
    assert max(found.model.a, found.model.b) <= 1e4 * 1.0001
    assert found.model.a / (found.model.a + found.model.b) == pytest.approx(1 / 3, abs=0.02)
    if found.model.a + found.model.b > nbd.ALIKE:
        assert any(
            "seem alike in how they leave: 33" in note or "alike in how they leave: 3" in note for note in found.notes
        )


def test_customers_who_buy_all_alike_are_said_to():
    random = np.random.default_rng(6)
    x = random.poisson(5.0, 4000)
    known = from_rows(x, np.where(x > 0, 10 * random.beta(np.maximum(x, 1), 1), 0), np.full(4000, 10.0))
    found = nbd.fit(known)
    assert found.model.r / found.model.alpha == pytest.approx(0.5, rel=0.02)
    assert found.model.r <= 1e4 * 1.0001
    assert (found.model.r > nbd.ALIKE) == ("All customers seem to buy at the same rate." in found.notes)


@every
def test_a_belief_of_ones_own_takes_the_unit_of_the_histories(model):
    x, t_x, T, _ = CASES["twenty buyers"]
    size = len(astuple(model.fit(from_rows(x, t_x, T)).model))
    weeks = Prior((0.7, 9.0, 0.9, 4.0)[:size], (0.2,) * size, math.inf)
    timed = np.array([1.0, 7.0, 1.0, 7.0 if model is pareto_nbd else 1.0][:size])
    days = Prior(tuple(np.array(weeks.centre) * timed), weeks.spread, math.inf)
    found = model.fit(from_rows(x, t_x, T), prior=weeks)
    in_days = model.fit(from_rows(x, np.array(t_x) * 7.0, np.array(T) * 7.0), prior=days)
    assert np.array(astuple(in_days.model)) == pytest.approx(np.array(astuple(found.model)) * timed, rel=1e-6)
    tight = model.fit(from_rows(x, t_x, T), prior=Prior(weeks.centre, (1e-4,) * size, math.inf))
    assert astuple(tight.model) == pytest.approx(weeks.centre, rel=1e-3)


def test_a_belief_needs_every_parameter():
    with pytest.raises(ValueError, match="prior: needs a centre and a spread for each of r, alpha"):
        nbd.fit(from_rows([0], [0], [1]), prior=Prior((1.0,), (1.0,)))


@pytest.mark.parametrize(
    "truth", [Nbd(0.6, 5.0), ParetoNbd(0.6, 5.0, 0.9, 20.0), BgNbd(0.6, 5.0, 0.9, 2.5), MbgNbd(0.6, 5.0, 0.9, 2.5)]
)
def test_parameters_come_back_within_their_errors(truth):
    """Standard scores over repetitions: centred, of about unit spread."""
    model = {Nbd: nbd, ParetoNbd: pareto_nbd, BgNbd: bg_nbd, MbgNbd: mbg_nbd}[type(truth)]
    scores, start = [], truth
    for seed in range(12):
        T = np.random.default_rng(seed + 100).uniform(20, 60, 1500)
        found = model.fit(truth.simulate(T, np.random.default_rng(seed)), start=start)
        errors = np.array(list(found.standard_errors.values())) / astuple(found.model)
        scores.append(np.log(np.array(astuple(found.model)) / astuple(truth)) / errors)
    assert np.abs(np.mean(scores)) < 0.9
    assert 0.5 < np.std(scores) < 1.6
    assert np.abs(scores).max() < 4.5


@pytest.mark.parametrize(
    "truth", [Nbd(0.6, 5.0), ParetoNbd(0.6, 5.0, 0.9, 20.0), BgNbd(0.6, 5.0, 0.9, 2.5), MbgNbd(0.6, 5.0, 0.9, 2.5)]
)
def test_simulated_customers_are_those_of_the_model(truth):
    """Counts by the probability mass; and what histories expect of the time after is what the model expects."""
    known = truth.simulate(np.full(40_000, 30.0), np.random.default_rng(7))
    share = np.bincount(known.x, known.count)[:8] / 40_000
    mass = truth.probability(np.arange(8), 30.0)
    assert np.abs(share - mass).max() < 4 * np.sqrt(mass / 40_000).max()
    soon = truth.conditional(known, 30.0)
    mean = known.count @ soon / 40_000
    error = np.sqrt((known.count @ soon**2 / 40_000 - mean**2) / 40_000)
    later = np.diff(truth.expected(np.array([30.0, 60.0])))[0]
    assert abs(mean - later) < 4 * error


def test_drawing_needs_a_covariance_and_spreads_as_it_says():
    found = bg_nbd.fit(BgNbd(0.6, 5.0, 0.9, 2.5).simulate(np.full(4000, 40.0), np.random.default_rng(9)))
    drawn = np.array([astuple(each) for each in fitting.draw(found, 4000, np.random.default_rng(1))])
    assert np.log(drawn).std(axis=0) == pytest.approx(np.sqrt(np.diag(found.covariance)), rel=0.06)
