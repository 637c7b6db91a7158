"""The top of a smooth likelihood in a few parameters, by Newton's steps with a leash.

Here: one routine for parameters of the whole real line (a model takes logarithms of what must be positive), with the
curvature at the top for standard errors. Not here: any likelihood. Source: Levenberg-Marquardt damping, More 1978.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Surface = Callable[[Floats], tuple[float, Floats, Floats]]
"""From parameters float64[k] to the value, its gradient float64[k] and its Hessian float64[k, k]."""

_LONGEST_STEP = 2.0
_ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Top:
    """Where the climb ended: parameters float64[k], value, Hessian float64[k, k], and whether it is a top inside."""

    at: Floats
    value: float
    curvature: Floats
    converged: bool

    def covariance(self) -> Floats:
        """Inverse of the observed information, float64[k, k]; nan throughout where the data do not tell."""
        if not self.converged:
            return np.full_like(self.curvature, np.nan)
        roots, axes = np.linalg.eigh(-self.curvature)
        if roots.min() <= _ROUNDING * max(1.0, abs(roots).max()):
            return np.full_like(self.curvature, np.nan)
        return np.asarray((axes / roots) @ axes.T)


def climb(surface: Surface, start: Floats, bound: float = 14.0, tolerance: float = 1e-9) -> Top:
    """Climb from the start to the nearest top within |parameter| <= bound.

    Each step solves (-H + leash) step = gradient with every eigenvalue made positive; a step that does not rise is
    taken shorter. converged means the gain that a further step promises fell below tolerance inside the bounds.

    >>> top = climb(lambda a: (float(-(a[0] - 3) ** 2), -2 * (a - 3), np.array([[-2.0]])), np.array([0.0]))
    >>> round(float(top.at[0]), 6), top.converged, float(top.covariance()[0, 0])
    (3.0, True, 0.5)
    """
    at = np.clip(np.asarray(start, dtype=np.float64), -bound, bound)
    value, slope, curvature = surface(at)
    leash = 0.0
    for _ in range(200):
        step, gain = _step(slope, curvature, leash)
        if leash == 0.0 and gain <= tolerance + _ROUNDING * abs(value):
            at, value = np.clip(at + step, -bound, bound), value + gain
            break
        target = np.clip(at + step, -bound, bound)
        tried = surface(target)
        if np.isfinite(tried[0]) and tried[0] >= value - _ROUNDING * (1.0 + abs(value)):
            still = abs(target - at).max() <= 1e-12
            at, (value, slope, curvature), leash = target, tried, leash * 0.2 if leash > 1e-6 else 0.0
            if still:
                break
        elif leash > 1e12:
            break
        else:
            leash = max(leash * 8.0, 1e-2)
    gain = _step(slope, curvature, 0.0)[1]
    inside = bool(abs(at).max() < bound - 1e-9) and bool(np.linalg.eigvalsh(-curvature)[0] > 0.0)
    return Top(at, value, curvature, inside and gain <= 1e3 * (tolerance + _ROUNDING * abs(value)))


def _step(slope: Floats, curvature: Floats, leash: float) -> tuple[Floats, float]:
    """The next step and half the rise that it promises; saddles are left uphill."""
    roots, axes = np.linalg.eigh(-curvature)
    steep = np.maximum(abs(roots), 1e-12 * max(1.0, abs(roots).max())) * (1.0 + leash)
    along = axes.T @ slope
    step = axes @ (along / steep)
    longest = abs(step).max()
    if longest > _LONGEST_STEP:
        step = step * (_LONGEST_STEP / longest)
    return step, float(0.5 * abs(along * (axes.T @ step)).sum())
