"""GET /live/SLUG/desk: what the page Live shows, whole on arrival and then only the rows that changed.

One board per shop and process reads for all consoles: at most twice a second when something moved, every few seconds
for what time alone moves. Words said, typing and read marks are passed on at once; the page reads entries by number.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

import msgspec
from django.db import close_old_connections

from kizuna.bus import notes
from kizuna.flows.live import news
from kizuna.shops import tenants
from kizuna.web.live import desk_rows
from kizuna.web.live.desk_rows import Rows, Standings
from kizuna.web.live.entry import Entry

PARTS = ("chats", "visitors", "seats")
REST_S = 0.4
VISITORS_REST_S = 2.0
TIDE_S = 5.0
STANDINGS_S = 60.0
BEAT_S = 10.0
CHECK_S = 40.0
LONGEST_QUEUE = 256
_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


class Board:
    """What one shop's consoles in this process show."""

    def __init__(self, shop_id: int) -> None:
        self.shop_id = shop_id
        self.rows: dict[str, Rows] = {part: {} for part in PARTS}
        self.ready = asyncio.Event()
        self._standings = Standings(shop_id)
        self._standings_at = 0.0
        self._queues: set[asyncio.Queue[bytes | None]] = set()
        self._moved: set[str] = set()
        self._wake = asyncio.Event()
        self._read_at = dict.fromkeys(PARTS, 0.0)
        self._tasks: list[asyncio.Task[None]] = []

    def join(self) -> "asyncio.Queue[bytes | None]":
        """Take a console in."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(LONGEST_QUEUE)
        self._queues.add(queue)
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._refresh_on())]
        return queue

    def leave(self, queue: "asyncio.Queue[bytes | None]") -> bool:
        """Let a console out; True where it was the last."""
        self._queues.discard(queue)
        if self._queues:
            return False
        for task in self._tasks:
            task.cancel()
        return True

    def whole(self) -> bytes:
        """Everything there is, as the first event of a console."""
        return _event("whole", {"now": _now_ms(), **self.rows})

    def take(self, body: dict[str, Any]) -> None:
        """Take a note: pass on what cannot wait, remember what has to be read."""
        what = body.get("desk", "")
        if what == "typing":
            self._push("typing", {"visitors": body.get("visitors", []), "people": body.get("people", [])})
        elif what == "marks":
            self._push("marks", body.get("marks", []))
            return
        elif "heads" in body:
            self._push("heads", body["heads"])
        elif isinstance(body.get("conversation"), int) and not body.get("viewing"):
            self._push("heads", [[body["conversation"], 0]])
        self._moved |= {"visitors"} if what == "visitors" else {"seats", "chats"} if what != "typing" else set()
        self._wake.set()

    async def _hear(self) -> None:
        channels = (news.channel(self.shop_id), f"shop:{self.shop_id}:inbox")
        while True:
            try:
                async with notes.subscribe(channels) as heard:
                    self._moved |= set(PARTS)
                    self._wake.set()
                    async for note in heard:
                        self.take(note.body)
            except notes.FellBehind:
                continue
            except Exception:
                _log.exception("the live desk cannot hear; trying again")
                await asyncio.sleep(1)

    async def _refresh_on(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), TIDE_S)
            self._wake.clear()
            try:
                await self._refresh(self._due())
            except Exception:
                _log.exception("the live desk cannot be read; trying again")
            await asyncio.sleep(REST_S)
            if self._moved:
                self._wake.set()

    def _due(self) -> list[str]:
        """Which parts are to be read now: what moved, and what has not been looked at for a while."""
        now = time.monotonic()
        due = []
        for part in PARTS:
            age = now - self._read_at[part]
            rests = age < (VISITORS_REST_S if part == "visitors" else 0)
            if not rests and (part in self._moved or age >= TIDE_S - REST_S):
                due.append(part)
                self._read_at[part] = now
        self._moved -= set(due)
        return due

    async def _refresh(self, due: list[str]) -> None:
        found = await asyncio.to_thread(self._read, due) if due else {}
        told: dict[str, Any] = {}
        for part, rows in found.items():
            before = self.rows[part]
            changed = {key: row for key, row in rows.items() if before.get(key) != row}
            gone = [key for key in before if key not in rows]
            if changed or gone:
                told[part] = {"set": changed, "gone": gone}
            self.rows[part] = rows
        if told:
            self._push("moved", {"now": _now_ms(), **told})
        self.ready.set()

    def _read(self, due: list[str]) -> dict[str, Rows]:
        close_old_connections()
        shop = tenants.get_shop_by_id(self.shop_id)
        now_us = time.time_ns() // 1000
        if time.monotonic() - self._standings_at > STANDINGS_S:
            self._standings.forget()
            self._standings_at = time.monotonic()
        readers: dict[str, Callable[[], Rows]] = {
            "chats": lambda: desk_rows.read_chats(shop, self._standings, now_us),
            "visitors": lambda: desk_rows.read_visitors(shop, self._standings, now_us),
            "seats": lambda: desk_rows.read_seats(shop),
        }
        return {part: readers[part]() for part in due}

    def _push(self, name: str, content: object) -> None:
        piece = _event(name, content)
        for queue in list(self._queues):
            try:
                queue.put_nowait(piece)
            except asyncio.QueueFull:  # it reads too slowly: it comes back and gets everything anew
                self._queues.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)


class Boards:
    """The boards of this process, one per shop that has a console open."""

    def __init__(self) -> None:
        self._of: dict[int, Board] = {}

    def enter(self, shop_id: int) -> "tuple[Board, asyncio.Queue[bytes | None]]":
        """Give a shop's board and a place at it."""
        board = self._of.setdefault(shop_id, Board(shop_id))
        return board, board.join()

    def leave(self, board: Board, queue: "asyncio.Queue[bytes | None]") -> None:
        """Give the place back; the last one out ends the board."""
        if board.leave(queue):
            self._of.pop(board.shop_id, None)


class DeskStream:
    """One console's stream."""

    def __init__(self, entry: Entry, boards: Boards, still: Callable[[], bool]) -> None:
        self.entry = entry
        self._boards = boards
        self._still = still

    async def tell(self, send: Any, headers: list[tuple[bytes, bytes]]) -> None:
        """Send what the board shows until the right to listen ends or the console falls behind."""
        board, queue = self._boards.enter(self.entry.shop_id)
        try:
            await board.ready.wait()
            while not queue.empty():  # what came before the whole is in it
                queue.get_nowait()
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await _write(send, b"retry: 2000\n\n" + board.whole())
            checked = time.monotonic()
            while True:
                try:
                    piece = await asyncio.wait_for(queue.get(), BEAT_S)
                except TimeoutError:
                    piece = _event("beat", _now_ms())
                if time.monotonic() - checked >= CHECK_S:  # also where so much moves that it is never quiet
                    checked = time.monotonic()
                    if not await asyncio.to_thread(self._still):
                        return
                if piece is None:
                    return
                await _write(send, piece)
        finally:
            self._boards.leave(board, queue)


async def _write(send: Any, piece: bytes) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": True})


def _event(name: str, content: object) -> bytes:
    return f"event: {name}\ndata: ".encode() + _encode(content) + b"\n\n"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
