"""A real served process for the journeys: its own home folder, a port kept for it, ended by its id; and one browser."""

import json
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.conftest import need
from tests.processes import PATIENCE_S, ROOT, make_variables, prepare_home, reserved_port, wait_until

if TYPE_CHECKING:
    from tests.journeys.dialogue import Mailing

Serve = Callable[..., "LiveKizuna"]
BROWSER_PATIENCE_MS = 90_000
expect.set_options(timeout=BROWSER_PATIENCE_MS)

# Runs scripts one after another in one interpreter: starting Django for each of them costs most of a second.
_DESK = """
import contextlib, io, json, sys, traceback
from django.db import close_old_connections
for line in sys.stdin:
    printed, problem = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(json.loads(line), {})
        except BaseException:
            problem = traceback.format_exc()
    close_old_connections()
    print(json.dumps([printed.getvalue(), problem]), flush=True)
"""


@dataclass
class LiveKizuna:
    """A served installation: where it answers, where it keeps things, and its process."""

    url: str
    home: Path
    variables: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    _desk: "subprocess.Popen[str] | None" = field(default=None, repr=False)

    def manage(self, *words: str, text: str = "") -> str:
        """Run a management command in this installation and return what it printed."""
        command = [sys.executable, "-m", "kizuna", *words]
        done = subprocess.run(
            command,
            env=self.variables,
            cwd=ROOT,
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def python(self, script: str) -> str:
        """Run a script with Django set up in this installation, in another process, and return what it printed."""
        if self._desk is None:
            command = [sys.executable, "-m", "kizuna", "shell", "--no-imports", "-v", "0", "-c", _DESK]
            self._desk = subprocess.Popen(
                command, env=self.variables, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self._desk.stdin is not None
        assert self._desk.stdout is not None
        self._desk.stdin.write(json.dumps(script) + "\n")
        self._desk.stdin.flush()
        printed, problem = json.loads(self._desk.stdout.readline())
        assert not problem, problem
        return str(printed)

    def create_shop(self, slug: str = "shop", **fields: str) -> None:
        """Make a shop by command."""
        chosen = {"name": slug.title(), "currency": "EUR", "timezone": "UTC"} | fields
        words = [slug, *[word for name, value in chosen.items() for word in (f"--{name}", value)]]
        self.python(f"from django.core.management import call_command; call_command('create_shop', *{words!r})")

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
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=20) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def said(self) -> str:
        """Read what the process wrote: where it answers, its warnings and errors."""
        return (self.home / "serve.log").read_text()

    def start(self, *words: str) -> None:
        """Start (again) at the same address, to serve unless other words are given, and wait until healthy."""
        with (self.home / "serve.log").open("ab") as log:
            started = self.process = subprocess.Popen(
                [sys.executable, "-m", "kizuna", *(words or ["serve"])],
                env=self.variables,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

        def is_up() -> bool:
            assert started.poll() is None, f"serve ended:\n{self.said()}"
            return self.is_healthy()

        wait_until(is_up, describe=lambda: f"not healthy:\n{self.said()}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the process by its id and return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def close(self) -> None:
        """End what still runs of this installation."""
        if self._desk is not None:
            self._desk.communicate()
        if self.process is not None:
            self.stop()


@contextmanager
def serving(home: Path, **variables: str) -> Iterator[LiveKizuna]:
    """Serve from a home folder until the block ends."""
    prepare_home(home)
    with reserved_port() as port:
        live = LiveKizuna(f"http://127.0.0.1:{port}", home, make_variables(home, KIZUNA_PORT=str(port)) | variables)
        try:
            live.start()
            yield live
        finally:
            live.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Give a function that serves an installation with further KIZUNA_ variables; all end with the test."""
    with ExitStack() as opened:

        def start(name: str = "home", **variables: str) -> LiveKizuna:
            return opened.enter_context(serving(tmp_path / name, **variables))

        yield start


@pytest.fixture(scope="module")
def live_kizuna(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKizuna]:
    """One served installation for all tests of a module, with nothing in it yet."""
    with serving(tmp_path_factory.mktemp("kizuna")) as live:
        yield live


@pytest.fixture(scope="session")
def mailing(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Mailing]":
    """One shop with real mail for all journeys that need it (tests.conftest keeps them on one worker)."""
    from tests.journeys.dialogue import running_dialogue
    from tests.mail_servers import need_mail_servers

    need_mail_servers()
    with running_dialogue(tmp_path_factory.mktemp("dialogue")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    need(found is not None, "no Chromium on this machine (apt-get install chromium)")
    with sync_playwright() as playwright:
        words = ["--no-sandbox", "--disable-gpu"]
        launched = playwright.chromium.launch(executable_path=found, args=words, timeout=2 * BROWSER_PATIENCE_MS)
        yield launched
        launched.close()


def open_window(browser: Browser, **options: Any) -> BrowserContext:
    """Open a window whose pages wait as long as a busy machine needs."""
    context = browser.new_context(**options)
    context.set_default_timeout(BROWSER_PATIENCE_MS)
    return context
