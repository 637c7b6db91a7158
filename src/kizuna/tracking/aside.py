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
    problem: str = ""
    attempts: int = 1


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
    return [_waiting(row) for row in SetAside.objects.filter(attempts__lt=MOST_ATTEMPTS).order_by("id")[:limit]]


def list_of(source_ids: Sequence[int], limit: int) -> list[Waiting]:
    """List all events set aside of some sources, also those no longer tried by themselves, the oldest first."""
    return [_waiting(row) for row in SetAside.objects.filter(source_id__in=source_ids).order_by("id")[:limit]]


def count_of(source_ids: Sequence[int]) -> int:
    """Count the events set aside of some sources."""
    return SetAside.objects.filter(source_id__in=source_ids).count()


def find_of(source_ids: Sequence[int], waiting_id: int) -> Waiting | None:
    """Find an event set aside among those of some sources."""
    row = SetAside.objects.filter(source_id__in=source_ids, id=waiting_id).first()
    return None if row is None else _waiting(row)


def forget(ids: Sequence[int]) -> None:
    """Let go of events that were taken."""
    SetAside.objects.filter(id__in=ids).delete()


def hold(waiting_id: int) -> bool:
    """Hold an event until the caller's transaction ends; False where it is gone, as after an erasure."""
    return SetAside.objects.select_for_update().filter(id=waiting_id).exists()


def note_attempt(waiting_id: int, problem: str) -> None:
    """Note that another try failed, unless the event went meanwhile."""
    row = SetAside.objects.filter(id=waiting_id).first()
    if row is None:
        return
    row.attempts += 1
    row.problem = problem[-LONGEST_PROBLEM:].replace("\x00", "")
    row.save(update_fields=["attempts", "problem"])


def _waiting(row: SetAside) -> Waiting:
    raw = RawEvent(row.call, bytes(row.body), row.received_us, row.envelope["sent_at"], row.envelope["context"])
    return Waiting(row.pk, row.source_id, raw, row.problem, row.attempts)
