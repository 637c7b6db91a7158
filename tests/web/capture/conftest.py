"""The capture door over a real inbox file, called as an ASGI server calls it."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kizuna.shops.keys import hash_key
from kizuna.tracking.inbox import Inbox, Received
from kizuna.tracking.inbox_file import FileStore
from kizuna.web.capture.door import CaptureDoor
from kizuna.web.capture.keys import KeyRing

KEY = "kz_w_good"


@dataclass(frozen=True)
class KnownSource:
    """A source as the ring sees it."""

    id: int
    key_hash: str


@dataclass
class Answer:
    """What the door answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        """The error of a refusal."""
        content = json.loads(self.body)
        assert content["success"] is False
        return dict(content["error"])


@dataclass
class Caller:
    """Calls the door, and reads what it stored."""

    inbox: Inbox
    door: CaptureDoor
    sources: list[KnownSource] = field(default_factory=list)

    def call(
        self, path: str, body: bytes | list[bytes] = b"", method: str = "POST", key: str | None = KEY, **headers: str
    ) -> Answer:
        """Send one request; headers are given with underscores."""
        return asyncio.run(self.acall(path, body, method, key, **headers))

    async def acall(
        self, path: str, body: bytes | list[bytes] = b"", method: str = "POST", key: str | None = KEY, **headers: str
    ) -> Answer:
        """Send one request within a loop."""
        pieces = body if isinstance(body, list) else [body]
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        if key is not None:
            sent.append((b"authorization", b"Basic " + base64.b64encode(f"{key}:".encode())))
        messages = [
            {"type": "http.request", "body": piece, "more_body": number + 1 < len(pieces)}
            for number, piece in enumerate(pieces)
        ]
        answer = Answer(0, {}, b"")

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop(0)
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                answer.body += message["body"]

        scope = {"type": "http", "method": method, "path": path, "headers": sent, "query_string": b""}
        await self.door(scope, receive, send)
        return answer

    def stored(self) -> list[Received]:
        """Read everything in the inbox."""
        return self.inbox.read_after(0, 10_000, 100_000_000)


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    """A door that knows one source, number 7."""
    yield from _caller(tmp_path, 0)


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Caller]:
    """A door that lets a source send ten events a second."""
    yield from _caller(tmp_path, 10)


def _caller(tmp_path: Path, rate: int) -> Iterator[Caller]:
    sources = [KnownSource(7, hash_key(KEY))]
    list_active: Callable[[], list[KnownSource]] = lambda: sources  # noqa: E731
    inbox = Inbox(FileStore(tmp_path / "inbox.sqlite3"))
    yield Caller(inbox, CaptureDoor(inbox, KeyRing(list_active), rate), sources)
    inbox.close()
