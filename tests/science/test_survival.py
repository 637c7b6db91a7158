"""Survival curves against a published trial, the theory of late entry, and a second way of counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import survival
from kizuna.science.survival import DurationError

# Freireich et al. (1963): weeks of remission with 6-mercaptopurine (negative: still in remission then) and placebo
TREATED = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

rows = st.lists(st.tuples(st.integers(0, 8), st.integers(1, 8), st.booleans()), min_size=1, max_size=30)


def _columns(weeks: list[int]) -> tuple[list[int], list[int], list[bool]]:
    return [0] * len(weeks), [abs(week) for week in weeks], [week > 0 for week in weeks]


def test_freireich_1963_remission_kaplan_meier() -> None:
    curve = survival.kaplan_meier(*_columns(TREATED))
    assert curve.t.tolist() == [0, 6, 7, 10, 13, 16, 22, 23]
    assert curve.survival.round(4).tolist() == [1.0, 0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert curve.at_risk.tolist() == [21, 21, 17, 15, 12, 11, 7, 6]
    assert curve.died.tolist() == [0, 3, 1, 1, 1, 1, 1, 1]
    assert (curve.quantile(), survival.kaplan_meier(*_columns(PLACEBO)).quantile()) == (23, 8)
    # log-log interval at 10 weeks, Klein & Moeschberger (2003), section 4.3
    assert (round(float(curve.low[3]), 3), round(float(curve.high[3]), 3)) == (0.503, 0.889)


def test_freireich_1963_remission_log_rank() -> None:
    zero, end, died = (a + b for a, b in zip(_columns(TREATED), _columns(PLACEBO), strict=True))
    group = [0] * 21 + [1] * 21
    found = survival.log_rank(zero, end, died, group)
    assert (round(found.chi2, 2), found.df) == (16.79, 1)
    assert found.p_value == pytest.approx(4.17e-5, rel=1e-2)
    assert survival.log_rank(zero, end, died, [5] * 42) == survival.Difference(0.0, 0, 1.0)


@given(rows)
def test_curves_fall_and_count_each_risk_set(found: list[tuple[int, int, bool]]) -> None:
    entry = np.array([a for a, _, _ in found], dtype=float)
    end = entry + [b for _, b, _ in found]
    died = np.array([c for _, _, c in found])
    curve = survival.kaplan_meier(entry, end, died)
    assert (np.diff(curve.survival) <= 0).all()
    assert ((curve.low <= curve.survival) & (curve.survival <= curve.high)).all()
    assert ((curve.low >= 0) & (curve.high <= 1)).all()
    now = 1.0
    for t, level, at_risk in zip(curve.t[1:], curve.survival[1:], curve.at_risk[1:], strict=True):
        watched = (entry < t) & (t <= end)
        assert at_risk == watched.sum()
        now *= 1 - (watched & died & (end == t)).sum() / watched.sum()
        assert level == pytest.approx(now, abs=1e-12)
    assert curve.at(curve.t).tolist() == curve.survival.tolist()
    assert curve.at([curve.t[0] - 1]).tolist() == [1.0]


def test_late_entry_without_correction_would_be_wrong() -> None:
    random = np.random.default_rng(1)
    life, entry = random.exponential(10.0, 40_000), random.uniform(0, 20, 40_000)
    seen = life > entry
    life, entry = life[seen], entry[seen]
    end, died = np.minimum(life, 25.0), life <= 25.0
    right = survival.kaplan_meier(entry, end, died).at([10.0])[0]
    wrong = survival.kaplan_meier(np.zeros_like(entry), end, died).at([10.0])[0]
    assert right == pytest.approx(np.exp(-1), abs=0.02)
    assert wrong > 0.5


def test_interval_covers_at_its_nominal_rate_with_late_entry() -> None:
    random = np.random.default_rng(2)
    hits = 0
    for _ in range(300):
        life, entry = random.exponential(10.0, 300), random.choice([0.0, 0.0, 2.0, 5.0], 300)
        seen = life > entry
        end = np.minimum(life[seen], 20.0)
        curve = survival.kaplan_meier(entry[seen], end, life[seen] <= 20.0)
        place = np.searchsorted(curve.t, 8.0, side="right") - 1
        hits += bool(curve.low[place] <= np.exp(-0.8) <= curve.high[place])
    assert 0.92 <= hits / 300 <= 0.98


def test_groups_alike_are_seldom_told_apart() -> None:
    random = np.random.default_rng(3)
    found = [
        survival.log_rank(np.zeros(90), random.exponential(1, 90), random.random(90) < 0.7, np.arange(90) % 3)
        for _ in range(300)
    ]
    assert {each.df for each in found} == {2}
    assert 0.02 <= np.mean([each.p_value < 0.05 for each in found]) <= 0.09


def test_a_curve_starts_where_watching_starts() -> None:
    curve = survival.kaplan_meier([3.0, 4.0], [9.0, 8.0], [True, True])
    assert (curve.t.tolist(), curve.at_risk.tolist()) == ([3.0, 8.0, 9.0], [1, 2, 1])


def test_nobody_and_nobody_ended() -> None:
    assert survival.kaplan_meier([], [], []).at([3.0]).tolist() == [1.0]
    alive = survival.kaplan_meier([0, 1], [5, 6], [False, False])
    assert (alive.t.tolist(), alive.survival.tolist(), alive.quantile()) == ([0.0], [1.0], np.inf)
    assert survival.log_rank([0, 1], [5, 6], [False, False], [0, 1]).p_value == 1.0


def test_impossible_durations_name_their_field() -> None:
    for field, entry, end, died in (
        ("end", [3.0], [3.0], [True]),
        ("entry", [np.nan], [3.0], [True]),
        ("end", [1.0], [np.inf], [True]),
        ("died", [1.0], [2.0], [True, False]),
    ):
        with pytest.raises(DurationError) as raised:
            survival.kaplan_meier(entry, end, died)
        assert raised.value.field == field
    with pytest.raises(DurationError, match="group"):
        survival.log_rank([0], [1], [True], [1, 2])
