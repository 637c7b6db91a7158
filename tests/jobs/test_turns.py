"""Turns and pumps: one holder at a time, given back at the end, and a worker that pumps, schedules and stops."""

import threading
from datetime import datetime

import pytest
from django.db import connection

from kizuna.jobs import standing, turns, worker
from tests.processes import PATIENCE_S


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
            done.wait(PATIENCE_S)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(PATIENCE_S)
    try:
        with pytest.raises(TimeoutError), turns.wait_for_turn("tests", deadline_s=0.1):
            pass
    finally:
        done.set()
    with turns.wait_for_turn("tests", deadline_s=PATIENCE_S):
        pass
    thread.join()


class _Told(threading.Event):
    """The wish to stop, which notes what was called and how long a rest was asked for, without resting."""

    def __init__(self) -> None:
        super().__init__()
        self.story: list[str | float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.story.append(round(timeout, 3))
        return self.is_set()


@pytest.mark.django_db(transaction=True)
def test_a_pump_is_called_again_at_once_while_it_has_work_and_rests_after_failures() -> None:
    stop = _Told()
    outcomes = iter(["work", "work", "nothing", "nothing", "work", "nothing", "failure", "failure", "work", "end"])

    def step() -> bool:
        outcome = next(outcomes)
        stop.story.append(outcome)
        if outcome == "failure":
            raise RuntimeError("the pump is broken")
        if outcome == "end":
            stop.set()
        return outcome in {"work", "end"}

    worker._Crew(stop).loop("tests", step, 0.1)
    assert stop.story == [
        *("work", "work", "nothing", 0.1, "nothing", 0.1, "work", "nothing", 0.1),
        *("failure", 1.0, "failure", 2.0, "work", "end"),
    ]


def test_registered_pumps_are_listed_once_per_name() -> None:
    def one(now: datetime) -> bool:
        return False

    standing.pump("tests.pump", 1.0)(one)
    standing.pump("tests.pump", 2.0)(one)
    try:
        assert [each.interval_s for each in standing.list_pumps() if each.name == "tests.pump"] == [2.0]
    finally:
        standing._pumps.pop("tests.pump")
