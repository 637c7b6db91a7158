"""Scores: the place in a reference, against counting by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science.ranking import Reference, UnreadableReferenceError

values = st.lists(
    st.one_of(st.integers(-5, 5).map(float), st.floats(-(2.0**50), 2.0**50, width=32)), min_size=1, max_size=40
)


def counted(population, value):
    below = sum(each < value for each in population)
    equal = sum(each == value for each in population)
    return (below + equal / 2) / len(population)


@given(values, values)
def test_score_is_number_below_and_half_the_equal(population, asked):
    reference = Reference.of(np.array(population))
    z = reference.score(np.array(asked))
    expected = [counted(population, value) for value in asked] if any(population) else [0.5] * len(asked)
    np.testing.assert_allclose(z, expected, rtol=1e-15)
    assert ((z >= 0) & (z <= 1)).all()


@given(values)
def test_mean_score_of_the_population_itself_is_one_half(population):
    assert abs(Reference.of(np.array(population)).score(np.array(population)).mean() - 0.5) < 1e-12


@given(values, values)
def test_bytes_bring_back_the_reference_bit_for_bit(population, asked):
    reference = Reference.of(np.array(population))
    again = Reference.from_bytes(reference.to_bytes())
    assert again.values.tobytes() == reference.values.tobytes()
    assert again.at_most.tolist() == reference.at_most.tolist()
    assert again.to_bytes() == reference.to_bytes()
    assert again.score(np.array(asked)).tolist() == reference.score(np.array(asked)).tolist()


@given(st.floats(1e-3, 1e12), st.floats(-1e-12, 1e-12))
def test_rounding_noise_does_not_break_a_tie_away_from_a_rounding_edge(value, noise):
    centre = float(np.float32(value))
    reference = Reference.of(np.array([0.0, centre, centre, 2 * centre]))
    assert reference.score(np.array([centre * (1 + noise)])).tolist() == [0.5]


def test_money_stays_exact_to_sixteen_million_minor_units():
    reference = Reference.of(np.array([16_777_215.0, 16_777_216.0]))
    assert reference.score(np.array([16_777_215.0, 16_777_216.0])).tolist() == [0.25, 0.75]


@pytest.mark.parametrize("population", [[], [0.0], [0.0, 0.0, -0.0]])
def test_a_factor_without_a_fact_gives_one_half_to_all(population):
    reference = Reference.of(np.array(population, dtype=np.float64))
    assert not reference.has_facts
    assert reference.size == 0
    assert reference.score(np.array([0.0, 1.0, 99.0])).tolist() == [0.5, 0.5, 0.5]
    assert not Reference.from_bytes(reference.to_bytes()).has_facts


def test_a_reference_of_one_customer():
    assert Reference.of(np.array([3.0])).score(np.array([2.0, 3.0, 4.0])).tolist() == [0.0, 0.5, 1.0]


def test_values_outside_the_reference_reach_0_and_1():
    assert Reference.of(np.array([1.0, 2.0])).score(np.array([0.5, 3.0])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="finite"):
        Reference.of(np.array([1.0, value]))
    with pytest.raises(ValueError, match="finite"):
        Reference.of(np.array([1.0])).score(np.array([value]))


def test_bytes_that_are_no_reference_are_refused():
    good = Reference.of(np.array([1.0, 2.0])).to_bytes()
    for bad in (b"", good[:5], good[:-3], bytes([2]) + good[1:], good[:1] + b"\x03" + good[2:]):
        with pytest.raises(UnreadableReferenceError):
            Reference.from_bytes(bad)


def test_bytes_are_compact():
    population = np.random.default_rng(1).exponential(5000, 20_000)
    assert len(Reference.of(population).to_bytes()) < 4 * len(population)
