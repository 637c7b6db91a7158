"""`./run manage worker`: bring the tables up to date, then work off jobs, schedules and pumps in one process."""

import signal
import threading
from queue import SimpleQueue
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from kizuna.flows import installation
from kizuna.jobs import worker


class Command(BaseCommand):
    """Runs one worker until a signal ends it."""

    help = "Migrate, then run a worker: jobs, schedules and what moves captured events on."

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C; running jobs get ten seconds to finish."""
        stop = threading.Event()
        _end_on_signal(stop)
        installation.prepare()
        doors = import_string(settings.MAIL_DOOR)(settings.LMTP)
        self.stdout.write("worker started")
        self.stdout.flush()
        worker.run(stop)
        doors.stop()


def _end_on_signal(stop: threading.Event) -> None:
    """Set the event on SIGTERM or Ctrl-C, from a thread of its own.

    A signal's function runs between any two steps of the main thread, which may hold the event's lock just then: it
    would wait for itself for ever. Putting into a SimpleQueue is made for such moments.
    """
    signals: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: signals.put(number))

    def wait() -> None:
        signals.get()
        stop.set()

    threading.Thread(target=wait, name="kizuna signals", daemon=True).start()
