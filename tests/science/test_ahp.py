"""AHP: weights and consistency, against matrices whose answer is known."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import ahp
from kizuna.science.stocks import FACTORS


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=10))
def test_consistent_judgements_give_back_their_weights(importance):
    w = np.array(importance)
    judgement = ahp.judge(w[:, None] / w[None, :])
    np.testing.assert_allclose(judgement.weights, w / w.sum(), rtol=1e-6)
    assert judgement.consistency_ratio < 1e-6
    assert judgement.accepted


@given(st.lists(st.sampled_from([1 / 9, 1 / 5, 1 / 3, 1, 2, 3, 7, 9]), min_size=10, max_size=10))
def test_any_five_factors_get_positive_weights_that_sum_to_one(upper):
    matrix = np.eye(5)
    for (i, j), value in zip(combinations(range(5), 2), upper, strict=True):
        matrix[i, j], matrix[j, i] = value, 1 / value
    judgement = ahp.judge(matrix)
    assert (judgement.weights > 0).all()
    assert abs(judgement.weights.sum() - 1) < 1e-12
    np.testing.assert_allclose(matrix @ judgement.weights, judgement.eigenvalue * judgement.weights, rtol=1e-9)
    assert judgement.eigenvalue >= 5
    assert abs(judgement.consistency_ratio - (judgement.eigenvalue - 5) / 4 / 1.12) < 1e-12


def test_the_textbook_three_by_three():
    judgement = ahp.judge(np.array([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]]))
    np.testing.assert_allclose(judgement.weights, [0.6370, 0.2583, 0.1047], atol=5e-5)
    assert abs(judgement.eigenvalue - 3.0385) < 5e-5
    assert abs(judgement.consistency_ratio - 0.0332) < 5e-5


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_factors_cannot_contradict_each_other(n):
    judgement = ahp.judge(np.array([[1.0, 4.0], [0.25, 1.0]])[:n, :n])
    assert judgement.consistency_ratio == 0
    np.testing.assert_allclose(judgement.weights, [[1.0], [0.8, 0.2]][n - 1])


def test_five_factors_by_name_from_pairs_in_either_direction():
    importance = {"R": 5, "F": 4, "M": 3, "V": 2, "E": 1}
    pairs = {(j, i): importance[j] / importance[i] for i, j in combinations(FACTORS, 2)}
    weights = ahp.accepted_weights(pairs, FACTORS)
    assert list(weights) == list(FACTORS)
    np.testing.assert_allclose(list(weights.values()), np.array([5, 4, 3, 2, 1]) / 15)


def test_a_circle_of_preferences_is_refused_with_its_ratio():
    circle = {("R", "F"): 3.0, ("F", "M"): 3.0, ("M", "R"): 3.0}
    with pytest.raises(ahp.InconsistentJudgementsError) as refused:
        ahp.accepted_weights(circle, ["R", "F", "M"])
    assert refused.value.ratio > 1


@pytest.mark.parametrize(("ratio", "accepted"), [(0.0999, True), (0.10, False)])
def test_accepted_only_below_one_tenth(ratio, accepted):
    assert ahp.Judgement(np.array([1.0]), 1.0, ratio).accepted is accepted


@pytest.mark.parametrize("shape", [(2, 3), (0, 0), (11, 11), (4,)])
def test_a_matrix_of_wrong_shape_is_refused(shape):
    with pytest.raises(ahp.MatrixShapeError):
        ahp.judge(np.ones(shape))


def test_names_must_fit_the_rows():
    for names in (["R"], ["R", "R"]):
        with pytest.raises(ahp.MatrixShapeError):
            ahp.judge(np.eye(2), names)


@pytest.mark.parametrize(
    ("cell", "value", "row", "column"),
    [
        ((0, 1), -2.0, "R", "F"),
        ((1, 0), 0.0, "F", "R"),
        ((1, 2), np.nan, "F", "M"),
        ((2, 2), 2.0, "M", "M"),
        ((2, 2), -1.0, "M", "M"),
        ((2, 0), 3.0, "M", "R"),
    ],
)
def test_a_malformed_cell_is_named(cell, value, row, column):
    matrix = np.ones((3, 3))
    matrix[cell] = value
    with pytest.raises(ahp.JudgementError, match=f"{row} against {column}") as refused:
        ahp.judge(matrix, ["R", "F", "M"])
    assert (refused.value.row, refused.value.column) == (row, column)


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ({("R", "F"): 2.0}, "R against M: is not judged yet"),
        ({("R", "F"): 2.0, ("F", "R"): 0.5}, "judged twice"),
        ({("R", "X"): 2.0}, "R against X: is no pair"),
        ({("R", "R"): 1.0}, "R against R: is no pair"),
        ({("R", "F"): 0.0}, "R against F: is 0"),
    ],
)
def test_a_wrong_pair_is_named(pairs, reason):
    with pytest.raises(ahp.JudgementError, match=reason):
        ahp.accepted_weights(pairs, ["R", "F", "M"])
