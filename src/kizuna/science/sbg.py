"""Shifted beta-geometric: how long customers renew where every renewal is seen, as with subscriptions.

Here: the fit from what was lost and renewed at each age, retention and survival curves, remaining lifetime, plain and
discounted. Not here: purchases without contract. Source: Fader & Hardie, How to Project Customer Retention (2007).
"""

from dataclasses import dataclass

import numpy as np
import scipy as sp
from numpy.typing import ArrayLike

from kizuna.science.newton import Top, climb
from kizuna.science.purchasing import Fit, Floats, Ints, check_parameters

FEW = 50
"""Below so many customers lost or renewed the experience of other businesses is added."""
_OF_OTHERS = np.log([0.7, 2.0]), np.array([0.7, 0.8])
_NO_END = 1e4


class RenewalError(ValueError):
    """Counts that cannot be: field is the name of the argument."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


@dataclass(frozen=True, slots=True)
class ShiftedBetaGeometric:
    """Each customer leaves at every renewal with the same own chance theta; theta is Beta(alpha, beta) over customers.

    alpha, beta > 0. The ones who leave easily leave first: that alone makes retention rise with age.
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        check_parameters(self)

    def retention(self, renewal: ArrayLike) -> Floats:
        """Share of those still there who renew at their t-th renewal: (beta + t - 1) / (alpha + beta + t - 1).

        renewal t >= 1, any shape; result in (0, 1), increasing in t. Source: Fader & Hardie 2007, equation 8.

        >>> ShiftedBetaGeometric(1.0, 1.0).retention([1, 2]).round(4).tolist()
        [0.5, 0.6667]
        """
        past = np.asarray(renewal, dtype=np.float64) - 1.0
        return np.asarray((self.beta + past) / (self.alpha + self.beta + past))

    def survival(self, renewals: ArrayLike) -> Floats:
        """Share of a cohort that renewed at least t times: B(alpha, beta + t) / B(alpha, beta), 1 at t = 0, falling.

        >>> ShiftedBetaGeometric(1.0, 1.0).survival([0, 1, 2]).round(4).tolist()
        [1.0, 0.5, 0.3333]
        """
        t = np.asarray(renewals, dtype=np.float64)
        return np.asarray(
            np.exp(sp.special.betaln(self.alpha, self.beta + t) - sp.special.betaln(self.alpha, self.beta))
        )

    def remaining(self, renewals: ArrayLike) -> Floats:
        """Expected further renewals of somebody who renewed t times: (beta + t) / (alpha - 1); inf where alpha <= 1.

        With alpha <= 1 so many stay for ever that the average has no end: use a discounted or a bounded figure.

        >>> ShiftedBetaGeometric(3.0, 1.0).remaining([0, 1]).tolist()
        [0.5, 1.0]
        """
        t = np.asarray(renewals, dtype=np.float64)
        if self.alpha <= 1.0:
            return np.full(t.shape, np.inf)
        return np.asarray((self.beta + t) / (self.alpha - 1.0))

    def discounted_remaining(self, renewals: ArrayLike, discount: float) -> Floats:
        """Expected further renewals, the k-th ahead counted (1 + discount)^-k. discount > 0 per renewal period.

        sum_k S(t + k) / S(t) (1 + d)^-k = r_(t+1) / (1 + d) 2F1(1, beta + t + 1; alpha + beta + t + 1; 1 / (1 + d)).
        Source: Fader & Hardie, Customer-Base Valuation in a Contractual Setting (2010).

        >>> ShiftedBetaGeometric(1e6, 1e6).discounted_remaining([0], 0.25).round(3).tolist()  # .4 / (1 - .4)
        [0.667]
        """
        if not discount > 0.0:
            raise RenewalError("discount", "must be above 0")
        t = np.asarray(renewals, dtype=np.float64)
        near = 1.0 / (1.0 + discount)
        later = sp.special.hyp2f1(1.0, self.beta + t + 1.0, self.alpha + self.beta + t + 1.0, near)
        return np.asarray(self.retention(t + 1.0) * near * later)

    def log_likelihood(self, lost: ArrayLike, renewed: ArrayLike) -> float:
        """Of customers lost and renewed at each renewal 1, 2, ...: two columns of counts."""
        return _surface(*_counts(lost, renewed), np.log([self.alpha, self.beta]))[0]

    def simulate(self, customers: int, renewals: int, random: np.random.Generator) -> tuple[Ints, Ints]:
        """Draw how many of a new cohort are lost and renew at each renewal: two int64[renewals]."""
        leaves = random.beta(self.alpha, self.beta, customers)
        last = random.geometric(np.clip(leaves, 1e-12, 1.0))
        lost = np.bincount(np.minimum(last, renewals + 1), minlength=renewals + 2)[1 : renewals + 1]
        return lost.astype(np.int64), (customers - np.cumsum(lost)).astype(np.int64)


def from_survivors(survivors: ArrayLike) -> tuple[Ints, Ints]:
    """Lost and renewed at each renewal from the size of one cohort at its start and after each renewal.

    Several cohorts: add what this gives for each, age by age.

    >>> [column.tolist() for column in from_survivors([1000, 631, 468])]
    [[369, 163], [631, 468]]
    """
    left = np.asarray(survivors)
    if left.ndim != 1 or (left.size and (left < 0).any()) or (np.diff(left) > 0).any():
        raise RenewalError("survivors", "must be one column of counts that never rises")
    whole = left.astype(np.int64)
    return -np.diff(whole), whole[1:]


def fit(lost: ArrayLike, renewed: ArrayLike, *, start: ShiftedBetaGeometric | None = None) -> Fit[ShiftedBetaGeometric]:
    """Fit to how many customers were lost and renewed at their 1st, 2nd, ... renewal, by maximum likelihood.

    lost, renewed: counts of one length, of any number of cohorts together; who has not come to a renewal yet does not
    count in it. Under 50 customers, or one renewal, or nobody lost, the experience of other businesses is added.

    >>> fit(*from_survivors([1000, 631, 468, 382, 326])).log_likelihood.__round__(2)
    -1401.56
    """
    gone, kept = _counts(lost, renewed)
    notes = _doubts(gone, kept)
    centre, spread = _OF_OTHERS
    begin = centre if start is None else np.log([start.alpha, start.beta])
    sharp = np.where(bool(notes), 1.0 / spread, 0.0)

    def surface(at: Floats) -> tuple[float, Floats, Floats]:
        value, slope, curvature = _surface(gone, kept, at)
        off = (at - centre) * sharp
        return value - 0.5 * float(off @ off), slope - off * sharp, curvature - np.diag(sharp**2)

    return _fitted(climb(surface, begin), gone, kept, notes)


def _doubts(gone: Floats, kept: Floats) -> tuple[str, ...]:
    customers = int(gone[:1].sum() + kept[:1].sum())
    added = "; the experience of other businesses was added"
    if gone.sum() + kept.sum() == 0:
        return (f"nobody has come to a renewal yet{added}",)
    if gone.sum() == 0:
        return (f"nobody was lost yet{added}",)
    if kept.sum() == 0:
        return (f"nobody ever renewed{added}",)
    if np.count_nonzero(gone + kept) == 1:
        return (f"only one renewal was seen, which does not tell how customers differ{added}",)
    return (f"customers: only {customers}{added}",) if customers < FEW else ()


def _fitted(top: Top, gone: Floats, kept: Floats, notes: tuple[str, ...]) -> Fit[ShiftedBetaGeometric]:
    alpha, beta = np.exp(top.at).tolist()
    if alpha + beta > _NO_END:
        notes = (*notes, "customers do not differ: retention does not rise with age")
    elif alpha <= 1.0:
        notes = (*notes, "so many stay that an average lifetime has no end (alpha <= 1): use discounted figures")
    errors = np.sqrt(np.diag(top.covariance())) * np.exp(top.at)
    value = _surface(gone, kept, top.at)[0]
    named = {"alpha": float(errors[0]), "beta": float(errors[1])}
    return Fit(ShiftedBetaGeometric(alpha, beta), value, named, top.converged, notes)


def _counts(lost: ArrayLike, renewed: ArrayLike) -> tuple[Floats, Floats]:
    columns = []
    for field, counts in (("lost", lost), ("renewed", renewed)):
        column = np.asarray(counts, dtype=np.float64)
        if column.ndim != 1 or not np.isfinite(column).all() or (column < 0).any():
            raise RenewalError(field, "must be a column of counts, none below 0")
        columns.append(column)
    if len(columns[0]) != len(columns[1]):
        raise RenewalError("renewed", "must be as long as lost")
    return columns[0], columns[1]


def _surface(gone: Floats, kept: Floats, at: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood in (ln alpha, ln beta), gradient and Hessian.

    sum_t lost_t ln(alpha / (alpha + beta + t - 1)) + renewed_t ln((beta + t - 1) / (alpha + beta + t - 1)).
    """
    alpha, beta = np.exp(at).tolist()
    past = np.arange(len(gone), dtype=np.float64)
    there, stay, whole = gone + kept, beta + past, alpha + beta + past
    value = gone.sum() * at[0] + kept @ np.log(stay) - there @ np.log(whole)
    shared, bent = (there / whole).sum(), (there / whole**2).sum()
    first = np.array([gone.sum() - alpha * shared, beta * ((kept / stay).sum() - shared)])
    aa = alpha**2 * bent - alpha * shared
    ab = alpha * beta * bent
    bb = beta**2 * (bent - (kept / stay**2).sum()) + first[1]
    return float(value), first, np.array([[aa, ab], [ab, bb]])
