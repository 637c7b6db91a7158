"""Tasks that the tests of the queue run."""

import os
import time
from datetime import datetime
from pathlib import Path

from django.tasks import task

from kizuna.jobs import queue

calls: list[dict[str, object]] = []


@task()
def note(**kwargs: object) -> dict[str, object]:
    """Remember the call."""
    calls.append(kwargs)
    queue.report(0.5)
    return kwargs


@task(queue_name="slow", priority=5)
def urgent() -> None:
    """Do nothing, urgently."""


@task()
def fail() -> None:
    """Fail always."""
    raise RuntimeError("the kettle is broken")


@task()
def linger(path: str, workers: int) -> None:
    """Write who began, go on once so many workers did, write who ended."""
    story = Path(path)
    with story.open("a") as file:
        file.write(f"began {os.getpid()}\n")
        file.flush()
        while len({line for line in story.read_text().splitlines() if line.startswith("began")}) < workers:
            time.sleep(0.02)
        file.write(f"ended {os.getpid()}\n")


def tick(now: datetime) -> None:
    """Remember the tick."""
    calls.append({"tick": now.isoformat()})
