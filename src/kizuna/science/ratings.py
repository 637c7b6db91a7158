"""What answers say of everybody who could have been asked: means and shares, with intervals honest when few answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import scipy as sp

FEW, SOME = 5, 30
Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with the range it lies in with 95 % confidence."""

    value: float
    low: float
    high: float
    n: int


def share_interval(hits: int, n: int) -> Interval | None:
    """Give a share with Wilson's interval; None without answers. Wilson (1927), as in Agresti and Coull (1998).

    >>> each = share_interval(8, 10)
    >>> round(each.low, 3), round(each.high, 3)
    (0.49, 0.943)
    """
    if n <= 0:
        return None
    share, square = hits / n, Z_95**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z_95 / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half), n)


def mean_interval(scores: Sequence[int], least: int = 1, most: int = 5) -> Interval | None:
    """Give a mean of scores with Student's interval, cut to the scale; one answer says nothing: the whole scale.

    >>> mean_interval([4, 4, 5, 3]).value, mean_interval([4]).low
    (4.0, 1.0)
    """
    if not scores:
        return None
    values = np.asarray(scores, dtype=float)
    mean, n = float(values.mean()), len(values)
    spread = float(values.std(ddof=1)) if n > 1 else 0.0
    if n == 1 or spread == 0.0:
        # nobody differed: one further answer at the far end is what cannot be ruled out at this size
        far = least if mean - least > most - mean else most
        moved = abs((mean * n + far * 1.96) / (n + 1.96) - mean) if n > 1 else float(most - least)
        return Interval(mean, max(float(least), mean - moved), min(float(most), mean + moved), n)
    half = float(sp.stats.t.ppf(0.975, n - 1)) * spread / sqrt(n)
    return Interval(mean, max(float(least), mean - half), min(float(most), mean + half), n)


def firmness(n: int) -> str:
    """Say how firm figures of so many answers are: none, few, some or many.

    >>> firmness(0), firmness(4), firmness(12), firmness(30)
    ('none', 'few', 'some', 'many')
    """
    if n == 0:
        return "none"
    return "few" if n < FEW else "some" if n < SOME else "many"
