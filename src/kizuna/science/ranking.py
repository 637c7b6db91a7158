"""Scores between 0 and 1: the place of a value in a reference population.

Here: the frozen reference of one factor and half-life, its compact bytes, and scoring against it. Not here: when a
reference is frozen. z = (number below + half the number equal) / n is the convention of the model, section 2.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

_VERSION = 1
_HEAD = struct.Struct("<BQ")
_DROPPED_BITS = 17


class UnreadableReferenceError(ValueError):
    """The bytes are not a reference of a version that this code knows."""


def _comparable(values: Floats) -> Floats:
    """Values rounded to 36 significant bits (1.5e-11), so that rounding noise in a stock never breaks a tie.

    At 90 days this is under a millisecond of decay; money up to 68 billion minor units stays exact.
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a value to rank is not a finite number")
    bits = values.view(np.int64) + (1 << (_DROPPED_BITS - 1))
    return (bits >> _DROPPED_BITS << _DROPPED_BITS).view(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The distinct values of a population, ascending, and how many members lie at or below each.

    values: float64[d], at_most: int64[d] cumulative. Both are empty when the factor has not a single fact in the
    population: then everybody scores .5 and the screens say "no data".
    """

    values: Floats
    at_most: Ints

    @classmethod
    def of(cls, values: Floats) -> Self:
        """The reference of a population: float64[n], already through `stocks.significant`; all zero means no fact.

        >>> reference = Reference.of(np.array([0.0, 3.0, 0.0, 5.0]))
        >>> reference.values.tolist(), reference.at_most.tolist(), reference.size
        ([0.0, 3.0, 5.0], [2, 3, 4], 4)
        """
        distinct, counts = np.unique(_comparable(values), return_counts=True)
        if not distinct.any():
            return cls.without_facts()
        return cls(distinct, np.cumsum(counts, dtype=np.int64))

    @classmethod
    def without_facts(cls) -> Self:
        """The reference of a factor for which nothing was ever recorded."""
        return cls(np.empty(0, dtype=np.float64), np.empty(0, dtype=np.int64))

    @property
    def has_facts(self) -> bool:
        """False: show "no data" instead of the score."""
        return len(self.values) > 0

    @property
    def size(self) -> int:
        """Members of the population; 0 without facts."""
        return int(self.at_most[-1]) if self.has_facts else 0

    def score(self, values: Floats) -> Floats:
        """z = (number below + half the number equal) / n, for values inside or outside the population.

        values: float64[m]; result float64[m] in [0, 1], .5 for all without facts; non-decreasing in the value. Equal
        means equal to 36 bits. The mean over the reference population itself is .5. Source: model, section 2.

        >>> Reference.of(np.array([0.0, 0.0, 3.0, 5.0])).score(np.array([0.0, 1.0, 3.0, 9.0])).tolist()
        [0.25, 0.5, 0.625, 1.0]
        """
        values = _comparable(values)
        if not self.has_facts:
            return np.full(len(values), 0.5)
        below = self._members_before(np.searchsorted(self.values, values, side="left"))
        at_most = self._members_before(np.searchsorted(self.values, values, side="right"))
        return (below + at_most) / (2.0 * self.size)

    def _members_before(self, place: NDArray[np.intp]) -> Ints:
        return np.where(place > 0, self.at_most[place - 1], 0)

    def to_bytes(self) -> bytes:
        """Compact bytes, led by a version: the steps between neighbours, byte planes apart, deflated.

        >>> Reference.from_bytes(Reference.of(np.array([1.0, 2.0, 2.0])).to_bytes()).at_most.tolist()
        [1, 3]
        """
        bits = self.values.view(np.int64) >> _DROPPED_BITS
        steps = np.concatenate((np.diff(bits, prepend=0), np.diff(self.at_most, prepend=0))).astype("<i8")
        planes = np.ascontiguousarray(steps.view(np.uint8).reshape(-1, 8).T)
        return _HEAD.pack(_VERSION, len(self.values)) + zlib.compress(planes.tobytes(), 6)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """The reference that `to_bytes` wrote, bit for bit; raises UnreadableReferenceError on anything else."""
        try:
            version, distinct = _HEAD.unpack_from(stored)
        except struct.error as error:
            raise UnreadableReferenceError("the stored reference is cut short") from error
        if version != _VERSION:
            raise UnreadableReferenceError(f"the stored reference has version {version}, this code reads {_VERSION}")
        try:
            planes = np.frombuffer(zlib.decompress(stored[_HEAD.size :]), dtype=np.uint8).reshape(8, 2 * distinct)
        except (zlib.error, ValueError) as error:
            raise UnreadableReferenceError("the stored reference is damaged") from error
        steps = np.ascontiguousarray(planes.T).view("<i8").ravel().astype(np.int64)
        bits = np.cumsum(steps[:distinct], dtype=np.int64) << _DROPPED_BITS
        return cls(bits.view(np.float64), np.cumsum(steps[distinct:], dtype=np.int64))
