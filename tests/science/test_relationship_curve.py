"""The stage chart's figures: against slow reckoning, and on simulations whose stages do nothing or something."""

import numpy as np
import pytest

from kizuna.science import survival
from kizuna.science.periods import DAY_US
from kizuna.science.relationship_curve import MONTH_US, Spells, onsets, retention_by_age, spells, wilson

SILENCE = 90


def simulate(seed: int, effect: float = 0.0, customers: int = 400) -> Spells:
    """Acts at random, each the last with one chance; stages are entered at random acts and may lower that chance."""
    random = np.random.default_rng(seed)
    who, at, movers, moved, stages = [], [], [], [], []
    for number in range(customers):
        day, stage, leave = random.uniform(0, 500), 0, 0.12
        while day < 1000:
            who.append(number)
            at.append(round(day * DAY_US))
            if stage < 5 and random.random() < 0.25:
                stage += 1
                movers.append(number)
                moved.append(round(day * DAY_US))
                stages.append(stage)
            if random.random() < leave * (1 - effect * (stage >= 3)):
                break
            day += random.exponential(18)
    found = onsets(np.array(who), np.array(at), 1000 * DAY_US, SILENCE)
    return spells(found, np.array(movers), np.array(moved), np.array(stages))


def chance(cut: Spells) -> float:
    return survival.log_rank(cut.entry, cut.end, cut.ended, cut.stage).p_value


def test_where_stages_do_nothing_survival_by_stage_shows_no_difference() -> None:
    chances = np.array([chance(simulate(seed)) for seed in range(30)])
    assert (chances < 0.05).sum() <= 5
    assert 0.3 < chances.mean() < 0.7


def test_where_stages_hold_customers_it_shows() -> None:
    assert max(chance(simulate(seed, effect=0.7)) for seed in range(3)) < 0.001


@pytest.mark.long
def test_where_stages_do_nothing_over_many_simulations() -> None:
    chances = np.array([chance(simulate(seed, customers=1000)) for seed in range(200)])
    assert 0.02 < (chances < 0.05).mean() < 0.10


def test_retention_by_age_equals_slow_reckoning() -> None:
    random = np.random.default_rng(3)
    customer = random.integers(0, 40, 600)
    at = random.integers(0, 700, 600) * DAY_US
    until = 720 * DAY_US
    found = retention_by_age(customer, at, until)
    for age in range(len(found.customers)):
        watched = active = 0
        for who in np.unique(customer):
            mine = at[customer == who]
            start = mine.min() + age * MONTH_US
            if start + MONTH_US <= until:
                watched += 1
                active += bool(((mine >= start) & (mine < start + MONTH_US) & (mine > mine.min())).any())
        assert (found.customers[age], found.active[age]) == (watched, active)


def test_nobody_makes_no_curve() -> None:
    empty = np.empty(0, dtype=np.int64)
    assert len(retention_by_age(empty, empty, 10).customers) == 0
    cut = spells(onsets(empty, empty, 10, 90), empty, empty, empty)
    assert len(cut.entry) == 0
    low, high = wilson(np.array([0]), np.array([0]))
    assert (low.tolist(), high.tolist()) == ([0.0], [1.0])


def test_time_in_stages_adds_up_to_the_time_watched() -> None:
    cut = simulate(5, customers=60)
    assert (cut.end > cut.entry).all()
    whole = simulate(5, customers=60, effect=0.0)
    assert cut.ended.sum() == whole.ended.sum() <= 60
