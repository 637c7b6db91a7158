"""Working time between instants, many at once: what a wait was to somebody who only works at times.

Here: stretches as columns and sums over them. Not here: when a shop works (shops.hours).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class WorkingTime:
    """Stretches of work, ascending and apart, all int64[k]; worked[i]: working time before stretch i."""

    opens: Ints
    closes: Ints
    worked: Ints

    def until(self, at_us: ArrayLike) -> Ints:
        """Working time from the first stretch up to each instant, int64[n]."""
        at = np.asarray(at_us, dtype=np.int64)
        if not len(self.opens):
            return np.zeros_like(at)
        row = np.maximum(np.searchsorted(self.opens, at, side="right") - 1, 0)
        within = np.clip(np.minimum(at, self.closes[row]) - self.opens[row], 0, None)
        return np.asarray(self.worked[row] + within, dtype=np.int64)

    def between(self, from_us: ArrayLike, to_us: ArrayLike) -> Ints:
        """Working time between each pair of instants, never more than the time between them.

        >>> day = make([(9, 17), (33, 41)])
        >>> day.between([0, 10, 16, 18], [9, 12, 34, 30]).tolist()
        [0, 2, 2, 0]
        """
        return np.asarray(self.until(to_us) - self.until(from_us), dtype=np.int64)


def make(stretches: Iterable[tuple[int, int]]) -> WorkingTime:
    """Make columns of stretches (opens, closes) that are ascending and do not overlap."""
    table = np.array(list(stretches), dtype=np.int64).reshape(-1, 2)
    length = table[:, 1] - table[:, 0]
    if (length < 0).any() or (table[1:, 0] < table[:-1, 1]).any():
        raise ValueError("stretches are ascending and apart")
    return WorkingTime(table[:, 0].copy(), table[:, 1].copy(), np.r_[np.int64(0), np.cumsum(length)][:-1])
