"""The bridge from ASGI to WSGI: bodies, headers, streams, limits and clients that go away."""

import asyncio
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kizuna.config.bridge import Bridge, Message, Wsgi, build_environ, find_client
from tests.processes import PATIENCE_S


def _scope(**more: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/käse/🫖",
        "query_string": b"q=%C3%A9",
        "headers": [],
        "server": ("127.0.0.1", 8000),
        "client": ("10.0.0.9", 5555),
        **more,
    }


def _ask(bridge: Bridge, scope: dict[str, Any], pieces: list[bytes] | None = None) -> list[Message]:
    """Send one request and collect the messages of the answer."""
    left = list(pieces or [b""])
    sent: list[Message] = []

    async def receive() -> Message:
        if not left:
            await asyncio.Event().wait()
        piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(bridge(scope, receive, send))
    bridge.close()
    return sent


def _answering(pieces: Callable[[dict[str, Any]], Any]) -> Wsgi:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        start_response("200 OK", [("X-Seen", "yes")])
        return pieces(environ)

    return application


def test_the_whole_body_reaches_the_application_whatever_its_pieces() -> None:
    application = _answering(lambda environ: [environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))])
    start, body = _ask(Bridge(application), _scope(), [b"a" * 700_000, b"b" * 700_000, b"c"])
    assert start["status"] == 200
    assert (b"x-seen", b"yes") in start["headers"]
    assert body["body"] == b"a" * 700_000 + b"b" * 700_000 + b"c"
    assert not body["more_body"]


def test_a_body_over_the_limit_is_refused_announced_or_not() -> None:
    called: list[int] = []
    application = _answering(lambda environ: [b"%d" % len(called.append(1) or [])])  # type: ignore[func-returns-value]
    announced = _ask(Bridge(application, longest_body=10), _scope(headers=[(b"content-length", b"11")]))
    silent = _ask(Bridge(application, longest_body=10), _scope(), [b"x" * 6, b"x" * 6])
    nonsense = _ask(Bridge(application), _scope(headers=[(b"content-length", b"-5")]))
    assert [each[0]["status"] for each in (announced, silent, nonsense)] == [413, 413, 400]
    assert called == []


def test_a_body_that_does_not_arrive_is_let_go() -> None:
    bridge = Bridge(_answering(lambda environ: [b""]))
    bridge.body_deadline_s = 0.05

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(bridge(_scope(), receive, send))
    assert sent[0]["status"] == 408


class _Pieces:
    """A streaming answer that notes whether it was closed."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces

    def close(self) -> None:
        """Note it."""
        self.closed = True


def test_a_stream_goes_out_piece_by_piece_and_is_closed() -> None:
    pieces = _Pieces(iter([b"one", b"", b"two"]))
    sent = _ask(Bridge(_answering(lambda environ: pieces)), _scope())
    assert [each.get("body") for each in sent] == [None, b"one", b"two", b""]
    assert [each.get("more_body") for each in sent] == [None, True, True, False]
    assert pieces.closed


def test_a_reader_that_stops_reading_is_let_go_and_the_answer_closed() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x"

    pieces = _Pieces(endless())
    bridge = Bridge(_answering(lambda environ: pieces))
    bridge.send_deadline_s = 0.1

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    asyncio.run(bridge(_scope(), receive, send))
    assert pieces.closed


def test_an_application_that_fails_raises_for_the_server_to_answer() -> None:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        _ask(Bridge(application), _scope())


def test_slow_requests_run_beside_each_other() -> None:
    all_here = threading.Barrier(5)  # each waits for the four others
    bridge = Bridge(_answering(lambda environ: [b"%d" % all_here.wait(PATIENCE_S)]), threads=5)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    bodies: list[bytes] = []

    async def send(message: Message) -> None:
        bodies.append(message.get("body", b""))

    async def ask_five() -> None:
        await asyncio.gather(*(bridge(_scope(), receive, send) for _ in range(5)))

    asyncio.run(ask_five())
    assert sorted(filter(None, bodies)) == [b"0", b"1", b"2", b"3", b"4"]


def test_the_environ_says_what_wsgi_wants() -> None:
    headers = [
        (b"host", b"shop.example"),
        (b"content-type", b"text/plain"),
        (b"content-length", b"99"),
        (b"transfer-encoding", b"chunked"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"accept", b"x"),
        (b"accept", b"y"),
        (b"x_forwarded_for", b"6.6.6.6"),
        (b"x-forwarded-proto", b"https"),
    ]
    environ = build_environ(_scope(headers=headers), 3, io.BytesIO(b"abc"), 0)
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/käse/🫖"
    assert environ["QUERY_STRING"] == "q=%C3%A9"
    assert environ["CONTENT_LENGTH"] == "3"
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_ACCEPT"] == "x,y"
    assert environ["REMOTE_ADDR"] == "10.0.0.9"
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert "HTTP_TRANSFER_ENCODING" not in environ


@pytest.mark.parametrize(
    ("forwarded", "proxies", "client"),
    [
        ("", 0, "10.0.0.9"),
        ("1.1.1.1", 0, "10.0.0.9"),
        ("6.6.6.6, 1.1.1.1", 1, "1.1.1.1"),
        ("6.6.6.6, 1.1.1.1, 2.2.2.2", 2, "1.1.1.1"),
        ("1.1.1.1", 2, "1.1.1.1"),
        ("", 1, "10.0.0.9"),
    ],
)
def test_the_client_is_whom_the_trusted_proxies_saw(forwarded: str, proxies: int, client: str) -> None:
    assert find_client(_scope(), forwarded, proxies) == client


@pytest.mark.parametrize("address", [{"query_string": b"q=a%00b"}, {"query_string": b"\0"}, {"path": "/s/a\0b/"}])
def test_an_address_with_a_nul_is_refused_in_words_at_the_door(address: dict[str, Any]) -> None:
    start, body = _ask(Bridge(_answering(lambda _: [b"reached"])), _scope(**address))
    assert start["status"] == 400
    assert b"NUL" in body["body"]
