"""From ASGI to Django's WSGI application: the body is read first, then a thread runs the request.

Django's WSGI path costs a fraction of its ASGI path (docs/decisions). Answers of one piece go out in one step,
longer ones stream with back-pressure; a reader that stops reading is let go so that it cannot hold a thread.
"""

import asyncio
import contextlib
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_IN_MEMORY = 1024 * 1024
_log = logging.getLogger(__name__)


class _Refused(Exception):
    """The request is answered without asking Django."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class _Gone(Exception):
    """The client went away while it was being answered."""


class Bridge:
    """Runs one WSGI application for an ASGI server."""

    def __init__(
        self, application: Wsgi, *, threads: int = 8, longest_body: int = 64 * 1024 * 1024, trusted_proxies: int = 0
    ) -> None:
        self.application = application
        self.longest_body = longest_body
        self.trusted_proxies = trusted_proxies
        self.body_deadline_s = 60.0
        self.send_deadline_s = 30.0
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="kizuna web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        loop = asyncio.get_running_loop()
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as body:
            try:
                _refuse_nul(scope)
                length = await self._read(scope, receive, body)
            except _Refused as refusal:
                await _refuse(send, refusal)
                return
            except _Gone:
                return
            environ = build_environ(scope, length, body, self.trusted_proxies)
            answer = _Answer(send, loop, self.send_deadline_s)
            with contextlib.suppress(_Gone):
                left = await loop.run_in_executor(self._threads, answer.run, self.application, environ)
                for message in left:
                    await send(message)

    def close(self) -> None:
        """Let the threads finish and take no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _read(self, scope: Scope, receive: Receive, body: IO[bytes]) -> int:
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit():
            raise _Refused(400, "Content-Length must be a number")
        if int(announced) > self.longest_body:
            raise _Refused(413, "the request is too large")
        length = 0
        try:
            async with asyncio.timeout(self.body_deadline_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Gone
                    piece = message.get("body", b"")
                    length += len(piece)
                    if length > self.longest_body:
                        raise _Refused(413, "the request is too large")
                    body.write(piece)
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            raise _Refused(408, "the request took too long to arrive") from None
        body.seek(0)
        return length


def _refuse_nul(scope: Scope) -> None:
    """No text holds a NUL, and PostgreSQL refuses to look for one: so it is said at the door, for every page."""
    if b"%00" in scope["query_string"] or b"\0" in scope["query_string"] or "\0" in scope["path"]:
        raise _Refused(400, "the address must not hold the character NUL (%00)")


class _Answer:
    """One request in its thread: runs Django and hands the answer to the event loop."""

    def __init__(self, send: Send, loop: asyncio.AbstractEventLoop, deadline_s: float) -> None:
        self._send = send
        self._loop = loop
        self._deadline_s = deadline_s
        self._start: Message | None = None

    def run(self, application: Wsgi, environ: dict[str, Any]) -> list[Message]:
        """Run the application; what is left to send comes back, so that short answers need no second step."""
        pieces = application(environ, self._start_response)
        try:
            if isinstance(pieces, list) or getattr(pieces, "streaming", True) is False:
                return [self._take_start(), _piece(b"".join(pieces), more=False)]
            for piece in pieces:
                if piece:
                    self._send_now([*self._first(), _piece(piece, more=True)])
            return [*self._first(), _piece(b"", more=False)]
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def _start_response(self, status: str, headers: list[tuple[str, str]], failure: Any = None) -> Callable[..., None]:
        self._start = {
            "type": "http.response.start",
            "status": int(status[:3]),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        }
        return self._write

    def _write(self, piece: bytes) -> None:
        self._send_now([*self._first(), _piece(piece, more=True)])

    def _take_start(self) -> Message:
        if self._start is None:
            raise RuntimeError("the application did not start its answer")
        start, self._start = self._start, {}
        return start

    def _first(self) -> list[Message]:
        return [self._take_start()] if self._start != {} else []

    def _send_now(self, messages: list[Message]) -> None:
        async def send_all() -> None:
            for message in messages:
                await self._send(message)

        sending = asyncio.run_coroutine_threadsafe(send_all(), self._loop)
        try:
            sending.result(self._deadline_s)
        except (TimeoutError, OSError):
            sending.cancel()
            raise _Gone from None


def build_environ(scope: Scope, length: int, body: IO[bytes], trusted_proxies: int) -> dict[str, Any]:
    """Describe the request as WSGI wants it; header names with underscores are dropped, they could pose as others."""
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 80),
        "CONTENT_LENGTH": str(length),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name or raw_name in {b"content-length", b"transfer-encoding"}:
            continue
        name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
        key = name if name == "CONTENT_TYPE" else f"HTTP_{name}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    environ["REMOTE_ADDR"] = find_client(scope, environ.get("HTTP_X_FORWARDED_FOR", ""), trusted_proxies)
    return environ


def find_client(scope: Scope, forwarded: str, trusted_proxies: int) -> str:
    """Find the address of the client: the peer, or what the outermost trusted proxy saw."""
    peer = str((scope.get("client") or ("", 0))[0])
    seen = [part.strip() for part in forwarded.split(",") if part.strip()]
    if trusted_proxies and seen:
        return seen[-min(trusted_proxies, len(seen))]
    return peer


def _piece(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _refuse(send: Send, refusal: _Refused) -> None:
    body = refusal.text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send(_piece(body, more=False))
