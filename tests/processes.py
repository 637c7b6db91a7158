"""Processes that tests start: their environment, a port nobody else takes, waiting for what will surely happen.

Waiting is generous, because it costs nothing where all goes well, and a busy machine is no fault of the code.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.home import HOME

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 180.0


def make_variables(home: Path, **more: str) -> dict[str, str]:
    """Make the variables: nothing of the caller's KIZUNA_ settings but its database; compiled modules are kept, because
    a hundred processes are started.
    """
    ours = {name for name in os.environ if name.startswith("KIZUNA_") and name != "KIZUNA_DATABASE_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in {*ours, "PYTHONDONTWRITEBYTECODE"}}
    return {
        **kept,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "KIZUNA_HOME": str(home),
        **more,
    }


def prepare_home(home: Path) -> Path:
    """Make a home folder whose database has its tables already: making them takes seconds, copying them does not."""
    home.mkdir(parents=True, exist_ok=True)
    if not os.environ.get("KIZUNA_DATABASE_URL"):
        shutil.copy(_make_tables(), home)
    return home


@cache
def _make_tables() -> Path:
    home = Path(HOME) / "prepared"
    script = "from kizuna.flows import installation; installation.prepare()"
    command = [sys.executable, "-m", "kizuna", "shell", "--no-imports", "-v", "0", "-c", script]
    subprocess.run(command, env=make_variables(home, KIZUNA_DATABASE_URL=""), cwd=ROOT, check=True)
    return home / "kizuna.sqlite3"


@contextmanager
def reserved_port() -> Iterator[int]:
    """Keep a free port of this machine until the block ends: nobody is given it, a server told of it may listen there.

    The port stays bound without listening, so that neither another test's port nor an outgoing connection takes it
    before the server starts, or between its end and its next start.
    """
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield int(kept.getsockname()[1])


def wait_until(
    happened: Callable[[], bool],
    rest_ms: Callable[[float], None] = lambda wait_ms: time.sleep(wait_ms / 1000),
    describe: Callable[[], str] = lambda: "it did not happen",
) -> None:
    """Wait for what must happen; a page rests in its own way, the description is made when it did not."""
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, describe()
        rest_ms(40)
