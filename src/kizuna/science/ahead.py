"""What will happen to customers, drawn many times: purchases and what they leave, with everything that is not known.

Each draw takes parameters from what the data leave open, then for every customer a rate and a farewell from what their
own history leaves open, then purchases, profitable or not. Intervals are quantiles of the draws, so they hold for what
will come, not for an average; those of groups come from the same draws. Sources: Fader & Hardie's notes on Pareto/NBD
(2005, posterior of the rate), Batislam et al. (2007), Fader & Hardie (2013, posterior of Gamma-Gamma).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from kizuna.science.beta_geometric import BetaGeometric
from kizuna.science.gamma_gamma import GammaGamma
from kizuna.science.margins import Margins
from kizuna.science.purchasing import Histories, PurchaseModel

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

_AT_ONCE = 4_000_000


class Rated(PurchaseModel, Protocol):
    """A model whose rates are ~ Gamma(r, alpha): every one of the four."""

    @property
    def r(self) -> float: ...
    @property
    def alpha(self) -> float: ...


@runtime_checkable
class Leaving(Protocol):
    """A model by which customers leave at a rate ~ Gamma(s, beta): Pareto/NBD."""

    @property
    def s(self) -> float: ...
    @property
    def beta(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Models:
    """How customers buy and what a profitable purchase leaves: one draw of what the data leave open."""

    buying: Rated
    money: GammaGamma


@dataclass(frozen=True, slots=True)
class Range:
    """The two ends of an interval, float64[n] each."""

    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Drawn:
    """Intervals of purchases and value: of each customer, of each group and, last, of everybody."""

    purchases: Range
    value: Range
    group_purchases: Range
    group_value: Range


@dataclass(frozen=True, slots=True)
class Customers:
    """Customers in rows: histories, margins, and each one's group."""

    histories: Histories
    margins: Margins
    group: Ints
    groups: int


def draw(
    people: Customers, models: Sequence[Models], t: float, discount: float, level: float, random: np.random.Generator
) -> Drawn:
    """Draw the next t of every customer once for each model, and read off the central `level` of the outcomes.

    t in the histories' unit, discount continuous in the same unit (money at u is worth exp(-discount u)).
    """
    count = len(people.histories.group)
    sums = np.zeros((2, len(models), people.groups + 1))
    ends = np.empty((4, count))
    chunk = max(1, _AT_ONCE // len(models))
    tails = [(1 - level) / 2, (1 + level) / 2]
    for start in range(0, count, chunk):
        rows = slice(start, min(count, start + chunk))
        bought, left = _outcomes(people, models, rows, (t, discount), random)
        for place, outcome in enumerate((bought, left)):
            ends[2 * place : 2 * place + 2, rows] = np.quantile(outcome, tails, axis=0, method="inverted_cdf")
            for number, each in enumerate(outcome):
                sums[place, number, :-1] += np.bincount(people.group[rows], each, people.groups)
    sums[:, :, -1] = sums[:, :, :-1].sum(axis=2)
    groups = [np.quantile(each, tails, axis=0) for each in sums]
    return Drawn(Range(ends[0], ends[1]), Range(ends[2], ends[3]), Range(groups[0][0], groups[0][1]), Range(*groups[1]))


def purchases(
    model: Rated, x: Ints, T: Floats, alive: Floats, t: float, random: np.random.Generator
) -> tuple[Ints, Floats]:
    """Draw purchases in (T, T + t] and for how long of it each row stays a customer: int64[n], float64[n].

    Who is still a customer at T has a rate ~ Gamma(r + x, alpha + T) and leaves after a purchase with probability
    ~ Beta(a, b + m), or in Pareto/NBD at a rate ~ Gamma(s, beta + T); in NBD nobody leaves.

    >>> from kizuna.science.mbg_nbd import MbgNbd
    >>> none = np.array([0.0]), np.array([2]), np.array([9.0])
    >>> purchases(MbgNbd(1, 1, 1, 1), none[1], none[2], none[0], 5.0, np.random.default_rng(1))[0].tolist()
    [0]
    """
    rows = np.flatnonzero(random.random(len(x)) < alive)
    seen, known = x[rows], T[rows]
    rate = random.standard_gamma(model.r + seen) / (model.alpha + known)
    stays = np.full(len(rows), t)
    if isinstance(model, BetaGeometric):
        coin = np.clip(random.beta(model.a, model.b + seen + model.first_coin), 1e-18, 1.0)
        would = random.poisson(np.minimum(rate * t, 1e15))
        came = np.minimum(would, random.geometric(coin))
        stays = np.where(came < would, t * came / np.maximum(would, 1), t)
    else:
        if isinstance(model, Leaving):
            ends = random.standard_exponential(len(rows)) * (model.beta + known)
            stays = np.minimum(t, ends / np.maximum(random.standard_gamma(model.s, len(rows)), 1e-300))
        came = random.poisson(np.minimum(rate * stays, 1e15))
    found, stayed = np.zeros(len(x), dtype=np.int64), np.zeros(len(x))
    found[rows], stayed[rows] = came, stays
    return found, stayed


def values(margins: Margins, money: GammaGamma, rows: slice, bought: Ints, random: np.random.Generator) -> Floats:
    """Draw what so many purchases of each customer leave, undiscounted: float64[n].

    Profitable ones ~ Binomial with a share ~ Beta(K u + g, K (1 - u) + n - g); their sum ~ Gamma(p k, nu) with
    nu ~ Gamma(q + p g, v + g z); the others cost the shop's average loss. `rows`: whose of the margins these are.
    """
    at = np.flatnonzero(bought)
    n, g, z = (each[rows][at] for each in (margins.purchases, margins.profitable, margins.mean_gain))
    left = np.zeros(len(bought))
    weight, usual = 1.0 / margins.likeness - 1.0, margins.usual_share
    gains = bought[at]
    if usual < 1.0:
        share = random.beta(np.maximum(weight * usual + g, 1e-9), np.maximum(weight * (1 - usual) + n - g, 1e-9))
        gains = random.binomial(bought[at], share)
    if money.v > 0:
        nu = random.standard_gamma(money.q + money.p * g) / (money.v + g * z)
        left[at] = np.where(gains > 0, random.standard_gamma(money.p * np.maximum(gains, 1)) / nu, 0.0)
    left[at] -= (bought[at] - gains) * margins.loss
    return left


def _outcomes(
    people: Customers, models: Sequence[Models], rows: slice, horizon: tuple[float, float], random: np.random.Generator
) -> tuple[Floats, Floats]:
    t, discount = horizon
    group = people.histories.group[rows]
    used, place = np.unique(group, return_inverse=True)
    known = people.histories
    mine = replace(known, x=known.x[used], t_x=known.t_x[used], T=known.T[used], count=known.count[used])
    bought, left = np.empty((len(models), len(group))), np.empty((len(models), len(group)))
    x, T = mine.x[place], mine.T[place]
    for number, model in enumerate(models):
        came, stays = purchases(model.buying, x, T, model.buying.p_alive(mine)[place], t, random)
        worth = values(people.margins, model.money, rows, came, random)
        delay = discount * stays
        later = np.where(delay > 1e-9, -np.expm1(-delay) / np.maximum(delay, 1e-9), 1.0)
        bought[number], left[number] = came, worth * later
    return bought, left
