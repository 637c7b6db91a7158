"""Two groups side by side that chance alone put apart: how much more one brought each, with Welch's interval.

Source: Welch (1947). Not here: who was put into which group (a hold-out decides it before anything happens).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import scipy as sp
from numpy.typing import ArrayLike

FEWEST = 30


@dataclass(frozen=True, slots=True)
class TwoMeans:
    """Means of both, how much larger the first is, and between which values that truly lies (95 %)."""

    n_first: int
    n_second: int
    first: float
    second: float
    difference: float
    low: float
    high: float


def welch(first: ArrayLike, second: ArrayLike, fewest: int = FEWEST, level: float = 0.95) -> TwoMeans | None:
    """difference +- t_df sqrt(s1^2/n1 + s2^2/n2); None where either group has under `fewest`: it would say nothing.

    >>> told = welch([2.0, 4.0] * 20, [1.0, 3.0] * 20)
    >>> told.difference, round(told.low, 3), round(told.high, 3)
    (1.0, 0.549, 1.451)
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if min(len(a), len(b)) < max(fewest, 2):
        return None
    part_a, part_b = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    wide = part_a + part_b
    apart = float(a.mean() - b.mean())
    half = 0.0
    if wide > 0:
        free = wide**2 / (part_a**2 / (len(a) - 1) + part_b**2 / (len(b) - 1))
        half = float(sp.stats.t.ppf(0.5 + level / 2, free)) * sqrt(wide)
    return TwoMeans(len(a), len(b), float(a.mean()), float(b.mean()), apart, apart - half, apart + half)
