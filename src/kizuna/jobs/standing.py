"""What runs without being asked: schedules (at times) and pumps (over and over), registered by name at import.

A due schedule becomes an ordinary job in the same transaction that notes its last run, so that it is neither
skipped nor repeated by a restart, and is retried like any job. Ticks missed while nothing ran become one run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.tasks import task
from django.utils import timezone

from kizuna.jobs import cron as cron_fields
from kizuna.jobs import queue
from kizuna.jobs.models import Schedule

Scheduled = Callable[[datetime], object]
Pumped = Callable[[datetime], bool]


@dataclass(frozen=True)
class Standing:
    """A schedule: a cron expression in UTC, or a number of seconds."""

    name: str
    run: Scheduled
    cron: str | None
    seconds: float | None


@dataclass(frozen=True)
class Pump:
    """A function the worker calls over and over; True means more work waits."""

    name: str
    run: Pumped
    interval_s: float


_schedules: dict[str, Standing] = {}
_pumps: dict[str, Pump] = {}


def every(name: str, *, cron: str | None = None, seconds: float | None = None) -> Callable[[Scheduled], Scheduled]:
    """Register a function to run at the minutes of a cron expression (UTC), or every so many seconds."""
    if (cron is None) == (seconds is None):
        raise ValueError("a schedule has either cron or seconds")
    if cron is not None:
        cron_fields.parse_cron(cron)

    def register(run: Scheduled) -> Scheduled:
        _schedules[name] = Standing(name, run, cron, seconds)
        return run

    return register


def pump(name: str, interval_s: float) -> Callable[[Pumped], Pumped]:
    """Register a function that one worker at a time calls every interval, and at once while it returns True."""

    def register(run: Pumped) -> Pumped:
        _pumps[name] = Pump(name, run, interval_s)
        return run

    return register


def list_pumps() -> list[Pump]:
    """List the registered pumps."""
    return list(_pumps.values())


def list_due(now: datetime) -> list[str]:
    """List the schedules that are due or were never seen; reads only."""
    last = dict(Schedule.objects.values_list("name", "last_run_at"))
    return [name for name, each in _schedules.items() if name not in last or _is_due(each, last[name], now)]


def start_if_due(name: str, now: datetime) -> bool:
    """Enqueue a due schedule and note its run; the caller's transaction holds both. A new one starts its clock."""
    standing = _schedules[name]
    Schedule.objects.bulk_create([Schedule(name=name, last_run_at=now)], ignore_conflicts=True)
    row = Schedule.objects.select_for_update().get(name=name)
    if not _is_due(standing, row.last_run_at, now):
        return False
    queue.enqueue_once(run_standing, f"standing:{name}", name=name)
    row.last_run_at = now
    row.save(update_fields=["last_run_at"])
    return True


@task()
def run_standing(name: str) -> None:
    """Run one schedule now; a name no longer registered is let go."""
    standing = _schedules.get(name)
    if standing is not None:
        standing.run(timezone.now())


def _is_due(standing: Standing, last: datetime | None, now: datetime) -> bool:
    if last is None:
        return True
    if standing.seconds is not None:
        return now - last >= timedelta(seconds=standing.seconds)
    return cron_fields.find_last_tick(standing.cron or "", last, now) is not None


@every("jobs.prune", cron="17 3 * * *")
def _prune(now: datetime) -> None:
    queue.prune(now)
