"""What lies ahead of somebody who is still a customer now: whether they stay, and how often they will buy.

Here: for each model of purchases the two answers that a value needs beyond what every model says of itself. Whoever is
alive at T goes on with rates and chances as the history left them; each formula follows from its model's publication.
"""

from functools import singledispatch

import numpy as np
from numpy.typing import ArrayLike

from kizuna.science.beta_geometric import BetaGeometric
from kizuna.science.beta_means import mean_until_end
from kizuna.science.bg_bb import BgBb
from kizuna.science.nbd import Nbd
from kizuna.science.pareto_nbd import ParetoNbd
from kizuna.science.purchasing import Floats, Histories, Ints, PurchaseModel

_MOST = 1e15


@singledispatch
def staying(model: PurchaseModel, histories: Histories, t: float) -> Floats:
    """Probability of being a customer at T + t for rows that are one at T: float64[n], 1 at t = 0, falling.

    >>> from kizuna.science.histories import from_rows
    >>> staying(ParetoNbd(1.0, 1.0, 1.0, 9.0), from_rows([0], [0], [1]), 10.0).tolist()
    [0.5]
    """
    raise TypeError(f"how long customers of {type(model).__name__} stay is not known")


@staying.register
def _(model: Nbd, histories: Histories, t: float) -> Floats:
    return np.ones(len(histories.x))


@staying.register
def _(model: ParetoNbd, histories: Histories, t: float) -> Floats:
    """Chances of leaving are Gamma(s, beta + T): ((beta + T) / (beta + T + t))^s."""
    return np.asarray(np.exp(-model.s * np.log1p(t / (model.beta + histories.T))))


@staying.register
def _(model: BetaGeometric, histories: Histories, t: float) -> Floats:
    """Each purchase ends it with chance p ~ Beta(a, b): 1 - E[p purchases by t], and E[p f(p)] is a Beta(a + 1, b)."""
    x: Floats = histories.x.astype(np.float64)
    b = model.b + x + model.first_coin
    later = mean_until_end(model.r + x, t / (model.alpha + histories.T), model.a + 1.0, b)
    return np.asarray(np.clip(1.0 - model.a / (model.a + b) * later, 0.0, 1.0))


@staying.register
def _(model: BgBb, histories: Histories, t: float) -> Floats:
    """Chances of leaving are Beta(gamma, delta + T + 1): the product of what stays at each occasion."""
    steps = np.arange(round(t))
    gone = np.log1p(model.gamma / (model.delta + histories.T[:, None] + 1.0 + steps))
    return np.asarray(np.exp(-gone.sum(axis=1)))


@singledispatch
def purchases(model: PurchaseModel, histories: Histories, t: float, random: np.random.Generator) -> Ints:
    """Draw the purchases in (T, T + t] of rows that are customers at T: int64[n]; their mean is conditional/p_alive."""
    raise TypeError(f"how customers of {type(model).__name__} go on is not known")


@purchases.register
def _(model: Nbd, histories: Histories, t: float, random: np.random.Generator) -> Ints:
    return _whole(random.poisson(_rate(model, histories, random) * t))


@purchases.register
def _(model: ParetoNbd, histories: Histories, t: float, random: np.random.Generator) -> Ints:
    leaving = random.gamma(model.s, 1.0, len(histories.x)) / (model.beta + histories.T)
    with np.errstate(divide="ignore", over="ignore"):
        stays = np.minimum(random.exponential(1.0, len(leaving)) / leaving, t)
    return _whole(random.poisson(_rate(model, histories, random) * stays))


@purchases.register
def _(model: BetaGeometric, histories: Histories, t: float, random: np.random.Generator) -> Ints:
    would = random.poisson(np.minimum(_rate(model, histories, random) * t, _MOST))
    ends = random.beta(model.a, model.b + histories.x + float(model.first_coin))
    return _whole(np.minimum(would, random.geometric(np.clip(ends, 1e-15, 1.0))))


@purchases.register
def _(model: BgBb, histories: Histories, t: float, random: np.random.Generator) -> Ints:
    leaves = random.beta(model.gamma, model.delta + histories.T + 1.0)
    stays = np.minimum(random.geometric(np.clip(leaves, 1e-15, 1.0)), round(t))
    chance = random.beta(model.alpha + histories.x, model.beta + histories.T - histories.x)
    return _whole(random.binomial(stays, chance))


def _rate(model: Nbd | ParetoNbd | BetaGeometric, histories: Histories, random: np.random.Generator) -> Floats:
    """Rates of buying are Gamma(r + x, alpha + T) for whoever is alive."""
    drawn = random.gamma(model.r + histories.x, 1.0) / (model.alpha + histories.T)
    return np.asarray(np.minimum(drawn, _MOST))


def _whole(counts: ArrayLike) -> Ints:
    return np.asarray(counts, dtype=np.int64)
