"""A copy of the whole installation while it runs, in an order that loses nothing: what one file lacks, a later one has.

The database goes first, then the inbox, then everything else in the home folder; what is named is written before the
row that names it. Left out is what is made anew by itself: sealed files of the warehouse, static files, locks.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from kizuna.flows import ingest
from kizuna.jobs import turns
from kizuna.tables import durable

NOTE = "backup.json"
INBOX = "inbox.sqlite3"
_LEFT_OUT = ("warehouse", "static")
_ENDINGS = (".lock", "-wal", "-shm", "-journal")


class Refused(Exception):
    """The backup cannot be written there; the message says why."""


class Unfinished(Exception):
    """A database could not be copied, as on a full disk; what was written is no backup."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What was copied; without the database where that is PostgreSQL, whose own tool does it."""

    files: int
    bytes: int
    has_database: bool


def make(folder: Path, now: datetime) -> Backup:
    """Copy the installation into a folder that is new or empty; the note in it is written last and means it is whole.

    Nothing is pruned from the inbox meanwhile: a request taken after the database was copied must still be in it.
    Raises Refused.
    """
    home, folder = Path(settings.HOME).resolve(), folder.resolve()
    if folder.is_relative_to(home):
        raise Refused(f"{folder} lies inside the home folder, which is what is to be kept")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"{folder} is not empty: give each backup a folder of its own")
    durable.make_folder(folder)
    has_database = connection.vendor == "sqlite"
    with turns.wait_for_turn(ingest.PRUNING):
        if has_database:
            _copy_database(Path(str(connection.settings_dict["NAME"])), folder / "kizuna.sqlite3")
            _copy_database(home / INBOX, folder / INBOX)
        for path in _list_files(home):
            _copy_file(path, folder / path.relative_to(home))
    copied = [path for path in folder.rglob("*") if path.is_file()]
    made = Backup(len(copied), sum(path.stat().st_size for path in copied), has_database)
    unfinished = folder / f"{NOTE}.part"
    unfinished.write_text(json.dumps({"made_at": now.isoformat(timespec="seconds"), "database": has_database}) + "\n")
    durable.keep(unfinished, folder / NOTE)
    return made


def _copy_database(source: Path, target: Path) -> None:
    """Copy one state of a SQLite database while others write, without what was deleted from it."""
    if not source.exists():
        return
    try:
        with closing(sqlite3.connect(source, isolation_level=None, timeout=60)) as link:
            link.execute("VACUUM INTO ?", [str(target)])
    except sqlite3.Error as problem:
        raise Unfinished(f"{source.name}: {problem}") from problem
    target.chmod(0o600)
    durable.flush(target)


def _list_files(home: Path) -> Iterator[Path]:
    """Every file but databases and what is made anew."""
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home)
        is_database = path.parent == home and path.suffix == ".sqlite3"
        if path.is_file() and inside.parts[0] not in _LEFT_OUT and not is_database and not path.name.endswith(_ENDINGS):
            yield path


def _copy_file(source: Path, target: Path) -> None:
    durable.make_folder(target.parent)
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:  # swept between being listed and being copied: no row names it
        return
    durable.flush(target)
