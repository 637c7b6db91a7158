"""The queue: jobs exist with the transaction that caused them, run once at a time, are retried, given up, debounced."""

import contextlib
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.tasks import TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist

from kizuna.jobs import leases, queue, standing, worker
from kizuna.jobs.leases import Terms
from kizuna.jobs.models import Job, JobState, Schedule
from tests.jobs import tasks

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TERMS = Terms(lease_s=30, attempts=3)


@pytest.fixture(autouse=True)
def _no_calls() -> Iterator[None]:
    tasks.calls.clear()
    yield
    tasks.calls.clear()


@pytest.fixture
def crew() -> worker._Crew:
    return worker._Crew(threading.Event())


@pytest.mark.django_db
def test_a_job_runs_with_its_arguments_and_keeps_its_outcome(crew: worker._Crew) -> None:
    result = tasks.note.enqueue(shop_id=7, names=["a", "b"])
    assert result.status == TaskResultStatus.READY
    assert crew.lane("default")
    result.refresh()
    assert result.status == TaskResultStatus.SUCCESSFUL
    assert result.return_value == {"shop_id": 7, "names": ["a", "b"]} == tasks.calls[0]
    view = queue.find_job(result.id)
    assert view is not None
    assert (view.state, view.progress) == ("done", 1.0)
    assert not crew.lane("default")


@pytest.mark.django_db(transaction=True)
def test_a_job_exists_only_if_its_transaction_does() -> None:
    class Undo(Exception):
        pass

    with contextlib.suppress(Undo), transaction.atomic():
        tasks.note.enqueue(n=1)
        queue.enqueue_once(tasks.note, "k", n=1)
        assert Job.objects.count() == 2
        raise Undo
    assert Job.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("bad", [{"at": NOW}, {"n": float("nan")}, {"pair": (1, 2)}, {"by": {1: 2}}])
def test_only_plain_json_is_taken(bad: dict[str, object]) -> None:
    with pytest.raises(queue.BadArguments):
        tasks.note.enqueue(**bad)
    with pytest.raises(queue.BadArguments):
        tasks.note.enqueue(5)


@pytest.mark.django_db
def test_one_waiting_job_per_key_and_the_earlier_time_wins() -> None:
    first = queue.enqueue_once(tasks.note, "shop:1", n=1)
    much_later = datetime.now(UTC) + timedelta(days=400)
    Job.objects.update(run_after=much_later)
    assert queue.enqueue_once(tasks.note, "shop:1", n=2) == first
    assert queue.enqueue_once(tasks.note, "shop:2", n=3) != first
    kept = Job.objects.get(once_key="shop:1")
    assert kept.kwargs == {"n": 1}
    assert kept.run_after < much_later


@pytest.mark.django_db
def test_a_key_is_free_again_while_its_job_runs_and_a_retry_gives_way() -> None:
    queue.enqueue_once(tasks.note, "k", n=1)
    now = datetime.now(UTC) + timedelta(seconds=1)
    held = leases.lease("default", "w:1:a", now, TERMS)
    assert held is not None
    second = queue.enqueue_once(tasks.note, "k", n=2)
    assert leases.fail(held, "broken", now, now)
    states = {str(job.public_id): job.state for job in Job.objects.all()}
    assert states.pop(str(second)) == JobState.READY
    assert list(states.values()) == [JobState.DONE]


@pytest.mark.django_db
def test_a_failing_job_waits_longer_each_time_and_is_given_up(crew: worker._Crew) -> None:
    crew.terms = TERMS
    result = tasks.fail.enqueue()
    waits = []
    for attempt in range(1, 4):
        began = datetime.now(UTC)
        Job.objects.update(run_after=began - timedelta(seconds=1))
        assert crew.lane("default")
        took = datetime.now(UTC) - began
        job = Job.objects.get()
        assert job.attempts == attempt
        assert "the kettle is broken" in job.error
        waits.append((job.run_after - took - began, job.run_after - began))
    for (shortest, longest), aim_s in zip(waits[:2], (2, 4), strict=True):
        assert shortest <= timedelta(seconds=1.25 * aim_s)
        assert longest >= timedelta(seconds=0.75 * aim_s)
    assert job.state == JobState.DEAD
    assert [str(view.public_id) for view in queue.list_unfinished()] == [result.id]
    assert queue.count_dead() == 1
    assert queue.revive(result.id, NOW)
    assert not queue.revive(result.id, NOW)
    assert crew.lane("default")
    assert Job.objects.get().attempts == 1


@pytest.mark.django_db
def test_a_job_of_an_unknown_task_is_given_up_at_once(crew: worker._Crew) -> None:
    tasks.note.enqueue()
    Job.objects.update(task="tests.jobs.tasks.gone")
    assert crew.lane("default")
    assert Job.objects.get().state == JobState.DEAD


@pytest.mark.django_db
def test_a_lease_that_ran_out_is_anyones_and_its_old_holder_changes_nothing() -> None:
    tasks.note.enqueue(n=1)
    now = datetime.now(UTC) + timedelta(seconds=1)
    old = leases.lease("default", "w:1:a", now, TERMS)
    assert old is not None
    assert leases.lease("default", "w:2:b", now, TERMS) is None
    later = now + timedelta(seconds=31)
    new = leases.lease("default", "w:2:b", later, TERMS)
    assert new is not None
    assert (new.job_id, new.attempt) == (old.job_id, 2)
    assert not leases.extend(old, later + timedelta(seconds=30))
    assert not leases.complete(old, None, later)
    assert not leases.fail(old, "late", later, later)
    assert leases.extend(new, later + timedelta(seconds=30))
    assert leases.complete(new, {"fine": True}, later)


@pytest.mark.django_db
def test_a_job_that_kills_its_workers_is_given_up() -> None:
    tasks.note.enqueue()
    now = datetime.now(UTC) + timedelta(seconds=1)
    for attempt in range(TERMS.attempts):
        assert leases.lease("default", f"w:1:{attempt}", now + timedelta(minutes=attempt), TERMS) is not None
    assert leases.lease("default", "w:1:z", now + timedelta(minutes=9), TERMS) is None
    assert Job.objects.get().state == JobState.DEAD


@pytest.mark.django_db
def test_urgent_jobs_go_first_and_queues_are_apart(crew: worker._Crew) -> None:
    tasks.urgent.using(priority=1).enqueue()
    urgent = tasks.urgent.enqueue()
    assert not crew.lane("default")
    held = leases.lease("slow", "w:1:a", datetime.now(UTC) + timedelta(seconds=1), TERMS)
    assert held is not None
    assert str(Job.objects.get(pk=held.job_id).public_id) == urgent.id


@pytest.mark.django_db
def test_unknown_ids_are_not_found() -> None:
    assert queue.find_job("nonsense") is None
    assert queue.find_job(uuid.uuid4()) is None
    with pytest.raises(TaskResultDoesNotExist):
        tasks.note.get_result("nonsense")


@pytest.mark.django_db
def test_old_finished_jobs_are_pruned(crew: worker._Crew) -> None:
    tasks.note.enqueue()
    tasks.note.enqueue()
    crew.lane("default")
    Job.objects.filter(state=JobState.DONE).update(finished_at=NOW - timedelta(days=8))
    assert queue.prune(NOW) == 1
    assert Job.objects.get().state == JobState.READY


@pytest.fixture
def _tick() -> Iterator[None]:
    standing.every("tests.tick", cron="30 0 * * *")(tasks.tick)
    yield
    standing._schedules.pop("tests.tick")


@pytest.mark.django_db
@pytest.mark.usefixtures("_tick")
def test_a_schedule_runs_once_a_tick_whatever_restarts_and_makes_up_for_silence_once(crew: worker._Crew) -> None:
    first = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert not standing.start_if_due("tests.tick", first)
    assert "tests.tick" not in standing.list_due(first + timedelta(hours=12, minutes=29))
    due = first + timedelta(hours=12, minutes=31)
    assert "tests.tick" in standing.list_due(due)
    assert standing.start_if_due("tests.tick", due)
    assert not standing.start_if_due("tests.tick", due + timedelta(seconds=20))
    crew.lane("default")
    assert len(tasks.calls) == 1
    after_silence = due + timedelta(days=5)
    assert standing.start_if_due("tests.tick", after_silence)
    assert not standing.start_if_due("tests.tick", after_silence)
    assert Schedule.objects.get(name="tests.tick").last_run_at == after_silence


@pytest.mark.django_db
def test_a_schedule_in_seconds(crew: worker._Crew) -> None:
    standing.every("tests.soon", seconds=60)(tasks.tick)
    try:
        assert not standing.start_if_due("tests.soon", NOW)
        assert not standing.start_if_due("tests.soon", NOW + timedelta(seconds=59))
        assert standing.start_if_due("tests.soon", NOW + timedelta(seconds=60))
    finally:
        standing._schedules.pop("tests.soon")
