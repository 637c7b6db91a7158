"""A folder of its own for what a session spills: gone with the session, and what a killed process left is swept.

DuckDB names its files alike in every process, so two that shared a folder would write over each other. A lock that the
kernel drops with the process tells folders in use from folders left behind.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "session-"


@contextmanager
def own_folder(within: Path | None) -> Iterator[Path]:
    """Make a folder inside `within` (None: the system's temporary folder) and remove it at the end."""
    if within is not None:
        within.mkdir(parents=True, exist_ok=True)
        _sweep(within)
    folder = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=within))
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        named = folder.rename(folder.with_name(folder.name.removeprefix(".")))
        try:
            yield named
        finally:
            shutil.rmtree(named, ignore_errors=True)
    finally:
        os.close(lock)


def _sweep(within: Path) -> None:
    """Remove the folders that nobody holds; one that is just being made has not got its name yet."""
    for left in within.glob(f"{_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            lock = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(lock)
