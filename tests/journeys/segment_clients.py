"""Where the JavaScript Segment clients and the type checker come from: npm, when tests run, into a cache folder."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.conftest import need

PACKAGES = ("@segment/analytics-node@3.1.0", "@segment/analytics-next@1.84.3", "typescript@7.0.2")


def find_node_modules() -> Path:
    """Install the clients once and return their node_modules; skips where npm or the registry is missing."""
    folder = Path(os.environ.get("KIZUNA_TEST_NODE") or Path.home() / ".cache" / "kizuna-test-node")
    stamp = folder / "installed"
    wanted = " ".join(PACKAGES)
    if not (stamp.exists() and stamp.read_text() == wanted):
        need(shutil.which("npm") is not None and shutil.which("node") is not None, "no Node.js with npm")
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        need(done.returncode == 0, f"npm cannot install the Segment clients: {done.stderr[-300:]}")
        stamp.write_text(wanted)
    return folder / "node_modules"
