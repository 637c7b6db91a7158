"""Customers inside a shape drawn on the portfolio: a polygon over relationship factor and net profit.

Used for a snapshot's columns as well as for a few dots, so that a lasso means the same over dots and density.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_CORNERS = 200
type Floats = NDArray[np.float64]


class BadShapeError(ValueError):
    """The text is no polygon of numbers."""


@dataclass(frozen=True)
class Shape:
    """A polygon: corners' relationship factors and net profits (minor units)."""

    rf: tuple[float, ...]
    net_profit: tuple[float, ...]


def parse_shape(text: str) -> Shape:
    """Read "rf,profit;rf,profit;..." with at least three corners.

    >>> parse_shape("0,0;1,0;1,500").net_profit
    (0.0, 0.0, 500.0)
    """
    try:
        corners = [(float(a), float(b)) for a, b in (pair.split(",") for pair in text.split(";") if pair)]
    except ValueError:
        raise BadShapeError("a shape is pairs of numbers") from None
    if not 3 <= len(corners) <= MOST_CORNERS or not np.isfinite(corners).all():
        raise BadShapeError(f"a shape has between 3 and {MOST_CORNERS} corners")
    return Shape(tuple(x for x, _ in corners), tuple(y for _, y in corners))


def inside(shape: Shape, rf: Floats, net_profit: Floats) -> NDArray[np.bool_]:
    """Tell which points lie inside, by the even-odd rule; only points in the bounding box are looked at twice."""
    near = (rf >= min(shape.rf)) & (rf <= max(shape.rf))
    near &= (net_profit >= min(shape.net_profit)) & (net_profit <= max(shape.net_profit))
    x, y = rf[near], net_profit[near]
    odd = np.zeros(len(x), dtype=np.bool_)
    corners = list(zip(shape.rf, shape.net_profit, strict=True))
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > y) != (y2 > y)
        odd ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    result = np.zeros(len(rf), dtype=np.bool_)
    result[near] = odd
    return result
