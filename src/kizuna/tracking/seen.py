"""Which messages were taken already: (source, messageId), remembered for 30 days, of files for ever.

In the same transaction as what a message did, so that neither a retry nor a kill doubles anything.
"""

import hashlib
from collections.abc import Collection, Sequence

from django.db import connection

from kizuna.tracking.models import SeenMessage

DAYS = 30
DAY_US = 86_400_000_000
_AT_ONCE = 1000
_INSERT = (
    "INSERT INTO tracking_seenmessage (source_id, digest, day) VALUES ?"
    " ON CONFLICT (source_id, digest) DO NOTHING RETURNING source_id, digest"
)


def note(messages: Sequence[tuple[int, str, int]]) -> list[bool]:
    """Remember messages, (source, messageId, received), and tell which of them are new; of equal ones the first is."""
    keys = [(source_id, digest(message_id)) for source_id, message_id, _ in messages]
    days = {key: message[2] // DAY_US for key, message in zip(reversed(keys), reversed(messages), strict=True)}
    fresh = _insert([(*key, day) for key, day in days.items()])
    answer = []
    for key in keys:
        answer.append(key in fresh)
        fresh.discard(key)
    return answer


def knows(source_id: int, message_id: str) -> bool:
    """Whether a message of a source was taken before."""
    return SeenMessage.objects.filter(source_id=source_id, digest=digest(message_id)).exists()


def digest(message_id: str) -> bytes:
    """Give the 16 bytes under which a messageId is remembered."""
    return hashlib.blake2b(message_id.encode("utf-8", "replace"), digest_size=16).digest()


def prune(today: int, keep_sources: Collection[int]) -> int:
    """Forget messages received more than 30 days before a UTC day, but none of the sources to keep."""
    rows = SeenMessage.objects.filter(day__lt=today - DAYS).exclude(source_id__in=keep_sources)
    return rows._raw_delete("default")


def _insert(rows: Sequence[tuple[int, bytes, int]]) -> set[tuple[int, bytes]]:
    fresh: set[tuple[int, bytes]] = set()
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            rows_of = ", ".join(["(%s, %s, %s)"] * len(part))
            cursor.execute(_INSERT.replace("?", rows_of), [value for row in part for value in row])
            fresh.update((source_id, bytes(found)) for source_id, found in cursor.fetchall())
    return fresh
