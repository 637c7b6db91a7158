"""The rows of the inbox, and what a place that keeps them must do.

inbox writes and reads them; inbox_file and inbox_table keep them.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

Call = Literal["identify", "track", "page", "screen", "group", "alias", "batch"]


class Row(NamedTuple):
    """A request to be stored; body is its JSON as received, after decompression."""

    source_id: int
    call: str
    received_us: int
    body: bytes


class Received(NamedTuple):
    """A stored request; ids grow in the order in which rows become visible."""

    id: int
    source_id: int
    call: str
    received_us: int
    body: bytes


class Store(Protocol):
    """Where rows live; `append` is called by the writer thread only."""

    def append(self, rows: Sequence[Row]) -> None:
        """Store the rows in one commit; durable on return."""

    def read_after(self, position: int, limit_rows: int, limit_bytes: int) -> list[Received]:
        """Read the next rows, oldest first; at least one if there is any."""

    def count_after(self, position: int, limit: int) -> int:
        """Count the rows after a position, up to a limit."""

    def last_id(self) -> int:
        """Return the id of the newest row, or 0."""

    def rewrite(self, bodies: Mapping[int, bytes]) -> None:
        """Put other bodies in the place of some rows; durable on return or with the caller's transaction."""

    def prune_through(self, position: int) -> int:
        """Delete the rows up to this id, and count them."""

    def close(self) -> None:
        """Close what was opened."""
