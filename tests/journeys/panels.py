"""Panels as a browser runs them, many in one event loop: an outbox sent again until it is acknowledged, and one stream
that comes back by its last number. What each panel said, was told and saw is kept for the test to judge.
"""

import asyncio
import contextlib
import json
import random
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.processes import PATIENCE_S

Address = tuple[str, int]


async def post(address: Address, path: str, content: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    """Send one request on a connection of its own; raises OSError or ValueError where the server went away."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(_request(path, content, headers, "close"))
        status = await _status(reader)
        _, _, body = (await reader.read()).partition(b"\r\n\r\n")
        return status, json.loads(body)
    finally:
        writer.close()


def _request(path: str, content: Any, headers: dict[str, str] | None, connection: str) -> bytes:
    body = json.dumps(content).encode()
    told = {"Host": "kizuna", "Connection": connection, "Content-Length": str(len(body)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def _status(reader: asyncio.StreamReader) -> int:
    line = await asyncio.wait_for(reader.readline(), PATIENCE_S)
    if not line:
        raise ConnectionResetError
    return int(line.split()[1])


@dataclass
class Panel:
    """One visitor's panel, which talks to whichever of the servers answers."""

    key: str
    addresses: list[Address]
    chance: random.Random
    token: str = ""
    chat: str = ""
    said: dict[str, int] = field(default_factory=dict)
    seen: list[tuple[int, str]] = field(default_factory=list)
    again: int = 0
    drops: int = 0
    wrong: list[str] = field(default_factory=list)

    async def ask(self, name: str, **content: Any) -> Any:
        """Ask until an answer comes; a passing fault is asked again, a refusal is kept as wrong."""
        for attempt in count():
            with contextlib.suppress(OSError, ValueError, TimeoutError, IndexError):
                address = self.addresses[(self.chance.randrange(len(self.addresses)) + attempt) % len(self.addresses)]
                status, answer = await post(address, f"/chat/v1/{name}", content)
                if status == 200:
                    return answer
                if status < 500 and status not in (408, 429):
                    self.wrong.append(f"{name}: {status} {answer}")
                    raise AssertionError(self.wrong[-1])
            self.again += 1
            await asyncio.sleep(self.chance.uniform(0.05, 0.3))
        raise AssertionError

    async def begin(self) -> None:
        """Say hello and open the chat."""
        self.token = (await self.ask("hello", key=self.key))["token"]
        opened = await self.ask("open", token=self.token, client_id="open", text="hello")
        self.chat, self.said["open"] = opened["conversation"], opened["number"]

    async def talk(self, stop: asyncio.Event) -> None:
        """Say one thing after another, each until it is acknowledged."""
        for number in count():
            if stop.is_set():
                return
            client_id = f"m{number}"
            told = {"conversation": self.chat, "client_id": client_id, "text": f"{number} ünd so weiter"}
            self.said[client_id] = (await self.ask("say", token=self.token, **told))["number"]
            await asyncio.sleep(self.chance.uniform(0.2, 0.6))

    async def listen(self) -> None:
        """Hold the stream for ever, coming back after the last number seen."""
        while True:
            with contextlib.suppress(OSError, ValueError, TimeoutError, IndexError):
                await self._hold(self.chance.choice(self.addresses))
            self.drops += 1
            await asyncio.sleep(self.chance.uniform(0.05, 0.4))

    async def _hold(self, address: Address) -> None:
        after = self.seen[-1][0] if self.seen else 0
        reader, writer = await asyncio.open_connection(*address)
        try:
            told = {"token": self.token, "conversation": self.chat, "after": after}
            writer.write(_request("/chat/v1/stream", told, None, "keep-alive"))
            if await _status(reader) != 200:
                return
            await reader.readuntil(b"\r\n\r\n")
            text = ""
            while size := int(await reader.readline(), 16):
                text += (await reader.readexactly(size + 2))[:-2].decode()
                *events, text = text.split("\n\n")
                for event in events:
                    self._take(event)
        finally:
            writer.close()

    def _take(self, event: str) -> None:
        fields = dict(line.split(": ", 1) for line in event.split("\n") if line and not line.startswith(":"))
        if fields.get("event") == "message":
            entry = json.loads(fields["data"])
            if str(entry["number"]) != fields["id"]:
                self.wrong.append(f"id {fields['id']} of {entry}")
            self.seen.append((entry["number"], entry["client_id"]))
