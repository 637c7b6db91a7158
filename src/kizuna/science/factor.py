"""The relationship factor RF: how strong the relationship with a customer is, between 0 and 1.

Here: weights omega, the weighted sum, and what raised or lowered it. Not here: where the scores z and the weights come
from (ranking, ahp). Ko & Shikama, section II.D, "another indicator" open by name; the sum is the model's, section 2.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]


class FactorWeightError(ValueError):
    """A weight cannot be used; the text names its factor."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """How much one factor raised (> 0) or lowered (< 0) RF."""

    factor: str
    change: float


def equal_weights(names: Sequence[str]) -> dict[str, float]:
    """The default: omega = 1 / k for each of the k named factors. Source: model, section 2.

    >>> equal_weights(["R", "F", "M", "V", "E"])["V"]
    0.2
    """
    return normalise_weights(dict.fromkeys(names, 1.0))


def normalise_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights scaled to sum 1, order kept: omega_k = w_k / sum w.

    Each w >= 0 and finite, at least one > 0; further indicators stand beside the five by their names. Raises
    FactorWeightError, which names the factor. Source: model, section 2 (omega >= 0, sum omega = 1).

    >>> normalise_weights({"R": 2, "F": 1, "operator": 1})
    {'R': 0.5, 'F': 0.25, 'operator': 0.25}
    """
    for name, weight in weights.items():
        if not math.isfinite(weight):
            raise FactorWeightError(f"the weight of {name} is not a finite number")
        if weight < 0:
            raise FactorWeightError(f"the weight of {name} is {weight}, below 0")
    largest = max(weights.values(), default=0.0)
    if largest <= 0:
        raise FactorWeightError(f"no factor has a weight above 0: {', '.join(weights) or 'there is none'}")
    scaled = {name: weight / largest for name, weight in weights.items()}
    total = math.fsum(scaled.values())
    return {name: weight / total for name, weight in scaled.items()}


def aligned(weights: Mapping[str, float], names: Sequence[str]) -> Floats:
    """The weights as float64[k] in the order of the columns `names`.

    Raises FactorWeightError unless both name the same factors. Source: model, section 2 (further indicators).

    >>> aligned({"R": 0.75, "F": 0.25}, ["F", "R"]).tolist()
    [0.25, 0.75]
    """
    if len(set(names)) != len(names):
        raise FactorWeightError(f"a factor is named twice: {', '.join(names)}")
    _same_names(weights, dict.fromkeys(names), "weight", "score")
    return np.array([weights[name] for name in names], dtype=np.float64)


def relationship_factor(z: Floats, omega: Floats) -> Floats:
    """RF = sum_k omega_k z_k.

    z: float64[n, k] in [0, 1], omega: float64[k], >= 0, sum 1; result float64[n] in [0, 1]. Columns are added in their
    order, row by row alike, so equal customers get equal RF to the last bit. Source: model, section 2.

    >>> relationship_factor(np.array([[1.0, 0.5], [0.0, 0.25]]), np.array([0.5, 0.5])).tolist()
    [0.75, 0.125]
    """
    if z.ndim != 2 or omega.shape != (z.shape[1],):
        raise ValueError(f"scores of shape {z.shape} and weights of shape {omega.shape} do not match")
    if not (omega >= 0).all() or abs(float(omega.sum()) - 1) > 1e-9:
        raise FactorWeightError("the weights are not normalised: each at least 0, together 1")
    if not ((z >= 0) & (z <= 1)).all():
        raise ValueError("a score lies outside 0..1")
    rf = np.zeros(len(z))
    for column, weight in zip(z.T, omega, strict=True):
        rf += column * weight
    return np.minimum(rf, 1.0)


def contributions(
    before: Mapping[str, float], after: Mapping[str, float], omega: Mapping[str, float]
) -> list[Contribution]:
    """What raised or lowered RF of one customer: omega_k * (z1_k - z0_k), largest effect first.

    before, after: scores by factor in [0, 1]; the changes sum to RF after - RF before. Source: model, section 2.

    >>> contributions({"R": 0.5, "V": 0.5}, {"R": 0.25, "V": 1.0}, {"R": 0.5, "V": 0.5})
    [Contribution(factor='V', change=0.25), Contribution(factor='R', change=-0.125)]
    """
    _same_names(omega, before, "weight", "score before")
    _same_names(omega, after, "weight", "score after")
    changes = [Contribution(name, weight * (after[name] - before[name])) for name, weight in omega.items()]
    return sorted(changes, key=lambda each: -abs(each.change))


def _same_names(weights: Mapping[str, object], scores: Mapping[str, object], one: str, other: str) -> None:
    for name in weights:
        if name not in scores:
            raise FactorWeightError(f"{name} has a {one} but no {other}")
    for name in scores:
        if name not in weights:
            raise FactorWeightError(f"{name} has a {other} but no {one}")
