"""`./run manage worker`: bring the tables up to date, then work off jobs, schedules and pumps in one process."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from kizuna.flows import installation
from kizuna.jobs import worker


class Command(BaseCommand):
    """Runs one worker until a signal ends it."""

    help = "Migrate, then run a worker: jobs, schedules and what moves captured events on."

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C; running jobs get ten seconds to finish."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        installation.prepare()
        self.stdout.write("worker started")
        self.stdout.flush()
        worker.run(stop)
