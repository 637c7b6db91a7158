"""The mean of (1 - (1 + p z)^-r) / p over p ~ Beta(a, b): what every expectation of a BG/NBD or MBG/NBD rests on.

Two ways, by how far z = t/alpha reaches: Gauss-Jacobi nodes, or double-exponential steps. Both add positive terms only,
so nothing cancels and a = 1 is no hole. Not here: what the mean is used for.
"""

import numpy as np
from scipy import special

from kizuna.science.purchasing import Floats

_FAR, _ROWS = 20.0, 4096
_STEPS, _REACH = 0.0125, 46.0


def mean_until_end(r: Floats, z: Floats, a: float, b: Floats) -> Floats:
    """E[(1 - (1 + p z)^-r) / p], p ~ Beta(a, b): float64[n] each, a one number, all above 0, z from 0 on.

    The printed (a+b-1)/(a-1) [1 - (1+z)^-r 2F1(r, b; a+b-1; z/(1+z))] of Fader, Hardie & Lee (2005).

    >>> one = np.ones(2)
    >>> mean_until_end(one, np.array([0.0, 1.0]), 1.0, one).round(9).tolist()  # ln 2
    [0.0, 0.693147181]
    """
    answer = np.empty(z.shape)
    near = z <= _FAR
    answer[near] = _by_nodes(r[near], z[near], a, b[near])
    answer[~near] = _by_steps(r[~near], z[~near], a, b[~near])
    return answer + 0.0


def _by_nodes(r: Floats, z: Floats, a: float, b: Floats) -> Floats:
    """Gauss-Jacobi: as many nodes as the nearest singularity, p = -1/z, asks for 1e-15."""
    if z.size == 0:
        return np.empty(0)
    away = 1 + 2 / max(float(z.max()), 0.5)
    nodes = int(np.ceil(18 / np.log(away + np.sqrt(away * away - 1)))) + 6
    bs, b_at = np.unique(b, return_inverse=True)
    p, weight = _nodes(a, bs, nodes)
    answer = np.empty(z.size)
    for begin in range(0, z.size, _ROWS):
        rows = slice(begin, begin + _ROWS)
        each = p[b_at[rows]]
        lost = np.log1p(each * z[rows, None])
        lost *= -r[rows, None]
        np.expm1(lost, out=lost)
        lost /= each
        answer[rows] = -np.einsum("ij,ij->i", lost, weight[b_at[rows]])
    return answer


def _nodes(a: float, b: Floats, nodes: int) -> tuple[Floats, Floats]:
    """Nodes and weights float64[rows, nodes] for the mean over Beta(a, b), by its canonical moments (Skibinsky)."""
    k = np.arange(1, nodes + 1)
    odd, even = (a + k - 1) / (a + b[:, None] + 2 * k - 2), k / (a + b[:, None] + 2 * k - 1)
    before = np.concatenate((np.zeros((b.size, 1)), even[:, :-1]), axis=1)
    up, down = (1 - before) * odd, (1 - odd) * even
    matrix = np.zeros((b.size, nodes, nodes))
    at = np.arange(nodes)
    matrix[:, at, at] = up
    matrix[:, at[1:], at[1:]] += down[:, :-1]
    matrix[:, at[1:], at[:-1]] = np.sqrt(up[:, :-1] * down[:, :-1])
    p, vectors = np.linalg.eigh(matrix)
    return np.clip(p, 1e-300, 1.0), np.square(vectors[:, 0, :])


def _by_steps(r: Floats, z: Floats, a: float, b: Floats) -> Floats:
    """Double-exponential steps in the log odds of p, for horizons far beyond the time of a rate (t > 20 alpha)."""
    v = np.arange(-_REACH / 4, _REACH / 4, _STEPS)
    left, right = np.minimum(1.0, 1 / a), np.minimum(1.0, 1 / b)[:, None]
    mode = np.log(a / b)
    centre = np.where(a < 1, np.minimum(mode, -np.log(r * z)), mode)[:, None]
    u = centre + right * np.expm1(v) - left * np.expm1(-v)
    pace = right * np.exp(v) + left * np.exp(-v)
    log_p, log_q = -np.logaddexp(0, -u), -np.logaddexp(0, u)
    reached = np.exp(log_p) * z[:, None]
    grown = np.log1p(reached)
    each = r[:, None] * z[:, None] * special.exprel(-r[:, None] * grown)
    each *= np.divide(grown, reached, out=np.ones_like(grown), where=reached > 0)
    inside = np.exp(a * log_p + b[:, None] * log_q - special.betaln(a, b)[:, None])
    return np.asarray((inside * each * pace).sum(axis=1) * _STEPS)
