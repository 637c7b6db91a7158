"""Fitting a purchase model: the most likely parameters, found by damped Newton steps between bounds on a log scale.

Here: priors for small shops, the search, standard errors from the observed information, and draws from it. Not here:
any model's likelihood. Time is measured in mean observation lengths inside, so its unit never changes an answer.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kizuna.science import histories as purchase_histories
from kizuna.science.purchasing import Fit, Floats, Histories, ParameterError

type Likelihood = Callable[[Floats], tuple[float, Floats]]
"""Log parameters float64[k] to the log-likelihood and its gradient float64[k] by log parameter."""

type Truths = NDArray[np.bool_]

LOW, HIGH = np.log(1e-5), np.log(1e4)
TIME_LOW, TIME_HIGH = np.log(1e-6), np.log(1e8)
FADES_OVER = 100.0
LEANING = 0.05
_STEPS, _DIFFERENCE, _WIDEST = 200, 1e-6, 4.0
_LARGE, _SAMPLE = 40_000, 8_000


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of each parameter before the data: log-normal, `centre` in the histories' unit of time.

    spread: standard deviation of the logarithm. The belief weighs exp(-repeat buyers / fades_over): it decides for 20
    buyers and is gone (under 1e-4) at 1,000, where the fit is the plain maximum likelihood. inf: it never fades.
    """

    centre: tuple[float, ...]
    spread: tuple[float, ...]
    fades_over: float = FADES_OVER

    def __post_init__(self) -> None:
        for name, fine in (
            ("centre", all(0.0 < value < math.inf for value in self.centre)),
            ("spread", all(value > 0.0 for value in self.spread)),
            ("fades_over", self.fades_over > 0.0),
        ):
            if not fine:
                raise ParameterError(name, f"{getattr(self, name)} holds what is no number above 0")

    def weight(self, repeaters: int) -> float:
        """How much the belief still counts, 1 with no repeat buyer.

        >>> round(Prior((1.0,), (1.0,)).weight(100), 4)
        0.3679
        """
        return float(np.exp(-repeaters / self.fades_over))


NO_PRIOR = Prior((), ())


@dataclass(frozen=True, slots=True)
class Family[Model]:
    """How to fit one model: its type, which parameters are times, the belief for small shops, its likelihood.

    centre and spread: of the default prior, times in mean observation lengths. likelihood: of histories. tell: what
    the fitted model and the names of the parameters that the data do not tell mean, in plain sentences.
    """

    model: type[Model]
    timed: tuple[bool, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    likelihood: Callable[[Histories], Likelihood]
    tell: Callable[[Model, Histories, frozenset[str]], tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters in order."""
        return tuple(each.name for each in dataclasses.fields(self.model))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Found:
    at: Floats
    value: float
    hessian: Floats
    free: Truths
    converged: bool


def fit_family[Model](
    family: Family[Model], histories: Histories, prior: Prior | None = None, start: Model | None = None
) -> Fit[Model]:
    """The model of the family that the histories and the prior make most likely.

    prior None: the family's own, which fades as repeat buyers come; NO_PRIOR: none at all. start: a model near the
    answer, such as the fit before, which saves steps.
    """
    customers, repeaters = purchase_histories.customers_and_repeaters(histories)
    unit = _unit(histories) if any(family.timed) else 1.0
    shift = np.where(family.timed, np.log(unit), 0.0)
    centre, precision = _belief(family, prior, repeaters, shift)
    first = centre if start is None else np.log(np.array(dataclasses.astuple(start))) - shift  # type: ignore[call-overload]
    scaled = dataclasses.replace(histories, t_x=histories.t_x / unit, T=histories.T / unit)
    found = _search(family, scaled, first, (centre, precision))
    covariance, unknown = _uncertainty(family, found)
    at = found.at + shift
    model = family.model(*(float(each) for each in np.exp(at)))
    purchases = float(histories.count @ histories.x.astype(np.float64))
    believed = 0.5 * float(precision @ np.square(found.at - centre))
    log_likelihood = believed - found.value - purchases * np.log(unit)
    errors = np.exp(at) * np.sqrt(np.diag(covariance))
    told = {name: float("nan") if name in unknown else float(e) for name, e in zip(family.names, errors, strict=True)}
    leaning = float(np.exp(-repeaters / FADES_OVER)) if prior is None else 0.0
    notes = _size_notes(customers, repeaters, histories, leaning) + family.tell(model, histories, unknown)
    return Fit(model, float(log_likelihood), told, found.converged, notes, covariance)


def draw[Model](fit: Fit[Model], draws: int, random: np.random.Generator) -> list[Model]:
    """Draw models from what the data leave open: normal in the log parameters around the fit.

    The posterior (Laplace) approximation: with the prior of a small shop it is wide where a bootstrap that fits again
    with the same prior would be too narrow. Directions that the data do not tell spread by e^2 each way at most.
    """
    at = np.log(np.array(dataclasses.astuple(fit.model)))  # type: ignore[call-overload]
    if fit.covariance is None:
        raise ValueError("covariance: this fit carries none")
    sizes, directions = np.linalg.eigh(fit.covariance)
    spread = directions * np.sqrt(np.clip(sizes, 0.0, _WIDEST))
    moved = at + random.standard_normal((draws, at.size)) @ spread.T
    return [type(fit.model)(*(float(each) for each in np.exp(row))) for row in moved]


def _unit(histories: Histories) -> float:
    length = float(histories.count @ histories.T)
    return length / float(histories.count.sum()) if length > 0 else 1.0


def _belief[Model](family: Family[Model], prior: Prior | None, repeaters: int, shift: Floats) -> tuple[Floats, Floats]:
    """Centre float64[k] in scaled logarithms and precision float64[k], already faded."""
    default = np.log(np.array(family.centre))
    if prior is None:
        return default, Prior((), ()).weight(repeaters) / np.square(np.array(family.spread))
    if not prior.centre:
        return default, np.zeros(default.size)
    if len(prior.centre) != default.size or len(prior.spread) != default.size:
        raise ValueError(f"prior: needs a centre and a spread for each of {', '.join(family.names)}")
    return np.log(np.array(prior.centre)) - shift, prior.weight(repeaters) / np.square(np.array(prior.spread))


def _search[Model](family: Family[Model], histories: Histories, first: Floats, belief: tuple[Floats, Floats]) -> _Found:
    """Newton on all rows; where there are very many, every so-manieth row leads near the answer first."""
    low = np.array([TIME_LOW if timed else LOW for timed in family.timed])
    high = np.array([TIME_HIGH if timed else HIGH for timed in family.timed])
    if histories.x.size > _LARGE:
        step = histories.x.size // _SAMPLE
        some = slice(None, None, step)
        part = Histories(
            histories.x[some], histories.t_x[some], histories.T[some], histories.count[some], histories.group[:0]
        )
        first = _newton(_objective(family.likelihood(part), part, belief), first, low, high).at
    return _newton(_objective(family.likelihood(histories), histories, belief), first, low, high)


def _objective(likelihood: Likelihood, histories: Histories, belief: tuple[Floats, Floats]) -> Likelihood:
    """Minus the log posterior and its gradient."""
    centre, precision = belief

    def objective(at: Floats) -> tuple[float, Floats]:
        value, slope = likelihood(at)
        away = at - centre
        return 0.5 * float(precision @ (away * away)) - value, precision * away - slope

    return objective


def _newton(objective: Likelihood, first: Floats, low: Floats, high: Floats) -> _Found:
    """Minimise within the box by Newton steps of bounded length; the Hessian by differences of the gradient."""
    at = np.clip(first, low + 1e-3, high - 1e-3)
    value, slope = objective(at)
    radius, free = 1.0, np.ones(at.size, dtype=np.bool_)
    hessian = np.eye(at.size)
    for _ in range(_STEPS):
        free = ~(((at <= low) & (slope > 0)) | ((at >= high) & (slope < 0)))
        hessian = _hessian(objective, at, slope)
        step, gain = _step(hessian, slope, free, radius)
        moved = np.clip(at + step, low, high)
        while gain > max(1e-10, 4e-15 * abs(value)):
            tried, tried_slope = objective(moved)
            if np.isfinite(tried) and tried <= value - 1e-4 * gain:
                break
            radius = float(np.linalg.norm(step)) / 4
            step, gain = _step(hessian, slope, free, radius)
            moved = np.clip(at + step, low, high)
        else:
            return _Found(at, value, hessian, free, True)
        radius = min(_WIDEST, 2 * radius)
        at, value, slope = moved, tried, tried_slope
    return _Found(at, value, hessian, free, False)


def _step(hessian: Floats, slope: Floats, free: Truths, radius: float) -> tuple[Floats, float]:
    """A downhill Newton step within the radius in the free parameters, and the gain it promises."""
    step = np.zeros(slope.size)
    if not free.any():
        return step, 0.0
    curves, directions = np.linalg.eigh(hessian[np.ix_(free, free)])
    along = directions.T @ slope[free]
    curves = np.maximum(np.abs(curves), 1e-9 * max(1.0, float(np.abs(curves).max())))
    newton = -along / curves
    length = float(np.linalg.norm(newton))
    part = min(1.0, radius / length) if length > 0 else 0.0
    step[free] = part * (directions @ newton)
    return step, float(-part * (along @ newton) * (1 - part / 2))


def _hessian(objective: Likelihood, at: Floats, slope: Floats) -> Floats:
    """The observed information by differences of the gradient, to about 1e-5 of itself."""
    rows = [(objective(at + each)[1] - slope) / _DIFFERENCE for each in np.eye(at.size) * _DIFFERENCE]
    square = np.array(rows)
    return np.asarray((square + square.T) / 2)


def _uncertainty[Model](family: Family[Model], found: _Found) -> tuple[Floats, frozenset[str]]:
    """Covariance of the log parameters float64[k, k] and the names of those that the data do not tell."""
    size = found.at.size
    covariance = np.zeros((size, size))
    free = np.flatnonzero(found.free)
    if free.size:
        curves, directions = np.linalg.eigh(found.hessian[np.ix_(free, free)])
        curves = np.maximum(curves, np.exp(-2 * _WIDEST))
        covariance[np.ix_(free, free)] = (directions / curves) @ directions.T
    wide = np.sqrt(np.diag(covariance)) > _WIDEST / 2
    unknown = frozenset(name for name, w, f in zip(family.names, wide, found.free, strict=True) if w or not f)
    return covariance, unknown


def _size_notes(customers: int, repeaters: int, histories: Histories, leaning: float) -> tuple[str, ...]:
    if customers == 0:
        return ("There is no customer yet: this is only what shops in general are like.",)
    notes = []
    if customers == 1:
        notes.append("There is only one customer: nothing can be said about how customers differ.")
    if not histories.T.any():
        notes.append("All customers bought for the first time just now: there has been no time to come back.")
    elif repeaters == 0:
        notes.append("Nobody came back in the time observed: the rate of coming back is only bounded from above.")
    if leaning > LEANING and repeaters:
        came = "one customer" if repeaters == 1 else f"{repeaters:,} customers"
        notes.append(
            f"Only {came} came back so far: the figures still lean on what shops in general are like"
            f" ({leaning:.0%}), and the interval is wide."
        )
    return tuple(notes)
