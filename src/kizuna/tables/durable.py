"""Files that outlive a crash: written aside, flushed, renamed, and the folder flushed too.

A reader sees a file whole or not at all. What a file means and which row commits it is its room's affair.
"""

import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder, with those above it, readable by the installation alone."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True, mode=0o700)
        flush(folder.parent)


def keep(unfinished: Path, path: Path) -> None:
    """Give a finished file its name, for good."""
    flush(unfinished)
    unfinished.replace(path)
    flush(path.parent)


def flush(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
