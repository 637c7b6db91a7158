"""The order in which transactions take locks, watched in every test that runs, on either database.

The rule is in docs/decisions/0037: a shop's identities (links.lock) before any row of theirs or of a dialogue, chats
by number. What comes too late is kept here and fails its test; a transaction that a test opens itself is left alone.
"""

import re
import sys
from collections.abc import Callable
from functools import cache
from types import FrameType
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.sql.compiler import SQLCompiler

from kizuna.conversations import threads
from kizuna.customers import links

AFTER = frozenset(
    {
        *("conversations_conversation", "conversations_servicerequest", "conversations_chatstate"),
        *("conversations_turn", "conversations_outgoing", "outreach_target", "outreach_suppression"),
        *("privileges_capability", "privileges_capabilityweek", "knowledge_surveyask", "knowledge_lesson"),
        *("customers_customer", "customers_identity", "tracking_seenmessage", "tracking_dropcount"),
    }
)
"""Rows that wait for the identities wherever a transaction takes both."""
RECKONED = frozenset({"relationships_standing", "relationships_stagestanding"})
"""What facts write of a customer while the identities are held: it comes after a dialogue's rows only under them."""

LONGEST_WAY = 8

late: list[str] = []
_WRITES = re.compile(r"\s*(?:UPDATE|DELETE FROM|INSERT(?: OR IGNORE)? INTO) \"?(\w+)", re.IGNORECASE)


class _Held:
    """What one transaction has locked, and where; nothing is kept of one that a test opened."""

    def __init__(self) -> None:
        self.is_watched = False
        self.has_identities = False
        self.rows: dict[str, tuple[tuple[str, int], ...]] = {}
        self.chats: set[int] = set()


@cache
def _install() -> None:
    """Watch transactions, row locks, writes, the lock of the identities and that of a chat."""
    transaction.Atomic.__enter__ = _entering(transaction.Atomic.__enter__)
    SQLCompiler.as_sql = _compiling(SQLCompiler.as_sql)
    links.lock = _taking_identities(links.lock)
    threads.lock = _taking_chat(threads.lock)
    connection_created.connect(_watch, dispatch_uid="lock order")
    for each in connections.all(initialized_only=True):
        _watch(each)


def begin() -> None:
    """Begin to watch a test."""
    _install()
    late.clear()


def _watch(connection: BaseDatabaseWrapper, **_: object) -> None:
    if _written not in connection.execute_wrappers:
        connection.execute_wrappers.append(_written)


def _held(connection: Any) -> _Held:
    if not hasattr(connection, "held_locks"):
        connection.held_locks = _Held()
    return connection.held_locks


def _is_within(connection: Any) -> bool:
    """Whether a transaction of the code is under way; the one around a test does not count."""
    return any(not block._from_testcase for block in connection.atomic_blocks)


def _entering(enter: Callable[[Any], None]) -> Callable[[Any], None]:
    def entering(self: Any) -> None:
        connection = transaction.get_connection(self.using)
        if not _is_within(connection):
            connection.held_locks = _Held()
            connection.held_locks.is_watched = "/tests/" not in sys._getframe(1).f_code.co_filename
        enter(self)

    return entering


def _took(connection: Any, table: str) -> None:
    held = _held(connection)
    if not held.is_watched or held.has_identities or not _is_within(connection):
        return
    if table in AFTER and table not in held.rows:
        held.rows[table] = _way()
    elif table in RECKONED:
        _judge(held, f"{table} was written")


def _judge(held: _Held, what: str) -> None:
    dialogue = {table: where for table, where in held.rows.items() if not table.startswith("tracking_")}
    if dialogue:
        table, where = next(iter(dialogue.items()))
        late.append(f"{what} after {table}\n  {table}: {_words(where)}\n  then: {_words(_way())}")


def _compiling(as_sql: Callable[..., Any]) -> Callable[..., Any]:
    def compiling(self: Any, *args: Any, **named: Any) -> Any:
        if self.query.select_for_update and self.query.model:
            _took(self.connection, self.query.model._meta.db_table)
        return as_sql(self, *args, **named)

    return compiling


def _written(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    found = _WRITES.match(sql)
    if found is not None:
        _took(context["connection"], found.group(1))
    return execute(sql, params, many, context)


def _taking_identities(lock: Callable[[int], None]) -> Callable[[int], None]:
    def taking(shop_id: int) -> None:
        connection = connections["default"]
        held = _held(connection)
        if held.is_watched and not held.has_identities and _is_within(connection):
            if held.rows:
                table, where = next(iter(held.rows.items()))
                late.append(
                    f"the identities were locked after {table}\n  {table}: {_words(where)}\n  then: {_words(_way())}"
                )
            held.has_identities = True
        lock(shop_id)

    return taking


def _taking_chat[Chat](lock: Callable[[int, int], Chat]) -> Callable[[int, int], Chat]:
    def taking(shop_id: int, conversation_id: int) -> Chat:
        connection = connections["default"]
        held = _held(connection)
        if held.is_watched and _is_within(connection):
            if conversation_id not in held.chats and conversation_id < max(held.chats, default=0):
                late.append(f"chat {conversation_id} was locked after {max(held.chats)}\n  {_words(_way())}")
            held.chats.add(conversation_id)
        return lock(shop_id, conversation_id)

    return taking


def _way() -> tuple[tuple[str, int], ...]:
    """The way to here through the code, the newest first; it is kept often and written out hardly ever."""
    found: list[tuple[str, int]] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and len(found) < LONGEST_WAY:
        if "/kizuna/" in frame.f_code.co_filename:
            found.append((frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return tuple(found)


def _words(way: tuple[tuple[str, int], ...]) -> str:
    return " < ".join(f"{name.rpartition('/kizuna/')[2]}:{line}" for name, line in way)
