"""The inbox as a SQLite file of its own: write-ahead log, synchronous FULL, no index but the row's number.

Ids never repeat, also not after everything was pruned, the file was lost or an older copy of it was put back: the
first id after opening is at least the time in microseconds, and AUTOINCREMENT keeps the highest one ever given.
"""

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from kizuna.tracking.inbox_rows import Received, Row

_PRUNE_ROWS = 500
_SETUP = """
PRAGMA page_size = 8192;
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA journal_size_limit = 67108864;
PRAGMA cache_size = -4096;
"""
_TABLE = """
CREATE TABLE IF NOT EXISTS inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    call TEXT NOT NULL,
    body BLOB NOT NULL
)
"""


class FileStore:
    """Rows in one SQLite file; the writer thread and each reading thread have a connection of their own."""

    def __init__(self, path: Path, first_id: int = 1) -> None:
        self._path = path
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._prepare(first_id)

    def append(self, rows: Sequence[Row]) -> None:
        """Store the rows in one commit; durable on return."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany("INSERT INTO inbox (source_id, call, received_us, body) VALUES (?, ?, ?, ?)", rows)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def read_after(self, position: int, limit_rows: int, limit_bytes: int) -> list[Received]:
        """Read the next rows; at least one if there is any."""
        cursor = self._connection().execute(
            "SELECT id, source_id, call, received_us, body FROM inbox WHERE id > ? ORDER BY id LIMIT ?",
            (position, limit_rows),
        )
        rows: list[Received] = []
        size = 0
        for found in cursor:
            row = Received(*found)
            size += len(row.body)
            if rows and size > limit_bytes:
                cursor.close()
                break
            rows.append(row)
        return rows

    def count_after(self, position: int, limit: int) -> int:
        """Count the rows after a position, up to a limit."""
        sql = "SELECT count(*) FROM (SELECT 1 FROM inbox WHERE id > ? LIMIT ?)"
        return int(self._connection().execute(sql, (position, limit)).fetchone()[0])

    def last_id(self) -> int:
        """Return the id of the newest row, or 0."""
        return int(self._connection().execute("SELECT coalesce(max(id), 0) FROM inbox").fetchone()[0])

    def rewrite(self, bodies: Mapping[int, bytes]) -> None:
        """Put other bodies in the place of some rows, in one commit; durable on return."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            rows = [(body, number) for number, body in bodies.items()]
            connection.executemany("UPDATE inbox SET body = ? WHERE id = ?", rows)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def prune_through(self, position: int) -> int:
        """Delete the rows up to this id in small commits, so that the writer hardly waits, and count them."""
        connection = self._connection()
        total = 0
        while True:
            deleted = connection.execute(
                "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE id <= ? ORDER BY id LIMIT ?)",
                (position, _PRUNE_ROWS),
            ).rowcount
            total += deleted
            if deleted < _PRUNE_ROWS:
                break
        if total:
            connection.execute("PRAGMA incremental_vacuum(4000)").fetchall()
        return total

    def close(self) -> None:
        """Close every connection; the last one folds the log back into the file."""
        opened, self._opened = self._opened, []
        for connection in opened:
            connection.close()
        self._own = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=20, check_same_thread=False)
            connection.executescript(_SETUP)
            self._own.connection = connection
            self._opened.append(connection)
        return connection

    def _prepare(self, first_id: int) -> None:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_TABLE)
        if connection.execute("SELECT count(*) FROM sqlite_sequence WHERE name = 'inbox'").fetchone()[0] == 0:
            connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('inbox', ?)", (first_id - 1,))
        connection.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'inbox'", (first_id - 1,))
        connection.execute("COMMIT")
