"""What customers will still buy and bring in the months ahead, one by one and by group, between how much and how much.

From what science.outlook learned, by science.lifetime_value; sums come from the same draws. Here also: widening the
range of a sum by how wrong it was before. Not here: storage, words, a shop's terms. Source: model, section 6.1.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kizuna.science import lifetime_value
from kizuna.science.lifetime_value import Span, Terms
from kizuna.science.outlook import UNIT_DAYS, Fitted

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

_BEYOND = 1.6449


@dataclass(frozen=True, slots=True)
class Estimates:
    """Expectations and the ends of their ranges, float64[n] each."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Ahead:
    """The outlook: still a customer (0 to 1), purchases and value of each; of each group and, last, of everybody."""

    still: Floats
    purchases: Estimates
    value: Estimates
    group_purchases: Estimates
    group_value: Estimates


def look_ahead(fitted: Fitted, terms: Terms, group: Ints, groups: int, seed: int) -> Ahead:
    """Tell what comes within the months of the terms, of each customer and each group int64[customers] in [0, groups).

    The trend and what is kept of a purchase are the customers' own; those of the terms are not looked at.
    """
    found = lifetime_value.look_ahead(
        fitted.choice.fit,
        fitted.money,
        fitted.histories,
        (fitted.margins.profitable, fitted.margins.mean_gain),
        replace(terms, trend=fitted.trend, kept=fitted.kept(), unit_days=UNIT_DAYS),
        np.random.default_rng([seed, len(fitted.customers)]),
    )
    each, whole = found.value, found.total()
    grouped = found.by_group(group)
    return Ahead(
        fitted.still.p_alive(fitted.histories)[fitted.histories.group],
        Estimates(each.expected, each.expected_low, each.expected_high),
        Estimates(each.mean, each.low, each.high),
        _sums(grouped.purchases, whole.purchases, groups),
        _sums(grouped.value, whole.value, groups),
    )


def widen(said: Estimates, error: float | None) -> Estimates:
    """Widen ranges of sums by how wrong the same forecast was about held-back weeks, a ratio; None: nothing known.

    Seasons and campaigns are in no model of a customer, but they are in that error e, so that the distance to each end
    becomes sqrt(distance^2 + (1.6449 e mean)^2): independent, and e as one standard deviation. 1.6449 belongs to 90 %.

    >>> wide = widen(Estimates(np.array([100.0]), np.array([70.0]), np.array([130.0])), 0.4 / 1.6449)
    >>> wide.low.tolist(), wide.high.tolist()
    ([50.0], [150.0])
    """
    if error is None:
        return said
    extra = np.square(_BEYOND * error * said.mean)
    return Estimates(
        said.mean,
        said.mean - np.sqrt(np.square(said.mean - said.low) + extra),
        said.mean + np.sqrt(np.square(said.high - said.mean) + extra),
    )


def _sums(grouped: Span, whole: Span, groups: int) -> Estimates:
    """Groups 0 to groups - 1, then everybody; a range that few draws left beside the expectation is drawn to it."""
    columns = []
    for name in ("mean", "low", "high"):
        column = np.zeros(groups + 1)
        column[: len(grouped.mean)], column[-1] = getattr(grouped, name), getattr(whole, name)[0]
        columns.append(column)
    mean, low, high = columns
    return Estimates(mean, np.minimum(low, mean), np.maximum(high, mean))
