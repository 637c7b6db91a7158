"""Gamma-Gamma: what a purchase of a customer is worth, shrunk to what purchases of the shop are worth.

Here: spending per customer from rows, the fit, the expectation for a customer, simulation. Not here: how many buy.
Money is float64 in any one unit. Source: Fader & Hardie, The Gamma-Gamma Model of Monetary Value (2013).
"""

from dataclasses import dataclass

import numpy as np
import scipy as sp
from numpy.typing import ArrayLike

from kizuna.science.newton import Top, climb
from kizuna.science.purchasing import Fit, Floats, Ints, ParameterError, check_parameters

FADES_OVER = 50.0
"""The experience of other shops weighs exp(-customers with money / this): .67 with 20 of them, under .003 with 300."""
_LEANING, _WIDEST = 0.05, 1.0
_NAMES = ("p", "q", "v")
_ALIKE = 1000.0
"""From this p or q on the spread is under 3.2 % of the money: nothing that data could tell from none."""
_OF_SHOPS = (1.4, 1.27, 0.0), (0.6, 0.4, 1.0)
_LEVEL = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, -1.0, 1.0]])
"""From (ln p, ln q, ln v) to (ln p, ln q, ln(p v / q)): the third is where the money lies."""


class MoneyError(ValueError):
    """An amount that cannot be: the field is its name, the row its place in the array."""

    def __init__(self, field: str, row: int, reason: str) -> None:
        super().__init__(f"{field}: row {row} {reason}")
        self.field = field
        self.row = row


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """Purchases of a customer vary as Gamma(p, nu); nu varies between customers as Gamma(q, v). v is money.

    p, q > 0, v >= 0. The average over customers is p v / (q - 1), which exists only for q > 1.
    """

    p: float
    q: float
    v: float

    def __post_init__(self) -> None:
        check_parameters(self, may_be_zero=frozenset({"v"}))

    @property
    def mean(self) -> float:
        """Average value of a purchase over all customers, in money; inf where q <= 1.

        >>> round(GammaGamma(6.249, 3.745, 15.448).mean, 2)
        35.17
        """
        if self.v == 0.0:
            return 0.0
        return self.p * self.v / (self.q - 1.0) if self.q > 1.0 else float("inf")

    def conditional(self, x: ArrayLike, mean_value: ArrayLike) -> Floats:
        """Expected value of a customer's purchase: p (v + x z) / (p x + q - 1), float64[n], in money.

        x: purchases seen, int[n] >= 0; mean_value z: their average, read only where x > 0. Always between z and the
        shop's average; with x = 0 it is the shop's average. Source: Fader & Hardie 2013, equation 5.

        >>> GammaGamma(6.249, 3.745, 15.448).conditional([2, 0], [22.35, 0.0]).round(2).tolist()
        [24.66, 35.17]
        """
        seen, mean = _checked(x, mean_value)
        if self.v == 0.0:
            return np.where(seen > 0, mean, 0.0)
        if self.q <= 1.0:
            raise ValueError(f"q is {self.q:.3f}: with q <= 1 a purchase has no average")
        own = self.own_share(seen)
        return np.asarray(own * mean + (1.0 - own) * self.mean)

    def own_share(self, x: ArrayLike) -> Floats:
        """How far the own average of x purchases is believed against the shop's: p x / (p x + q - 1), in [0, 1)."""
        seen = np.asarray(x, dtype=np.float64)
        return np.asarray(self.p * seen / (self.p * seen + self.q - 1.0))

    def log_likelihood(self, x: ArrayLike, mean_value: ArrayLike) -> float:
        """Logarithm of the density of the averages of all rows with x > 0 and money. Source: equation 1a."""
        money = _grouped(*_checked(x, mean_value))
        if self.v == 0.0 or money.customers == 0:
            return -np.inf if money.customers else 0.0
        at = np.log([self.p, self.q, self.v / money.scale])
        return float(_surface(money, at)[0]) - money.jacobian

    def simulate(self, x: Ints, random: np.random.Generator) -> Floats:
        """Draw the average value of x purchases for each customer: float64[n], 0 where x = 0."""
        x = np.asarray(x, dtype=np.int64)
        rate = random.gamma(self.q, 1.0, len(x)) / self.v if self.v > 0 else np.full(len(x), np.inf)
        total = random.gamma(self.p * np.maximum(x, 1), 1.0) / rate
        return np.where(x > 0, total / np.maximum(x, 1), 0.0)


@dataclass(frozen=True, slots=True)
class Prior:
    """Experience of other shops on (ln p, ln q, ln(p v / q)), money in units of the shop's own geometric mean.

    mean and deviation: float64[3]. The default is the middle of fits to CDNOW (1.8, 1.3, -.1) and Online Retail (.9,
    1.2, 0), its deviations wide because two shops are few. The level of money is never taken from elsewhere.
    weight: how much it counts, 1 fully.
    """

    mean: Floats
    deviation: Floats
    weight: float = 1.0

    def __post_init__(self) -> None:
        for name, fine in (
            ("mean", np.isfinite(self.mean).all()),
            ("deviation", np.isfinite(self.deviation).all() and (np.asarray(self.deviation) > 0.0).all()),
            ("weight", 0.0 <= self.weight < np.inf),
        ):
            if not fine:
                raise ParameterError(name, f"{getattr(self, name)} is no belief one can weigh")

    @classmethod
    def of_shops(cls, customers: int = 0) -> "Prior":
        """The default experience, faded by the number of customers with money."""
        return cls(np.array(_OF_SHOPS[0]), np.array(_OF_SHOPS[1]), float(np.exp(-customers / FADES_OVER)))


def spending(
    customer: ArrayLike, day: ArrayLike, amount: ArrayLike, *, first: bool = True
) -> tuple[Ints, Ints, Floats]:
    """Sum money by customer and day; customers ascending int64[c], purchases x int64[c], their average float64[c].

    A day whose sum is not positive is no purchase. first=False leaves every customer's first purchase out, as the
    publications do; with it the forecast ranks better. Every customer of the rows comes back, x = 0 included.

    >>> [list(map(float, a)) for a in spending([7, 7, 7, 4], [1, 1, 3, 2], [5, 5, 20, 8], first=False)]
    [[4.0, 7.0], [0.0, 1.0], [0.0, 20.0]]
    """
    who, place = np.unique(np.asarray(customer, dtype=np.int64), return_inverse=True)
    days, money = np.asarray(day, dtype=np.int64), _money("amount", amount)
    order = np.lexsort((days, place))
    place, days, money = place[order], days[order], money[order]
    new = np.flatnonzero(np.r_[True, (place[1:] != place[:-1]) | (days[1:] != days[:-1])][: len(days)])
    total, owner = np.add.reduceat(money, new) if len(new) else money, place[new]
    bought = total > 0.0
    total, owner = total[bought], owner[bought]
    if not first:
        later = np.r_[False, owner[1:] == owner[:-1]][: len(owner)]
        total, owner = total[later], owner[later]
    x = np.bincount(owner, minlength=len(who)).astype(np.int64)
    return who, x, np.bincount(owner, total, minlength=len(who)) / np.maximum(x, 1)


def fit(
    x: ArrayLike, mean_value: ArrayLike, *, prior: Prior | None = None, start: GammaGamma | None = None
) -> Fit[GammaGamma]:
    """Fit to purchases and their average value per customer by maximum likelihood, with standard errors.

    x: int[n] >= 0; mean_value: money[n] >= 0, read only where x > 0; rows without a purchase or without money do not
    count. The prior (default: of other shops, fading with customers) is added. Where ln q is not above 0 by two
    standard errors no average exists for certain: then it is held at the shop's own. Notes say so. Raises MoneyError.

    >>> fit([2, 1, 4], [20.0, 35.0, 24.0]).notes
    ('customers with money: only 3; the experience of other shops was added',)
    """
    seen, mean = _checked(x, mean_value)
    notes = _said(int(np.count_nonzero((seen > 0) & (mean == 0.0))))
    if not ((seen > 0) & (mean > 0)).any():
        none = "no purchase with money yet: a purchase counts as worth nothing"
        return Fit(GammaGamma(1.0, 2.0, 0.0), 0.0, dict.fromkeys(_NAMES, np.nan), False, (*notes, none))
    money = _grouped(seen, mean)
    if prior is None:
        prior = Prior.of_shops(money.customers)
        if prior.weight > _LEANING:
            notes.append(f"customers with money: only {money.customers}; the experience of other shops was added")
    begin = np.array([1.4, 1.27, -0.13])
    if start is not None and start.v > 0.0:
        begin = np.log([start.p, start.q, start.v / money.scale])
    top = climb(lambda at: _surface(money, at, prior=prior), begin)
    if top.at[1] <= 2.0 * np.sqrt(np.nan_to_num(top.covariance()[1, 1])):
        return _with_own_average(money, top, notes)
    return _fitted(money, top, notes)


def draw(fit: Fit[GammaGamma], draws: int, random: np.random.Generator) -> list[GammaGamma]:
    """Draw models from what the data leave open: normal in ln p, ln(q - 1) and the logarithm of the average.

    So every draw has an average. A fit without covariance (nothing to fit, or all alike) gives itself each time.
    """
    p, q, v = fit.model.p, fit.model.q, fit.model.v
    if fit.covariance is None or v == 0.0 or q <= 1.0:
        return [fit.model] * draws
    lift = q / (q - 1.0)
    chain = np.array([[1.0, 0.0, 0.0], [0.0, lift, 0.0], [1.0, -lift, 1.0]])
    sizes, axes = np.linalg.eigh(chain @ fit.covariance @ chain.T)
    spread = axes * np.sqrt(np.clip(sizes, 0.0, _WIDEST**2))
    at = np.log([p, q - 1.0, fit.model.mean]) + random.standard_normal((draws, 3)) @ spread.T
    drawn = np.exp(at)
    return [GammaGamma(float(a), float(1.0 + b), float(mean * b / a)) for a, b, mean in drawn]


def _fitted(money: "_Money", top: Top, notes: list[str]) -> Fit[GammaGamma]:
    p, q, v = np.exp(top.at).tolist()
    if p > _ALIKE:
        notes.append("every purchase of a customer is worth the same: p has no upper end")
    if q > _ALIKE:
        notes.append("customers do not differ in what they spend: q has no upper end")
    covariance = top.covariance()
    errors = np.sqrt(np.diag(covariance)) * np.exp(top.at) * np.array([1.0, 1.0, money.scale])
    model = GammaGamma(p, q, v * money.scale)
    value = float(_surface(money, top.at)[0]) - money.jacobian
    told = covariance if np.isfinite(covariance).all() else None
    return Fit(model, value, dict(zip(_NAMES, errors.tolist(), strict=True)), top.converged, tuple(notes), told)


def _with_own_average(money: "_Money", top: Top, notes: list[str]) -> Fit[GammaGamma]:
    """Two parameters instead of three: p v / (q - 1) is held at the money of the shop over its purchases."""
    notes.append(
        f"a few purchases are so large that an average may not exist (q = {np.exp(top.at[1]):.2f}): "
        "the average is held at the shop's own"
    )
    held = climb(lambda at: _held_surface(money, at), np.array([top.at[0], 0.0]))
    p, beyond = np.exp(held.at).tolist()
    v = money.average * beyond / p
    inner = np.array([np.log(p), np.log1p(beyond), np.log(v)])
    value = float(_surface(money, inner)[0]) - money.jacobian
    model = GammaGamma(p, 1.0 + beyond, v * money.scale)
    told = None
    if held.converged:
        chain = np.array([[1.0, 0.0], [0.0, beyond / (1.0 + beyond)], [-1.0, 1.0]])
        told = chain @ held.covariance() @ chain.T
        told[2, 2] += money.average_error**2
    return Fit(model, value, dict.fromkeys(_NAMES, float("nan")), held.converged, tuple(notes), told)


@dataclass(frozen=True, slots=True, eq=False)
class _Money:
    """Rows with money by x: total S = x z in units of scale; each distinct x, where it begins, its customers."""

    total: Floats
    purchases: Floats
    begin: Ints
    number: Floats
    log_total: Floats
    scale: float
    jacobian: float

    @property
    def customers(self) -> int:
        return len(self.total)

    @property
    def average(self) -> float:
        """Money over purchases, in units of scale."""
        return float(self.total.sum() / (self.purchases @ self.number))

    @property
    def average_error(self) -> float:
        """Standard error of ln(average), customers being drawn anew."""
        seen = np.repeat(self.purchases, self.number.astype(np.int64))
        return float(np.sqrt(np.square(self.total - self.average * seen).sum()) / self.total.sum())


def _checked(x: ArrayLike, mean_value: ArrayLike) -> tuple[Floats, Floats]:
    counts = np.asarray(x)
    if counts.ndim != 1 or np.shape(mean_value) != counts.shape:
        raise ValueError(
            f"x and mean_value must be columns of one length, not {counts.shape} and {np.shape(mean_value)}"
        )
    seen = counts.astype(np.float64)
    bad = ~np.isfinite(seen) | (seen < 0) | (seen != np.floor(seen))
    if bad.any():
        raise MoneyError("x", int(np.argmax(bad)), f"is {counts[np.argmax(bad)]}, not a number of purchases")
    return seen, _money("mean_value", np.where(seen > 0, mean_value, 0.0), least=0.0)


def _money(field: str, amounts: ArrayLike, least: float = -np.inf) -> Floats:
    """Amounts as float64; int64 is converted before anything is multiplied, so that no product overflows."""
    money = np.asarray(amounts, dtype=np.float64)
    bad = ~np.isfinite(money) | (money < least)
    if bad.any():
        row = int(np.argmax(bad))
        raise MoneyError(field, row, f"is {money[row]:g}, " + ("below 0" if np.isfinite(money[row]) else "no amount"))
    return money


def _said(free: int) -> list[str]:
    return [f"customers whose purchases cost nothing, left out: {free}"] if free else []


def _grouped(seen: Floats, mean: Floats) -> _Money:
    """Keep rows with money, sort by x, measure in units of the geometric mean."""
    rows = np.flatnonzero((seen > 0) & (mean > 0))
    rows = rows[np.argsort(seen[rows], kind="stable")]
    seen, logs = seen[rows], np.log(mean[rows])
    scale = float(np.exp(logs.mean())) if len(rows) else 1.0
    with np.errstate(over="ignore"):
        total = seen * (mean[rows] / scale)
    if not np.isfinite(total).all():
        raise MoneyError("mean_value", int(rows[np.argmax(~np.isfinite(total))]), "is too large beside the others")
    begin = np.flatnonzero(np.r_[True, seen[1:] != seen[:-1]][: len(seen)])
    number = np.diff(np.r_[begin, len(seen)]).astype(np.float64)
    log_total = np.add.reduceat(np.log(total), begin) if len(rows) else logs
    return _Money(total, seen[begin], begin.astype(np.int64), number, log_total, scale, float(logs.sum()))


def _surface(money: _Money, at: Floats, prior: Prior | None = None) -> tuple[float, Floats, Floats]:
    """Log-likelihood in (ln p, ln q, ln v), gradient and Hessian; without the constant sum of ln z.

    One logarithm and one division per customer, the rest per distinct x: k = x, n = customers of it, c = p k + q.
    """
    p, q, v = np.exp(at)
    k, n = money.purchases, money.number
    c = p * k + q
    reach = money.total + v
    log_reach = np.add.reduceat(np.log(reach), money.begin)
    inverse = 1.0 / reach
    once = np.add.reduceat(inverse, money.begin)
    twice = np.add.reduceat(np.square(inverse), money.begin)
    value = (
        n @ (sp.special.gammaln(c) - sp.special.gammaln(p * k) - sp.special.gammaln(q) + q * at[2])
        + p * (k @ money.log_total)
        - c @ log_reach
    )
    first = np.array(
        [
            k @ (n * (sp.special.digamma(c) - sp.special.digamma(p * k)) + money.log_total - log_reach),
            (n * (sp.special.digamma(c) - sp.special.digamma(q) + at[2]) - log_reach).sum(),
            (n * q / v - c * once).sum(),
        ]
    )
    bent = sp.special.polygamma(1, c)
    pq, pv, qv = (k * n * bent).sum(), -(k * once).sum(), (n / v - once).sum()
    pp = (k * k * n * (bent - sp.special.polygamma(1, p * k))).sum()
    qq, vv = (n * (bent - sp.special.polygamma(1, q))).sum(), (c * twice - n * q / v**2).sum()
    second = np.array([[pp, pq, pv], [pq, qq, qv], [pv, qv, vv]])
    scale = np.array([p, q, v])
    slope, curvature = first * scale, second * np.outer(scale, scale) + np.diag(first * scale)
    if prior is not None and prior.weight > 0.0:
        deviation = prior.deviation / np.sqrt(prior.weight)
        sharp = _LEVEL / deviation[:, None]
        off = sharp @ at - prior.mean / deviation
        value, slope, curvature = value - 0.5 * off @ off, slope - sharp.T @ off, curvature - sharp.T @ sharp
    return float(value), slope, curvature


def _held_surface(money: _Money, at: Floats) -> tuple[float, Floats, Floats]:
    """The surface in (ln p, ln(q - 1)) where v = average (q - 1) / p, by the chain rule."""
    beyond = float(np.exp(at[1]))
    inner = np.array([at[0], np.log1p(beyond), np.log(money.average) + at[1] - at[0]])
    value, slope, curvature = _surface(money, inner)
    share = beyond / (1.0 + beyond)
    chain = np.array([[1.0, 0.0], [0.0, share], [-1.0, 1.0]])
    bend = np.array([[0.0, 0.0], [0.0, slope[1] * share * (1.0 - share)]])
    return value, chain.T @ slope, chain.T @ curvature @ chain + bend
