"""`./run bench live`: thousands of open panels on one process, and words delivered to them once they are stored.

The load generator runs in this process on the same cores: panels hold streams, visitors and an operator speak at a
steady rate over the wire, and each word must come to its chat's panel once and in order. In the same run the same load
goes to a bare echo server, which stores nothing, numbers in memory and believes everybody.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

VISITORS, CHATS, RATE, SECONDS = 5_000, 600, 300, 20.0
MEMORY_AIM_KB, P50_AIM_MS, P99_AIM_MS = 30.0, 5.0, 150.0
LINKS, PATIENCE_S = 48, 120.0
_CSRF = "a" * 32
_EVENT = re.compile(rb'^id: (\d+)\nevent: message\ndata: .*?"client_id":"([^"]*)"', re.MULTILINE)
_PREPARE = "from kizuna.flows import installation; installation.prepare(); from bench import live; live.seed()"


@dataclass
class Server:
    """A running server and how to speak to it."""

    process: int
    port: int
    key: str = ""
    session: str = ""


@dataclass
class Panel:
    """A visitor's panel: its chat, what came, and when what was said to it set out."""

    token: str = ""
    chat: str = ""
    numbers: list[int] = field(default_factory=list)
    waiting: dict[str, float] = field(default_factory=dict)
    doubled: int = 0


@dataclass
class Measured:
    """What one load found."""

    panels: int
    memory_kb: float
    said: int
    seconds: float
    delays_ms: list[float]
    answers_ms: list[float]
    lost: int
    doubled: int
    disordered: int
    cpu_us: float

    def at(self, share: float, values: list[float] | None = None) -> float:
        """The value below which a share of them lies."""
        ordered = sorted(self.delays_ms if values is None else values) or [float("nan")]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; tells whether the aims were met."""
    parser = argparse.ArgumentParser(prog="./run bench live", description=__doc__)
    parser.add_argument("--visitors", type=int, default=VISITORS, help="open panels")
    parser.add_argument("--chats", type=int, default=CHATS, help="panels among them with a chat")
    parser.add_argument("--rate", type=int, default=RATE, help="messages a second")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--roles", default="web", help="what the server does beside: web, or web,capture,worker")
    parser.add_argument("--echo", help=argparse.SUPPRESS)
    asked = parser.parse_args(argv)
    if asked.echo:
        return serve_echo(int(asked.echo))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(4096, asked.visitors * 2 + 1_000)), hard))
    with tempfile.TemporaryDirectory(prefix="kizuna-bench-") as folder:
        home = Path(folder)
        env = _variables(home, asked.roles)
        with _serving(["-m", "kizuna", "serve"], env, _prepare(env)) as server:
            stored = uvloop.run(_measure(server, asked))
        with _serving(["-m", "bench", "live", "--echo", env["KIZUNA_PORT"]], env, {}) as server:
            bare = uvloop.run(_measure(server, asked))
    return report(stored, bare)


def report(stored: Measured, bare: Measured) -> int:
    """Print both and the verdict."""
    for name, each in (("kizuna, stored before acknowledged", stored), ("bare echo server, nothing stored", bare)):
        print(f"{name}: {each.panels:,} panels, {each.said:,} messages at {each.said / each.seconds:,.0f}/s")
        print(f"  memory   {each.memory_kb:.1f} KB a panel;  server CPU {each.cpu_us:,.0f} us a message")
        print(f"  delivery p50 {each.at(0.5):.1f} ms, p99 {each.at(0.99):.1f} ms, worst {each.at(1.0):.1f} ms")
        p50, p99 = each.at(0.5, each.answers_ms), each.at(0.99, each.answers_ms)
        print(f"  answer   p50 {p50:.1f} ms, p99 {p99:.1f} ms")
        print(f"  lost {each.lost}, doubled {each.doubled}, out of order {each.disordered}")
    slower, dearer = stored.at(0.5) / bare.at(0.5), stored.cpu_us / bare.cpu_us
    print(f"ratio to the echo server: delivery p50 {slower:.1f}, CPU {dearer:.1f}")
    clean = not (stored.lost or stored.doubled or stored.disordered)
    quick = stored.at(0.5) < P50_AIM_MS and stored.at(0.99) < P99_AIM_MS
    met = clean and quick and stored.memory_kb < MEMORY_AIM_KB
    aim = f"under {MEMORY_AIM_KB:.0f} KB, p50 under {P50_AIM_MS:.0f} ms, p99 under {P99_AIM_MS:.0f} ms, nothing lost"
    print(f"aim: {aim}: {'met' if met else 'missed'}")
    return 0 if met else 1


def seed() -> None:
    """Make a shop with a key and an operator's session; prints them as JSON."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from kizuna.flows import shops
    from kizuna.shops import members, tenants

    now = timezone.now()
    shop = shops.create_shop(tenants.NewShop("bench", "Bench", "EUR", "UTC"), None, now)
    _, key = shops.create_source(shop, "panel", "browser", None, now)
    person = get_user_model().objects.create_user("bench@example.org", "x")
    members.add_member(shop, person, "operator")
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    print(json.dumps({"key": key, "session": session.session_key}))


def serve_echo(port: int) -> int:
    """Serve the floor: the same wire without storing, checking or numbering anew."""
    import uvicorn

    config = uvicorn.Config(_Echo(), "127.0.0.1", port, loop="uvloop", http="httptools", log_level="warning",
                            access_log=False, server_header=False, timeout_graceful_shutdown=1)  # fmt: skip
    uvicorn.Server(config).run()
    return 0


class _Echo:
    """Sends what is said to whoever listens to the chat."""

    def __init__(self) -> None:
        self.streams: dict[str, Any] = {}
        self.heads: dict[str, int] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if scope["path"] == "/healthz":
            await _answer(send, {})
            return
        told = json.loads((await receive()).get("body") or b"{}")
        if scope["path"].endswith("/stream"):
            headers = [(b"content-type", b"text/event-stream")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b": listening\n\n", "more_body": True})
            self.streams[told.get("conversation") or told["token"]] = send
            while (await receive())["type"] != "http.disconnect":
                pass
        elif scope["path"].endswith("/say"):
            await self._say(told, send)
        else:
            await _answer(send, {"token": os.urandom(8).hex(), "conversation": os.urandom(8).hex(), "number": 0})

    async def _say(self, told: dict[str, Any], send: Any) -> None:
        chat = told["conversation"]
        number = self.heads[chat] = self.heads.get(chat, 0) + 1
        entry = json.dumps({"client_id": told["client_id"], "text": told["text"]}, separators=(",", ":"))
        piece = f"id: {number}\nevent: message\ndata: {entry}\n\n".encode()
        await self.streams[chat]({"type": "http.response.body", "body": piece, "more_body": True})
        await _answer(send, {"number": number})


async def _answer(send: Any, content: object) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Listening(asyncio.Protocol):
    """A panel's stream: finds the messages in it and notes when they came."""

    def __init__(self, panel: Panel, server: Server, delays: list[float]) -> None:
        self.panel, self._server, self._delays = panel, server, delays
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        told = {"token": self.panel.token, "after": 0}
        if self.panel.chat:
            told["conversation"] = self.panel.chat
        transport.write(_request("/chat/v1/stream", told))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        now = time.perf_counter()
        whole, _, self._rest = (self._rest + data).rpartition(b"\n\n")
        if not self.ready.done() and b": listening" in whole:
            self.ready.set_result(None)
        for found in _EVENT.finditer(whole):
            self.panel.numbers.append(int(found[1]))
            set_out = self.panel.waiting.pop(found[2].decode(), None)
            if set_out is not None:
                self._delays.append((now - set_out) * 1_000)
            elif found[2] != b"open":
                self.panel.doubled += 1


class _Speaking(asyncio.Protocol):
    """A connection that sends one request after another."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._data = b""
        self._waiting: asyncio.Future[Any] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = transport

    async def ask(self, path: str, content: object, headers: str = "") -> Any:
        """Send a request and read its answer."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(_request(path, content, headers))
        return await self._waiting

    def data_received(self, data: bytes) -> None:
        """Take the answer when it is whole."""
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        if found and length and len(body) >= int(length[1]) and self._waiting is not None:
            self._data = b""
            status = int(head.split(b" ", 2)[1])
            if status == 200:
                self._waiting.set_result(json.loads(body))
            else:
                self._waiting.set_exception(RuntimeError(f"{status}: {body[:200]!r}"))


def _request(path: str, content: object, headers: str = "") -> bytes:
    body = json.dumps(content).encode()
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


async def _measure(server: Server, asked: argparse.Namespace) -> Measured:
    loop = asyncio.get_running_loop()
    links = [(await loop.create_connection(_Speaking, "127.0.0.1", server.port))[1] for _ in range(LINKS)]
    panels = await _begin(server, asked, links)
    delays: list[float] = []
    empty_kb = _memory_kb(server.process)
    for start in range(0, len(panels), 100):
        some = panels[start : start + 100]
        made = [
            await loop.create_connection(lambda each=each: _Listening(each, server, delays), "127.0.0.1", server.port)  # type: ignore[misc]
            for each in some
        ]
        await asyncio.wait_for(asyncio.gather(*(protocol.ready for _, protocol in made)), PATIENCE_S)
    await asyncio.sleep(2)
    memory_kb = (_memory_kb(server.process) - empty_kb) / len(panels)
    chats = [each for each in panels if each.chat]
    await _settle(chats)
    before, begun = _cpu_s(server.process), time.perf_counter()
    said, answers = await _talk(server, asked, links, chats)
    seconds = time.perf_counter() - begun
    ends = time.monotonic() + PATIENCE_S / 4
    while any(each.waiting for each in chats) and time.monotonic() < ends:
        await asyncio.sleep(0.05)
    cpu_us = (_cpu_s(server.process) - before) / said * 1e6
    return Measured(
        len(panels),
        memory_kb,
        said,
        seconds,
        delays,
        answers,
        sum(len(each.waiting) for each in chats),
        sum(each.doubled for each in chats),
        sum(each.numbers != sorted(set(each.numbers)) for each in chats),
        cpu_us,
    )


async def _begin(server: Server, asked: argparse.Namespace, links: list[_Speaking]) -> list[Panel]:
    """Say hello for every panel and open the chats."""
    panels = [Panel() for _ in range(asked.visitors)]
    todo = deque(enumerate(panels))

    async def greet(link: _Speaking) -> None:
        while todo:
            place, panel = todo.popleft()
            panel.token = (await link.ask("/chat/v1/hello", {"key": server.key or "-"}))["token"]
            if place < asked.chats:
                told = {"token": panel.token, "client_id": "open", "text": "hello"}
                panel.chat = (await link.ask("/chat/v1/open", told))["conversation"]

    await asyncio.gather(*(greet(link) for link in links[:8]))
    return panels


async def _settle(chats: list[Panel]) -> None:
    """Wait a moment until what was said in the beginning has come."""
    await asyncio.sleep(1)
    for each in chats:
        each.waiting.clear()


async def _talk(
    server: Server, asked: argparse.Namespace, links: list[_Speaking], chats: list[Panel]
) -> tuple[int, list[float]]:
    """Say so many words a second, half of them the operator's; returns how many, and how long each answer took."""
    free: asyncio.Queue[_Speaking] = asyncio.Queue()
    for link in links:
        free.put_nowait(link)
    answers: list[float] = []
    cookie = f"Cookie: sessionid={server.session}; csrftoken={_CSRF}\r\nX-CSRFToken: {_CSRF}\r\n"

    async def say(number: int, link: _Speaking) -> None:
        panel = chats[number % len(chats)]
        client_id = f"n{number}"
        told = {"conversation": panel.chat, "client_id": client_id, "text": f"word {number} of many that are said"}
        set_out = panel.waiting[client_id] = time.perf_counter()
        if number % 2:
            await link.ask("/live/bench/say", told, cookie)
        else:
            await link.ask("/chat/v1/say", {"token": panel.token, **told})
        answers.append((time.perf_counter() - set_out) * 1_000)
        free.put_nowait(link)

    total = int(asked.rate * asked.seconds)
    begun, tasks = time.perf_counter(), []
    for number in range(total):
        early = begun + number / asked.rate - time.perf_counter()
        if early > 0:
            await asyncio.sleep(early)
        tasks.append(asyncio.create_task(say(number, await free.get())))
    await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE_S)
    return total, answers


def _variables(home: Path, roles: str) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KIZUNA_")}
    ours = {"KIZUNA_HOME": str(home), "KIZUNA_PORT": str(port), "KIZUNA_ROLES": roles, "KIZUNA_CHAT_RATE": "0"}
    return {**kept, **ours}


def _prepare(env: dict[str, str]) -> dict[str, str]:
    command = [sys.executable, "-m", "kizuna", "shell", "--no-imports", "-v", "0", "-c", _PREPARE]
    done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextmanager
def _serving(words: list[str], env: dict[str, str], known: dict[str, str]) -> Iterator[Server]:
    port = int(env["KIZUNA_PORT"])
    process = subprocess.Popen([sys.executable, *words], env=env, stdout=subprocess.DEVNULL)
    try:
        ends = time.monotonic() + PATIENCE_S
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError("the server did not start")
            time.sleep(0.1)
        yield Server(process.pid, port, known.get("key", ""), known.get("session", ""))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _memory_kb(process: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return float(found[1]) if found else 0.0


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
