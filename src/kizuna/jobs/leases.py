"""How a job passes from ready to running to done, retried or dead; every step checks that the lease is still held.

A lease carries a token of worker and attempt: a worker that lost its lease can no longer change the job.
Callers hold the transaction. The clock and randomness are arguments.
"""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction

from kizuna.jobs.models import Job, JobState, Worker

LONGEST_DELAY_S = 3600.0


@dataclass(frozen=True)
class Terms:
    """How long a lease lasts and how often a job is tried."""

    lease_s: float = 30.0
    attempts: int = 8
    first_delay_s: float = 2.0


@dataclass(frozen=True)
class Lease:
    """The right to run one job until the lease runs out."""

    job_id: int
    task: str
    kwargs: dict[str, Any]
    attempt: int
    token: str


def is_waiting(queue: str, now: datetime) -> bool:
    """Whether the queue has a job to lease; reads only, so that idle workers never ask for the write lock."""
    return _waiting(queue, now).exists()


def lease(queue: str, worker: str, now: datetime, terms: Terms) -> Lease | None:
    """Take the most urgent job of the queue, one whose lease ran out included."""
    job = _waiting(queue, now).select_for_update(skip_locked=True).order_by("-priority", "run_after", "id").first()
    if job is None:
        return None
    if job.attempts >= terms.attempts:
        _close(job, JobState.DEAD, now, error=job.error or "the worker died in every attempt")
        return None
    job.attempts += 1
    job.state = JobState.RUNNING
    job.leased_by = f"{worker}#{job.attempts}"
    job.leased_until = now + timedelta(seconds=terms.lease_s)
    job.save(update_fields=["attempts", "state", "leased_by", "leased_until"])
    return Lease(job.pk, job.task, job.kwargs, job.attempts, job.leased_by)


def extend(held: Lease, until: datetime) -> bool:
    """Keep the lease longer; false if it was lost."""
    return _mine(held).update(leased_until=until) > 0


def complete(held: Lease, outcome: Any, now: datetime) -> bool:
    """Close the job as done; false if the lease was lost."""
    job = _mine(held).select_for_update().first()
    if job is None:
        return False
    job.outcome, job.progress = outcome, 1.0
    _close(job, JobState.DONE, now)
    return True


def fail(held: Lease, error: str, retry_at: datetime | None, now: datetime) -> bool:
    """Put the job back for a later attempt, or give it up; a job whose key waits again already is superseded."""
    job = _mine(held).select_for_update().first()
    if job is None:
        return False
    if retry_at is None:
        _close(job, JobState.DEAD, now, error=error)
        return True
    try:
        with transaction.atomic():
            Job.objects.filter(pk=job.pk).update(
                state=JobState.READY, run_after=retry_at, leased_by="", leased_until=None, error=error
            )
    except IntegrityError:
        _close(job, JobState.DONE, now, error=f"superseded by a newer job with the same key, after: {error}")
    return True


def expected_delay_s(attempt: int, terms: Terms, chance: float) -> float:
    """Seconds before the next attempt: doubling, capped at an hour, spread by a quarter either way."""
    return float(min(terms.first_delay_s * 2.0 ** (attempt - 1), LONGEST_DELAY_S) * (0.75 + 0.5 * chance))


def sign_of_life(worker: str, now: datetime) -> None:
    """Record that the worker is alive; workers silent for a day are forgotten."""
    Worker.objects.update_or_create(
        name=worker, defaults={"seen_at": now}, create_defaults={"started_at": now, "seen_at": now}
    )
    Worker.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()


def leave(worker: str) -> None:
    """Record that the worker ended in good order."""
    Worker.objects.filter(name=worker).delete()


def find_last_sign() -> datetime | None:
    """Find when any worker last showed a sign of life."""
    newest: datetime | None = Worker.objects.aggregate(at=models.Max("seen_at"))["at"]
    return newest


def free_orphans(worker: str, now: datetime) -> int:
    """End the leases of this host's workers whose process is gone, so that a restart need not wait them out."""
    host = f"{socket.gethostname()}:"
    freed = 0
    for job in Job.objects.filter(state=JobState.RUNNING, leased_by__startswith=host):
        owner = job.leased_by.partition("#")[0]
        if owner != worker and _is_gone(int(owner.split(":")[1])):
            freed += Job.objects.filter(pk=job.pk, leased_by=job.leased_by, state=JobState.RUNNING).update(
                leased_until=now
            )
    return freed


def _is_gone(process: int) -> bool:
    """Whether no such process runs; our own number means an earlier life of this container."""
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _waiting(queue: str, now: datetime) -> models.QuerySet[Job]:
    ready = models.Q(state=JobState.READY, run_after__lte=now)
    expired = models.Q(state=JobState.RUNNING, leased_until__lte=now)
    return Job.objects.filter(ready | expired, queue=queue)


def _mine(held: Lease) -> models.QuerySet[Job]:
    return Job.objects.filter(pk=held.job_id, leased_by=held.token, state=JobState.RUNNING)


def _close(job: Job, state: JobState, now: datetime, error: str = "") -> None:
    job.state, job.finished_at, job.error, job.leased_until = state, now, error, None
    job.save(update_fields=["state", "finished_at", "error", "leased_until", "outcome", "progress"])
