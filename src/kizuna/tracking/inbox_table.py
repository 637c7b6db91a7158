"""The inbox as a PostgreSQL table, for installations whose capture runs in several processes.

A sequence hands out ids before the commit, so with several writers a reader could pass an id that appears later and
never come back to it. Each writing transaction therefore takes one advisory lock before its first id and holds it
to the commit: ids become visible in order. (Reading below the oldest running transaction would do it without a
lock, but then any long report in the database would stop the inbox.) Every process commits in groups, so the lock
costs groups of a larger size, not throughput.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

from kizuna.tracking.inbox_rows import Received, Row
from kizuna.tracking.models import InboxRow

_LOCK = 0x4B697A756E61


class TableStore:
    """Rows in the application database, written over a connection of the writer thread's own."""

    def __init__(self) -> None:
        self._writer: Any = None

    def append(self, rows: Sequence[Row]) -> None:
        """Store the rows in one commit; durable on return. A broken connection is replaced at the next call."""
        try:
            writer = self._open()
            with psycopg.Cursor(writer) as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
                cursor.execute(
                    "INSERT INTO tracking_inboxrow (source_id, call, received_us, body)"
                    " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %b::bytea[])",
                    [list(column) for column in zip(*rows, strict=True)],
                )
            writer.commit()
        except BaseException:
            self.close()
            raise

    def read_after(self, position: int, limit_rows: int, limit_bytes: int) -> list[Received]:
        """Read the next rows; at least one if there is any."""
        sizes = (
            "SELECT id, sum(length(body)) OVER (ORDER BY id) - length(body) AS before FROM"
            " (SELECT id, body FROM tracking_inboxrow WHERE id > %s ORDER BY id LIMIT %s) AS next"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT row.id, source_id, call, received_us, body FROM tracking_inboxrow AS row"  # noqa: S608
                f" JOIN ({sizes}) AS sized ON sized.id = row.id"
                " WHERE before = 0 OR before + length(body) <= %s ORDER BY row.id",
                [position, limit_rows, limit_bytes],
            )
            return [Received(row, source, call, us, bytes(body)) for row, source, call, us, body in cursor.fetchall()]

    def count_after(self, position: int, limit: int) -> int:
        """Count the rows after a position, up to a limit."""
        return len(InboxRow.objects.filter(id__gt=position).values_list("id")[:limit])

    def last_id(self) -> int:
        """Return the id of the newest row, or 0."""
        return InboxRow.objects.order_by("-id").values_list("id", flat=True).first() or 0

    def rewrite(self, bodies: Mapping[int, bytes]) -> None:
        """Put other bodies in the place of some rows, in the caller's transaction."""
        for number, body in sorted(bodies.items()):
            InboxRow.objects.filter(id=number).update(body=body)

    def prune_through(self, position: int) -> int:
        """Delete the rows up to this id, and count them."""
        return InboxRow.objects.filter(id__lte=position)._raw_delete(connection.alias)

    def close(self) -> None:
        """Drop the writer's connection."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _open(self) -> Any:
        if self._writer is None or self._writer.closed:
            self._writer = connection.get_new_connection(connection.get_connection_params())
            self._writer.autocommit = False
            self._writer.execute("SET synchronous_commit = on")
            self._writer.commit()
        return self._writer
