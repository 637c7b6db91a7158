"""Django's SQLite backend with a fair write lock around every writing transaction.

SQLite's own busy loop sleeps and lets writers starve; flock wakes waiters in order. One lock file stands beside
each database file. Reads outside a transaction never take it. Why and how much: docs/decisions.
"""

import fcntl
import os
from typing import TYPE_CHECKING

from django.db.backends.sqlite3 import base as sqlite3_base

if TYPE_CHECKING:

    class Wrapper(sqlite3_base.DatabaseWrapper):
        """The four inner steps of a transaction, which the type stubs of Django leave out."""

        def _start_transaction_under_autocommit(self) -> None: ...
        def _commit(self) -> None: ...
        def _rollback(self) -> None: ...
        def _close(self) -> None: ...

else:
    Wrapper = sqlite3_base.DatabaseWrapper


class DatabaseWrapper(Wrapper):
    """SQLite whose BEGIN IMMEDIATE waits its turn in a queue that the kernel keeps."""

    _turn: int | None = None

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
        descriptor = os.open(f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._turn = descriptor

    def _leave_turn(self) -> None:
        if self._turn is not None:
            turn, self._turn = self._turn, None
            os.close(turn)
