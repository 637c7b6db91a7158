"""How long it lasts: survival curves of customers who are watched from different ages on.

Here: Kaplan-Meier with delayed entry and Greenwood's intervals, and the log-rank test between groups. Not here: what
counts as the end. Sources: Kaplan & Meier (1958); Klein & Moeschberger, Survival Analysis (2003), 4.2, 4.6 and 7.3.
"""

from dataclasses import dataclass

import numpy as np
import scipy as sp
from numpy.typing import ArrayLike, NDArray

from kizuna.science.purchasing import Floats, Ints

type Flags = NDArray[np.bool_]


class DurationError(ValueError):
    """A duration that cannot be: field is the name of the argument, row its place."""

    def __init__(self, field: str, row: int, reason: str) -> None:
        super().__init__(f"{field}: row {row} {reason}")
        self.field = field
        self.row = row


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A survival curve as steps: from t[i] on, survival[i] is still there, all float64[k] but at_risk and died int64.

    t[0] is the start with survival 1; the others are the times at which somebody ended. low <= survival <= high is
    the pointwise interval. at_risk[i]: who was watched just before t[i]; died[i]: who ended at t[i].
    """

    t: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: Ints
    died: Ints

    def at(self, t: ArrayLike) -> Floats:
        """Survival at any times, 1 before the start."""
        place = np.searchsorted(self.t, np.asarray(t, dtype=np.float64), side="right") - 1
        return np.where(place < 0, 1.0, self.survival[np.maximum(place, 0)])

    def quantile(self, share: float = 0.5) -> float:
        """The first time at which no more than 1 - share survive; inf where the curve never falls so far."""
        below = self.survival <= 1.0 - share + 1e-12
        return float(self.t[np.argmax(below)]) if below.any() else float("inf")


def kaplan_meier(entry: ArrayLike, end: ArrayLike, died: ArrayLike, level: float = 0.95) -> Curve:
    """Estimate S(t) = prod over t_i <= t of (1 - d_i / n_i), n_i = watched with entry < t_i <= end.

    entry, end: float64[n] in any one unit, counted from each customer's own zero, entry < end; died: bool[n], False
    where the end was not seen by then. The interval is Greenwood's on the scale of log(-log S), so it stays within
    0 and 1. Where at an early time all the few who are watched end, the curve is 0 from there: start later then.

    >>> curve = kaplan_meier([0, 0, 0, 2], [1, 3, 4, 4], [True, False, True, True])
    >>> curve.t.tolist(), curve.survival.round(4).tolist(), curve.at_risk.tolist()
    ([0.0, 1.0, 4.0], [1.0, 0.6667, 0.0], [3, 3, 2])
    """
    begin, last, ended = _checked(entry, end, died)
    if not len(begin):
        one = np.ones(1)
        return Curve(np.zeros(1), one, one.copy(), one.copy(), np.zeros(1, np.int64), np.zeros(1, np.int64))
    t, number = np.unique(last[ended], return_counts=True)
    at_risk = _watched(begin, last, t)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1.0 - number / at_risk)
        variance = np.cumsum(number / (at_risk * (at_risk - number).astype(np.float64)))
        reach = float(sp.special.ndtri(0.5 + level / 2.0)) * np.sqrt(variance) / np.log(survival)
        low, high = survival ** np.exp(-reach), survival ** np.exp(reach)
    low, high = np.where(survival > 0.0, low, 0.0), np.where(survival > 0.0, high, 0.0)
    start = begin.min()
    first = np.count_nonzero(begin == start)
    return Curve(
        np.r_[start, t],
        np.r_[1.0, survival],
        np.r_[1.0, np.minimum(low, high)],
        np.r_[1.0, np.maximum(low, high)],
        np.r_[first, at_risk].astype(np.int64),
        np.r_[0, number].astype(np.int64),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """How surely curves differ: chi2 with df degrees of freedom; p_value is small where chance hardly explains it."""

    chi2: float
    df: int
    p_value: float


def log_rank(entry: ArrayLike, end: ArrayLike, died: ArrayLike, group: ArrayLike) -> Difference:
    """Compare the survival of groups by observed against expected ends at each time.

    group: int[n], any numbers. chi2 = (O - E)' V^-1 (O - E) with the hypergeometric variance V, over all groups but
    one. With one group, or nobody who ended, there is nothing to compare: chi2 0, df 0, p_value 1.

    >>> log_rank([0] * 4, [1, 2, 3, 4], [True] * 4, [0, 0, 1, 1]).chi2.__round__(4)
    2.8824
    """
    begin, last, ended = _checked(entry, end, died)
    names, place = np.unique(np.asarray(group), return_inverse=True)
    if len(place) != len(begin):
        raise DurationError("group", len(place), "is the first that is missing or too many")
    t = np.unique(last[ended])
    if len(names) < 2 or not len(t):
        return Difference(0.0, 0, 1.0)
    at_risk = np.array([_watched(begin[place == g], last[place == g], t) for g in range(len(names))], dtype=np.float64)
    ends = [np.bincount(np.searchsorted(t, last[ended & (place == g)]), minlength=len(t)) for g in range(len(names))]
    number, watched = np.sum(ends, axis=0).astype(np.float64), at_risk.sum(axis=0)
    share = at_risk / watched
    surplus = (np.array(ends) - number * share).sum(axis=1)[:-1]
    weight = number * (watched - number) / np.maximum(watched - 1.0, 1.0)
    spread = (np.diag((weight * share).sum(axis=1)) - (weight * share) @ share.T)[:-1, :-1]
    chi2 = float(surplus @ np.linalg.pinv(spread) @ surplus)
    df = int(np.linalg.matrix_rank(spread))
    return Difference(chi2, df, float(sp.special.chdtrc(df, chi2)) if df else 1.0)


def _watched(begin: Floats, end: Floats, t: Floats) -> Ints:
    """How many have entry < t <= end, int64[len(t)]."""
    entered = np.searchsorted(np.sort(begin), t, side="left")
    return (entered - np.searchsorted(np.sort(end), t, side="left")).astype(np.int64)


def _checked(entry: ArrayLike, end: ArrayLike, died: ArrayLike) -> tuple[Floats, Floats, Flags]:
    begin, last = np.asarray(entry, dtype=np.float64), np.asarray(end, dtype=np.float64)
    ended = np.asarray(died, dtype=np.bool_)
    for field, column in (("end", last), ("died", ended)):
        if column.ndim != 1 or len(column) != begin.size:
            raise DurationError(field, min(column.size, begin.size), "is the first that is missing or too many")
    for field, bad, reason in (
        ("entry", ~np.isfinite(begin), "is no time"),
        ("end", ~np.isfinite(last), "is no time"),
        ("end", last <= begin, "is not after entry"),
    ):
        if bad.any():
            raise DurationError(field, int(np.argmax(bad)), reason)
    return begin, last, ended
