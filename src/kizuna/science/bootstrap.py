"""What the data leave open of a fit: many models that could have given the same data.

Two ways. `refits` simulates data from the fitted model and fits again, which costs a fit each. `fitting.draw` and
`gamma_gamma.draw` draw from the observed information, which costs nothing and covers as well where customers are many
(the tests show it), and better in small shops, whose fit leans on other shops. Source: Efron & Tibshirani (1993), 6.5.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from kizuna.science import gamma_gamma
from kizuna.science.gamma_gamma import GammaGamma
from kizuna.science.purchasing import Fit, Floats, Histories, PurchaseModel

type Again[Model] = Callable[[Histories, Model], Fit[Model]]
"""Fits simulated histories, from a model to start at: lambda histories, start: bg_nbd.fit(histories, start=start)."""


def refits[Model: PurchaseModel](
    fit: Fit[Model], again: Again[Model], histories: Histories, times: int, random: np.random.Generator
) -> list[Model]:
    """Models of purchases fitted to data simulated from the fit, each customer known for as long as in histories.

    >>> from kizuna.science import nbd
    >>> random = np.random.default_rng(1)
    >>> known = nbd.Nbd(0.5, 2.0).simulate(np.full(500, 50.0), random)
    >>> drawn = refits(nbd.fit(known), lambda rows, start: nbd.fit(rows, start=start), known, 20, random)
    >>> len(drawn), bool(0.01 < np.std([each.r for each in drawn]) < 0.1)
    (20, True)
    """
    T = histories.T[histories.group]
    return [again(fit.model.simulate(T, random), fit.model).model for _ in range(times)]


def money_refits(fit: Fit[GammaGamma], x: ArrayLike, times: int, random: np.random.Generator) -> list[GammaGamma]:
    """Models of money fitted to averages simulated from the fit, each customer with as many purchases as in x."""
    seen = np.asarray(x, dtype=np.int64)
    seen = seen[seen > 0]
    return [gamma_gamma.fit(seen, fit.model.simulate(seen, random), start=fit.model).model for _ in range(times)]


def interval[Model](
    models: Sequence[Model], figure: Callable[[Model], ArrayLike], level: float = 0.9
) -> tuple[Floats, Floats]:
    """The ends between which the middle share `level` of the models puts a figure; arrays go place by place.

    >>> [round(float(end)) for end in interval(range(101), lambda model: model, level=0.9)]
    [5, 95]
    """
    each = np.array([np.asarray(figure(model), dtype=np.float64) for model in models])
    low, high = np.quantile(each, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    return np.asarray(low), np.asarray(high)
