"""Learned weights and half-lives: on the simplex, shrunk to equal, and offered only where later origins prove them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import learning, ranking
from kizuna.science.learning import Origin, Rule
from kizuna.science.stocks import HALF_LIVES

FACTORS = ("R", "F", "M")
EQUAL = Rule(dict.fromkeys(FACTORS, 90), dict.fromkeys(FACTORS, 1 / 3))


def origin(at, random, count=400, *, telling="M", at_half_life=None):
    """Customers whose gain follows one factor (at one half-life, or at all); the other factors are noise."""
    truth = random.gamma(1.0, 1.0, count)
    z = {}
    for name in FACTORS:
        for days in HALF_LIVES:
            tells = name == telling and at_half_life in (None, days)
            stock = truth if tells else random.gamma(1.0, 1.0, count)
            z[name, days] = ranking.Reference.of(stock).score(stock)
    return Origin(at, at + 90, z, random.poisson(3 * truth) * 10.0)


def origins(count=4, **how):
    random = np.random.default_rng(6)
    return [origin(90 * place, random, **how) for place in range(count)]


@given(st.integers(0, 10_000), st.sampled_from(learning.SHRINKAGES))
def test_learned_weights_are_non_negative_and_sum_to_one(seed, shrinkage):
    random = np.random.default_rng(seed)
    z, y = random.random((40, 5)), random.poisson(1.0, 40).astype(float)
    omega = learning.learn_weights([z], [y], shrinkage)
    assert (omega >= 0).all()
    assert omega.sum() == pytest.approx(1.0)


def test_weights_find_the_factor_that_tells_and_shrink_to_equal():
    known = origins()
    columns, outcomes = [each.columns(EQUAL.half_lives) for each in known], [each.y for each in known]
    apart = [
        float(np.abs(learning.learn_weights(columns, outcomes, each) - 1 / 3).sum()) for each in learning.SHRINKAGES
    ]
    assert apart == sorted(apart, reverse=True)
    assert apart[0] > 1.0
    assert apart[-1] == 0.0
    assert learning.learn_weights([np.full((5, 3), 0.5)], [np.arange(5.0)], 0.1).tolist() == [1 / 3] * 3


def test_learning_is_proven_on_later_origins():
    proof = learning.prove(origins(), EQUAL, np.random.default_rng(1), half_lives=False, weights=True)
    assert proof.proven
    assert proof.after > proof.before + 0.1
    assert proof.change.value == pytest.approx(proof.after - proof.before)
    assert proof.rule.weights["M"] > 0.8
    assert proof.origins == 3


def test_what_teaches_nothing_is_not_offered():
    random = np.random.default_rng(3)
    proof = learning.prove(
        [origin(90 * place, random, telling=None) for place in range(4)],
        EQUAL,
        random,
        half_lives=True,
        weights=True,
    )
    assert not proof.proven


def test_the_better_half_life_is_found_on_the_grid_and_only_where_it_has_weight():
    known = origins(telling="F", at_half_life=30)
    proof = learning.prove(known, EQUAL, np.random.default_rng(1), half_lives=True, weights=False)
    assert proof.rule.half_lives["F"] == 30
    assert proof.rule.weights == EQUAL.weights
    assert proof.proven
    silent = Rule(EQUAL.half_lives, {"R": 0.5, "F": 0.0, "M": 0.5})
    assert learning.best_half_lives(known, silent)["F"] == 90


def test_both_together_do_better_than_either():
    known = origins(telling="F", at_half_life=30)
    random = np.random.default_rng(1)
    both = learning.prove(known, EQUAL, random, half_lives=True, weights=True)
    alone = learning.prove(known, EQUAL, random, half_lives=True, weights=False)
    assert both.after > alone.after


def test_an_outcome_not_yet_known_teaches_nothing():
    random = np.random.default_rng(2)
    overlapping = [origin(30 * place, random) for place in range(3)]
    with pytest.raises(learning.TooShort):
        learning.prove(overlapping, EQUAL, random, half_lives=False, weights=True)
    assert learning._tests([*overlapping, origin(90, random)])[0][0] == overlapping[:1]


def test_infinite_shrinkage_is_exactly_equal():
    assert learning.learn(origins(2), EQUAL, math.inf).weights == EQUAL.weights
