"""`./run bench capture`: durable requests a second over HTTP, one event each and a hundred each.

In one run against two floors: the same server answering without storing, and a plain loop of write and fsync. The
load generator is a process of its own on the same cores.
"""

import argparse
import base64
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SINGLE_AIM, BATCH_AIM, CPU_AIM = 8_000, 60_000, 2.0
SINGLE_CONNECTIONS, BATCH_CONNECTIONS, BATCH = 128, 16, 100


@dataclass
class Measured:
    """What one run of load found: events a second and the server's CPU for each."""

    per_s: float
    cpu_us: float
    p50_ms: float
    p99_ms: float


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; tells whether the aims were met."""
    parser = argparse.ArgumentParser(prog="./run bench capture", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="of load for each figure")
    parser.add_argument("--floor", help=argparse.SUPPRESS)
    parser.add_argument("--load", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.floor:
        return serve_floor()
    if arguments.load:
        port, key, events, seconds = arguments.load
        print(json.dumps(press(int(port), key, int(events), float(seconds))))
        return 0
    with tempfile.TemporaryDirectory(prefix="kizuna-bench-") as folder:
        stored = [_measure(Path(folder) / "stored", False, count, arguments.seconds) for count in (1, BATCH)]
        floor = [_measure(Path(folder) / "floor", True, count, arguments.seconds) for count in (1, BATCH)]
        fsyncs = measure_fsync(Path(folder) / "plain", arguments.seconds / 3)
    return report(stored, floor, fsyncs)


def report(stored: list[Measured], floor: list[Measured], fsyncs: float) -> int:
    """Print the table and the verdict."""
    print(f"plain write and fsync, one event at a time: {fsyncs:,.0f}/s")
    for name, aim, got, bare in zip(
        ("single events", "in batches of 100"), (SINGLE_AIM, BATCH_AIM), stored, floor, strict=True
    ):
        print(
            f"{name}: {got.per_s:,.0f} durable events/s (aim {aim:,}), p50 {got.p50_ms:.1f}, p99 {got.p99_ms:.1f} ms;"
            f" without storing {bare.per_s:,.0f}/s, p50 {bare.p50_ms:.1f} ms: ratio {got.per_s / bare.per_s:.2f};"
            f" server CPU {got.cpu_us:.1f} us an event against {bare.cpu_us:.1f}: ratio {got.cpu_us / bare.cpu_us:.2f}"
            f" (aim at most {CPU_AIM}); {got.per_s / fsyncs:.1f} x the fsync loop"
        )
    met = all(each.per_s >= aim for each, aim in zip(stored, (SINGLE_AIM, BATCH_AIM), strict=True))
    met = met and all(each.cpu_us <= CPU_AIM * bare.cpu_us for each, bare in zip(stored, floor, strict=True))
    print("aims met" if met else "aims NOT met")
    return 0


def measure_fsync(path: Path, seconds: float) -> float:
    """Write an event and fsync, over and over."""
    event, count, began = _event(0), 0, time.perf_counter()
    with path.open("wb", buffering=0) as file:
        while time.perf_counter() - began < seconds:
            file.write(event)
            os.fsync(file.fileno())
            count += 1
    return count / (time.perf_counter() - began)


def _measure(home: Path, floor: bool, events: int, seconds: float) -> Measured:
    home.mkdir(exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "kizuna.config.settings",
        "KIZUNA_HOME": str(home),
        "KIZUNA_PORT": str(port),
        "KIZUNA_ROLES": "capture",
        "KIZUNA_CAPTURE_RATE": "0",
    }
    command = ["-m", "bench", "capture", "--floor", "yes"] if floor else ["-m", "kizuna", "serve"]
    server = subprocess.Popen([sys.executable, *command], env=env, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        key = _make_key(env)
        _press_apart(env, port, key, events, min(1.0, seconds))
        before = _cpu_s(server.pid)
        found = _press_apart(env, port, key, events, seconds)
        cpu = _cpu_s(server.pid) - before
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    return Measured(found["count"] / found["seconds"], cpu / found["count"] * 1e6, found["p50_ms"], found["p99_ms"])


def _press_apart(env: dict[str, str], port: int, key: str, events: int, seconds: float) -> dict[str, float]:
    words = ["-m", "bench", "capture", "--load", str(port), key, str(events), str(seconds)]
    done = subprocess.run([sys.executable, *words], env=env, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def press(port: int, key: str, events: int, seconds: float) -> dict[str, float]:
    """Keep a number of connections busy with requests, each sent when the one before was answered with 200."""
    request = _request(key, events)
    ready = selectors.DefaultSelector()
    sent_at: dict[int, float] = {}
    unfinished: dict[int, bytes] = {}
    for _ in range(SINGLE_CONNECTIONS if events == 1 else BATCH_CONNECTIONS):
        link = socket.create_connection(("127.0.0.1", port))
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ready.register(link, selectors.EVENT_READ, link)
        sent_at[link.fileno()] = time.perf_counter()
        link.sendall(request)
    count, waits, began = 0, [], time.perf_counter()
    ends = began + seconds
    while sent_at:
        for chosen, _ in ready.select(5):
            link = chosen.data
            answer = unfinished.pop(chosen.fd, b"") + link.recv(4096)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"refused: {answer[:400]!r}")
            if not answer.endswith(b'{"success": true}'):
                unfinished[chosen.fd] = answer
                continue
            now = time.perf_counter()
            waits.append(now - sent_at[chosen.fd])
            count += events
            if now < ends:
                sent_at[chosen.fd] = now
                link.sendall(request)
            else:
                del sent_at[chosen.fd]
                ready.unregister(link)
    took = time.perf_counter() - began
    waits.sort()
    return {
        "count": count,
        "seconds": took,
        "p50_ms": waits[len(waits) // 2] * 1e3,
        "p99_ms": waits[len(waits) * 99 // 100] * 1e3,
    }


def serve_floor() -> int:
    """Serve with the same door and server, but an inbox that forgets."""
    import django

    django.setup()
    from django.conf import settings

    from kizuna.flows import installation
    from kizuna.flows.management.commands import serve
    from kizuna.tracking import inbox

    class Forgetful(inbox.Inbox):
        def append(self, *row):  # type: ignore[no-untyped-def]
            done = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done

    import asyncio

    from kizuna.config import asgi

    asgi.open_inbox = lambda: Forgetful(inbox.inbox_file.FileStore(settings.HOME / "inbox.sqlite3"))  # type: ignore[attr-defined]
    installation.prepare()
    serve.serve(settings.HOST, settings.PORT)
    return 0


def _event(number: int) -> bytes:
    event = {
        "type": "track",
        "event": "Product Viewed",
        "messageId": f"ajs-next-{number:032d}",
        "anonymousId": "0b6f8f0e-7a3c-4a57-9c43-2f0a3d1f4f10",
        "userId": None,
        "timestamp": "2026-11-22T09:00:00.000Z",
        "context": {
            "page": {"path": "/p/blue-kettle", "title": "Blue kettle", "url": "https://shop.example/p/blue-kettle"},
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140 Safari/537.36",
            "locale": "en-GB",
        },
        "properties": {"product_id": "K-1042", "sku": "K-1042", "name": "Blue kettle", "price": 39.9, "quantity": 1},
    }
    return json.dumps(event, separators=(",", ":")).encode()


def _request(key: str, events: int) -> bytes:
    body = _event(1)
    if events > 1:
        body = (
            b'{"batch":['
            + b",".join(_event(number) for number in range(events))
            + b'],"sentAt":"2026-11-22T09:00:00Z"}'
        )
    path = b"/v1/track" if events == 1 else b"/v1/batch"
    token = base64.b64encode(f"{key}:".encode())
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic %s\r\nContent-Type: application/json\r\n" % (
        path,
        token,
    )
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _make_key(env: dict[str, str]) -> str:
    script = (
        "from django.utils import timezone; from kizuna.flows import shops; from kizuna.shops import tenants;"
        "shop = tenants.find_shop('bench') or shops.create_shop("
        "tenants.NewShop(slug='bench', name='Bench', currency='EUR', timezone='UTC'), None, timezone.now());"
        "print(shops.create_source(shop, str(timezone.now()), 'server', None, timezone.now())[1])"
    )
    words = ["-m", "kizuna", "shell", "--no-imports", "-v", "0", "-c", script]
    done = subprocess.run([sys.executable, *words], env=env, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.split()[-1]


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
