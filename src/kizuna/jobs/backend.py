"""The lease queue as a backend of Django's Tasks API; settings name it.

Enqueueing is one insert in the caller's transaction. Running is the worker's affair.
"""

import uuid
from typing import Any

from django.tasks import Task, TaskResult, TaskResultStatus
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import TaskError
from django.tasks.exceptions import TaskResultDoesNotExist
from django.utils import timezone
from django.utils.module_loading import import_string

from kizuna.jobs import queue
from kizuna.jobs.leases import Terms
from kizuna.jobs.models import Job, JobState

_STATUS = {
    JobState.READY: TaskResultStatus.READY,
    JobState.RUNNING: TaskResultStatus.RUNNING,
    JobState.DONE: TaskResultStatus.SUCCESSFUL,
    JobState.DEAD: TaskResultStatus.FAILED,
}


class LeaseBackend(BaseTaskBackend):
    """Stores jobs in the application database; keyword arguments of plain JSON only."""

    supports_defer = True
    supports_get_result = True
    supports_priority = True

    @property
    def terms(self) -> Terms:
        """Lease length and attempts, from OPTIONS."""
        return Terms(**self.options)

    def enqueue(  # type: ignore[override]
        self, task: "Task[..., Any]", args: Any, kwargs: Any
    ) -> "TaskResult[..., Any]":
        """Insert a job in the caller's transaction."""
        self.validate_task(task)
        if args:
            raise queue.BadArguments("a job takes keyword arguments only")
        return build_result(task, queue.insert_job(task, kwargs, timezone.now()))

    def get_result(self, result_id: str) -> "TaskResult[..., Any]":
        """Read how a job stands."""
        try:
            job = Job.objects.get(public_id=uuid.UUID(result_id))
        except (Job.DoesNotExist, ValueError):
            raise TaskResultDoesNotExist(result_id) from None
        return build_result(import_string(job.task), job)


def build_result(task: "Task[..., Any]", job: Job) -> "TaskResult[..., Any]":
    """Show a job as Django's Tasks API describes one."""
    failed = job.state == JobState.DEAD
    result: TaskResult[..., Any] = TaskResult(
        task=task,
        id=str(job.public_id),
        status=_STATUS[JobState(job.state)],
        enqueued_at=job.enqueued_at,
        started_at=None,
        last_attempted_at=None,
        finished_at=job.finished_at,
        args=[],
        kwargs=job.kwargs,
        backend=task.backend,
        errors=[TaskError(exception_class_path="builtins.Exception", traceback=job.error)] if failed else [],
        worker_ids=[job.leased_by.partition("#")[0]] * job.attempts,
    )
    object.__setattr__(result, "_return_value", job.outcome)
    return result
