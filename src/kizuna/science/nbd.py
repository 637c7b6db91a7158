"""NBD: customers buy at their own rate for ever; the yardstick that says what leaving adds to a model.

Rates ~ Gamma(r, alpha). Here: the model, its fit, and the negative binomial that the other models are built from.
Source: Ehrenberg (1959); likelihood of dated purchases as in Fader, Hardie & Lee (2005).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy as sp

from kizuna.science import fitting
from kizuna.science.fitting import Family, Likelihood, Prior
from kizuna.science.histories import customers_and_repeaters, from_rows, ranks
from kizuna.science.purchasing import Fit, Floats, Histories, Ints, check_parameters, checked_horizon

ALIKE = 1e3
"""From this shape on a gamma or beta distribution is so narrow that data cannot tell it from a point."""


@dataclass(frozen=True, slots=True)
class Nbd:
    """The NBD (r, alpha), both above 0, alpha in the histories' unit of time.

    >>> Nbd(1.0, 2.0).conditional(from_rows([3], [1], [6]), 4.0).tolist()  # (1 + 3) / (2 + 6) * 4
    [2.0]
    """

    r: float
    alpha: float

    def __post_init__(self) -> None:
        check_parameters(self)

    def expected(self, t: Floats) -> Floats:
        """Expected repeat purchases of a new customer in (0, t], r t/alpha: float64, the shape of t."""
        return checked_horizon(t) * (self.r / self.alpha)

    def conditional(self, histories: Histories, t: float) -> Floats:
        """Expected purchases in (T, T + t] of each row, (r+x) t/(alpha+T): float64[n]."""
        return (self.r + histories.x) / (self.alpha + histories.T) * float(checked_horizon(t))

    def p_alive(self, histories: Histories) -> Floats:
        """Probability that each row is still a customer: float64[n], always 1."""
        return np.ones(histories.x.size)

    def probability(self, x: Ints, t: float) -> Floats:
        """Probability of x repeat purchases in (0, t]: float64, the shape of x."""
        return np.exp(log_negative_binomial(self.r, self.alpha, np.asarray(x), float(checked_horizon(t))))

    def conditional_probability(self, histories: Histories, y: Ints, t: float) -> Floats:
        """Probability that row i buys y[i] times in (T, T + t]: float64[n]."""
        later = self.r + histories.x, self.alpha + histories.T
        return np.exp(log_negative_binomial(*later, np.asarray(y), float(checked_horizon(t))))

    def log_likelihood(self, histories: Histories) -> float:
        """Log-likelihood of the histories, the sum over customers."""
        return likelihood(histories)(np.log([self.r, self.alpha]))[0]

    def simulate(self, T: Floats, random: np.random.Generator) -> Histories:
        """Draw one history for each observation length float64[n]."""
        T = np.asarray(T, dtype=np.float64)
        rate = random.gamma(self.r, 1.0, T.shape) / self.alpha
        return purchases_within(rate, T, T, random)


def fit(histories: Histories, *, prior: Prior | None = None, start: Nbd | None = None) -> Fit[Nbd]:
    """The NBD that the histories make most likely; prior and start as in fitting.fit_family.

    >>> found = fit(Nbd(0.5, 2.0).simulate(np.full(2000, 50.0), np.random.default_rng(1)))
    >>> found.converged, abs(found.model.r - 0.5) < 2 * found.standard_errors["r"]
    (True, True)
    """
    return fitting.fit_family(_FAMILY, histories, prior, start)


def likelihood(histories: Histories) -> Likelihood:
    """The log-likelihood of log (r, alpha), L = G(r+x)/G(r) alpha^r (alpha+T)^-(r+x), and its gradient."""
    xs, x_at = ranks(histories.x)
    Ts, T_at = ranks(histories.T)
    count = histories.count.astype(np.float64)
    by_x, by_T = np.bincount(x_at, count, xs.size), np.bincount(T_at, count, Ts.size)
    bought, customers = np.bincount(T_at, count * histories.x, Ts.size), float(count.sum())

    def value(at: Floats) -> tuple[float, Floats]:
        r, alpha = np.exp(at)
        log_T = np.log(alpha + Ts)
        shape = r * by_T + bought
        total = (
            by_x @ (sp.special.gammaln(r + xs) - sp.special.gammaln(r)) + customers * r * np.log(alpha) - shape @ log_T
        )
        by_r = by_x @ (sp.special.digamma(r + xs) - sp.special.digamma(r)) + customers * np.log(alpha) - by_T @ log_T
        by_alpha = customers * r / alpha - shape @ (1 / (alpha + Ts))
        return float(total), np.array([by_r * r, by_alpha * alpha])

    return value


def log_negative_binomial(r: Any, alpha: Any, x: Ints, t: Any) -> Floats:
    """Log probability of x purchases in (0, t] at a rate ~ Gamma(r, alpha) that never ends: float64, broadcast.

    >>> np.exp(log_negative_binomial(1.0, 1.0, np.array([0, 1, 2]), 1.0)).round(6).tolist()
    [0.5, 0.25, 0.125]
    """
    ways = sp.special.gammaln(r + x) - sp.special.gammaln(r) - sp.special.gammaln(x + 1.0)
    return np.asarray(ways - r * np.log1p(t / alpha) + sp.special.xlogy(x, t / (alpha + t)))


def purchases_within(rate: Floats, window: Floats, T: Floats, random: np.random.Generator) -> Histories:
    """Draw Poisson purchases at a rate within a window of the observation T: float64[n] each."""
    x = random.poisson(np.minimum(rate * window, 1e15))
    last = np.where(x > 0, np.maximum(random.beta(np.maximum(x, 1), 1.0), 1e-12), 0.0)
    return from_rows(x, window * last, T)


def tell_rates(r: float, unknown: frozenset[str]) -> tuple[str, ...]:
    """What a fit cannot know of the rates of buying, and which parameters stay open, in plain sentences."""
    notes = []
    if r > ALIKE:
        notes.append("All customers seem to buy at the same rate.")
    if unknown:
        notes.append(f"These purchases do not tell {' and '.join(sorted(unknown))}: no error is given for it.")
    return tuple(notes)


def _tell(model: Nbd, histories: Histories, unknown: frozenset[str]) -> tuple[str, ...]:
    return tell_rates(model.r, unknown) if customers_and_repeaters(histories)[1] else ()


_FAMILY = Family(
    model=Nbd, timed=(False, True), centre=(0.5, 0.4), spread=(1.0, 1.5), likelihood=likelihood, tell=_tell
)
