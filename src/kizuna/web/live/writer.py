"""The one thread that stores what is said: it commits whatever queued while the last commit ran, then acknowledges.

Under load many words share one commit. A batch that fails is tried again one by one, so that words which cannot be
stored hold up nobody else's; where the database is away all of it fails at once, and panels send it again.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, close_old_connections, connections

from kizuna.flows.live import saying
from kizuna.flows.live.saying import Refusal, Said, Stored

LONGEST_QUEUE = 5_000
MOST_AT_ONCE = 200
type Outcome = Stored | Refusal
_log = logging.getLogger(__name__)


class Full(Exception):
    """More waits to be stored than the queue holds; the sender should come back in a moment."""


class Failed(Exception):
    """The words could not be stored just now."""


@dataclass(slots=True)
class _Waiting:
    said: Said
    done: "asyncio.Future[Outcome]"


class Writer:
    """Stores words through one thread; `shown` is called in the event loop with what was new, before the callers."""

    def __init__(self, origin: str, shown: Callable[[Sequence[Stored]], None]) -> None:
        self._origin = origin
        self._shown = shown
        self._queue: deque[_Waiting] = deque()
        self._news = threading.Condition(threading.Lock())
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def put(self, said: Said) -> "asyncio.Future[Outcome]":
        """Queue words; the future resolves after their commit. Raises Full."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Outcome] = loop.create_future()
        with self._news:
            if self._closed or len(self._queue) >= LONGEST_QUEUE:
                raise Full
            if self._thread is None:
                self._loop = loop
                self._thread = threading.Thread(target=self._write, name="kizuna chat", daemon=True)
                self._thread.start()
            self._queue.append(_Waiting(said, done))
            self._news.notify()
        return done

    def close(self) -> None:
        """Store what is queued, then stop."""
        with self._news:
            self._closed = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join(10)

    def _write(self) -> None:
        while True:
            with self._news:
                while not self._queue and not self._closed:
                    self._news.wait()
                group = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]
            if not group:
                break
            self._tell(group, self._store(group))
        connections.close_all()

    def _store(self, group: Sequence[_Waiting]) -> Sequence[Outcome | Exception]:
        try:
            close_old_connections()
            return saying.store([each.said for each in group], time.time_ns() // 1000, self._origin)
        except Exception as problem:
            if len(group) > 1 and not isinstance(problem, OperationalError | InterfaceError):
                return [outcome for each in group for outcome in self._store([each])]
            _log.error("words could not be stored", exc_info=problem)
            return [Failed() for _ in group]

    def _tell(self, group: Sequence[_Waiting], outcomes: Sequence[Outcome | Exception]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # a loop that ended meanwhile has nobody left to tell
                self._loop.call_soon_threadsafe(self._resolve, group, outcomes)

    def _resolve(self, group: Sequence[_Waiting], outcomes: Sequence[Outcome | Exception]) -> None:
        try:
            self._shown([each for each in outcomes if isinstance(each, Stored) and each.is_new])
        except Exception:
            _log.exception("words could not be shown")
        for waiting, outcome in zip(group, outcomes, strict=True):
            if waiting.done.done():
                continue
            if isinstance(outcome, Exception):
                waiting.done.set_exception(outcome)
            else:
                waiting.done.set_result(outcome)
