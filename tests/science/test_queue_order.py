"""The order of service: value at risk first, nobody for ever; against first-come on the same simulated callers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import queue_order, queue_trial
from kizuna.science.queue_order import Waiting
from kizuna.science.queue_trial import Outcome, Scene

# 20 % of callers hold 80 % of the value; six servers at full load; patience 1.2 times a service.
SCENE = Scene(arrivals=6.0, service=1.0, patience=1.2, servers=6, classes=[(0.2, 4.0), (0.8, 0.25)])
LINES = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1000)), max_size=12)


def compare(callers: int, longest_wait: float = float("inf")) -> tuple[Outcome, Outcome]:
    drawn = queue_trial.draw(SCENE, callers, np.random.default_rng(2))
    by_value = queue_trial.simulate(SCENE, drawn, longest_wait)
    return queue_trial.simulate(SCENE, drawn, first_come=True), by_value


def test_order_by_value_at_risk_against_first_come() -> None:
    """Atar, Giat & Shimkin (2010): the valuable leave half as often, the others little more, and much less is lost."""
    before, after = compare(12_000)
    assert before.abandoned == pytest.approx([0.154, 0.154], abs=0.025)
    assert after.abandoned[0] < 0.65 * before.abandoned[0]
    assert after.abandoned[1] < 1.25 * before.abandoned[1]
    assert after.value_lost < 0.75 * before.value_lost


@pytest.mark.long
def test_order_by_value_at_risk_against_first_come_in_full_figures() -> None:
    before, after = compare(250_000)
    assert before.abandoned == pytest.approx([0.153, 0.154], abs=0.005)
    assert after.abandoned == pytest.approx([0.079, 0.175], abs=0.005)
    assert after.value_lost / before.value_lost - 1 == pytest.approx(-0.36, abs=0.015)


def test_the_bound_keeps_nearly_all_of_the_gain_and_shortens_the_longest_waits() -> None:
    before, unbound = compare(12_000)
    _, bound = compare(12_000, longest_wait=1.2)
    assert bound.value_lost < 0.8 * before.value_lost
    longest = [np.quantile(each.waited[each.served], 0.999) for each in (unbound, bound)]
    assert longest[1] < longest[0]


def test_a_bound_of_nothing_is_first_come() -> None:
    before, after = compare(3_000, longest_wait=0.0)
    assert np.array_equal(before.waited, after.waited)


@given(LINES, st.floats(0, 2000), st.floats(0, 500))
def test_nobody_passes_one_who_has_waited_too_long(line: list[tuple[float, float]], now: float, longest: float) -> None:
    waiting = [Waiting(key, worth, since) for key, (worth, since) in enumerate(line)]
    ordered = queue_order.order(waiting, now, longest)
    aged = [each for each in ordered if now - each.since >= longest]
    assert ordered[: len(aged)] == sorted(aged, key=lambda each: (each.since, each.key))
    rest = [each.worth for each in ordered[len(aged) :]]
    assert rest == sorted(rest, reverse=True)
    assert queue_order.pick(waiting, now, longest) == (ordered[0] if ordered else None)


def test_the_index_prefers_short_service_and_the_impatient() -> None:
    assert queue_order.worth(10.0, 1 / 5) > queue_order.worth(10.0, 1 / 8)
    assert queue_order.worth(10.0, 1.0, theta=2.0) < queue_order.worth(10.0, 1.0, theta=0.5)
