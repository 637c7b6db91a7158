"""The inbox: what capture acknowledged, append-only, one row per request, in the order in which it became durable.

One writer thread per process commits whatever queued while the last commit ran; a caller is answered after its
commit, so under load many requests share one fsync. Where rows live is inbox_file (SQLite, a file of its own) or
inbox_table (PostgreSQL). Duplicates stay in: they drop where rows are moved on to facts.
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from kizuna.tracking import inbox_file, inbox_table
from kizuna.tracking.inbox_rows import Call, Received, Row, Store
from kizuna.tracking.models import Cursor

__all__ = [
    "CURSOR",
    "STRUCK",
    "Call",
    "Closed",
    "Full",
    "Inbox",
    "Lag",
    "Received",
    "Row",
    "Store",
    "measure_lag",
    "open_inbox",
]

CURSOR = "inbox"
STRUCK = "inbox.struck"
"""A cursor that counts how often waiting events were struck: what was read before may name somebody erased since."""
LONGEST_QUEUE_ROWS = 20_000
LONGEST_QUEUE_BYTES = 64 * 1024 * 1024


class Full(Exception):
    """More waits to be written than the queue holds; the sender should come back in a moment."""


class Closed(Exception):
    """The inbox was closed."""


@dataclass(slots=True)
class _Waiting:
    """A queued row and whom to tell."""

    row: Row
    loop: asyncio.AbstractEventLoop | None
    done: "asyncio.Future[None] | Future[None]"


class Lag(NamedTuple):
    """The requests not moved on to facts yet: how many, up to 100,000, and when the oldest of them came."""

    requests: int
    oldest_us: int | None


class Inbox:
    """Appends through the group-commit thread and reads from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: deque[_Waiting] = deque()
        self._bytes = 0
        self._news = threading.Condition(threading.Lock())
        self._closed = False
        self._thread: threading.Thread | None = None

    def append(self, source_id: int, call: Call, received_us: int, body: bytes) -> "asyncio.Future[None]":
        """Queue a request; the future resolves when it is durable. Raises Full where too much waits already."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._put(_Waiting(Row(source_id, call, received_us, body), loop, done))
        return done

    def append_and_wait(self, source_id: int, call: Call, received_us: int, body: bytes) -> None:
        """Store a request from a thread without an event loop; returns when it is durable."""
        done: Future[None] = Future()
        self._put(_Waiting(Row(source_id, call, received_us, body), None, done))
        done.result()

    def read_after(self, position: int, limit_rows: int, limit_bytes: int) -> list[Received]:
        """Read the rows after a position, oldest first; at least one if there is any."""
        return self._store.read_after(position, limit_rows, limit_bytes)

    def count_after(self, position: int, limit: int = 100_000) -> int:
        """Count the rows after a position, up to a limit."""
        return self._store.count_after(position, limit)

    def last_id(self) -> int:
        """Return the id of the newest row, or 0."""
        return self._store.last_id()

    def rewrite(self, bodies: Mapping[int, bytes]) -> None:
        """Put other bodies in the place of some rows; whoever reads beside must look at `STRUCK` (tracking.erasing)."""
        self._store.rewrite(bodies)

    def prune_through(self, position: int) -> int:
        """Delete the rows up to this id, and count them."""
        return self._store.prune_through(position)

    def close(self) -> None:
        """Write what is queued, then stop; later appends raise Closed."""
        with self._news:
            self._closed = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join()

    def _put(self, waiting: _Waiting) -> None:
        with self._news:
            if self._closed:
                raise Closed
            if len(self._queue) >= LONGEST_QUEUE_ROWS or self._bytes >= LONGEST_QUEUE_BYTES:
                raise Full
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="kizuna inbox", daemon=True)
                self._thread.start()
            self._queue.append(waiting)
            self._bytes += len(waiting.row.body)
            self._news.notify()

    def _write(self) -> None:
        while True:
            with self._news:
                while not self._queue and not self._closed:
                    self._news.wait()
                group, self._queue, self._bytes = self._queue, deque(), 0
            if not group:
                break
            try:
                self._store.append([waiting.row for waiting in group])
            except Exception as problem:
                _tell(group, problem)
            else:
                _tell(group, None)
        self._store.close()


def _tell(group: Sequence[_Waiting], problem: Exception | None) -> None:
    """Resolve the futures: one call into each event loop, whatever the size of the group."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[asyncio.Future[None] | Future[None]]] = {}
    for waiting in group:
        by_loop.setdefault(waiting.loop, []).append(waiting.done)
    for loop, futures in by_loop.items():
        if loop is None:
            _resolve(futures, problem)
        else:  # a loop that was closed meanwhile has nobody left to tell
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_resolve, futures, problem)


def _resolve(futures: "Sequence[asyncio.Future[None] | Future[None]]", problem: Exception | None) -> None:
    for future in futures:
        if future.done():
            continue
        if problem is None:
            future.set_result(None)
        else:
            future.set_exception(problem)


def open_inbox() -> Inbox:
    """Open this installation's inbox; one per process."""
    return _open(connection.vendor, Path(settings.HOME))


@cache
def _open(vendor: str, home: Path) -> Inbox:
    if vendor == "postgresql":
        return Inbox(inbox_table.TableStore())
    return Inbox(inbox_file.FileStore(home / "inbox.sqlite3", first_id=time.time_ns() // 1000))


def measure_lag() -> Lag:
    """Measure how many stored requests were not moved on to facts yet, and since when the oldest of them waits."""
    position = Cursor.objects.filter(name=CURSOR).values_list("position", flat=True).first() or 0
    inbox = open_inbox()
    oldest = inbox.read_after(position, 1, 1)
    return Lag(inbox.count_after(position), oldest[0].received_us if oldest else None)
