"""The capture door: Segment's endpoints as a raw ASGI application, answered when the request is durable.

It checks the key, the envelope and the limits, and stores the body as it came; what the events mean is found out
later. 4xx is only for what can never succeed: clients drop a batch for it. Passing faults get 429 or 5xx with
Retry-After, and a redirect never happens, because clients take one for success.
"""

import asyncio
import logging
import math
import time
from typing import Any

from django.conf import settings

from kizuna.tracking.inbox import Call, Full, Inbox
from kizuna.web.capture import wire
from kizuna.web.capture.keys import KeyRing, Unavailable
from kizuna.web.capture.rates import Buckets
from kizuna.web.capture.wire import Refused

BODY_DEADLINE_S = 20.0
MOST_DRAINED = 16 * 1024 * 1024
_TOO_LONG = f"the body is over {wire.LONGEST_BODY // 1024} KB"
_ANYWHERE = (b"access-control-allow-origin", b"*")
_JSON = (b"content-type", b"application/json")
_PREFLIGHT = [
    _ANYWHERE,
    (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding, x-retry-count"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]
_SUCCESS = b'{"success": true}'
_STORED: list[dict[str, Any]] = [
    {
        "type": "http.response.start",
        "status": 200,
        "headers": [_JSON, _ANYWHERE, (b"content-length", str(len(_SUCCESS)).encode())],
    },
    {"type": "http.response.body", "body": _SUCCESS},
]
_log = logging.getLogger(__name__)


class _Later(Exception):
    """A passing fault: the sender should come back."""

    def __init__(self, status: int, message: str, after_s: float) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.after_s = after_s


class _Gone(Exception):
    """The sender went away before its request was complete."""


class CaptureDoor:
    """Answers everything under /v1/."""

    def __init__(self, inbox: Inbox, ring: KeyRing, events_per_s: int = 0) -> None:
        self._inbox = inbox
        self._ring = ring
        self._buckets = Buckets(events_per_s, time.monotonic)
        self._paths: dict[str, Call] = {f"/v1/{word}": call for word, call in wire.CALLS.items()}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        try:
            call = self._paths.get(scope["path"])
            if call is None or scope["method"] != "POST":
                await self._answer_other(scope, receive, send)
                return
            await self._store(call, scope, receive)
            for message in _STORED:
                await send(message)
        except Refused as refusal:
            await _send_error(send, refusal.status, refusal.message, field=refusal.field)
        except _Later as fault:
            await _send_error(send, fault.status, fault.message, after_s=fault.after_s)
        except _Gone:
            return
        except Exception:
            _log.exception("capture failed")
            await _send_error(send, 500, "something went wrong here; please send it again", after_s=5)

    def close(self) -> None:
        """Write what is queued and stop."""
        self._inbox.close()

    async def _store(self, call: Call, scope: Any, receive: Any) -> None:
        authorization = encoding = b""
        announced = 0
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorization = value
            elif name == b"content-encoding":
                encoding = value.strip().lower()
            elif name == b"content-length":
                announced = int(value) if value.isdigit() else MOST_DRAINED + 1
        if announced > MOST_DRAINED:
            raise Refused(413, _TOO_LONG, "body")
        body = await _read_body(receive)
        if announced > wire.LONGEST_BODY:
            raise Refused(413, _TOO_LONG, "body")
        received_us = time.time_ns() // 1000
        parsed = wire.parse_body(call, _expand(body, encoding))
        source_id = await self._check_key(wire.parse_basic(authorization) if authorization else "", parsed.write_key)
        wait = self._buckets.take(source_id, parsed.events)
        if wait:
            raise _Later(429, "this source sends faster than it may", wait)
        try:
            await self._inbox.append(source_id, call, received_us, parsed.body)
        except Full:
            raise _Later(503, "more is arriving than can be written", 2) from None

    async def _check_key(self, from_header: str, from_body: str) -> int:
        try:
            for write_key in dict.fromkeys((from_header, from_body)):
                source_id = await self._ring.find(write_key) if write_key else None
                if source_id is not None:
                    return source_id
        except Unavailable:
            raise _Later(503, "write keys cannot be checked just now", 5) from None
        if not from_header and not from_body:
            raise Refused(401, "no write key: send it as Basic user name or as writeKey", "writeKey")
        raise Refused(401, "this write key is unknown or was revoked", "writeKey")

    async def _answer_other(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer what stores nothing: preflights, browser metrics, project settings, and mistakes."""
        path, method = scope["path"], scope["method"]
        if method == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
            await send({"type": "http.response.body", "body": b""})
        elif path == "/v1/m" and method == "POST":
            await _read_body(receive)
            for message in _STORED:
                await send(message)
        elif path.startswith("/v1/projects/") and path.endswith("/settings") and method in {"GET", "HEAD"}:
            write_key = path.removeprefix("/v1/projects/").removesuffix("/settings")
            await self._check_key("", write_key[: wire.LONGEST_KEY])
            await _send_json(send, 200, _project_settings(write_key))
        elif path in self._paths or path == "/v1/m":
            await _send_error(send, 405, f"{path} takes POST", field="method")
        else:
            await _send_error(send, 404, f"there is no {path} here", field="path")


async def _read_body(receive: Any) -> bytes:
    """Read the whole body within the limit and the deadline.

    A body over the limit is read on and thrown away, else the sender sees a broken connection instead of the answer
    and sends the same for ever.
    """
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            if not message.get("more_body"):
                whole: bytes = message.get("body", b"")
                return whole
            pieces, length = [], 0
            while True:
                piece = message.get("body", b"")
                length += len(piece)
                if length <= wire.LONGEST_BODY:
                    pieces.append(piece)
                elif length > MOST_DRAINED or not message.get("more_body"):
                    raise Refused(413, _TOO_LONG, "body")
                if not message.get("more_body"):
                    return b"".join(pieces)
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _Gone
    except TimeoutError:
        raise _Later(408, "the body took too long to arrive", 1) from None


def _expand(body: bytes, encoding: bytes) -> bytes:
    if encoding in {b"", b"identity"}:
        return body
    if encoding in {b"gzip", b"x-gzip"}:
        return wire.expand_gzip(body)
    raise Refused(415, "Content-Encoding may be gzip or nothing", "Content-Encoding")


def _project_settings(write_key: str) -> dict[str, Any]:
    """Tell Segment's browser client where to send; the installation's own address, whatever Host says."""
    protocol, _, host = settings.PUBLIC_URL.partition("://")
    destination = {"apiKey": write_key, "apiHost": f"{host}/v1", "protocol": protocol}
    return {"integrations": {"Segment.io": destination}}


async def _send_error(send: Any, status: int, message: str, field: str = "", after_s: float = 0) -> None:
    error = {"code": status, "message": message, **({"field": field} if field else {})}
    headers = [(b"retry-after", str(max(1, math.ceil(after_s))).encode())] if after_s else []
    if status in {408, 413}:
        headers.append((b"connection", b"close"))
    await _send_json(send, status, {"success": False, "error": error}, headers)


async def _send_json(send: Any, status: int, content: Any, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    body = wire.write_json(content)
    every = [_JSON, _ANYWHERE, (b"content-length", str(len(body)).encode()), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": every})
    await send({"type": "http.response.body", "body": body})
