"""Django's SQLite backend with a fair write lock around every writing transaction, and every write that is one alone.

SQLite's own busy loop sleeps and lets writers starve. Here the next one waits inside a turnstile (`.next.lock`) for
the turn itself (`.lock`), so whoever has just written and wants to again queues behind the others.
Reads outside a transaction never take it. Why and how much: docs/decisions.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.backends.sqlite3 import base as sqlite3_base

if TYPE_CHECKING:

    class Wrapper(sqlite3_base.DatabaseWrapper):
        """The four inner steps of a transaction, which the type stubs of Django leave out."""

        def _start_transaction_under_autocommit(self) -> None: ...
        def _commit(self) -> None: ...
        def _rollback(self) -> None: ...
        def _close(self) -> None: ...

    class CursorWrapper(sqlite3.Cursor):
        """Django's cursor, which its stubs leave half out."""

else:
    Wrapper = sqlite3_base.DatabaseWrapper
    CursorWrapper = sqlite3_base.SQLiteCursorWrapper

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class Cursor(CursorWrapper):
    """A cursor whose writes outside a transaction wait their turn too: a log-in must not starve beside a crowd."""

    wrapper: "DatabaseWrapper"

    def execute(self, query: str, params: Any = None) -> Any:
        """Run a statement, in turn where it writes and is a transaction of its own."""
        return self.wrapper.run_in_turn(query, lambda: super(Cursor, self).execute(query, params))

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run a statement many times, in turn where it writes and is a transaction of its own."""
        return self.wrapper.run_in_turn(query, lambda: super(Cursor, self).executemany(query, param_list))


class DatabaseWrapper(Wrapper):
    """SQLite whose BEGIN IMMEDIATE waits its turn in a queue that the kernel keeps."""

    _turn: int | None = None

    def create_cursor(self, name: str | None = None) -> Any:
        """Make a cursor that knows whose it is."""
        cursor = self.connection.cursor(factory=Cursor)
        cursor.wrapper = self
        return cursor

    def run_in_turn[T](self, query: str, run: Callable[[], T]) -> T:
        """Run a statement: alone in its turn where it writes outside a transaction, else at once."""
        if self._turn is not None or self.connection.in_transaction or not query.lstrip().upper().startswith(_WRITES):
            return run()
        self._take_turn()
        try:
            return run()
        finally:
            self._leave_turn()

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._leave_turn()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()
        finally:
            self._leave_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._leave_turn()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._leave_turn()

    def _take_turn(self) -> None:
        name = self.settings_dict["NAME"]
        if self._turn is not None or self.is_in_memory_db():
            return
        next_one = _lock(f"{name}.next.lock")
        try:
            self._turn = _lock(f"{name}.lock")
        finally:
            os.close(next_one)

    def _leave_turn(self) -> None:
        if self._turn is not None:
            turn, self._turn = self._turn, None
            os.close(turn)


def _lock(name: str) -> int:
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor
