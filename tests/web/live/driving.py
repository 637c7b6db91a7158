"""Drives the chat door without a server: one request, or an open stream that is read event by event."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from kizuna.web.live.chat_door import ChatDoor
from tests.processes import PATIENCE_S


@dataclass
class Answer:
    """What the door answered."""

    status: int
    headers: dict[str, str]
    content: Any


def _scope(path: str, headers: dict[str, str] | None, method: str = "POST") -> dict[str, Any]:
    told = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return {"type": "http", "path": path, "method": method, "headers": told, "client": ("192.0.2.1", 1)}


async def post(door: Any, path: str, content: Any, headers: dict[str, str] | None = None) -> Answer:
    """Send one request, content as JSON or bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    sent: list[dict[str, Any]] = []
    pieces = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return pieces.pop(0) if pieces else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await door(_scope(path, headers), receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    whole = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(sent[0]["status"], told, json.loads(whole) if whole else None)


async def call(door: ChatDoor, name: str, headers: dict[str, str] | None = None, **content: Any) -> Answer:
    """Ask the chat door for something."""
    return await post(door, f"/chat/v1/{name}", content, headers)


async def begin(door: ChatDoor, key: str, text: str = "Is it tea?", **more: Any) -> tuple[str, str]:
    """Say hello and open a chat; returns token and conversation."""
    hello = await call(door, "hello", key=key, **more)
    assert hello.status == 200, hello.content
    token = hello.content["token"]
    opened = await call(door, "open", token=token, client_id="first", text=text)
    assert opened.status == 200, opened.content
    return token, opened.content["conversation"]


class Open:
    """An open stream."""

    def __init__(self) -> None:
        self.status = 0
        self.pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self.leave = asyncio.Event()
        self._text = ""

    async def next(self, *names: str) -> tuple[str, Any, int | None]:
        """Wait for the next event, of these names where some are given: its name, content and id."""
        async with asyncio.timeout(PATIENCE_S):  # for all of it: a stream beats also where nothing else comes
            return await self._next(names)

    async def _next(self, names: tuple[str, ...]) -> tuple[str, Any, int | None]:
        while True:
            head, found, rest = self._text.partition("\n\n")
            if not found:
                self._text += (await self.pieces.get()).decode()
                continue
            self._text = rest
            fields = dict(line.split(": ", 1) for line in head.split("\n") if not line.startswith(":"))
            if fields and (not names or fields["event"] in names):
                number = fields.get("id")
                return fields["event"], json.loads(fields["data"]), None if number is None else int(number)

    async def numbers(self, upto: int) -> list[int]:
        """Read messages until one number, and give their numbers."""
        found: list[int] = []
        while not found or found[-1] < upto:
            found.append((await self.next("message"))[1]["number"])
        return found


@asynccontextmanager
async def stream(door: ChatDoor, **content: Any) -> AsyncIterator[Open]:
    """Open a stream for the length of a block."""
    opened = Open()
    started = asyncio.Event()
    body = [{"type": "http.request", "body": json.dumps(content).encode(), "more_body": False}]

    async def receive() -> dict[str, Any]:
        if body:
            return body.pop(0)
        await opened.leave.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            opened.status = message["status"]
            started.set()
        elif message.get("body"):
            opened.pieces.put_nowait(message["body"])

    running = asyncio.create_task(door(_scope("/chat/v1/stream", None), receive, send))
    try:
        await asyncio.wait_for(started.wait(), PATIENCE_S)
        yield opened
    finally:
        opened.leave.set()
        await running
