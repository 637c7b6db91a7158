"""The worker: threads that lease and run jobs, call the pumps, start due schedules and keep leases alive.

One process may hold one worker; any number of processes may work beside each other. Being killed at any point
loses nothing: the lease runs out, or the next worker on this host sees that the process is gone.
"""

import logging
import os
import random
import secrets
import socket
import threading
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from django.db import close_old_connections, connections, transaction
from django.tasks import Task, TaskContext, default_task_backend
from django.utils import timezone
from django.utils.json import normalize_json
from django.utils.module_loading import import_string

from kizuna.jobs import leases, queue, standing, turns
from kizuna.jobs.backend import LeaseBackend, build_result
from kizuna.jobs.leases import Lease, Terms
from kizuna.jobs.models import Job

LANES = {"default": 2, "slow": 1}
_POLL_S = 0.25
_ERROR_LENGTH = 8000
_LONGEST_PAUSE_S = 30.0
_IDLE_STRETCH = {"queue": 2.0, "pump": 3.0}
_log = logging.getLogger(__name__)


class _Crew:
    """The threads of one worker and the leases they hold."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        backend: Any = default_task_backend
        self.terms: Terms = cast(LeaseBackend, backend).terms
        self.held: dict[int, Lease] = {}

    def lane(self, lane: str) -> bool:
        """Run one job of the queue, if one waits."""
        now = timezone.now()
        if not leases.is_waiting(lane, now):
            return False
        with transaction.atomic():
            held = leases.lease(lane, self.name, now, self.terms)
        if held is None:
            return False
        self.held[held.job_id] = held
        try:
            self._run(held)
        finally:
            self.held.pop(held.job_id, None)
        return True

    def _run(self, held: Lease) -> None:
        mark = queue.running.set(held.job_id)
        try:
            task = _find_task(held.task)
            outcome = _plain(_call(task, held))
        except BaseException as problem:
            self._give_back(held, problem)
        else:
            with transaction.atomic():
                if not leases.complete(held, outcome, timezone.now()):
                    _log.warning("job %s finished after its lease was lost", held.task)
        finally:
            queue.running.reset(mark)

    def _give_back(self, held: Lease, problem: BaseException) -> None:
        if not transaction.get_connection().in_atomic_block:
            close_old_connections()
        now = timezone.now()
        last = held.attempt >= self.terms.attempts or isinstance(problem, _UnknownTask)
        delay = leases.expected_delay_s(held.attempt, self.terms, random.random())  # noqa: S311
        text = "".join(traceback.format_exception(problem))[-_ERROR_LENGTH:]
        with transaction.atomic():
            leases.fail(held, text, None if last else now + timedelta(seconds=delay), now)
        _log.error(
            "job %s failed in attempt %d%s", held.task, held.attempt, ", given up" if last else "", exc_info=problem
        )

    def keep(self) -> bool:
        """Extend the leases held here and show a sign of life; take over what dead neighbours held."""
        now = timezone.now()
        for held in list(self.held.values()):
            if not leases.extend(held, now + timedelta(seconds=self.terms.lease_s)) and held.job_id in self.held:
                _log.warning("the lease of %s was lost", held.task)
        leases.sign_of_life(self.name, now)
        leases.free_orphans(self.name, now)
        return False

    def schedule(self) -> bool:
        """Turn due schedules into jobs."""
        now = timezone.now()
        for name in standing.list_due(now):
            with transaction.atomic():
                standing.start_if_due(name, now)
        return False

    def loop(self, name: str, step: Callable[[], bool], interval_s: float) -> None:
        """Call the step until told to stop: again at once after work, slower and slower after failures.

        Where nothing came for a while queues and pumps are asked a little less often, so that idling costs little.
        """
        pause, longest = interval_s, interval_s * _IDLE_STRETCH.get(name.split(" ", 1)[0], 1.0)
        while not self.stop.is_set():
            try:
                close_old_connections()
                busy = step()
                pause = 0.0 if busy else min(max(pause * 1.05, interval_s), longest)
            except Exception as problem:
                _log.error("%s failed", name, exc_info=problem)
                close_old_connections()
                pause = min(max(pause, 0.5) * 2, _LONGEST_PAUSE_S)
            if pause:
                self._rest(pause, waits_for_jobs=name.startswith("queue "))
        connections.close_all()

    def _rest(self, pause: float, *, waits_for_jobs: bool) -> None:
        if waits_for_jobs and pause <= _POLL_S * _IDLE_STRETCH["queue"]:
            with queue.wake:
                queue.wake.wait(pause)
        else:
            self.stop.wait(pause)


class _UnknownTask(LookupError):
    """The job names a task that this version does not have."""


def run(stop: threading.Event, patience_s: float = 10.0) -> None:
    """Work until told to stop, then let running jobs finish for a while; the rest is anyone's again."""
    crew = _Crew(stop)
    leases.sign_of_life(crew.name, timezone.now())
    leases.free_orphans(crew.name, timezone.now())
    steps: list[tuple[str, Callable[[], bool], float]] = [
        ("keeping leases", crew.keep, crew.terms.lease_s / 6),
        ("schedules", crew.schedule, 1.0),
    ]
    for queue_name, count in LANES.items():
        steps += [(f"queue {queue_name}", _bind(crew.lane, queue_name), _POLL_S)] * count
    steps += [(f"pump {each.name}", _bind(_turn, each), each.interval_s) for each in standing.list_pumps()]
    threads = [threading.Thread(target=crew.loop, args=step, name=f"kizuna {step[0]}", daemon=True) for step in steps]
    for thread in threads:
        thread.start()
    stop.wait()
    queue.wake_lanes()
    deadline = time.monotonic() + patience_s
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            _log.warning("%s is not done after %.0f s: what it had begun is run again", thread.name, patience_s)
    leases.leave(crew.name)
    connections.close_all()


def _turn(each: standing.Pump) -> bool:
    with turns.take_turn(each.name) as mine:
        return mine and each.run(timezone.now())


def _bind(step: Callable[[Any], bool], argument: object) -> Callable[[], bool]:
    return lambda: step(argument)


def _find_task(path: str) -> "Task[..., Any]":
    try:
        found = import_string(path)
    except ImportError as problem:
        raise _UnknownTask(path) from problem
    if not isinstance(found, Task):
        raise _UnknownTask(path)
    return found


def _call(task: "Task[..., Any]", held: Lease) -> object:
    if task.takes_context:
        context = TaskContext(task_result=build_result(task, Job.objects.get(pk=held.job_id)))
        return task.call(context, **held.kwargs)
    return task.call(**held.kwargs)


def _plain(outcome: object) -> object:
    try:
        return normalize_json(outcome)
    except TypeError:
        return str(outcome)
