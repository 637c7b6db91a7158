"""The mean of (1 - (1 + p z)^-r) / p over p ~ Beta(a, b): what every expectation of a BG/NBD or MBG/NBD rests on.

Two ways, by how far z = t/alpha reaches: a few Gauss-Jacobi nodes, or many double-exponential steps. Both add positive
terms only, so nothing cancels and a = 1 is no hole. Not here: what the mean is used for.
"""

import functools

import numpy as np
import scipy as sp

from kizuna.science.purchasing import Floats, Ints

_TIERS, _ROWS = (12, 24, 48, 80), 4096
_STEP, _REACH = 0.03, 17.0


def mean_until_end(r: Floats, z: Floats, a: float, b: Floats) -> Floats:
    """E[(1 - (1 + p z)^-r) / p], p ~ Beta(a, b): float64[n] each, a one number, all above 0, z from 0 on.

    The printed (a+b-1)/(a-1) [1 - (1+z)^-r 2F1(r, b; a+b-1; z/(1+z))] of Fader, Hardie & Lee (2005).

    >>> one = np.ones(2)
    >>> mean_until_end(one, np.array([0.0, 1.0]), 1.0, one).round(9).tolist()  # ln 2
    [0.0, 0.693147181]
    """
    answer = np.empty(z.shape)
    need, fewer = _nodes_needed(r, z, a, b), 0
    for nodes in _TIERS:
        rows = np.flatnonzero((need > fewer) & (need <= nodes))
        fewer = nodes
        for part in _parts(rows):
            answer[part] = _by_nodes(r[part], z[part], (a, b[part]), nodes)
    for part in _parts(np.flatnonzero(need > fewer)):
        answer[part] = _by_steps(r[part], z[part], a, b[part])
    return answer + 0.0


def _nodes_needed(r: Floats, z: Floats, a: float, b: Floats) -> Floats:
    """How many nodes give 1e-10: the nearest singularity is p = -1/z, and (1 + p z)^-r falls as exp(-c p (a+b))."""
    away = 1 + 2 / np.maximum(z, 1e-6)
    nearest = np.log(away + np.sqrt(away * away - 1))
    fall = np.log1p((a + b) / np.maximum(r * z, 1e-12))
    return np.maximum(12 / nearest, 10 / fall)


def _parts(rows: Ints) -> list[Ints]:
    return [rows[begin : begin + _ROWS] for begin in range(0, rows.size, _ROWS)]


def _by_nodes(r: Floats, z: Floats, beta: tuple[float, Floats], nodes: int) -> Floats:
    """Gauss-Jacobi: nodes and weights depend on b alone and are found once for each."""
    bs, b_at = np.unique(beta[1], return_inverse=True)
    p, weight = (np.stack(each) for each in zip(*(_nodes(beta[0], float(b), nodes) for b in bs), strict=True))
    each = p[b_at]
    lost = np.log1p(each * z[:, None])
    lost *= -r[:, None]
    np.expm1(lost, out=lost)
    lost /= each
    return np.asarray(-np.einsum("ij,ij->i", lost, weight[b_at]))


@functools.lru_cache(maxsize=4096)
def _nodes(a: float, b: float, nodes: int) -> tuple[Floats, Floats]:
    """Nodes and weights float64[nodes] for the mean over Beta(a, b), by its canonical moments (Skibinsky)."""
    k = np.arange(1, nodes + 1)
    odd, even = (a + k - 1) / (a + b + 2 * k - 2), k / (a + b + 2 * k - 1)
    up, down = (1 - np.concatenate(([0.0], even[:-1]))) * odd, (1 - odd) * even
    diagonal = up + np.concatenate(([0.0], down[:-1]))
    p, vectors = sp.linalg.eigh_tridiagonal(diagonal, np.sqrt(up[:-1] * down[:-1]), lapack_driver="stev")
    return np.clip(p, 1e-300, 1.0), np.square(vectors[0])


def _by_steps(r: Floats, z: Floats, a: float, b: Floats) -> Floats:
    """Double-exponential steps in the log odds of p, where nodes would be too many."""
    v = np.arange(-_REACH, _REACH, _STEP)
    wide = np.minimum(1.0, np.sqrt(1 / a + 1 / b))[:, None]
    mode = np.log(a / b)
    centre = np.where(a < 1, np.minimum(mode, -np.log(r * z)), mode)[:, None]
    u, pace = centre + wide * np.sinh(v), wide * np.cosh(v)
    log_p, log_q = -np.logaddexp(0, -u), -np.logaddexp(0, u)
    reached = np.exp(log_p) * z[:, None]
    grown = np.log1p(reached)
    each = r[:, None] * z[:, None] * sp.special.exprel(-r[:, None] * grown)
    each *= np.divide(grown, reached, out=np.ones_like(grown), where=reached > 0)
    inside = np.exp(a * log_p + b[:, None] * log_q - sp.special.betaln(a, b)[:, None])
    return np.asarray((inside * each * pace).sum(axis=1) * _STEP)
