"""Scales of charts: from values to per cent of an axis, with ticks at round numbers.

`Linear` for most; `SymLog` for money, which is skewed and may be negative: linear near zero, logarithmic beyond
`unit` on both sides, so that ticks stay honest and no customer vanishes.
"""

import math
from dataclasses import dataclass
from typing import Protocol


class Scale(Protocol):
    """What a chart needs of an axis."""

    def at(self, value: float) -> float:
        """Give the place of a value in per cent from the low end, held inside the axis."""

    def ticks(self, most: int) -> list[float]:
        """Give about so many round values inside the axis."""


@dataclass(frozen=True)
class Linear:
    """Equal steps, from `low` to `high`."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Give the place of a value in per cent from the low end, held inside the axis."""
        span = self.high - self.low
        return 50.0 if span <= 0 else _held((value - self.low) / span * 100)

    def ticks(self, most: int) -> list[float]:
        """Give at most so many round values inside the axis."""
        step = round_step((self.high - self.low) / max(1, most - 1))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(number * step, 12) for number in range(first, last + 1)]


@dataclass(frozen=True)
class SymLog:
    """Linear near zero, logarithmic beyond `unit`, on both sides of zero."""

    low: float
    high: float
    unit: float

    def at(self, value: float) -> float:
        """Give the place of a value in per cent from the low end, held inside the axis."""
        low, high = self._bend(self.low), self._bend(self.high)
        return 50.0 if high <= low else _held((self._bend(value) - low) / (high - low) * 100)

    def ticks(self, most: int) -> list[float]:
        """Give zero and powers of ten (thinned to about so many) from the unit outwards, inside the axis."""
        first = math.floor(math.log10(self.unit))
        last = math.ceil(math.log10(max(abs(self.low), abs(self.high), self.unit)))
        stride = max(1, math.ceil((last - first + 1) * (2 if self.low < 0 else 1) / max(1, most - 1)))
        powers = [10.0**power for power in range(first, last + 1, stride)]
        values = [*(-power for power in reversed(powers)), 0.0, *powers]
        return [value for value in values if self.low <= value <= self.high]

    def _bend(self, value: float) -> float:
        return math.copysign(math.log1p(abs(value) / self.unit), value)


def round_step(step: float) -> float:
    """Round a step up to 1, 2, 2.5 or 5 times a power of ten.

    >>> round_step(0.17), round_step(23), round_step(0.0)
    (0.2, 25.0, 1.0)
    """
    if step <= 0 or not math.isfinite(step):
        return 1.0
    power = 10.0 ** math.floor(math.log10(step))
    return next(float(f"{nice * power:.12g}") for nice in (1, 2, 2.5, 5, 10) if nice * power >= step * (1 - 1e-9))


def spread(values: list[float], *, zero: bool = False) -> Linear:
    """Make a linear scale around values, with round ends; `zero` keeps zero on it."""
    kept = [*values, 0.0] if zero or not values else values
    low, high = min(kept), max(kept)
    if low == high:
        high = low + (abs(low) or 1.0)
    step = round_step((high - low) / 4)
    return Linear(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step)


def _held(place: float) -> float:
    return min(100.0, max(0.0, place))
