"""Where the JavaScript Segment clients and the type checker come from: npm, when tests run, into a cache folder."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from tests.conftest import need

PACKAGES = ("@segment/analytics-node@3.1.0", "@segment/analytics-next@1.84.3", "typescript@7.0.2")


def find_node_modules() -> Path:
    """Install the clients once and return their node_modules; skips where npm or the registry is missing.

    One process at a time: the tests of two run beside each other.
    """
    folder = Path(os.environ.get("KIZUNA_TEST_NODE") or Path.home() / ".cache" / "kizuna-test-node")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "installing.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        _install(folder)
    return folder / "node_modules"


def _install(folder: Path) -> None:
    stamp = folder / "installed"
    wanted = " ".join(PACKAGES)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    need(shutil.which("npm") is not None and shutil.which("node") is not None, "no Node.js with npm")
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    need(done.returncode == 0, f"npm cannot install the Segment clients: {done.stderr[-300:]}")
    stamp.write_text(wanted)
