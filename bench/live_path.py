"""`./run bench live_path`: from an event on the wire to the open page, quiet and under a steady load.

A real server, the capture wire, ingest, placing, the bus and the stream, all in one process as by default. Probes are
events of customers whom nothing else touches, each a new visit, which moves the dot: the clock runs from before the
request until the stream names them. In the same run: the same probes with no load beside them, and the same load on
the same server answering without storing.
"""

import argparse
import base64
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from bench import capture

CUSTOMERS, PROBES, PAGES = 6_000, 900, 7
RATE, SECONDS, PROBE_EVERY_S = 2_000, 20.0, 0.05
AIM_S = 1.0
LINKS = 64
_PREPARE = """
from kizuna.flows import installation; installation.prepare()
from bench import live_path; live_path.seed()
"""


@dataclass
class _Server:
    """A running server and how to speak to it."""

    process: int
    port: int
    env: dict[str, str]
    key: str = ""
    session: str = ""
    public_ids: list[str] = field(default_factory=list)
    probed: int = 0


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; tells whether the aim was met."""
    parser = argparse.ArgumentParser(prog="./run bench live_path", description=__doc__)
    parser.add_argument("--rate", type=int, default=RATE, help="events a second")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--batch", type=int, default=1, help="events in one request")
    parser.add_argument("--press", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.press:
        port, key, rate, seconds, batch = arguments.press
        print(json.dumps(press(int(port), key, int(rate), float(seconds), int(batch))))
        return 0
    with tempfile.TemporaryDirectory(prefix="kizuna-bench-") as folder:
        home = Path(folder) / "shop"
        with _serving(home, ["-m", "kizuna", "serve"], _prepare(home)) as server:
            quiet = _probe(server, min(arguments.seconds, 8.0))
            before = capture._cpu_s(server.process)
            loaded, pressed = _under_load(server, arguments)
            behind = _drain(server)
            cpu = (capture._cpu_s(server.process) - before) / pressed["sent"]
        floor = Path(folder) / "floor"
        with _serving(floor, ["-m", "bench", "capture", "--floor", "yes"], {}) as server:
            server.key = capture._make_key(server.env)
            before = capture._cpu_s(server.process)
            bare = _press_apart(server, arguments)
            floor_cpu = (capture._cpu_s(server.process) - before) / bare["sent"]
    rate = pressed["sent"] / pressed["seconds"]
    print(f"{pressed['sent']:,} events at {rate:,.0f}/s (asked for {arguments.rate:,}/s), {CUSTOMERS:,} customers")
    print(f"  event to screen, no load     {_figures(quiet)}")
    print(f"  event to screen, under load  {_figures(loaded)}; taken in {behind:.2f} s after the last")
    print(f"  ratio of the medians         {_at(loaded, 0.5) / _at(quiet, 0.5):.2f}")
    print(
        f"  server CPU                   {cpu * 1e6:.0f} us an event against {floor_cpu * 1e6:.0f} us answering without"
        f" storing: ratio {cpu / floor_cpu:.2f}"
    )
    met = _at(loaded, 0.99) < AIM_S and rate > 0.95 * arguments.rate
    print(f"  aim: under {AIM_S:.0f} s at {arguments.rate:,} events/s: {'met' if met else 'missed'}")
    return 0 if met else 1


def seed() -> None:
    """Make a shop with customers who bought, an owner's session and a server's key; prints them as JSON."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from kizuna.customers import identity, links, profiles
    from kizuna.flows import shops, snapshots
    from kizuna.shops import members, tenants

    now = timezone.now()
    shop = shops.create_shop(tenants.NewShop("bench", "Bench", "EUR", "UTC"), None, now)
    _, key = shops.create_source(shop, "load", "server", None, now)
    person = get_user_model().objects.create_user("bench@example.org", "x")
    members.add_member(shop, person, "reader")
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    names = [f"c{number}" for number in range(CUSTOMERS + PROBES)]
    ids = identity.ensure(shop.pk, identity.IdentityKind.USER_ID, names, [0] * len(names))
    _order(shop, [ids[name] for name in names], int(now.timestamp() * 1e6))
    snapshots.settle(shop, now)
    owners = links.customers_of(shop.pk, ids.values())
    cards = profiles.cards(shop.pk, list(owners.values()))
    public = [str(cards[owners[ids[name]]].public_id) for name in names[CUSTOMERS:]]
    print(json.dumps({"key": key, "session": session.session_key, "public_ids": public}))


def _order(shop: object, identities: list[int], now_us: int) -> None:
    from decimal import Decimal
    from itertools import batched

    from kizuna.flows import orders
    from kizuna.sales.orders import LineDraft, OrderDraft

    day_us = 86_400_000_000
    drafts = [
        (who, OrderDraft(f"o{n}-{m}", now_us - (n * 7919 % 300 + m * 20 + 1) * day_us, "EUR",
                         (LineDraft("K-1", Decimal(1), Decimal(n % 90 + 5)),)))
        for n, who in enumerate(identities)
        for m in range(n % 3 + 1)
    ]  # fmt: skip
    for some in batched(drafts, 500):
        orders.record_orders(shop, some)  # type: ignore[arg-type]


def press(port: int, key: str, rate: int, seconds: float, batch: int) -> dict[str, float]:
    """Send events evenly over some connections, seven pages a visit; returns how many and how long."""
    links = [socket.create_connection(("127.0.0.1", port)) for _ in range(LINKS)]
    whole = int(rate * seconds / batch)
    requests = (_request(key, [_event(n * batch + m) for m in range(batch)]) for n in range(whole))
    began = time.perf_counter()
    for number, request in enumerate(requests):
        time.sleep(max(0.0, began + number * batch / rate - time.perf_counter()))
        place = number % LINKS
        if number >= LINKS:
            _read_answer(links[place])
        links[place].sendall(request)
    for link in links[:whole]:
        _read_answer(link)
    return {"sent": whole * batch, "seconds": time.perf_counter() - began}


def _read_answer(link: socket.socket) -> None:
    answer = b""
    while not answer.endswith(b'{"success": true}'):
        answer += link.recv(4096)
        if not answer.startswith(b"HTTP/1.1 200"[: len(answer)]):
            raise SystemExit(f"refused: {answer[:200]!r}")


def _event(number: int, who: str = "") -> dict[str, object]:
    who = who or f"c{(number // PAGES + number % PAGES * 37) % CUSTOMERS}"
    return {
        "type": "track",
        "event": "Product Viewed",
        "messageId": uuid.uuid4().hex,
        "userId": who,
        "anonymousId": f"browser-of-{who}",
        "context": {"page": {"url": "https://shop.example/p/blue-kettle", "title": "Blue kettle"}},
        "properties": {"product_id": f"K-{number % 300}", "name": "Blue kettle", "price": 39.9, "quantity": 1},
    }


def _request(key: str, events: list[dict[str, object]]) -> bytes:
    path, told = (b"/v1/track", events[0]) if len(events) == 1 else (b"/v1/batch", {"batch": events})
    body, token = json.dumps(told).encode(), base64.b64encode(f"{key}:".encode())
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic %s\r\n" % (path, token)
    return head + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def _probe(server: _Server, seconds: float) -> list[float]:
    """Send events of customers not seen before while a page listens; returns how long each took to be shown.

    A customer serves once: a second page view within half an hour is the same visit and moves nobody.
    """
    seen: dict[str, float] = {}
    sent: dict[str, float] = {}
    stream = socket.create_connection(("127.0.0.1", server.port))
    lines = stream.makefile("rb")
    ask = f"GET /live/bench/events?channels=moves HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={server.session}"
    stream.sendall(f"{ask}\r\n\r\n".encode())
    if not lines.readline().startswith(b"HTTP/1.1 200"):
        raise SystemExit("no stream")
    threading.Thread(target=_listen, args=(lines, seen), daemon=True).start()
    link = socket.create_connection(("127.0.0.1", server.port))
    began = time.perf_counter()
    for number in range(int(seconds / PROBE_EVERY_S)):
        time.sleep(max(0.0, began + number * PROBE_EVERY_S - time.perf_counter()))
        place, server.probed = server.probed, server.probed + 1
        sent[server.public_ids[place]] = time.perf_counter()
        link.sendall(_request(server.key, [_event(number, f"c{CUSTOMERS + place}")]))
        _read_answer(link)
    deadline = time.perf_counter() + 20
    while set(sent) - set(seen) and time.perf_counter() < deadline:
        time.sleep(0.01)
    stream.shutdown(socket.SHUT_RDWR)
    if missing := set(sent) - set(seen):
        raise SystemExit(f"{len(missing)} events were never shown")
    return sorted(seen[name] - sent[name] for name in sent)


def _listen(lines: BinaryIO, seen: dict[str, float]) -> None:
    try:
        while line := lines.readline():
            if line.startswith(b"data:"):
                now = time.perf_counter()
                for name in json.loads(line[5:]).get("customers", ()):
                    seen.setdefault(name, now)
    except (OSError, ValueError):
        return


def _under_load(server: _Server, arguments: argparse.Namespace) -> tuple[list[float], dict[str, float]]:
    found: list[dict[str, float]] = []
    pressing = threading.Thread(target=lambda: found.append(_press_apart(server, arguments)))
    pressing.start()
    time.sleep(1.5)
    waits = _probe(server, arguments.seconds - 2.0)
    pressing.join()
    return waits, found[0]


def _press_apart(server: _Server, arguments: argparse.Namespace) -> dict[str, float]:
    given = (server.port, server.key, arguments.rate, arguments.seconds, arguments.batch)
    words = ["-m", "bench", "live_path", "--press", *map(str, given)]
    done = subprocess.run([sys.executable, *words], env=server.env, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _drain(server: _Server) -> float:
    """Wait until everything acknowledged is taken; returns how long that took."""
    began = time.perf_counter()
    _probe(server, PROBE_EVERY_S)
    return time.perf_counter() - began


def _prepare(home: Path) -> dict[str, object]:
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "kizuna", "shell", "--no-imports", "-v", "0", "-c", _PREPARE],
        env=_environment(home, 0), check=True, capture_output=True, text=True,
    )  # fmt: skip
    known: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return known


def _environment(home: Path, port: int) -> dict[str, str]:
    root = capture.ROOT
    return {
        **os.environ,
        "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}",
        "DJANGO_SETTINGS_MODULE": "kizuna.config.settings",
        "KIZUNA_HOME": str(home),
        "KIZUNA_PORT": str(port),
        "KIZUNA_CAPTURE_RATE": "0",
    }


@contextmanager
def _serving(home: Path, command: list[str], known: dict[str, object]) -> Iterator[_Server]:
    home.mkdir(exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = _environment(home, port)
    if not known:
        env["KIZUNA_ROLES"] = "capture"
    process = subprocess.Popen([sys.executable, *command], env=env, cwd=capture.ROOT, stdout=subprocess.DEVNULL)
    try:
        capture._wait_for(port)
        yield _Server(process.pid, port, env, **known)  # type: ignore[arg-type]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _at(waits: list[float], share: float) -> float:
    return waits[min(len(waits) - 1, int(len(waits) * share))]


def _figures(waits: list[float]) -> str:
    return f"p50 {_at(waits, 0.5) * 1e3:.0f} ms, p99 {_at(waits, 0.99) * 1e3:.0f} ms, most {waits[-1] * 1e3:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
