"""How far a reader of the inbox has come; moved in the same transaction as what it wrote.

The position is the last request taken whole; `part` counts the events already taken of the request after it, so that
a large batch can be taken in several short transactions.
"""

from dataclasses import dataclass

from kizuna.tracking.models import Cursor


@dataclass(frozen=True, slots=True)
class Position:
    """A request, and how many events of the next one."""

    request_id: int = 0
    part: int = 0


def read(name: str) -> Position:
    """Read a cursor; the beginning where it never moved."""
    found = Cursor.objects.filter(name=name).values_list("position", "part").first()
    return Position() if found is None else Position(*found)


def lock(name: str) -> Position:
    """Read a cursor and hold it until the caller's transaction ends, so that two workers never take the same."""
    Cursor.objects.bulk_create([Cursor(name=name)], ignore_conflicts=True)
    row = Cursor.objects.select_for_update().get(name=name)
    return Position(row.position, row.part)


def move(name: str, to: Position) -> None:
    """Move a cursor that the caller has locked."""
    Cursor.objects.filter(name=name).update(position=to.request_id, part=to.part)
