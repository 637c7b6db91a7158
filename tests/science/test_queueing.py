"""Queues against what was published, against each other where they meet, and against simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import queue_trial, queueing
from kizuna.science.queue_trial import Scene
from kizuna.science.queueing import Goal

FOREVER = math.inf


@pytest.mark.parametrize(("servers", "load"), [(10, 4.4612), (20, 12.0306), (50, 37.9014), (100, 84.0642)])
def test_erlang_1917_loss_of_one_in_a_hundred(servers: int, load: float) -> None:
    assert queueing.erlang_b(load, servers) == pytest.approx(0.01, abs=4e-7)


def test_erlang_1917_two_servers_by_hand() -> None:
    assert queueing.erlang_b(2.0, 2) == pytest.approx(0.4, abs=1e-15)


@pytest.mark.parametrize(("servers", "waits"), [(11, 0.6821), (12, 0.4494), (13, 0.2853), (14, 0.1741), (15, 0.1020)])
def test_erlang_1917_waiting_at_ten_erlang(servers: int, waits: float) -> None:
    assert queueing.erlang_c(10.0, servers) == pytest.approx(waits, abs=5e-5)
    assert queueing.erlang_a(100 / 1800, 180.0, FOREVER, servers).wait_share == pytest.approx(waits, abs=5e-5)


def test_erlang_1917_a_hundred_calls_in_half_an_hour_by_fourteen() -> None:
    queue = queueing.erlang_a(100 / 1800, 180.0, FOREVER, 14)
    assert queue.within(20.0) == pytest.approx(0.888, abs=5e-4)
    assert queue.mean_wait == pytest.approx(7.84, abs=5e-3)


def test_garnett_mandelbaum_reiman_2002_patience_against_none() -> None:
    without = queueing.erlang_a(48.0, 1.0, FOREVER, 50)
    patient = queueing.erlang_a(48.0, 1.0, 2.0, 50)
    assert 60 * without.mean_wait == pytest.approx(20.83, abs=5e-3)
    assert 100 * patient.abandon_share == pytest.approx(3.09, abs=5e-3)
    assert 60 * patient.mean_wait == pytest.approx(3.71, abs=5e-3)
    assert 100 * patient.utilisation == pytest.approx(93.0, abs=5e-2)


@given(st.floats(0.01, 60.0), st.integers(1, 60), st.floats(0.02, 50.0))
def test_palm_1957_what_comes_is_served_or_leaves(arrivals: float, servers: int, patience: float) -> None:
    queue = queueing.erlang_a(arrivals, 1.0, patience, servers)
    assert queue.utilisation * servers == pytest.approx(arrivals * (1.0 - queue.abandon_share), rel=1e-9)
    assert queue.mean_wait == pytest.approx(queue.abandon_share * patience, rel=1e-9, abs=1e-15)
    assert queue.within(1e6) == pytest.approx(1.0 - queue.abandon_share, rel=1e-9)
    assert queue.within(0.0) == pytest.approx(1.0 - queue.wait_share, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("servers", [1, 7, 30])
def test_the_most_patient_wait_as_erlang_c_says(servers: int) -> None:
    load = 0.85 * servers
    patient = queueing.erlang_a(load, 1.0, 1e7, servers)
    assert patient.wait_share == pytest.approx(queueing.erlang_c(load, servers), rel=1e-4)
    for time in (0.1, 1.0, 4.0):
        said = 1.0 - queueing.erlang_c(load, servers) * math.exp(-(servers - load) * time)
        assert patient.within(time) == pytest.approx(said, abs=1e-4)


def test_who_never_waits_at_all_is_lost_as_erlang_b_says() -> None:
    hasty = queueing.erlang_a(9.0, 1.0, 1e-9, 10)
    assert hasty.abandon_share == pytest.approx(queueing.erlang_b(9.0, 10), rel=1e-6)


def test_as_many_servers_as_patience_and_service_alike_make_it_a_poisson_law() -> None:
    """With theta = mu every state loses at rate k mu: the number there is Poisson (Palm 1957), whatever the servers."""
    queue = queueing.erlang_a(8.0, 1.0, 1.0, 6)
    free = sum(math.exp(-8.0) * 8.0**k / math.factorial(k) for k in range(6))
    assert queue.wait_share == pytest.approx(1.0 - free, rel=1e-12)


def test_simulated_callers_meet_what_is_reckoned() -> None:
    scene = Scene(6.0, 1.0, 1.2, 6, [(1.0, 1.0)])
    callers = queue_trial.draw(scene, 40_000, np.random.default_rng(7))
    seen = queue_trial.simulate(scene, callers, first_come=True)
    said = queueing.erlang_a(scene.arrivals, scene.service, scene.patience, scene.servers)
    assert 1.0 - seen.served.mean() == pytest.approx(said.abandon_share, abs=0.01)
    assert seen.waited.mean() == pytest.approx(said.mean_wait, abs=0.015)
    for time in (0.05, 0.2, 0.5):
        assert (seen.served & (seen.waited <= time)).mean() == pytest.approx(said.within(time), abs=0.015)


def test_brown_2005_patience_is_fitted_with_the_served_as_censored() -> None:
    """The mean wait of those who left is far too short: only the impatient are among them."""
    scene = Scene(6.0, 1.0, 2.0, 6, [(1.0, 1.0)])
    callers = queue_trial.draw(scene, 40_000, np.random.default_rng(3))
    seen = queue_trial.simulate(scene, callers, first_come=True)
    found = queueing.fit_patience(seen.waited, ~seen.served)
    assert found.low < scene.patience < found.high
    assert found.high - found.low < 0.12 * scene.patience
    assert seen.waited[~seen.served].mean() < 0.5 * scene.patience


def test_the_interval_of_patience_holds_the_truth_as_often_as_it_says() -> None:
    randomness = np.random.default_rng(11)
    held = 0
    for _ in range(400):
        patience, offered = randomness.exponential(3.0, 60), randomness.exponential(1.0, 60)
        found = queueing.fit_patience(np.minimum(patience, offered), patience < offered)
        held += found.low < 3.0 < found.high
    assert 0.92 < held / 400 < 0.985


@pytest.mark.parametrize(
    ("waits", "gone", "mean", "low", "high"),
    [
        ([30.0, 60.0], [True, True], 45.0, 2 * 90 / 14.4494, 2 * 90 / 0.48442),
        ([30.0, 60.0], [True, False], 90.0, 2 * 90 / 11.1433, 2 * 90 / 0.050636),
        ([30.0], [False], FOREVER, 2 * 30 / 7.37776, FOREVER),
        ([0.0, 0.0], [True, True], 0.0, 0.0, 0.0),
        ([], [], FOREVER, 0.0, FOREVER),
    ],
)
def test_patience_of_few_or_of_all_alike_by_tables_of_chi_square(
    waits: list[float], gone: list[bool], mean: float, low: float, high: float
) -> None:
    found = queueing.fit_patience(waits, np.array(gone, dtype=bool))
    assert (found.mean, found.low, found.high) == pytest.approx((mean, low, high), rel=1e-4)


def test_nobody_left_yet_says_only_how_patient_they_are_at_least() -> None:
    found = queueing.fit_patience([10.0, 20.0], [False, False])
    assert (found.mean, found.high, found.left) == (FOREVER, FOREVER, 0)
    assert 0 < found.low < 30.0
    with pytest.raises(queueing.NoSuchQueue):
        queueing.fit_patience([-1.0], [True])


@given(st.floats(0.01, 40.0), st.floats(0.05, 20.0), st.floats(0.5, 0.95), st.floats(0.0, 2.0))
def test_one_server_less_would_miss_the_goal(arrivals: float, patience: float, share: float, time: float) -> None:
    goal = Goal(share, time)
    needed = queueing.operators_needed(arrivals, 1.0, patience, goal)
    assert queueing.erlang_a(arrivals, 1.0, patience, needed).within(time) >= share
    assert needed == 1 or queueing.erlang_a(arrivals, 1.0, patience, needed - 1).within(time) < share


def test_extremes_neither_overflow_nor_run_for_ever() -> None:
    assert queueing.erlang_b(1_900.0, 2_000) < 0.01
    flood = queueing.erlang_a(1e6, 1.0, 10.0, 5)
    assert flood.abandon_share == pytest.approx(1.0, abs=1e-4)
    assert queueing.erlang_a(10.0, 1.0, FOREVER, 9).mean_wait == FOREVER
    assert queueing.erlang_a(0.0, 1.0, 1.0, 1).within(0.0) == 1.0
    assert queueing.operators_needed(0.0, 1.0, 1.0, Goal(0.8, 0.1)) == 0
    for arrivals, servers in ((math.nan, 1), (-1.0, 1), (1.0, 0), (1.0, 2_001)):
        with pytest.raises(queueing.NoSuchQueue):
            queueing.erlang_a(arrivals, 1.0, 1.0, servers)


def test_the_wait_that_is_promised_is_the_one_that_is_met() -> None:
    """Somebody who stays, with three others before them: two servers, and those before may leave."""
    randomness = np.random.default_rng(5)
    stages = [randomness.exponential(1.0 / (2.0 / 8.0 + ahead / 5.0), 200_000) for ahead in range(4)]
    assert queueing.expected_wait(3, 2, 8.0, 5.0) == pytest.approx(float(np.sum(stages, axis=0).mean()), rel=0.01)
