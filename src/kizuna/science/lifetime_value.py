"""Lifetime value: what customers will bring in the months ahead, one by one and together, with intervals.

Two kinds of interval. `low, high` hold what will come in: not knowing the models' parameters and chance itself.
`mean_low, mean_high` of totals hold the expectation alone. Sums come from the same draws, never from adding bounds.
Not here: the expectation itself (worth), the simulated futures (chances).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kizuna.science import chances, fitting, gamma_gamma
from kizuna.science.chances import Classes, Factors, Futures, Models
from kizuna.science.gamma_gamma import GammaGamma
from kizuna.science.purchasing import Fit, Floats, Histories, Ints, PurchaseModel
from kizuna.science.worth import Parts, Terms, TermsError, reckon

__all__ = ["Outlook", "Span", "Terms", "TermsError", "Value", "look_ahead", "value"]

LEVEL = 0.9
DRAWS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """Of each customer float64[n], in the months of the terms; low and high are nan where no randomness was given.

    mean: expected discounted value, low to high holds what the customer will really bring. p_alive: still a customer?,
    with the interval that the parameters leave. expected: purchases, and the interval of their real number.
    """

    mean: Floats
    low: Floats
    high: Floats
    p_alive: Floats
    expected: Floats
    p_alive_low: Floats
    p_alive_high: Floats
    expected_low: Floats
    expected_high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """A total of each group, float64[g]: mean; low to high holds what will come in, mean_low to mean_high the mean."""

    mean: Floats
    low: Floats
    high: Floats
    mean_low: Floats
    mean_high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Discounted value, purchases, and how many are still customers, of each group."""

    value: Span
    purchases: Span
    customers: Span


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """The months ahead of n customers: the value of each, and the draws from which any group has its totals."""

    value: Value
    parts: Parts
    classes: Classes
    factors: Factors
    futures: Futures
    level: float
    seed: int

    def total(self) -> Totals:
        """The totals of all customers: one group."""
        return self.by_group(np.zeros(len(self.value.mean), dtype=np.int64))

    def by_group(self, group: ArrayLike) -> Totals:
        """The totals of groups 0, 1, ...: group int64[n], -1 for nobody's. Means add up over groups, bounds do not.

        The expectation of a group under each draw is the sum over its members; what chance adds has the variance of
        its members together, in the shape of a gamma (money), negative binomial (purchases) or binomial law.
        """
        place = np.asarray(group, dtype=np.int64)
        if place.shape != self.value.mean.shape:
            raise ValueError(f"group: {place.size} customers, the outlook has {self.value.mean.size}")
        random = np.random.default_rng(self.seed)
        sums = _Sums(self.classes.of, place)
        parts, drawn = self.parts, self.factors
        alive = np.maximum(parts.p_alive, 1e-300)
        gross, cost = parts.own + parts.shop, sums.drawn(parts.cost, drawn.p_alive)
        money = sums.drawn(parts.own, drawn.own) + sums.drawn(parts.shop, drawn.shop)
        chance = sums.whole(_variance(parts.p_alive, gross / alive, parts.cost / alive, self._square("money")))
        paid = _gamma(money, sums.whole(gross), chance, random) - cost
        bought = sums.drawn(parts.purchases, drawn.purchases)
        spread = sums.whole(_variance(parts.p_alive, parts.purchases / alive, 0.0, self._square("purchases")))
        counted = _counted(bought, sums.whole(parts.purchases), spread, random)
        here = sums.drawn(parts.p_alive, drawn.p_alive)
        leaving = np.sqrt(sums.whole(parts.p_alive * (1.0 - parts.p_alive)))[:, None]
        still = np.clip(np.round(here + leaving * random.standard_normal(here.shape)), 0.0, sums.size[:, None])
        return Totals(
            _span(sums.whole(parts.value), money - cost, paid, self.level),
            _span(sums.whole(parts.purchases), bought, counted, self.level),
            _span(sums.whole(parts.p_alive), here, still, self.level),
        )

    def _square(self, of: str) -> Floats:
        table = self.futures.money_square if of == "money" else self.futures.purchases_square
        return table[self.classes.of]


def value(
    fit: Fit[PurchaseModel],
    money_fit: Fit[GammaGamma],
    histories: Histories,
    x_money: ArrayLike,
    mean_value: ArrayLike,
    terms: Terms,
    random: np.random.Generator | None = None,
) -> Value:
    """What each customer is worth in the months ahead, with the interval of what they will really bring.

    histories of n customers; x_money int[n] and mean_value money[n] in the order of histories.group, as
    gamma_gamma.spending gives them. Without randomness only the expectation is computed, as fast as can be.
    """
    if random is not None:
        return look_ahead(fit, money_fit, histories, (x_money, mean_value), terms, random).value
    parts = reckon(fit.model, money_fit.model, histories, (x_money, mean_value), terms)
    none = np.full(len(parts.p_alive), np.nan)
    return Value(parts.value, none, none, parts.p_alive, parts.purchases, none, none, none, none)


def look_ahead(
    fit: Fit[PurchaseModel],
    money_fit: Fit[GammaGamma],
    histories: Histories,
    spending: tuple[ArrayLike, ArrayLike],
    terms: Terms,
    random: np.random.Generator,
    drawn: Models | None = None,
) -> Outlook:
    """The outlook on n customers, from which any group has its totals; spending = (x_money, mean_value).

    drawn: pairs of models from a bootstrap (science.bootstrap); without it 200 are drawn from what the fits leave
    open. All intervals hold nine times out of ten.
    """
    if drawn is None:
        drawn = draw_models(fit, money_fit, DRAWS, random)
    fitted = fit.model, money_fit.model
    parts = reckon(*fitted, histories, spending, terms)
    x_money, mean = (np.asarray(column, dtype=np.float64) for column in spending)
    classes = chances.classify(histories, x_money, mean)
    drawn_factors = chances.factors(classes, fitted, drawn, terms)
    coming = chances.futures(classes, fitted, drawn, terms, random)
    each = _each(parts, classes, drawn_factors, coming, LEVEL)
    return Outlook(each, parts, classes, drawn_factors, coming, LEVEL, int(random.integers(2**62)))


def draw_models(
    fit: Fit[PurchaseModel], money_fit: Fit[GammaGamma], draws: int, random: np.random.Generator
) -> list[tuple[PurchaseModel, GammaGamma]]:
    """Pairs of models from what the data leave open of both fits, which are independent of each other."""
    models = [fit.model] * draws if fit.covariance is None else fitting.draw(fit, draws, random)
    return list(zip(models, gamma_gamma.draw(money_fit, draws, random), strict=True))


def _each(parts: Parts, classes: Classes, drawn: Factors, coming: Futures, level: float) -> Value:
    """Intervals of each customer: with p_alive one of the futures, otherwise nothing."""
    tail = (1.0 - level) / 2.0
    alive = np.clip(parts.p_alive * drawn.p_alive.mean(axis=1)[classes.of], 0.0, 1.0)
    safe = np.maximum(parts.p_alive, 1e-300)
    scale, cost = (parts.own + parts.shop) / safe, parts.cost / safe

    def paid(share: Floats) -> Floats:
        dear = np.where(scale < 0.0, 1.0 - share, share)  # where purchases cost money, few of them are the better end
        return scale * chances.quantile(coming.money, classes.of, dear) - cost

    def bought(share: Floats) -> Floats:
        return np.ceil(chances.quantile(coming.purchases, classes.of, share) - 0.5)

    low, high = (_mixed(paid, alive, share) for share in (tail, 1.0 - tail))
    few, many = (_mixed(bought, alive, share) for share in (tail, 1.0 - tail))
    odds = np.log(np.maximum(parts.p_alive, 1e-300)) - np.log(np.maximum(1.0 - parts.p_alive, 1e-300))
    shifts = np.quantile(drawn.alive_shift, [tail, 1.0 - tail], axis=1)[:, classes.of]
    least, most = 1.0 / (1.0 + np.exp(-np.clip(odds + shifts, -700, 700)))
    return Value(parts.value, low, high, parts.p_alive, parts.purchases, least, most, few, many)


def _mixed(quantile: Callable[[Floats], Floats], alive: Floats, share: float) -> Floats:
    """The quantile of what is 0 with 1 - alive and one of the futures otherwise; futures may lie below 0."""
    safe = np.maximum(alive, 1e-300)
    below = quantile(np.minimum(share / safe, 1.0))
    above = quantile(np.clip((share - (1.0 - alive)) / safe, 0.0, 1.0))
    return np.where(
        (below < 0.0) & (share <= alive), below, np.where((share > 1.0 - alive) & (above > 0.0), above, 0.0)
    )


def _variance(alive: Floats, mean: Floats, cost: Floats | float, square: Floats) -> Floats:
    """Variance of alive x (future - cost): mean of whoever is alive, square the mean square in its units."""
    second = np.square(mean) * square - 2.0 * mean * cost + np.square(cost)
    return np.maximum(alive * second - np.square(alive * (mean - cost)), 0.0)


class _Sums:
    """Sums by group of figures of customers, also under every draw, through the cells of group and class."""

    def __init__(self, classes: Ints, group: Ints) -> None:
        self._member = group >= 0
        self._group = group[self._member]
        self._groups = int(group.max(initial=-1)) + 1
        most = int(classes.max(initial=0)) + 1
        cells, self._cell = np.unique(self._group * most + classes[self._member], return_inverse=True)
        self._cell_group, self._cell_class = cells // most, cells % most
        self.size = np.bincount(self._group, minlength=self._groups).astype(np.float64)

    def whole(self, figure: Floats) -> Floats:
        """Sum by group: float64[g]."""
        return np.bincount(self._group, figure[self._member], self._groups)

    def drawn(self, figure: Floats, factor: Floats) -> Floats:
        """Sum by group under each draw: float64[g, draws]."""
        cells = np.bincount(self._cell, figure[self._member], len(self._cell_group))
        total = np.zeros((self._groups, factor.shape[1]))
        np.add.at(total, self._cell_group, cells[:, None] * factor[self._cell_class])
        return total


def _gamma(drawn: Floats, mean: Floats, variance: Floats, random: np.random.Generator) -> Floats:
    """Around each drawn total a gamma law with the group's coefficient of variation: float64[g, draws]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.where((variance > 0.0) & (mean != 0.0), np.square(mean) / variance, np.inf)[:, None]
    noise = random.gamma(np.minimum(shape, 1e12), size=drawn.shape) / np.minimum(shape, 1e12)
    return np.where(np.isfinite(shape), drawn * noise, drawn)


def _counted(drawn: Floats, mean: Floats, variance: Floats, random: np.random.Generator) -> Floats:
    """Around each drawn total a negative binomial law with the group's variance: whole numbers float64[g, draws]."""
    more = np.maximum(variance - mean, 0.0)
    return random.poisson(np.minimum(_gamma(drawn, mean, more, random), 1e15)).astype(np.float64)


def _span(mean: Floats, drawn: Floats, real: Floats, level: float) -> Span:
    tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    if not len(mean):
        return Span(mean, mean, mean, mean, mean)
    return Span(mean, *np.quantile(real, tails, axis=1), *np.quantile(drawn, tails, axis=1))
