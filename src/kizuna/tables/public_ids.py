"""Identifiers for the outside: UUIDv7, so that they sort by the time they were made and cannot be guessed.

Inside, rows are known by BIGINT; only pages, exports and the API show these.
"""

import os
import time
import uuid


def make(at_us: int) -> uuid.UUID:
    """Make one identifier for an instant (epoch microseconds)."""
    noise = int.from_bytes(os.urandom(10), "big")
    milliseconds = max(at_us // 1000, 0) & 0xFFFF_FFFF_FFFF
    head = milliseconds << 16 | 0x7000 | noise >> 68
    return uuid.UUID(int=head << 64 | 0x8000_0000_0000_0000 | noise & 0x3FFF_FFFF_FFFF_FFFF)


def fresh() -> uuid.UUID:
    """Make one for now: the default of a column whose row says nothing of time."""
    return make(time.time_ns() // 1000)
