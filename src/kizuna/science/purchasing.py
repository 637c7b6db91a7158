"""What every model of a customer base has in common: purchase histories, a fit, and what a fitted model answers.

A history is (x, t_x, T): repeat purchases, when the last one was, and how long the customer is known, in one unit of
time counted from the first purchase. Source: Fader & Hardie's notes on Pareto/NBD and BG/NBD (2005).
"""

import dataclasses
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Histories:
    """Purchase histories in rows, equal ones grouped: x int64[n], t_x and T float64[n], how many customers int64[n].

    0 <= t_x <= T, t_x = 0 exactly where x = 0. `group` maps each original customer to its row, int64[customers].
    """

    x: Ints
    t_x: Floats
    T: Floats
    count: Ints
    group: Ints


@dataclass(frozen=True, slots=True)
class Fit[Model]:
    """A fitted model: its log-likelihood, standard errors by parameter (nan where the data do not tell), and notes.

    notes: plain sentences about what was degenerate and what was done instead, such as 'nobody ever came back'.
    covariance: of the logarithms of the parameters in order, float64[k, k]; `fitting.draw` draws models from it.
    """

    model: Model
    log_likelihood: float
    standard_errors: dict[str, float]
    converged: bool
    notes: tuple[str, ...] = ()
    covariance: Floats | None = None


class PurchaseModel(Protocol):
    """What NBD, Pareto/NBD, BG/NBD and MBG/NBD answer, all vectorised over customers and times."""

    def expected(self, t: Floats) -> Floats:
        """Expected repeat purchases of a new customer in (0, t]."""

    def conditional(self, histories: Histories, t: float) -> Floats:
        """Expected purchases in the next t of each row of the histories: float64[n]."""

    def p_alive(self, histories: Histories) -> Floats:
        """Probability that each row is still a customer, in [0, 1]."""

    def probability(self, x: Ints, t: float) -> Floats:
        """Probability of x repeat purchases in (0, t]."""

    def conditional_probability(self, histories: Histories, y: Ints, t: float) -> Floats:
        """Probability that row i buys y[i] times in (T, T + t]: float64[n]."""

    def log_likelihood(self, histories: Histories) -> float:
        """Log-likelihood of the histories, the sum over customers."""

    def simulate(self, T: Floats, random: np.random.Generator) -> Histories:
        """Draw one history for each observation length."""


class ParameterError(ValueError):
    """A parameter of a model that cannot be: the field is its name."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


def check_parameters(model: Any, *, may_be_zero: frozenset[str] = frozenset()) -> None:
    """Refuse a model (a dataclass of numbers) whose parameters are not all finite and above 0. Raises ParameterError.

    NaN would go through every formula and come out as an answer that looks like "unknown".
    """
    for each in dataclasses.fields(model):
        value = getattr(model, each.name)
        if not isfinite(value) or value < 0 or (value == 0 and each.name not in may_be_zero):
            least = "of at least 0" if each.name in may_be_zero else "above 0"
            raise ParameterError(each.name, f"{value} is not a finite number {least}")


def checked_horizon(t: ArrayLike) -> Floats:
    """The times to look ahead as float64; refuses what is below 0 or not finite.

    >>> checked_horizon([0, 52]).tolist()
    [0.0, 52.0]
    """
    times = np.asarray(t, dtype=np.float64)
    if not (np.isfinite(times).all() and (times >= 0).all()):
        raise ValueError("t: not a finite time from 0 on")
    return times
