"""Events that we failed to take although nothing is wrong with them: kept whole, and tried again later.

One such event must not hold up the others, and must not be lost either. Trying again is flows.ingest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kizuna.tracking.models import SetAside
from kizuna.tracking.wire import RawEvent

MOST_ATTEMPTS = 10
LONGEST_PROBLEM = 4000


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event set aside."""

    id: int
    source_id: int
    raw: RawEvent


def keep(source_id: int, raw: RawEvent, problem: str) -> None:
    """Keep an event with what went wrong."""
    SetAside.objects.create(
        source_id=source_id,
        received_us=raw.received_us,
        call=raw.call,
        body=raw.body,
        envelope={"sent_at": raw.sent_at, "context": raw.context},
        problem=problem[-LONGEST_PROBLEM:].replace("\x00", ""),
    )


def list_waiting(limit: int) -> list[Waiting]:
    """List events worth another try, the oldest first."""
    rows = SetAside.objects.filter(attempts__lt=MOST_ATTEMPTS).order_by("id")[:limit]
    return [
        Waiting(
            row.pk,
            row.source_id,
            RawEvent(row.call, bytes(row.body), row.received_us, row.envelope["sent_at"], row.envelope["context"]),
        )
        for row in rows
    ]


def forget(ids: Sequence[int]) -> None:
    """Let go of events that were taken."""
    SetAside.objects.filter(id__in=ids).delete()


def note_attempt(waiting_id: int, problem: str) -> None:
    """Note that another try failed."""
    row = SetAside.objects.get(id=waiting_id)
    row.attempts += 1
    row.problem = problem[-LONGEST_PROBLEM:].replace("\x00", "")
    row.save(update_fields=["attempts", "problem"])
