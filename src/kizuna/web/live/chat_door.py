"""The chat door: everything under /chat/v1/, as a raw ASGI application, from any site and without cookies.

POST with JSON bodies of any content type, so that browsers ask no permission first. 4xx is only for what can never
succeed; passing faults get 429 or 503 with Retry-After. Words are answered after their commit; a stream begins where
the panel says it was and ends when the server does, because panels come back by themselves.
"""

import asyncio
import contextlib
import logging
import math
import os
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from kizuna.flows.live.marking import Marks
from kizuna.web.live import rates, wire
from kizuna.web.live.help_calls import HelpCalls
from kizuna.web.live.hub import Stream
from kizuna.web.live.panel_calls import PanelCalls, Parts, run
from kizuna.web.live.rates import Buckets
from kizuna.web.live.teller import Teller
from kizuna.web.live.wire import Later, Refused
from kizuna.web.live.writer import Failed

PREFIX = "/chat/v1/"
THREADS = 6
MOST_STREAMS = 12
LARGEST_FILE = 10 * 1024 * 1024
LONGEST_HEAD = 8_192
MOST_UPLOADS, MOST_UPLOADS_EACH = 12, 4
UPLOADED_S = 1024 * 1024
MOST_DRAINED = 4 * 1024 * 1024
BODY_DEADLINE_S = 20.0
UPLOAD_DEADLINE_S = 120.0
_ANYWHERE = (b"access-control-allow-origin", b"*")
_JSON = (b"content-type", b"application/json")
_PREFLIGHT = [
    _ANYWHERE,
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"content-type"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]
_STREAM = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    _ANYWHERE,
]
_log = logging.getLogger(__name__)
type Call = Callable[[bytes, str], Awaitable[dict[str, Any]]]
type Admit = Callable[[bytes], Awaitable[None]]


class Gone(Exception):
    """The panel went away before its request was complete."""


def open_parts() -> Parts:
    """Make what the doors of live chat share in this process."""
    origin = f"{os.getpid():x}-{secrets.token_hex(4)}"
    return Parts(origin, ThreadPoolExecutor(THREADS, thread_name_prefix="kizuna chat"))


class ChatDoor:
    """Answers everything under /chat/v1/."""

    def __init__(self, parts: Parts, find_client: Callable[[Any], str], arrivals_per_s: float) -> None:
        self.parts = parts
        self._find_client = find_client
        self._limit = rates.of_addresses(arrivals_per_s, time.monotonic)
        self._bytes = Buckets(UPLOADED_S if arrivals_per_s else 0, 6 * LARGEST_FILE, time.monotonic)
        self._uploading = Counter[str]()
        self._beating: asyncio.Task[None] | None = None
        self.calls = calls = PanelCalls(parts)
        self._teller = Teller(parts.hub, parts.memory, partial(run, parts.threads))
        self._calls: dict[str, Call] = {
            "open": calls.open,
            "say": calls.say,
            "typing": calls.typing,
            "read": calls.read,
            "about": calls.about,
            "glance": calls.glance,
            "leave": calls.leave,
            "invited": calls.invited,
            "history": calls.history,
            **HelpCalls(parts, calls).all(),
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        try:
            await self._answer(scope, receive, send)
        except Refused as refusal:
            await _send_error(send, refusal.status, refusal.message, field=refusal.field)
        except Later as fault:
            await _send_error(send, fault.status, fault.message, after_s=fault.after_s)
        except Failed:
            await _send_error(send, 503, "it could not be stored just now; send it again", after_s=1)
        except Gone:
            return
        except Exception:
            _log.exception("the chat door failed")
            await _send_error(send, 500, "something went wrong here; please send it again", after_s=5)

    def close(self) -> None:
        """End the streams; what was said is stored before this returns."""
        if self._beating is not None:
            self._beating.cancel()
        self._teller.close()
        self.parts.hub.close()

    def finish(self) -> None:
        """Store what is queued and let the threads go."""
        self.parts.writer.close()
        self.parts.ledger.close()
        self.parts.threads.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        name = scope["path"].removeprefix(PREFIX)
        if scope["method"] == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
            await send({"type": "http.response.body", "body": b""})
            return
        if scope["method"] != "POST":
            raise Refused(405, f"{scope['path'][:100]} takes POST", "method")
        origin = next((value.decode("latin-1") for key, value in scope["headers"] if key == b"origin"), "")
        wait = self._limit(name, self._find_client(scope))
        if wait:
            raise Later(429, "too much comes from this address at once", wait)
        if name == "stream":
            await self._stream(await read_body(scope, receive, wire.LONGEST_BODY), origin, receive, send)
        elif name == "hello":
            await send_json(send, 200, await self.calls.hello(await _body(scope, receive), origin))
        elif name in self._calls:
            await send_json(send, 200, await self._calls[name](await _body(scope, receive), origin))
        elif name == "upload":
            await send_json(send, 200, await self._upload(scope, receive, origin))
        else:
            raise Refused(404, f"there is no {scope['path'][:100]} here", "path")

    async def _upload(self, scope: Any, receive: Any, origin: str) -> dict[str, Any]:
        """Take a file. It is held in memory, so it is believed by its first line, and few come at once."""
        client = self._find_client(scope)
        if self._uploading[client] >= MOST_UPLOADS_EACH or self._uploading.total() >= MOST_UPLOADS:
            raise Later(503, "too many files come at once", 2)
        self._uploading[client] += 1
        try:
            body = await read_body(scope, receive, LARGEST_FILE, partial(self.calls.admit, origin=origin))
            wait = self._bytes.take(client, len(body))
            if wait:
                raise Later(429, "too many files come from this address", wait)
            return await self.calls.upload(body, origin)
        finally:
            self._uploading[client] -= 1
            self._uploading += Counter()

    async def _stream(self, body: bytes, origin: str, receive: Any, send: Any) -> None:
        told = wire.parse(wire.Stream, body)
        token = await self.calls.read_token(told.token, origin)
        hub = self.parts.hub
        if hub.count_of(token.shop_id, token.key) >= MOST_STREAMS:
            raise Later(429, "too many tabs are open", 15)
        self.calls.pay(token)
        after, chat_id = 0, None
        if told.conversation is not None:
            chat = await self.calls.chat(token, told.conversation)
            after, chat_id = await hub.believe(chat.id, told.after), chat.id
        stream = Stream(send, token.shop_id, token.key, chat_id, after)
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
            stream.push(b": listening\n\n")
            await hub.join(stream)
            self._teller.look(stream)
            self._note_there(stream)
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            with contextlib.suppress(OSError, RuntimeError):
                await send({"type": "http.response.body", "body": b""})
        finally:
            hub.leave(stream)

    async def _beat(self) -> None:
        """Keep quiet streams open, a fifteenth of them each second; who takes a beat is still there."""
        tick = 0
        while True:
            await asyncio.sleep(1)
            tick += 1
            for stream in self.parts.hub.due(tick):
                stream.push(b": beat\n\n")
                self._note_there(stream)
            self.parts.hub.look_where_deaf(tick)

    def _note_there(self, stream: Stream) -> None:
        mine = self.parts.ledger.of(stream.shop_id)
        mine.there.add(stream.key)
        if stream.conversation_id is not None:
            mine.mark(stream.conversation_id, Marks(stream.upto, visitor_seen_us=time.time_ns() // 1000))


async def _body(scope: Any, receive: Any) -> bytes:
    return await read_body(scope, receive, wire.LONGEST_BODY)


async def read_body(scope: Any, receive: Any, longest: int, admit: Admit | None = None) -> bytes:
    """Read a whole body within its limit and deadline; one over the limit is read on for a while and thrown away.

    `admit` is shown the first line before more is read, and raises where nothing more shall be.
    """
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > longest + MOST_DRAINED:
            raise Refused(413, f"at most {longest // 1024} KB", "body")
    pieces: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(UPLOAD_DEADLINE_S if longest > wire.LONGEST_BODY else BODY_DEADLINE_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                piece = message.get("body", b"")
                length += len(piece)
                if length <= longest:
                    pieces.append(piece)
                    if admit is not None and (b"\n" in piece or length > LONGEST_HEAD or not message.get("more_body")):
                        await admit(b"".join(pieces).partition(b"\n")[0])
                        admit = None
                elif length > longest + MOST_DRAINED or not message.get("more_body"):
                    raise Refused(413, f"at most {longest // 1024} KB", "body")
                if not message.get("more_body"):
                    return b"".join(pieces)
    except TimeoutError:
        raise Later(408, "the body took too long to arrive", 1) from None


async def _send_error(send: Any, status: int, message: str, field: str = "", after_s: float = 0) -> None:
    headers = [(b"retry-after", str(max(1, math.ceil(after_s))).encode())] if after_s else []
    if status in {408, 413}:
        headers.append((b"connection", b"close"))
    content = {"error": message, "field": field} if field else {"error": message}
    with contextlib.suppress(OSError, RuntimeError):
        await send_json(send, status, content, headers)


async def send_json(send: Any, status: int, content: object, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    """Send an answer of one piece."""
    body = wire.write(content)
    every = [_JSON, _ANYWHERE, (b"content-length", str(len(body)).encode()), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": every})
    await send({"type": "http.response.body", "body": body})
