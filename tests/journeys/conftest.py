"""A real served process for the journeys: its own home folder, a free port, ended by its id."""

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import ROOT, make_variables

Serve = Callable[..., "LiveKizuna"]


@dataclass
class LiveKizuna:
    """A served installation: where it answers, where it keeps things, and its process."""

    url: str
    home: Path
    variables: dict[str, str]
    process: subprocess.Popen[bytes]

    def manage(self, *words: str, text: str = "") -> str:
        """Run a management command in this installation and return what it printed."""
        command = [sys.executable, "-m", "kizuna", *words]
        done = subprocess.run(
            command, env=self.variables, cwd=ROOT, input=text, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def python(self, script: str) -> str:
        """Run a script with Django set up in this installation and return what it printed."""
        return self.manage("shell", "--no-imports", "-v", "0", "-c", script)

    def create_shop(self, slug: str = "shop", **fields: str) -> None:
        """Make a shop by command."""
        chosen = {"name": slug.title(), "currency": "EUR", "timezone": "UTC"} | fields
        self.manage("create_shop", slug, *[word for name, value in chosen.items() for word in (f"--{name}", value)])

    def create_source(self, slug: str = "shop", kind: str = "server", name: str = "") -> str:
        """Make a source and return its write key."""
        script = (
            "from datetime import UTC, datetime; from kizuna.flows import shops; from kizuna.shops import tenants;"
            f"print(shops.create_source(tenants.get_shop({slug!r}), {name or kind + ' tests'!r}, {kind!r}, None,"
            " datetime.now(UTC))[1])"
        )
        return self.python(script).split()[-1]

    def is_healthy(self) -> bool:
        """Whether the health page answers 200."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def start(self) -> None:
        """Start (again) at the same address and wait until healthy."""
        log = (self.home / "serve.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kizuna", "serve"], env=self.variables, cwd=ROOT, stdout=log, stderr=log
        )
        log.close()
        deadline = time.monotonic() + 60
        while not self.is_healthy():
            ended = self.process.poll() is not None
            assert not ended, f"serve ended:\n{(self.home / 'serve.log').read_text()[-4000:]}"
            assert time.monotonic() < deadline, f"not healthy:\n{(self.home / 'serve.log').read_text()[-4000:]}"
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the process by its id and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


@contextmanager
def serving(home: Path, **variables: str) -> Iterator[LiveKizuna]:
    """Serve from a home folder until the block ends."""
    home.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = make_variables(home, KIZUNA_PORT=str(port)) | variables
    live = LiveKizuna(f"http://127.0.0.1:{port}", home, env, None)  # type: ignore[arg-type]
    live.start()
    try:
        yield live
    finally:
        live.stop()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Give a function that serves an installation with further KIZUNA_ variables; all end with the test."""
    opened = []

    def start(name: str = "home", **variables: str) -> LiveKizuna:
        opened.append(serving(tmp_path / name, **variables))
        return opened[-1].__enter__()

    yield start
    for each in reversed(opened):
        each.__exit__(None, None, None)


@pytest.fixture(scope="module")
def live_kizuna(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKizuna]:
    """One served installation for all tests of a module, with nothing in it yet."""
    with serving(tmp_path_factory.mktemp("kizuna")) as live:
        yield live
