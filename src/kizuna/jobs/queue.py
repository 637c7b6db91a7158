"""Putting jobs into the queue, asking how they stand, and giving up or reviving them.

Insertion happens inside the caller's transaction: the job exists if and only if what caused it was committed.
How a job is leased and finished is in leases; who runs it is in worker.
"""

import json
import threading
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import connection, models, transaction
from django.tasks import Task
from django.utils import timezone

from kizuna.jobs.models import Job, JobState
from kizuna.tables import public_ids

wake = threading.Condition()
running: ContextVar[int | None] = ContextVar("kizuna_running_job", default=None)

_INSERT = """
INSERT INTO jobs_job (public_id, task, kwargs, queue, priority, state, run_after, leased_by, attempts, once_key,
                      progress, error, enqueued_at)
VALUES (%s, %s, %s, %s, %s, 'ready', %s, '', 0, %s, 0.0, '', %s)
ON CONFLICT (once_key) WHERE state = 'ready' DO UPDATE
SET run_after = CASE WHEN excluded.run_after < jobs_job.run_after THEN excluded.run_after ELSE jobs_job.run_after END
RETURNING public_id
"""


class BadArguments(TypeError):
    """A task was given something that is not a keyword argument of plain JSON."""


@dataclass(frozen=True)
class JobView:
    """How a job stands, for whoever waits for it or looks after it."""

    public_id: uuid.UUID
    task: str
    kwargs: dict[str, Any]
    state: str
    progress: float
    outcome: Any
    error: str
    attempts: int
    enqueued_at: datetime
    finished_at: datetime | None


def insert_job(task: "Task[..., Any]", kwargs: Mapping[str, Any], now: datetime, once_key: str | None = None) -> Job:
    """Store one call of a task; the worker of this process wakes when the caller's transaction commits."""
    kept = _check_plain(kwargs)
    job = Job(
        public_id=public_ids.fresh(),
        task=task.module_path,
        kwargs=kept,
        queue=task.queue_name,
        priority=task.priority,
        run_after=task.run_after or now,
        enqueued_at=now,
        once_key=once_key,
    )
    if once_key is None:
        job.save(force_insert=True)
    else:
        job.public_id = _insert_once(job)
    transaction.on_commit(wake_lanes)
    return job


def wake_lanes() -> None:
    """Tell this process's worker threads to look at the queue now."""
    with wake:
        wake.notify_all()


def enqueue_once(task: "Task[..., Any]", once_key: str, **kwargs: Any) -> uuid.UUID:
    """Enqueue unless a job with this key already waits; the waiting one then runs after this transaction too.

    On PostgreSQL the waiting row is locked until the caller commits, so that a worker cannot start it without
    seeing what the caller wrote. Take several keys in one order.
    """
    return insert_job(task, kwargs, timezone.now(), once_key).public_id


def report(fraction: float) -> None:
    """Note how far the running job has come (0 to 1); nothing happens outside a job."""
    job_id = running.get()
    if job_id is not None:
        Job.objects.filter(pk=job_id).update(progress=min(1.0, max(0.0, fraction)))


def find_job(public_id: uuid.UUID | str) -> JobView | None:
    """Find a job by its public id."""
    try:
        return next((_view(job) for job in Job.objects.filter(public_id=uuid.UUID(str(public_id)))), None)
    except ValueError:
        return None


def find_unfinished(once_key: str) -> JobView | None:
    """Find the newest job with this key that runs, waits or was given up."""
    states = [JobState.RUNNING, JobState.READY, JobState.DEAD]
    found = Job.objects.filter(once_key=once_key, state__in=states).order_by("-id").first()
    return None if found is None else _view(found)


def list_dead(limit: int = 500) -> list[JobView]:
    """List the jobs that were given up, the newest first."""
    return [_view(job) for job in Job.objects.filter(state=JobState.DEAD).order_by("-finished_at", "-id")[:limit]]


def list_unfinished(limit: int = 100) -> list[JobView]:
    """List the jobs that were given up, the newest first, then those that run and those that wait."""
    alive = Job.objects.filter(state__in=[JobState.RUNNING, JobState.READY]).order_by("-state", "run_after")
    return [*list_dead(limit), *(_view(job) for job in alive[:limit])][:limit]


def count_dead() -> int:
    """Count the jobs that were given up."""
    return Job.objects.filter(state=JobState.DEAD).count()


def revive(public_id: uuid.UUID | str, now: datetime) -> bool:
    """Let a dead job run again from its first attempt; false if it is not dead."""
    changed = Job.objects.filter(public_id=public_id, state=JobState.DEAD).update(
        state=JobState.READY, attempts=0, run_after=now, error="", finished_at=None, once_key=None
    )
    return changed > 0


def prune(now: datetime, done_days: int = 7, dead_days: int = 90) -> int:
    """Delete jobs that were finished or given up long ago."""
    done = Job.objects.filter(state=JobState.DONE, finished_at__lt=now - timedelta(days=done_days)).delete()[0]
    dead = Job.objects.filter(state=JobState.DEAD, finished_at__lt=now - timedelta(days=dead_days)).delete()[0]
    return done + dead


def _check_plain(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    try:
        kept = json.loads(json.dumps(dict(kwargs), allow_nan=False))
    except (TypeError, ValueError) as problem:
        raise BadArguments(f"a job takes plain JSON values only: {problem}") from None
    if kept != dict(kwargs):
        raise BadArguments("a job takes plain JSON values only: some of these would change on the way (tuples, keys)")
    return dict(kept)


def _insert_once(job: Job) -> uuid.UUID:
    names = ("public_id", "kwargs", "run_after", "enqueued_at")
    columns = [cast("models.Field[Any, Any]", Job._meta.get_field(name)) for name in names]
    public_id, kwargs, run_after, enqueued_at = (
        column.get_db_prep_save(getattr(job, name), connection) for name, column in zip(names, columns, strict=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [public_id, job.task, kwargs, job.queue, job.priority, run_after, job.once_key, enqueued_at],
        )
        return uuid.UUID(str(cursor.fetchone()[0]))


def _view(job: Job) -> JobView:
    return JobView(
        job.public_id,
        job.task,
        job.kwargs,
        job.state,
        job.progress,
        job.outcome,
        job.error,
        job.attempts,
        job.enqueued_at,
        job.finished_at,
    )
