"""Two shares side by side: what a group that was written to did more often than one that was not.

Interval of each share: Wilson (1927). Interval of the difference: Newcombe (1998), method 10, which stays within
[-1, 1] and holds for small groups and shares near 0.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import scipy as sp

LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its interval; shares are 0 to 1, an empty group has the whole range."""

    number: int
    whole: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger the first share is, in points of 1, with its interval."""

    difference: float
    low: float
    high: float


def share(number: int, whole: int, level: float = LEVEL) -> Share:
    """Wilson's interval: (p + z^2/2n +- z sqrt(p(1 - p)/n + z^2/4n^2)) / (1 + z^2/n).

    >>> found = share(15, 100)
    >>> round(found.low, 3), round(found.high, 3)
    (0.093, 0.233)
    >>> share(0, 0).high
    1.0
    """
    if not 0 <= number <= whole:
        raise ValueError("a part is between nothing and the whole")
    if not whole:
        return Share(0, 0, 0.0, 0.0, 1.0)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    p, shrink = number / whole, 1 + z * z / whole
    middle = (p + z * z / (2 * whole)) / shrink
    half = z * (p * (1 - p) / whole + z * z / (4 * whole * whole)) ** 0.5 / shrink
    return Share(number, whole, p, max(0.0, middle - half), min(1.0, middle + half))


def difference(first: Share, second: Share) -> Difference:
    """Newcombe's interval of p1 - p2 from the intervals of both.

    >>> found = difference(share(56, 70), share(48, 80))
    >>> round(found.difference, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    apart = first.share - second.share
    below = ((first.share - first.low) ** 2 + (second.high - second.share) ** 2) ** 0.5
    above = ((first.high - first.share) ** 2 + (second.share - second.low) ** 2) ** 0.5
    return Difference(apart, max(-1.0, apart - below), min(1.0, apart + above))


def chance(number: int, whole: int, expected: float) -> float:
    """How likely a lot that picks each with a chance gives so many, or what is no likelier: exact, two-sided; 0 to 1.

    >>> round(chance(2, 10, 0.5), 6), chance(0, 0, 0.5), round(chance(2698, 5073, 0.5), 7)
    (0.109375, 1.0, 6.1e-06)
    """
    if not whole:
        return 1.0
    return float(sp.stats.binomtest(number, whole, expected).pvalue)
