"""Turns and pumps: one holder at a time, given back at the end, and a worker that pumps, schedules and stops."""

import itertools
import threading
import time
from datetime import datetime

import pytest
from django.db import connection

from kizuna.jobs import standing, turns, worker


def _try_elsewhere(name: str) -> bool:
    found: list[bool] = []

    def look() -> None:
        with turns.take_turn(name) as mine:
            found.append(mine)
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.django_db(transaction=True)
def test_a_turn_has_one_holder_and_is_given_back() -> None:
    with turns.take_turn("tests") as mine:
        assert mine
        assert not _try_elsewhere("tests")
        assert _try_elsewhere("other tests")
    assert _try_elsewhere("tests")


@pytest.mark.django_db(transaction=True)
def test_waiting_for_a_turn_ends_when_it_is_free_or_takes_too_long() -> None:
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with turns.take_turn("tests"):
            holding.set()
            done.wait(5)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(5)
    with pytest.raises(TimeoutError), turns.wait_for_turn("tests", deadline_s=0.1):
        pass
    done.set()
    with turns.wait_for_turn("tests", deadline_s=5):
        pass
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_pump_is_called_again_at_once_while_it_has_work_and_rests_after_failures() -> None:
    stop, calls = threading.Event(), []

    def step() -> bool:
        calls.append(time.monotonic())
        if len(calls) == 6:
            raise RuntimeError("the pump is broken")
        if len(calls) == 7:
            stop.set()
        return len(calls) < 5

    worker._Crew(stop).loop("tests", step, 0.1)
    gaps = [after - before for before, after in itertools.pairwise(calls)]
    assert max(gaps[:4]) < 0.05
    assert 0.08 < gaps[4] < 0.5
    assert gaps[5] > 0.9


def test_registered_pumps_are_listed_once_per_name() -> None:
    def one(now: datetime) -> bool:
        return False

    standing.pump("tests.pump", 1.0)(one)
    standing.pump("tests.pump", 2.0)(one)
    try:
        assert [each.interval_s for each in standing.list_pumps() if each.name == "tests.pump"] == [2.0]
    finally:
        standing._pumps.pop("tests.pump")
