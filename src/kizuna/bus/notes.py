"""Publish and subscribe between everything that runs: a row in the notes table, seen by every process's reader.

One reading thread per process with subscribers: woken by its own process at once, by others over LISTEN/NOTIFY (ids
only) on PostgreSQL and a poll of SQLite's data_version every 20 ms. Notes are hints to look again, kept for a moment
and never the only copy of anything: a subscriber that falls behind is dropped and starts over.
"""

import asyncio
import contextlib
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from kizuna.bus.models import Note

KEPT = 5_000
LONGEST_QUEUE = 1_000
POLL_S = 0.02
IDLE_S = 5.0
_NOTIFY = "kizuna_notes"
_log = logging.getLogger(__name__)


class FellBehind(Exception):
    """The subscriber read too slowly; it should look at the present state and subscribe again."""


@dataclass(frozen=True)
class Heard:
    """A note that reached a subscriber."""

    id: int
    channel: str
    body: dict[str, Any]


@dataclass(eq=False)
class _Subscriber:
    channels: frozenset[str]
    loop: asyncio.AbstractEventLoop
    queue: "asyncio.Queue[Heard | None]" = field(default_factory=lambda: asyncio.Queue(LONGEST_QUEUE))

    def hear(self, heard: Heard) -> None:
        """Take a note, in the subscriber's own loop."""
        try:
            self.queue.put_nowait(heard)
        except asyncio.QueueFull:
            with contextlib.suppress(asyncio.QueueEmpty):
                self.queue.get_nowait()
            self.queue.put_nowait(None)

    async def listen(self) -> AsyncIterator[Heard]:
        """Yield what was heard, as it comes."""
        while True:
            heard = await self.queue.get()
            if heard is None:
                raise FellBehind
            yield heard


_subscribers: set[_Subscriber] = set()
_lock = threading.Lock()
_news = threading.Event()
_closing = threading.Event()
_reader: threading.Thread | None = None


def publish(channel: str, body: dict[str, Any]) -> None:
    """Send a note to every subscriber of the channel in every process; call it after the commit it tells of."""
    with transaction.atomic():
        note = Note.objects.create(channel=channel, body=json.dumps(body))
        if note.pk % 500 == 0:
            Note.objects.filter(pk__lt=note.pk - KEPT).delete()
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_notify(%s, %s)", [_NOTIFY, str(note.pk)])
    _news.set()


@asynccontextmanager
async def subscribe(channels: Iterable[str]) -> AsyncIterator[AsyncIterator[Heard]]:
    """Hear the notes published on the channels from entering the block on; raises FellBehind when read too slowly."""
    subscriber = _Subscriber(frozenset(channels), asyncio.get_running_loop())
    await asyncio.to_thread(_join, subscriber)
    try:
        yield subscriber.listen()
    finally:
        with _lock:
            _subscribers.discard(subscriber)


def close() -> None:
    """Stop the reading thread of this process now; it would stop by itself soon after the last subscriber left."""
    reader = _reader
    _closing.set()
    _news.set()
    if reader is not None:
        reader.join(5)
    _closing.clear()


def _join(subscriber: _Subscriber) -> None:
    """Start the reader if none runs, and wait until it stands at the newest note."""
    global _reader
    with _lock:
        if _reader is None or not _reader.is_alive():
            ready = threading.Event()
            _reader = threading.Thread(target=_read, args=(ready,), name="kizuna bus", daemon=True)
            _reader.start()
            ready.wait(10)
        _subscribers.add(subscriber)


def _read(ready: threading.Event) -> None:
    """Read until nobody listens any more; a database that does not answer is asked again."""
    position: int | None = None
    idle_since: float | None = None
    while True:
        try:
            if position is None:
                position = Note.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            with contextlib.closing(_listen(ready)) as news:
                for published in news:
                    if published is not None:
                        position = max(position, _pass_on(_find_notes(position, published)))
                    idle_since = None if _subscribers else idle_since or time.monotonic()
                    if _may_end(idle_since):
                        return
        except Exception:
            _log.warning("the bus cannot read notes; trying again", exc_info=True)
            connection.close()
            _closing.wait(1)
            if _may_end(idle_since):
                return


def _may_end(idle_since: float | None) -> bool:
    """Give up the reader's place if it is told to, or nobody has listened for a while."""
    global _reader
    with _lock:
        idle = idle_since is not None and not _subscribers and time.monotonic() - idle_since > IDLE_S
        if idle or _closing.is_set():
            _reader = None
            connection.close()
            return True
    return False


def _listen(ready: threading.Event) -> Generator[Sequence[int] | None]:
    """Yield over and over: None for nothing new, else the ids published; no ids means everything newer."""
    if connection.vendor == "postgresql":
        yield from _listen_to_postgresql(ready)
    with connection.cursor() as cursor:
        seen = None
        ready.set()
        while True:
            woken = _news.wait(POLL_S)
            _news.clear()
            cursor.execute("PRAGMA data_version")
            version = cursor.fetchone()
            yield () if woken or version != seen else None
            seen = version


def _listen_to_postgresql(ready: threading.Event) -> Generator[Sequence[int] | None]:
    """Ids come with the notification, because rows may become visible in another order than their numbers."""
    listening: Any = connection.get_new_connection(connection.get_connection_params())
    try:
        listening.autocommit = True
        listening.execute(f"LISTEN {_NOTIFY}")
        ready.set()
        yield ()
        while True:
            yield [int(each.payload) for each in listening.notifies(timeout=0.25, stop_after=1)] or None
    finally:
        listening.close()


def _find_notes(position: int, published: Sequence[int]) -> list[Note]:
    notes = Note.objects.filter(pk__in=published) if published else Note.objects.filter(pk__gt=position)
    return list(notes.order_by("pk"))


def _pass_on(notes: list[Note]) -> int:
    """Hand the notes to their subscribers; returns the newest id."""
    with _lock:
        subscribers = list(_subscribers)
    for note in notes:
        listeners = [each for each in subscribers if note.channel in each.channels]
        if listeners:
            heard = Heard(note.pk, note.channel, json.loads(note.body))
            for each in listeners:
                with contextlib.suppress(RuntimeError):  # its loop ended meanwhile
                    each.loop.call_soon_threadsafe(each.hear, heard)
    return notes[-1].pk if notes else 0
