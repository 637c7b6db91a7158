"""One worker at a time: a named turn that the kernel or the database gives back when its holder dies.

SQLite installations use a locked file in the home folder; PostgreSQL a session's advisory lock.
"""

import fcntl
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

_SPACE = 0x4B697A75


@contextmanager
def take_turn(name: str) -> Iterator[bool]:
    """Hold the turn for the block if it is free; tells whether it was."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            number = zlib.crc32(name.encode()) - 2**31
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_SPACE, number])
            taken = bool(cursor.fetchone()[0])
        try:
            yield taken
        finally:
            if taken and connection.connection is not None and not connection.connection.closed:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_SPACE, number])
        return
    path = Path(settings.HOME) / f"turn-{name}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


@contextmanager
def wait_for_turn(name: str, deadline_s: float = 300.0) -> Iterator[None]:
    """Hold the turn for the block, waiting for whoever holds it; raises TimeoutError."""
    ends = time.monotonic() + deadline_s
    while True:
        with take_turn(name) as mine:
            if mine:
                yield
                return
        if time.monotonic() > ends:
            raise TimeoutError(name)
        time.sleep(0.2)
