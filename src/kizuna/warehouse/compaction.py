"""Which segments are to be written anew: small ones together, worn ones alone. Pure; writing them is the flows' job.

Neighbours are merged while the older one is at most three times as large as all that is newer, so that every row is
written a few times only however long the shop lives, and there are few files whatever its size.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kizuna.warehouse.segments import SegmentView

MOST_ROWS = 30_000_000
_GROWTH = 3
_WORN_SHARE = 200
_WORN_ROWS = 5_000


def choose(
    listed: Sequence[SegmentView], stale: Mapping[int, int], from_us: int | None, most_rows: int = MOST_ROWS
) -> list[list[SegmentView]]:
    """Choose runs of neighbours, each to become one segment; `stale` counts replaced rows per serial.

    A run of one is a segment that is worn: many of its rows are replaced, or some are older than is kept.
    """
    runs: list[list[SegmentView]] = []
    run: list[SegmentView] = []
    total = 0
    for segment in reversed(listed):
        rows = segment.rows["ev"]
        if run and (rows > _GROWTH * total or rows + total > most_rows):
            runs.append(run)
            run, total = [], 0
        run.insert(0, segment)
        total += rows
    runs += [run] if run else []
    return [run for run in reversed(runs) if len(run) > 1 or is_worn(run[0], stale, from_us)]


def is_worn(segment: SegmentView, stale: Mapping[int, int], from_us: int | None) -> bool:
    """Tell whether a segment is worth writing anew for its own sake."""
    replaced = stale.get(segment.serial, 0)
    too_old = from_us is not None and segment.first_us is not None and segment.first_us < from_us
    return too_old or (replaced > 0 and (replaced * _WORN_SHARE >= segment.rows["ev"] or replaced >= _WORN_ROWS))


def count_stale(listed: Sequence[SegmentView], changed: Mapping[str, NDArray[np.int64]]) -> dict[int, int]:
    """Count how many of the changed orders and refunds (ids by kind) lie in each segment's span, by serial."""
    return {
        segment.serial: sum(
            int(np.count_nonzero((ids > getattr(segment.after, kind)) & (ids <= getattr(segment.upto, kind))))
            for kind, ids in changed.items()
        )
        for segment in listed
    }
