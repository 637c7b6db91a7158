"""The relationship factor: weights, range and what moved it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import factor
from kizuna.science.stocks import FACTORS

NAMES = (*FACTORS, "contacts by live operator")
weight_maps = st.fixed_dictionaries({name: st.floats(0, 1e308) for name in NAMES}).filter(lambda w: any(w.values()))
scores = st.fixed_dictionaries({name: st.floats(0, 1) for name in NAMES})


@given(weight_maps)
def test_normalised_weights_are_not_negative_and_sum_to_one(weights):
    omega = factor.normalise_weights(weights)
    assert list(omega) == list(weights)
    assert min(omega.values()) >= 0
    assert abs(sum(omega.values()) - 1) < 1e-12


@given(weight_maps, st.lists(st.lists(st.floats(0, 1), min_size=6, max_size=6), min_size=1, max_size=8))
def test_relationship_factor_lies_between_0_and_1_and_is_the_weighted_sum(weights, rows):
    omega = factor.aligned(factor.normalise_weights(weights), NAMES)
    rf = factor.relationship_factor(np.array(rows), omega)
    assert ((rf >= 0) & (rf <= 1)).all()
    np.testing.assert_allclose(rf, np.array(rows) @ omega, atol=1e-12)


@given(weight_maps)
def test_the_best_in_everything_reach_one_the_worst_zero(weights):
    omega = factor.aligned(factor.normalise_weights(weights), NAMES)
    worst, best = factor.relationship_factor(np.array([[0.0] * 6, [1.0] * 6]), omega)
    assert worst == 0
    assert 1 - 1e-12 <= best <= 1


@given(st.lists(st.floats(0, 1), min_size=5, max_size=5), st.integers(1, 60))
def test_equal_customers_tie_to_the_last_bit_wherever_they_stand(row, n):
    omega = factor.aligned(factor.equal_weights(FACTORS), FACTORS)
    alone = factor.relationship_factor(np.array([row]), omega)[0]
    assert set(factor.relationship_factor(np.array([row] * n), omega).tolist()) == {float(alone)}


@given(scores, scores, weight_maps)
def test_contributions_sum_to_the_change_and_stand_by_size(before, after, weights):
    omega = factor.normalise_weights(weights)
    parts = factor.contributions(before, after, omega)
    column = factor.aligned(omega, NAMES)
    rf = factor.relationship_factor(np.array([[z[name] for name in NAMES] for z in (before, after)]), column)
    assert abs(sum(part.change for part in parts) - (rf[1] - rf[0])) < 1e-12
    sizes = [abs(part.change) for part in parts]
    assert sizes == sorted(sizes, reverse=True)
    assert {part.factor for part in parts} == set(NAMES)


@pytest.mark.parametrize(("weights", "named"), [({"R": 1, "V": -0.1}, "V"), ({"R": float("nan"), "F": 1}, "R")])
def test_a_wrong_weight_is_refused_by_name(weights, named):
    with pytest.raises(factor.FactorWeightError, match=f"weight of {named}"):
        factor.normalise_weights(weights)


@pytest.mark.parametrize("weights", [{}, {"R": 0.0, "F": 0.0}])
def test_no_weight_at_all_is_refused(weights):
    with pytest.raises(factor.FactorWeightError, match="no factor"):
        factor.normalise_weights(weights)


def test_names_must_be_the_same_on_both_sides():
    for names in (["R"], ["R", "F", "V"], ["R", "R"]):
        with pytest.raises(factor.FactorWeightError):
            factor.aligned({"R": 0.5, "F": 0.5}, names)
    with pytest.raises(factor.FactorWeightError, match="F has a weight but no score after"):
        factor.contributions({"R": 0, "F": 1}, {"R": 0}, {"R": 0.5, "F": 0.5})


def test_weights_that_are_not_normalised_and_scores_out_of_range_are_refused():
    z = np.array([[0.5, 0.5]])
    for omega in ([0.5, 0.6], [1.5, -0.5]):
        with pytest.raises(factor.FactorWeightError):
            factor.relationship_factor(z, np.array(omega))
    for row in ([1.1, 0.0], [np.nan, 0.0]):
        with pytest.raises(ValueError, match="score"):
            factor.relationship_factor(np.array([row]), np.array([0.5, 0.5]))
    with pytest.raises(ValueError, match="match"):
        factor.relationship_factor(z, np.array([1.0]))
