"""Pareto/NBD: customers buy at their own rate and leave at their own rate, at any moment.

Rates of buying ~ Gamma(r, alpha), of leaving ~ Gamma(s, beta). Here: the model and its fit. Everything that the papers
print with 2F1 is one positive integral over the moment of leaving, taken by Gauss-Legendre nodes in log time: it holds
for alpha on either side of beta and for any x. Sources: Schmittlein, Morrison & Colombo (1987); Fader & Hardie (2005).
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy as sp

from kizuna.science import fitting, nbd
from kizuna.science.fitting import Family, Likelihood, Prior
from kizuna.science.histories import customers_and_repeaters
from kizuna.science.purchasing import Fit, Floats, Histories, Ints, check_parameters, checked_horizon

_NODES, _PANEL, _GONE, _ROWS = 32, 12.0, 44.0, 2048
_FINE = 32
_RARELY = 1e-3


@dataclass(frozen=True, slots=True)
class ParetoNbd:
    """The Pareto/NBD (r, alpha, s, beta), all above 0, alpha and beta in the histories' unit of time.

    >>> from kizuna.science.histories import from_rows
    >>> cdnow, one = ParetoNbd(0.5533, 10.578, 0.6062, 11.668), from_rows([26], [30.86], [31])
    >>> cdnow.conditional(one, 52.0).round(2).tolist(), cdnow.p_alive(one).round(4).tolist()
    ([25.46], [0.9979])
    """

    r: float
    alpha: float
    s: float
    beta: float

    def __post_init__(self) -> None:
        check_parameters(self)

    def expected(self, t: Floats) -> Floats:
        """Expected repeat purchases of a new customer in (0, t]: float64, the shape of t.

        r beta / (alpha (s-1)) [1 - (beta/(beta+t))^(s-1)], without its hole at s = 1.

        >>> ParetoNbd(1.0, 1.0, 1.0, 1.0).expected(np.array([1.0])).round(6).tolist()  # ln 2
        [0.693147]
        """
        return _until_leaving((self.r, self.alpha, self.s, self.beta), checked_horizon(t))

    def conditional(self, histories: Histories, t: float) -> Floats:
        """Expected purchases in (T, T + t] of each row: float64[n]."""
        return self.p_alive(histories) * _until_leaving(self._later(histories), checked_horizon(t))

    def p_alive(self, histories: Histories) -> Floats:
        """Probability that each row is still a customer at T: float64[n] in [0, 1]."""
        answer = np.empty(histories.x.size)
        for rows in _slices(histories.x.size):
            sums = _sums(histories.x[rows], histories.t_x[rows], histories.T[rows], self._at)
            answer[rows] = sums.stayed / (sums.stayed + sums.left)
        return answer

    def probability(self, x: Ints, t: float) -> Floats:
        """Probability of x repeat purchases in (0, t]: float64, the shape of x."""
        x = np.asarray(x)
        each = np.broadcast_arrays(np.ravel(x), self.r, self.alpha, self.s, self.beta)
        return _probability(each[1:], each[0], float(checked_horizon(t))).reshape(x.shape)

    def conditional_probability(self, histories: Histories, y: Ints, t: float) -> Floats:
        """Probability that row i buys y[i] times in (T, T + t]: float64[n]."""
        later = np.broadcast_arrays(*self._later(histories), np.asarray(y))
        alive = self.p_alive(histories)
        return np.asarray(alive * _probability(later[:4], later[4], float(checked_horizon(t))) + (1 - alive) * (y == 0))

    def log_likelihood(self, histories: Histories) -> float:
        """Log-likelihood of the histories, the sum over customers."""
        return likelihood(histories)(np.log(self._at))[0]

    def simulate(self, T: Floats, random: np.random.Generator) -> Histories:
        """Draw one history for each observation length float64[n]."""
        T = np.asarray(T, dtype=np.float64)
        rate = random.gamma(self.r, 1.0, T.shape) / self.alpha
        leaving = np.maximum(random.gamma(self.s, 1.0, T.shape) / self.beta, 1e-300)
        stays = np.minimum(random.standard_exponential(T.shape) / leaving, T)
        return nbd.purchases_within(rate, stays, T, random)

    @property
    def _at(self) -> Floats:
        return np.array([self.r, self.alpha, self.s, self.beta])

    def _later(self, histories: Histories) -> tuple[Any, ...]:
        """The parameters of each row that is still a customer at T: it goes on as a new customer with these."""
        return self.r + histories.x, self.alpha + histories.T, self.s, self.beta + histories.T


def fit(histories: Histories, *, prior: Prior | None = None, start: ParetoNbd | None = None) -> Fit[ParetoNbd]:
    """The Pareto/NBD that the histories make most likely; prior and start as in fitting.fit_family.

    >>> found = fit(ParetoNbd(0.5, 2.0, 1.0, 30.0).simulate(np.full(2000, 50.0), np.random.default_rng(1)))
    >>> found.converged, abs(found.model.s - 1.0) < 2 * found.standard_errors["s"]
    (True, True)
    """
    return fitting.fit_family(_FAMILY, histories, prior, start)


def likelihood(histories: Histories) -> Likelihood:
    """The log-likelihood of log (r, alpha, s, beta) and its gradient.

    L = G(r+x)/G(r) alpha^r beta^s [ (alpha+T)^-(r+x) (beta+T)^-s + integral of s (alpha+u)^-(r+x) (beta+u)^-(s+1)
    over the moment of leaving u in (t_x, T) ].
    """
    xs, x_at = np.unique(histories.x, return_inverse=True)
    count = histories.count.astype(np.float64)
    by_x, customers = np.bincount(x_at, count, xs.size), float(count.sum())

    def value(at: Floats) -> tuple[float, Floats]:
        parameters = np.exp(at)
        r, alpha, s, beta = parameters
        total = by_x @ (sp.special.gammaln(r + xs) - sp.special.gammaln(r))
        total += customers * (r * np.log(alpha) + s * np.log(beta))
        by_r = by_x @ (sp.special.digamma(r + xs) - sp.special.digamma(r)) + customers * np.log(alpha)
        slope = np.array([by_r, customers * r / alpha, customers * np.log(beta), customers * s / beta])
        for rows in _slices(count.size):
            sums = _sums(histories.x[rows], histories.t_x[rows], histories.T[rows], parameters)
            each, slopes = sums.log_and_slopes(parameters)
            total += count[rows] @ each
            slope += slopes @ count[rows]
        return float(total), slope * parameters

    return value


@dataclass(frozen=True, slots=True)
class _Sums:
    """Per row, relative to (alpha+t_x)^-(r+x) (beta+t_x)^-s: having stayed to T, having left, and moments of leaving.

    moments float64[4, n]: of log growth of alpha+u and beta+u since t_x, and of their inverses, weighted as `left`.
    """

    x: Ints
    start: tuple[Floats, Floats]
    growth: tuple[Floats, Floats]
    stayed: Floats
    left: Floats
    moments: Floats

    def log_and_slopes(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Log of the bracket of the likelihood float64[n] and its slopes by parameter float64[4, n]."""
        r, _, s, _ = parameters
        (alpha, beta), (grown_a, grown_b), shape = self.start, self.growth, r + self.x
        both = self.stayed + self.left
        log_a, log_b, inverse_a, inverse_b = self.moments
        slopes = np.stack(
            [
                -np.log(alpha) - (self.stayed * grown_a + log_a) / both,
                -shape * (self.stayed * np.exp(-grown_a) + inverse_a) / (alpha * both),
                -np.log(beta) - (self.stayed * grown_b + log_b - self.left / s) / both,
                -(self.stayed * s * np.exp(-grown_b) + (s + 1) * inverse_b) / (beta * both),
            ]
        )
        return np.log(both) - shape * np.log(alpha) - s * np.log(beta), slopes


def _sums(x: Ints, t_x: Floats, T: Floats, parameters: Floats) -> _Sums:
    """The integral over the moment of leaving and its moments, for a slice of rows.

    In v = log growth of c+u, c the smaller of alpha and beta, the integrand falls at least as exp(-k v), k its first
    rate: beyond v = 44/k nothing is left, before it 32 nodes a panel of 12 give 1e-13.
    """
    r, alpha, s, beta = parameters
    shape, from_a, from_b = r + x, alpha + t_x, beta + t_x
    grown_a, grown_b = np.log1p((T - t_x) / from_a), np.log1p((T - t_x) / from_b)
    slower = alpha <= beta
    ratio = from_a / from_b if slower else from_b / from_a
    rate = shape - 1 + (s + 1) * ratio if slower else shape * ratio + s
    reach = grown_a if slower else grown_b
    reach = np.minimum(reach, _GONE / np.maximum(rate, 1e-300))
    node, weight = _legendre(max(1, int(np.ceil(float(reach.max(initial=0.0)) / _PANEL))))
    v = reach[:, None] * node
    grown = np.expm1(v)
    other = 1 + ratio[:, None] * grown
    w = np.log(other)
    if slower:
        log_a, log_b, inverse_a, inverse_b = v, w, 1 / (1 + grown), 1 / other
        density = np.exp(-(shape - 1)[:, None] * v - (s + 1) * w) * (ratio * reach * s)[:, None] * weight
    else:
        log_a, log_b, inverse_a, inverse_b = w, v, 1 / other, 1 / (1 + grown)
        density = np.exp(-shape[:, None] * w - s * v) * (reach * s)[:, None] * weight
    moments = np.stack([np.einsum("ij,ij->i", density, each) for each in (log_a, log_b, inverse_a, inverse_b)])
    stayed = np.exp(-shape * grown_a - s * grown_b)
    return _Sums(x, (from_a, from_b), (grown_a, grown_b), stayed, density.sum(axis=1), moments)


def _until_leaving(parameters: tuple[Any, ...], t: Floats) -> Floats:
    """Expected purchases in (0, t] of who is a customer at 0: r beta/alpha (1 - (beta/(beta+t))^(s-1)) / (s-1)."""
    r, alpha, s, beta = parameters
    grown = np.log1p(t / beta)
    return np.asarray(r * beta / alpha * grown * sp.special.exprel((1 - s) * grown))


def _probability(parameters: Any, x: Ints, t: float) -> Floats:
    """Probability of x purchases in (0, t], float64[n] each: having stayed, or left at any moment before t.

    Nodes lie denser near 0 (v = V y^2), where a large r concentrates the integral.
    """
    r, alpha, s, beta = (np.asarray(each, dtype=np.float64) for each in parameters)
    answer = np.exp(nbd.log_negative_binomial(r, alpha, x, t) - s * np.log1p(t / beta))
    node, weight = _legendre(_FINE)
    for rows in _slices(x.size, _ROWS // 8):
        a, b = alpha[rows, None], beta[rows, None]
        nearer = np.minimum(a, b)
        reach = np.log1p(t / nearer)
        moment = nearer * np.expm1(reach * node * node)
        log_density = nbd.log_negative_binomial(r[rows, None], a, x[rows, None], moment)
        log_density -= s[rows, None] * np.log1p(moment / b)
        pace = s[rows, None] * (nearer + moment) / (b + moment) * reach * 2 * node * weight
        answer[rows] += (np.exp(log_density) * pace).sum(axis=1)
    return np.asarray(answer)


@functools.cache
def _legendre(panels: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on (0, 1), the same in each of so many equal panels."""
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    starts = np.arange(panels)[:, None]
    return ((starts + (node + 1) / 2) / panels).ravel(), np.tile(weight / 2 / panels, panels)


def _slices(size: int, rows: int = _ROWS) -> list[slice]:
    return [slice(begin, begin + rows) for begin in range(0, size, rows)]


def _tell(model: ParetoNbd, histories: Histories, unknown: frozenset[str]) -> tuple[str, ...]:
    if customers_and_repeaters(histories)[1] == 0:
        return ("Whether customers leave cannot be seen from these purchases.",)
    notes = []
    leaves = -np.expm1(-model.s * np.log1p(histories.T.max(initial=0.0) / model.beta))
    if leaves < _RARELY:
        notes.append("There is no sign that customers leave: they keep buying at their own rates.")
    elif model.s > nbd.ALIKE:
        notes.append("All customers seem alike in how soon they leave.")
    return (*notes, *nbd.tell_rates(model.r, unknown))


_FAMILY = Family(
    model=ParetoNbd,
    timed=(False, True, False, True),
    centre=(0.5, 0.3, 0.6, 0.5),
    spread=(1.0, 1.5, 1.0, 1.5),
    likelihood=likelihood,
    tell=_tell,
)
