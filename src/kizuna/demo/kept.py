"""What a demo installation remembers in its home folder: the plan of its year, the storefront's key, a password.

Files are readable by their owner alone. The truth of the simulation lies beside them, for tests.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from kizuna.demo.simulator_world import Plan

NOTE, PASSWORD, TRUTH = "demo.json", "demo-password", "demo-truth.npz"


@dataclass(frozen=True)
class Note:
    """The demo shop of this installation, whether its year is all in, and whether its dialogue was told."""

    slug: str
    plan: Plan
    storefront_key: str
    filled: bool
    talked: bool = False


def read_note(home: Path) -> Note | None:
    """Read the note; None where this installation is no demo."""
    try:
        said = json.loads((home / NOTE).read_text())
    except FileNotFoundError:
        return None
    return Note(said["slug"], Plan(**said["plan"]), said["storefront_key"], said["filled"], said.get("talked", False))


def write_note(home: Path, note: Note) -> None:
    """Write the note, whole or not at all."""
    write_private(home / NOTE, json.dumps(asdict(note), indent=1))


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read, whole or not at all."""
    half = path.with_suffix(path.suffix + ".new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    half.replace(path)
