"""The live door: what moves in a shop as server-sent events, for people who are logged in and belong to it.

GET /live/SLUG/events?channels=moves,arrivals, and for the page Live GET /live/SLUG/desk (desk_stream). Streams tell a
page to look again; they are never the only copy, so a page that was away asks for the present state. The right to
listen is checked again every minute.
"""

import asyncio
import contextlib
import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs

from kizuna.bus import notes
from kizuna.web.live.desk_stream import Boards, DeskStream
from kizuna.web.live.entry import Entry, find_entry

CHANNELS = ("moves", "arrivals", "inbox", "wishes", "live")
MOST_STREAMS = 12
HEARTBEAT_S = 15.0
BEATS_PER_CHECK = 4
_PATH = re.compile(r"/live/([-\w]{1,40})/(events|desk)")
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
_log = logging.getLogger(__name__)


class LiveDoor:
    """Answers everything under /live/."""

    def __init__(self) -> None:
        self._open: Counter[int] = Counter()
        self._boards = Boards()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request: a stream, or why there is none."""
        found = _PATH.fullmatch(scope["path"])
        if found is None or scope["method"] != "GET":
            await _refuse(send, 404 if found is None else 405, "there is no such stream")
            return
        cookie = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
        slug, which = found.groups()
        action = "answer" if which == "desk" else "view"
        entry = await asyncio.to_thread(find_entry, cookie, slug, action)
        if entry is None:
            await _refuse(send, 404, "there is no such stream")
            return
        if which == "desk":
            await self._desk(entry, lambda: find_entry(cookie, slug, action) == entry, receive, send)
            return
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("channels", [""])[0].split(",")
        wanted = [name for name in CHANNELS if name in asked]
        if not wanted:
            await _refuse(send, 400, f"channels takes any of {', '.join(CHANNELS)}")
            return
        if await self._is_open(entry, send):
            stream = _Stream(entry, cookie, slug, wanted)
            await self._stream(entry, stream.tell(send), receive, send)

    def close(self) -> None:
        """End every stream; browsers come back by themselves."""
        if self._loop is not None and not self._loop.is_closed():
            for task in list(self._tasks):
                self._loop.call_soon_threadsafe(task.cancel)

    async def _desk(self, entry: Entry, still: Callable[[], bool], receive: Any, send: Any) -> None:
        if await self._is_open(entry, send):
            stream = DeskStream(entry, self._boards, still)
            await self._stream(entry, stream.tell(send, _HEADERS), receive, send)

    async def _is_open(self, entry: Entry, send: Any) -> bool:
        """Whether somebody may have one more stream; refused where they may not."""
        if self._open[entry.person_id] < MOST_STREAMS:
            return True
        await _refuse(send, 429, "too many open streams", (b"retry-after", b"15"))
        return False

    async def _stream(self, entry: Entry, work: Coroutine[Any, Any, None], receive: Any, send: Any) -> None:
        self._loop = asyncio.get_running_loop()
        person_id = entry.person_id
        self._open[person_id] += 1
        telling = asyncio.create_task(work)
        leaving = asyncio.create_task(_wait_for_leaving(receive))
        self._tasks.add(telling)
        try:
            await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._tasks.discard(telling)
            for task in (telling, leaving):
                task.cancel()
            outcome, _ = await asyncio.gather(telling, leaving, return_exceptions=True)
            self._open[person_id] -= 1
            self._open += Counter()
        if isinstance(outcome, Exception):
            _log.error("a live stream failed", exc_info=outcome)
        with contextlib.suppress(OSError):
            await send({"type": "http.response.body", "body": b""})


class _Stream:
    """One page's stream."""

    def __init__(self, entry: Entry, cookie: str, slug: str, names: list[str]) -> None:
        self.entry = entry
        self._ask = (cookie, slug)
        self._names = {f"shop:{entry.shop_id}:{name}": name for name in names}

    async def tell(self, send: Any) -> None:
        """Send notes and heartbeats until the right to listen ends or the page falls behind."""
        async with notes.subscribe(self._names) as heard:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await _write(send, b"retry: 2000\n\n: listening\n\n")
            beating = asyncio.create_task(self._beat(send))
            passing = asyncio.create_task(self._pass_on(heard, send))
            try:
                done, _ = await asyncio.wait({beating, passing}, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in (beating, passing):
                    task.cancel()
                await asyncio.gather(beating, passing, return_exceptions=True)

    async def _pass_on(self, heard: Any, send: Any) -> None:
        with contextlib.suppress(notes.FellBehind):
            async for note in heard:
                event = f"id: {note.id}\nevent: {self._names[note.channel]}\ndata: {json.dumps(note.body)}\n\n"
                await _write(send, event.encode())

    async def _beat(self, send: Any) -> None:
        """Keep proxies from closing a quiet stream; returns when the person may no longer listen."""
        while True:
            for _ in range(BEATS_PER_CHECK):
                await asyncio.sleep(HEARTBEAT_S)
                await _write(send, b": beat\n\n")
            if await asyncio.to_thread(find_entry, *self._ask) != self.entry:
                return


async def _wait_for_leaving(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Any, piece: bytes) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _refuse(send: Any, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
    body = json.dumps({"error": text}).encode()
    every = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": every})
    await send({"type": "http.response.body", "body": body})
