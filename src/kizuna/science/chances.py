"""How far what customers will bring may lie from what is expected: tables by class of customers, not by customer.

Here: classes of customers with alike histories, what each drawn model expects of a class, and simulated futures of a
class. Small shops have a class for each distinct history, so nothing is rounded. Not here: intervals and totals.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kizuna.science import onward
from kizuna.science.gamma_gamma import GammaGamma
from kizuna.science.purchasing import Floats, Histories, Ints, PurchaseModel
from kizuna.science.worth import Terms

type Models = Sequence[tuple[PurchaseModel, GammaGamma]]

_EXACT_ROWS = 2000
_EXACT_COUNT, _COUNT_STEP = 10, 1.25
_LENGTHS, _SILENCES = 10, 14
_FUTURES = 600


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Customers by class, int64[n], and one history, purchases with money and average for each of the classes [k]."""

    of: Ints
    rows: Histories
    x_money: Floats
    mean_value: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """What each drawn model expects of a class over what the fitted one expects: float64[classes, draws], about 1.

    p_alive, purchases, own and shop are the parts of worth.Parts; alive_shift is the difference in log odds of p_alive.
    """

    p_alive: Floats
    purchases: Floats
    own: Floats
    shop: Floats
    alive_shift: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Futures:
    """Simulated futures of whoever is alive in a class, ascending: float64[classes, futures].

    money: in units of the expected money of whoever is alive; purchases: counted. Each future has its own drawn model.
    money_square, purchases_square: the mean square of both under one model, in units of its expectation: float64[k].
    """

    money: Floats
    purchases: Floats
    money_square: Floats
    purchases_square: Floats


def classify(histories: Histories, x_money: Floats, mean_value: Floats) -> Classes:
    """Put customers with alike histories and as many purchases with money into one class.

    Up to 2,000 distinct histories each is its own; beyond, counts above 10 in steps of a quarter, lengths in tenths of
    the customers, and silence since the last purchase in 14 steps of its share of the length.
    """
    exact = len(histories.x) <= _EXACT_ROWS
    row = np.arange(len(histories.x)) if exact else _coarse(histories)
    seen = np.asarray(x_money, dtype=np.int64) if exact else _coarse_count(x_money)
    key = row[histories.group] * (int(seen.max(initial=0)) + 1) + seen
    _, place = np.unique(key, return_inverse=True)
    order = np.argsort(place, kind="stable")
    number = np.bincount(place)
    middle = order[np.cumsum(number) - 1 - number // 2]
    chosen = histories.group[middle]
    rows = Histories(
        histories.x[chosen], histories.t_x[chosen], histories.T[chosen], number.astype(np.int64), np.arange(len(number))
    )
    money = np.bincount(place, np.where(x_money > 0, mean_value, 0.0)) / number
    return Classes(place.astype(np.int64), rows, np.asarray(x_money, dtype=np.float64)[middle], money)


def factors(classes: Classes, fitted: tuple[PurchaseModel, GammaGamma], drawn: Models, terms: Terms) -> Factors:
    """Expectation under each drawn model over that under the fitted one, class by class.

    Purchases are compared over the whole time ahead; that drawn models spread them over the months a little
    differently hardly changes their discounted sum.
    """
    ends = terms.months * terms.month
    hat = _expected(classes, *fitted, ends)
    each = [_expected(classes, *models, ends) for models in drawn]
    parts = []
    for part in range(4):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.array([one[part] for one in each]).T / hat[part][:, None]
        parts.append(np.nan_to_num(ratio, nan=1.0, posinf=1.0))
    shift = np.array([_log_odds(one[0]) for one in each]).T - _log_odds(hat[0])[:, None]
    return Factors(parts[0], parts[1], parts[2], parts[3], shift)


def futures(
    classes: Classes,
    fitted: tuple[PurchaseModel, GammaGamma],
    drawn: Models,
    terms: Terms,
    random: np.random.Generator,
) -> Futures:
    """Simulate what whoever is alive in each class will buy and pay in the months ahead."""
    ends = terms.months * terms.month
    alive = np.maximum(fitted[0].p_alive(classes.rows), 1e-300)
    expected = np.maximum(fitted[0].conditional(classes.rows, ends) / alive, 1e-300)
    spent = expected * fitted[1].conditional(classes.x_money, classes.mean_value)
    times = -(-_FUTURES // len(drawn))
    some = [_simulated(classes, models, ends, random) for models in drawn for _ in range(times)]
    same = [_simulated(classes, fitted, ends, random) for _ in range(len(some) // 2)]
    money, bought = (np.array(column).T for column in zip(*some, strict=True))
    process = [np.array(column).T for column in zip(*same, strict=True)]
    unit = np.where(spent > 0.0, spent, 1.0)
    squares = [
        np.square(column).mean(axis=1) / np.square(np.where(unit_of > 0.0, unit_of, 1.0))
        for column, unit_of in zip(process, (unit, expected), strict=True)
    ]
    return Futures(np.sort(money / unit[:, None], axis=1), np.sort(bought, axis=1), squares[0], squares[1])


def quantile(table: Floats, of: Ints, share: Floats) -> Floats:
    """The value below which `share` of a class's futures lie, for each customer: float64[n], linear in between."""
    at = np.clip(share, 0.0, 1.0) * (table.shape[1] - 1)
    below = np.minimum(at.astype(np.int64), max(table.shape[1] - 2, 0))
    low, high = table[of, below], table[of, np.minimum(below + 1, table.shape[1] - 1)]
    return np.asarray(low + (at - below) * (high - low))


def _expected(
    classes: Classes, model: PurchaseModel, money: GammaGamma, ends: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """p_alive, purchases, money by the own and by the shop's average of each class: four float64[k]."""
    bought = model.conditional(classes.rows, ends)
    share = money.own_share(classes.x_money) if money.v > 0.0 else np.ones(len(bought))
    shop = bought * (1.0 - share) * (money.mean if money.v > 0.0 else 0.0)
    return model.p_alive(classes.rows), bought, bought * share * classes.mean_value, shop


def _simulated(
    classes: Classes, models: tuple[PurchaseModel, GammaGamma], ends: float, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """One future of each class under one model: money and purchases, float64[k] each."""
    model, money = models
    bought = onward.purchases(model, classes.rows, ends, random).astype(np.float64)
    if money.v == 0.0:
        return bought * np.where(classes.x_money > 0, classes.mean_value, 0.0), bought
    total = money.v + classes.x_money * classes.mean_value
    scale = total / random.gamma(money.p * classes.x_money + money.q)
    return np.where(bought > 0, scale * random.gamma(money.p * np.maximum(bought, 1.0)), 0.0), bought


def _log_odds(chance: Floats) -> Floats:
    inside = np.clip(chance, 1e-12, 1.0 - 1e-12)
    return np.log(inside) - np.log1p(-inside)


def _coarse(histories: Histories) -> Ints:
    """A class for each row by rounded x, T and silence: int64[rows]."""
    T = histories.T
    edges = np.quantile(np.unique(T), np.linspace(0, 1, _LENGTHS + 1)[1:-1])
    silence = np.sqrt((T - histories.t_x) / np.where(T > 0.0, T, 1.0))
    quiet = np.where(histories.x > 0, np.minimum((silence * _SILENCES).astype(np.int64), _SILENCES - 1), 0)
    parts = _coarse_count(histories.x), np.searchsorted(edges, T, side="right").astype(np.int64), quiet
    key = (parts[0] * (_LENGTHS + 1) + parts[1]) * _SILENCES + parts[2]
    return np.asarray(np.unique(key, return_inverse=True)[1], dtype=np.int64)


def _coarse_count(x: NDArray[np.generic]) -> Ints:
    """Counts up to 10 as they are, above in steps of a quarter: int64."""
    counts = np.asarray(x, dtype=np.float64)
    above = np.log(np.maximum(counts, _EXACT_COUNT) / _EXACT_COUNT) / np.log(_COUNT_STEP)
    return np.where(counts <= _EXACT_COUNT, counts, _EXACT_COUNT + np.ceil(above)).astype(np.int64)
