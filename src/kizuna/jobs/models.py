"""The queue's tables: jobs, when standing jobs last ran, and which workers are alive.

A job is leased by a worker, and is anyone's again when the lease runs out; a worker killed in the middle therefore
loses nothing, and tasks are written to be safe to repeat.
"""

from django.db import models


class JobState(models.TextChoices):
    """Where a job stands."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class Job(models.Model):
    """One call of a task that is waiting, running, done or given up."""

    public_id = models.UUIDField(unique=True)
    task = models.CharField(max_length=200)
    kwargs = models.JSONField(default=dict)
    queue = models.CharField(max_length=20, default="default")
    priority = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=JobState.choices, default=JobState.READY)
    run_after = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    leased_by = models.CharField(max_length=120, default="", help_text="worker and attempt")
    attempts = models.SmallIntegerField(default=0)
    once_key = models.CharField(max_length=200, null=True, help_text="at most one READY job has this key")
    progress = models.FloatField(default=0.0)
    outcome = models.JSONField(null=True)
    error = models.TextField(default="")
    enqueued_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "queue", "run_after"])]
        constraints = [
            models.UniqueConstraint(
                fields=["once_key"], condition=models.Q(state="ready"), name="one_ready_job_per_once_key"
            )
        ]


class Schedule(models.Model):
    """When a standing job last ran, so that a restart neither skips nor repeats a day."""

    name = models.CharField(max_length=100, unique=True)
    last_run_at = models.DateTimeField(null=True)


class Worker(models.Model):
    """A worker that is running, or was until its last sign of life."""

    name = models.CharField(max_length=100, unique=True, help_text="host:process:random")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
