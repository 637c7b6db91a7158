"""Claims as figures: checked by hand, honest where there is nothing, and right about causes that are none."""

import numpy as np
import pytest

from kizuna.science.claims import Going, among_alike, cost_per_kept, together, worth_of_retention


def test_ranks_go_together_whatever_the_scale_and_few_or_equal_say_nothing() -> None:
    values = np.arange(50.0)
    whole = together(values, np.exp(values))
    assert whole is not None
    assert (whole.n, whole.r, whole.low, whole.high) == (50, 1, 1, 1)
    assert together(values[:39], values[:39]) is None
    assert together(values, np.ones(50)) is None
    assert among_alike(values, values[::-1], values) is None


def test_what_a_third_figure_explains_is_not_called_going_together() -> None:
    """Both follow the third and nothing else: together clearly, among those alike not; at most 1 of 20 is wrong."""
    random = np.random.default_rng(7)
    wrong = 0
    for _ in range(40):
        third = random.normal(size=200)
        first, second = third + random.normal(size=200), third + random.normal(size=200)
        plain, freed = together(first, second), among_alike(first, second, third)
        assert plain is not None
        assert freed is not None
        assert plain.low > 0
        wrong += not freed.low < 0 < freed.high
    assert wrong <= 5


def test_more_retention_is_worth_what_hand_and_pencil_say() -> None:
    """100 people, 1,000 each, from .5 to .55: 50 more in the first span, then .55^2 - .5^2 = .0525 of it, at half."""
    going = Going(50, 100, np.full(50, 1000.0), people=100, spans=2, keep=0.5)
    told = worth_of_retention(going, 0.55)
    assert told is not None
    assert told.gain == pytest.approx(100 * 1000 * (0.5 * 0.05 + 0.25 * 0.0525))
    assert told.low < told.gain < told.high
    assert worth_of_retention(Going(9, 100, np.full(9, 1.0), 9, 2, 1.0), 0.14) is None
    assert worth_of_retention(Going(50, 50, np.full(50, 1.0), 50, 2, 1.0), 1.0) is None


def test_who_is_sure_to_stay_cannot_stay_more() -> None:
    going = Going(98, 100, np.full(98, 1000.0), people=100, spans=1, keep=1.0)
    told = worth_of_retention(going, 1.03)
    assert told is not None
    assert (told.raised, round(told.gain)) == (1.0, 2000)


def test_cost_for_each_kept_counts_what_was_spent_on_those_lost() -> None:
    cost, kept = np.array([100.0, 100.0, 100.0, 100.0]), np.array([True, False, False, False])
    found = cost_per_kept(cost, kept)
    assert found is not None
    assert found[0] == 400
    assert found[1] == 0
    assert cost_per_kept(cost, np.zeros(4, dtype=bool)) is None
