"""`./run manage jobs`: what runs, what waits, what was given up and why; gives a job another chance."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kizuna.jobs import queue
from kizuna.jobs.queue import JobView


class Command(BaseCommand):
    """Shows the queue to whoever looks after the installation."""

    help = "List jobs that run, wait or were given up; show one with its error; let one run again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a job to show, or one to revive."""
        parser.add_argument("job", nargs="?", metavar="JOB", help="show this one, with its error")
        parser.add_argument("--revive", metavar="JOB", help="let a job that was given up run again")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked, or list."""
        if options["revive"]:
            self._revive(options["revive"])
        elif options["job"]:
            job = queue.find_job(options["job"])
            if job is None:
                raise CommandError(f"there is no job {options['job']}")
            self.stdout.write(f"{_line(job)}\n{job.kwargs}\n{job.error or job.outcome or ''}")
        else:
            lines = [_line(job) for job in queue.list_unfinished()]
            self.stdout.write("\n".join(lines or ["Nothing runs, waits or was given up."]))

    def _revive(self, public_id: str) -> None:
        job = queue.find_job(public_id)
        if job is None or not queue.revive(job.public_id, timezone.now()):
            raise CommandError(f"{public_id} is no job that was given up")
        self.stdout.write(f"{job.task} runs again as soon as a worker is free.")


def _line(job: JobView) -> str:
    progress = f"{job.progress:.0%}" if job.state == "running" else ""
    cause = job.error.strip().rsplit("\n", 1)[-1][:120] if job.state == "dead" else ""
    words = (str(job.public_id), f"{job.state:<8}", f"{progress:>4}", f"tried {job.attempts}", job.task, cause)
    return "  ".join(word for word in words if word)
