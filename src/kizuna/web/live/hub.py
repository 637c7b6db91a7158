"""Where open panels meet what is said: each chat's streams, up to which entry they are, and what is still to be read.

Words stored by this process go to its panels at once; what other processes or pages write comes as notes over the bus
and is read from the database. Nothing is sent twice or out of order: a chat knows its number, a gap is read first.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from typing import Any

from django.db import close_old_connections

from kizuna.bus import notes
from kizuna.bus.notes import Heard
from kizuna.conversations.live import shown
from kizuna.flows.live import news
from kizuna.flows.live.saying import Stored
from kizuna.web.live import wire

type Piece = bytes
type Send = Callable[[dict[str, Any]], Awaitable[None]]
BEAT_S = 15
READ_AT_ONCE = 500
RETRY_S = 1.0
LISTEN_S = 3.0
DEAF_S = 5
_beats = itertools.cycle(range(BEAT_S))
_log = logging.getLogger(__name__)


class Stream:
    """One open panel. It is written to by whoever has something for it; one that cannot take it is ended.

    A panel that was ended comes back and resumes by number, so nothing is kept for it here.
    """

    __slots__ = ("_ending", "_send", "_writing", "beat", "conversation_id", "key", "shop_id", "task", "upto")

    def __init__(self, send: Send, shop_id: int, key: str, conversation_id: int | None, after: int) -> None:
        self._send = send
        self._writing: asyncio.Task[None] | None = None
        self._ending = False
        self.shop_id = shop_id
        self.key = key
        self.conversation_id = conversation_id
        self.upto = after
        self.beat = next(_beats)
        self.task = asyncio.current_task()

    def push(self, piece: Piece) -> None:
        """Write to the panel without waiting; where its connection is full it is let go."""
        if self._ending:
            return
        if self._writing is not None and not self._writing.done():
            self.end()
            return
        body = {"type": "http.response.body", "body": piece, "more_body": True}
        loop = asyncio.get_running_loop()
        writing = asyncio.Task(self._write(body), loop=loop, eager_start=True)
        self._writing = None if writing.done() else writing

    def end(self) -> None:
        """Let the panel go; it comes back by itself."""
        self._ending = True
        if self.task is not None:
            self.task.cancel()

    async def _write(self, body: dict[str, Any]) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            await self._send(body)


class _Room:
    """The panels of one chat in this process, and the number up to which they were told."""

    __slots__ = ("head", "reading", "streams", "wanted")

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self.head = 0
        self.wanted = 0
        self.reading: asyncio.Task[None] | None = None


class Hub:
    """Every open panel of this process."""

    def __init__(self, origin: str, threads: Executor) -> None:
        self.origin = origin
        self._threads = threads
        self._rooms: dict[int, _Room] = {}
        self._shops: dict[int, dict[str, set[Stream]]] = {}
        self._listeners: dict[int, asyncio.Task[None]] = {}
        self._ready: dict[int, asyncio.Event] = {}
        self._heard: set[int] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.on_note: Callable[[int, dict[str, Any]], None] = lambda shop_id, body: None

    @property
    def streams(self) -> list[Stream]:
        """All open panels."""
        return [each for keys in self._shops.values() for streams in keys.values() for each in streams]

    def due(self, tick: int) -> list[Stream]:
        """List the panels that get a sign of life in a second: each in its own of BEAT_S, whoever comes and goes."""
        return [stream for stream in self.streams if stream.beat == tick % BEAT_S]

    def count_of(self, shop_id: int, key: str) -> int:
        """How many panels a visitor has open here."""
        return len(self._shops.get(shop_id, {}).get(key, ()))

    async def believe(self, conversation_id: int, after: int) -> int:
        """Up to which entry a panel has a chat, of what it claims: never more than was said when it asked."""
        room = self._rooms.get(conversation_id)
        if after <= (0 if room is None else room.head):
            return after
        return min(after, await self._last(conversation_id))

    async def join(self, stream: Stream) -> None:
        """Take a panel in; from here on it hears everything. What it missed is read and sent right after."""
        self._shops.setdefault(stream.shop_id, {}).setdefault(stream.key, set()).add(stream)
        heard = await self._listen(stream.shop_id)
        if stream.conversation_id is not None:
            await self._catch_up(stream, stream.conversation_id)
            if not heard:
                self._look_again(stream.shop_id)  # what came while it caught up was told to nobody

    def leave(self, stream: Stream) -> None:
        """Let a panel out."""
        keys = self._shops.get(stream.shop_id, {})
        streams = keys.get(stream.key)
        if streams is not None:
            streams.discard(stream)
            if not streams:
                del keys[stream.key]
        if not keys and stream.shop_id in self._listeners:
            self._shops.pop(stream.shop_id, None)
            self._listeners.pop(stream.shop_id).cancel()
            self._ready.pop(stream.shop_id, None)
            self._heard.discard(stream.shop_id)
        room = self._rooms.get(stream.conversation_id or 0)
        if room is not None:
            room.streams.discard(stream)
            if not room.streams:
                self._rooms.pop(stream.conversation_id or 0)

    def deliver(self, stored: Sequence[Stored]) -> None:
        """Send what this process stored just now to its panels."""
        for each in stored:
            message = each.message
            room = self._rooms.get(message.conversation_id)
            if room is None:
                continue
            if message.number == room.head + 1 and room.reading is None:
                self._send_to(room, message.number, _piece(shown.show(message, each.files), message.number))
            elif message.number > room.head:
                self._read(message.conversation_id, room, message.number)

    def tell_chat(self, conversation_id: int, name: str, content: object, besides: Stream | None = None) -> None:
        """Send a passing event to the panels of a chat."""
        room = self._rooms.get(conversation_id)
        if room is not None:
            piece = wire.event(name, content)
            for stream in room.streams:
                if stream is not besides:
                    stream.push(piece)

    def tell_visitor(self, shop_id: int, key: str, name: str, content: object) -> None:
        """Send a passing event to the panels of a visitor."""
        for stream in self._shops.get(shop_id, {}).get(key, ()):
            stream.push(wire.event(name, content))

    def list_rooms(self, shop_id: int) -> list[int]:
        """List the chats of a shop that have a panel open here."""
        found = {stream.conversation_id for streams in self._shops.get(shop_id, {}).values() for stream in streams}
        return [each for each in found if each is not None]

    def has_room(self, conversation_id: int) -> bool:
        """Whether a chat has a panel open here."""
        return conversation_id in self._rooms

    def close(self) -> None:
        """End everything; panels come back by themselves."""
        for stream in self.streams:
            stream.end()
        for task in (*self._listeners.values(), *self._tasks):
            task.cancel()
        self._listeners.clear()

    async def _catch_up(self, stream: Stream, conversation_id: int) -> None:
        """Bring a panel to its chat's number: it joins the room when nothing is left to read for it."""
        while True:
            room = self._rooms.setdefault(conversation_id, _Room())
            entries = await self._entries(conversation_id, stream.upto)
            for number, piece in entries:
                if number > stream.upto:
                    stream.upto = number
                    if piece:
                        stream.push(piece)
            if len(entries) == READ_AT_ONCE or stream.upto < room.head:
                continue
            if self._rooms.get(conversation_id) is room:  # else what was delivered meanwhile found no room
                if stream.upto > room.head:
                    self._skip_to(room, stream.upto)
                room.streams.add(stream)
                if room.wanted > room.head:
                    self._read(conversation_id, room, room.wanted)
                return

    def _skip_to(self, room: _Room, number: int) -> None:
        """A panel read further than the room was told: the others must read that too before the room goes on."""
        if not room.streams:
            room.head = number
        else:
            room.wanted = max(room.wanted, number)

    def _send_to(self, room: _Room, number: int, piece: Piece) -> None:
        room.head = number
        for stream in room.streams:
            if stream.upto < number:
                stream.upto = number
                if piece:
                    stream.push(piece)

    def _read(self, conversation_id: int, room: _Room, number: int) -> None:
        """Read on up to a number, once at a time for each chat."""
        room.wanted = max(room.wanted, number)
        if room.reading is None:
            room.reading = self._start(self._read_on(conversation_id, room))

    async def _read_on(self, conversation_id: int, room: _Room) -> None:
        try:
            while room.wanted > room.head and room.streams:
                entries = await self._entries(conversation_id, room.head)
                for number, piece in entries:
                    if number > room.head:
                        self._send_to(room, number, piece)
                if not entries:
                    room.wanted = room.head
        except Exception:
            _log.exception("entries could not be read")
            for stream in list(room.streams):
                stream.end()
        finally:
            room.reading = None

    async def _entries(self, conversation_id: int, after: int) -> list[tuple[int, Piece]]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _read_entries, conversation_id, after)

    async def _last(self, conversation_id: int) -> int:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _read_last, conversation_id)

    def look_where_deaf(self, tick: int) -> None:
        """Read on in the chats of shops whose notes cannot be heard now, every few seconds."""
        if tick % DEAF_S == 0:
            for shop_id in self._listeners.keys() - self._heard:
                self._look_again(shop_id)

    async def _listen(self, shop_id: int) -> bool:
        """Hear the notes of a shop while it has panels here; whether they are heard, which is not waited for long."""
        if shop_id not in self._listeners:
            self._ready[shop_id] = asyncio.Event()
            self._listeners[shop_id] = self._start(self._hear(shop_id, self._ready[shop_id]))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready[shop_id].wait(), LISTEN_S)
        return shop_id in self._heard

    async def _hear(self, shop_id: int, ready: asyncio.Event) -> None:
        channels = (news.channel(shop_id), f"shop:{shop_id}:inbox")
        while True:
            try:
                async with notes.subscribe(channels) as heard:
                    self._heard.add(shop_id)
                    self._look_again(shop_id)
                    ready.set()
                    async for note in heard:
                        self._take(shop_id, note)
            except notes.FellBehind:
                self._heard.discard(shop_id)
            except Exception:
                _log.exception("notes of live chat cannot be heard; trying again")
                self._heard.discard(shop_id)
                await asyncio.sleep(RETRY_S)

    def _take(self, shop_id: int, note: Heard) -> None:
        body = note.body
        for conversation_id, number in body.get("heads", ()):
            room = self._rooms.get(conversation_id)
            if room is not None and number > room.head:
                self._read(conversation_id, room, number)
        chat = body.get("conversation")
        if isinstance(chat, int) and not body.get("viewing"):
            room = self._rooms.get(chat)
            if room is not None and body.get("number", room.head + 1) > room.head and "marks" not in body:
                self._read(chat, room, room.head + 1)
        self.on_note(shop_id, body)

    def _look_again(self, shop_id: int) -> None:
        """After notes were missed, every chat is read on."""
        for conversation_id in self.list_rooms(shop_id):
            room = self._rooms.get(conversation_id)
            if room is not None:
                self._read(conversation_id, room, room.head + 1)

    def _start(self, work: Any) -> "asyncio.Task[None]":
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _read_entries(conversation_id: int, after: int) -> list[tuple[int, Piece]]:
    close_old_connections()
    rows = shown.list_after(conversation_id, after, READ_AT_ONCE)
    return [(each.number, _piece(shown.show_stored(each), each.number)) for each in rows]


def _read_last(conversation_id: int) -> int:
    close_old_connections()
    return shown.last_number(conversation_id)


def _piece(entry: dict[str, Any] | None, number: int) -> Piece:
    return b"" if entry is None else wire.event("message", entry, number)
