"""`./run manage jobs`: what an operator sees of the queue, and another chance for a job that was given up."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from kizuna.jobs.models import Job, JobState
from tests.jobs import tasks

pytestmark = pytest.mark.django_db


def ask(*words: str) -> str:
    """Run the command and give what it prints."""
    said = StringIO()
    call_command("jobs", *words, stdout=said)
    return said.getvalue()


def test_a_job_that_was_given_up_is_listed_explained_and_revived() -> None:
    assert "Nothing" in ask()
    job = tasks.fail.enqueue().id
    Job.objects.update(state=JobState.DEAD, attempts=8, error="Traceback\nKettleError: the kettle is broken")
    listed = ask()
    assert job in listed
    assert "the kettle is broken" in listed
    assert "Traceback" not in listed
    assert "Traceback" in ask(job)
    assert "runs again" in ask("--revive", job)
    assert Job.objects.get().state == JobState.READY
    for words in (["--revive", job], ["--revive", "nonsense"], ["nonsense"]):
        with pytest.raises(CommandError):
            ask(*words)


def test_a_running_job_shows_how_far_it_is() -> None:
    tasks.note.enqueue()
    Job.objects.update(state=JobState.RUNNING, progress=0.4, attempts=1)
    assert "40%" in ask()
