"""What work in the background could not finish, and letting it try again: jobs given up, events set aside.

A shop sees its own jobs and events, and the installation's standing jobs without what they say of other shops.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from kizuna.flows import ingest
from kizuna.jobs import queue
from kizuna.jobs.queue import JobView
from kizuna.shops import audit, sources
from kizuna.tracking import aside

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop
    from kizuna.tracking.aside import Waiting

MOST = 100


@dataclass(frozen=True)
class GivenUp:
    """A job that failed in every attempt; `mine` where it works for this shop alone, so that its error may be shown."""

    job: JobView
    mine: bool


def list_given_up(shop: "Shop", limit: int = MOST) -> list[GivenUp]:
    """List the jobs of this shop and of the whole installation that were given up, the newest first."""
    found = [GivenUp(job, job.kwargs.get("shop_id") == shop.pk) for job in queue.list_dead()]
    return [each for each in found if each.mine or "shop_id" not in each.job.kwargs][:limit]


def list_set_aside(shop: "Shop", limit: int = MOST) -> "list[Waiting]":
    """List the events of this shop that we failed to take, the oldest first."""
    return aside.list_of(_source_ids(shop), limit)


def count_stuck(shop: "Shop") -> int:
    """Count what waits for somebody to look at it: jobs given up and events set aside."""
    return len(list_given_up(shop)) + aside.count_of(_source_ids(shop))


@transaction.atomic
def revive_job(shop: "Shop", public_id: UUID, person: "Person | None", now: datetime) -> bool:
    """Let a job that was given up run again; False where this shop has none such."""
    mine = next((each.job for each in list_given_up(shop) if each.job.public_id == public_id), None)
    if mine is None or not queue.revive(public_id, now):
        return False
    transaction.on_commit(queue.wake_lanes)
    audit.record(shop, person, "job_tried_again", mine.task.rpartition(".")[2], None, None, now)
    return True


def retry_event(shop: "Shop", aside_id: int, person: "Person | None", now: datetime) -> bool | None:
    """Try an event set aside again: whether it was taken now; None where this shop has none such."""
    waiting = aside.find_of(_source_ids(shop), aside_id)
    if waiting is None:
        return None
    taken = ingest.retry(waiting, now)
    with transaction.atomic():
        audit.record(shop, person, "event_tried_again", f"event {aside_id}", None, {"taken": taken}, now)
    return taken


def _source_ids(shop: "Shop") -> Sequence[int]:
    return [source.pk for source in sources.list_sources(shop)]
