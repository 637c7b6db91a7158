"""Reading a database that others write to: one state for many queries, and how far a table is settled.

Ids are given out before they are committed, so the largest id one sees says nothing of the smaller ones. The caller
decides what to read; nothing is kept here.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

LOCK_MS = 3_000


class NotInTransaction(RuntimeError):
    """What was asked for holds only for the length of a transaction, and there is none."""


@contextmanager
def one_state() -> Iterator[None]:
    """Let every query of the block see the same state of the database; it may only read.

    On SQLite no writer waits for it. Inside a transaction that has begun already, that transaction's view holds.
    """
    if connection.in_atomic_block or _is_reading():
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            _execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        # Not atomic(): that is BEGIN IMMEDIATE and would hold up every writer.
        _execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            _execute("ROLLBACK")


def settled_id(table: str) -> int:
    """Find the largest id of a table of which no smaller one can still appear; 0 where it is empty.

    Inside a transaction of its own, please: on PostgreSQL it waits until nobody writes to the table and holds it for
    that moment (OperationalError after three seconds), on SQLite the transaction itself is that moment.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction("settled_id needs a transaction")
    if connection.vendor == "postgresql":
        _execute(f"SET LOCAL lock_timeout = {LOCK_MS}")
        _execute(f"LOCK TABLE {table} IN SHARE MODE")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")  # noqa: S608
        return int(cursor.fetchone()[0])


def _is_reading() -> bool:
    """Whether a block of one state is around us on SQLite, of which Django knows nothing."""
    connection.ensure_connection()
    return bool(getattr(connection.connection, "in_transaction", False))


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
