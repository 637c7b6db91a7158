"""What BG/NBD and MBG/NBD share: purchases at a rate ~ Gamma(r, alpha), after each a coin ~ Beta(a, b) ends it.

In the BG/NBD the first coin falls after the first repeat purchase (first_coin = 0), in the MBG/NBD after the very
first purchase (1), so that x repeat purchases have passed m = x + first_coin coins. Not here: fitting. Sources: Fader,
Hardie & Lee (2005); Batislam, Denizel & Filiztekin (2007).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy as sp

from kizuna.science import nbd
from kizuna.science.beta_means import mean_until_end
from kizuna.science.fitting import Likelihood
from kizuna.science.histories import customers_and_repeaters, from_rows, ranks
from kizuna.science.nbd import ALIKE, log_negative_binomial, tell_rates
from kizuna.science.purchasing import Floats, Histories, Ints, check_parameters, checked_horizon

_RARELY = 1e-3
_CACHED = 8_192
"""Rows at a time: they stay in the processor's cache, and no linear algebra library starts threads for so few."""


@dataclass(frozen=True, slots=True)
class BetaGeometric:
    """The four parameters, all above 0, alpha in the histories' unit of time, and what they answer.

    Conditional answers rest on one fact: whoever is still a customer at T goes on as a new one whose rate is
    ~ Gamma(r+x, alpha+T) and whose coin ~ Beta(a, b+m), with the next coin after the next purchase.
    """

    r: float
    alpha: float
    a: float
    b: float
    first_coin: ClassVar[int] = 0

    def __post_init__(self) -> None:
        check_parameters(self)

    def expected(self, t: Floats) -> Floats:
        """Expected repeat purchases of a new customer in (0, t]: float64, the shape of t."""
        t = checked_horizon(t)
        passed = self.b / (self.a + self.b) if self.first_coin else 1.0
        z = np.ravel(t) / self.alpha
        r, b = np.full(z.shape, self.r), np.full(z.shape, self.b + self.first_coin)
        return passed * mean_until_end(r, z, self.a, b).reshape(t.shape)

    def conditional(self, histories: Histories, t: float) -> Floats:
        """Expected purchases in (T, T + t] of each row: float64[n].

        All but P(alive) depends on (x, T) only and is computed once for each.
        """
        t = float(checked_horizon(t))
        x, T = histories.x, histories.T
        new = np.ones(x.size, dtype=np.bool_)
        new[1:] = (x[1:] != x[:-1]) | (T[1:] != T[:-1])
        each: Floats = x[new].astype(np.float64)
        z: Floats = t / (T[new] + self.alpha)
        later = mean_until_end(each + self.r, z, self.a, each + (self.b + self.first_coin))
        return self.p_alive(histories) * later[np.cumsum(new) - 1]

    def p_alive(self, histories: Histories) -> Floats:
        """Probability that each row is still a customer at T: float64[n] in [0, 1].

        1 / (1 + [m>0] a/(b+m-1) ((alpha+T)/(alpha+t_x))^(r+x)).
        """
        coins = histories.x + float(self.first_coin)
        gap = np.log1p((histories.T - histories.t_x) / (self.alpha + histories.t_x))
        before = np.where(coins > 0, self.b + coins - 1, 1.0)
        odds = np.log(self.a) - np.log(before) + (self.r + histories.x) * gap
        return np.where(coins > 0, sp.special.expit(-odds), 1.0)

    def probability(self, x: Ints, t: float) -> Floats:
        """Probability of x repeat purchases in (0, t]: float64, the shape of x."""
        parameters = self.r, self.alpha, self.a, self.b
        return _probability(parameters, np.asarray(x), float(checked_horizon(t)), self.first_coin)

    def conditional_probability(self, histories: Histories, y: Ints, t: float) -> Floats:
        """Probability that row i buys y[i] times in (T, T + t]: float64[n]."""
        later = (self.r + histories.x, self.alpha + histories.T, self.a, self.b + histories.x + self.first_coin)
        alive = self.p_alive(histories)
        bought = _probability(later, np.asarray(y), float(checked_horizon(t)), 0)
        return np.asarray(alive * bought + (1 - alive) * (np.asarray(y) == 0))

    def log_likelihood(self, histories: Histories) -> float:
        """Log-likelihood of the histories, the sum over customers."""
        return likelihood(histories, self.first_coin)(np.log([self.r, self.alpha, self.a, self.b]))[0]

    def simulate(self, T: Floats, random: np.random.Generator) -> Histories:
        """Draw one history for each observation length float64[n]: a Poisson number of purchases until the coin."""
        T = np.asarray(T, dtype=np.float64)
        rate = random.gamma(self.r, 1.0, T.shape) / self.alpha
        coin = np.clip(random.beta(self.a, self.b, T.shape), 1e-18, 1.0)
        would = random.poisson(np.minimum(rate * T, 1e15))
        x = np.minimum(would, random.geometric(coin) - self.first_coin)
        last = np.where(x > 0, np.maximum(random.beta(np.maximum(x, 1), would - x + 1.0), 1e-12), 0.0)
        return from_rows(x, T * last, T)


def likelihood(histories: Histories, first_coin: int) -> Likelihood:
    """The log-likelihood of log (r, alpha, a, b) and its gradient.

    L = L of the NBD (r, alpha) x B(a, b+m)/B(a, b) x (1 + odds of having ended), the odds where m > 0
    a/(b+m-1) ((alpha+T)/(alpha+t_x))^(r+x).
    """
    xs, x_at = ranks(histories.x)
    coins = xs.astype(np.float64) + first_coin
    by_x = np.bincount(x_at, histories.count, xs.size)
    without_end = nbd.likelihood(histories)
    rows = _ending_rows(histories, x_at, first_coin)

    def value(at: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = np.exp(at)
        total, slope = without_end(at[:2])
        kept, by_a, by_b = _coins(coins, a, b)
        before = np.where(coins > 0, b + coins - 1, 1.0)
        odds = np.log(a) - np.log(before)
        of_x, tilt = np.zeros(xs.size), np.zeros(2)
        for part in rows:
            ratio = part.silence / (part.t_x + alpha)
            gap = np.log(1 + ratio)
            ended, soft = _ended(odds[part.x_at] + (part.x + r) * gap)
            ended *= part.count
            total += float(part.count @ soft)
            tilt += ended @ gap, -(ended * (part.x + r)) @ (ratio / (part.t_x + part.silence + alpha))
            of_x += np.bincount(part.x_at, ended, xs.size)
        coin = np.array([(by_x @ by_a) * a + of_x.sum(), (by_x @ by_b - of_x @ (1 / before)) * b])
        return float(total + by_x @ kept), np.concatenate((slope + tilt * (r, alpha), coin))

    return value


def tell(model: BetaGeometric, histories: Histories, unknown: frozenset[str]) -> tuple[str, ...]:
    """What the fit cannot know, in plain sentences."""
    repeaters = customers_and_repeaters(histories)[1]
    if repeaters == 0:
        return ("Whether customers leave cannot be seen from these purchases.",)
    notes = []
    leaves = model.a / (model.a + model.b)
    if leaves < _RARELY:
        notes.append("There is no sign that customers leave: they keep buying at their own rates.")
    elif model.a + model.b > ALIKE:
        notes.append(f"All customers seem alike in how they leave: {leaves:.1%} after each purchase.")
    return (*notes, *tell_rates(model.r, unknown))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some of the rows that may have ended, few enough for the processor's cache."""

    x: Floats
    x_at: Ints
    t_x: Floats
    silence: Floats
    count: Floats


def _ending_rows(histories: Histories, x_at: Ints, first_coin: int) -> list[_Rows]:
    places = np.flatnonzero(histories.x + first_coin > 0)
    parts = []
    for begin in range(0, places.size, _CACHED):
        part = places[begin : begin + _CACHED]
        t_x, count = histories.t_x[part], histories.count[part].astype(np.float64)
        parts.append(_Rows(histories.x[part].astype(np.float64), x_at[part], t_x, histories.T[part] - t_x, count))
    return parts


def _coins(coins: Floats, a: float, b: float) -> tuple[Floats, Floats, Floats]:
    """Log B(a, b+m)/B(a, b) of each number of coins m, and its slopes by a and b."""
    gone = sp.special.digamma(a + b) - sp.special.digamma(a + b + coins)
    kept = sp.special.digamma(b + coins) - sp.special.digamma(b)
    value = (
        sp.special.gammaln(b + coins)
        - sp.special.gammaln(b)
        + sp.special.gammaln(a + b)
        - sp.special.gammaln(a + b + coins)
    )
    return value, gone, kept + gone


def _ended(odds: Floats) -> tuple[Floats, Floats]:
    """Probability of having ended from its log odds, and log(1 + odds), sharing one exponential."""
    small = np.exp(-np.abs(odds))
    return np.where(odds > 0, 1.0, small) / (1 + small), np.maximum(odds, 0.0) + np.log(1 + small)


def _probability(parameters: tuple[Any, Any, float, Any], x: Ints, t: float, first_coin: int) -> Floats:
    """B(a, b+m)/B(a, b) NB(x) + [m>0] B(a+1, b+m-1)/B(a, b) P(NB >= x); r, alpha, b and x broadcast."""
    r, alpha, a, b = parameters
    coins = x + float(first_coin)
    passed = sp.special.betaln(a, b + coins) - sp.special.betaln(a, b)
    before = np.where(coins > 0, b + coins - 1, 1.0)
    at_least = np.where(x > 0, sp.special.betainc(np.maximum(x, 1), r, t / (alpha + t)), 1.0)
    ended = np.where(coins > 0, np.exp(passed) * a / before * at_least, 0.0)
    return np.asarray(np.exp(passed + log_negative_binomial(r, alpha, x, t)) + ended)
