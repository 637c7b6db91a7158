"""What a purchase leaves when some leave nothing: how often it leaves a profit, and what the others cost.

Gamma-Gamma knows only positive amounts, but net profit per purchase may be negative. So what a further purchase leaves
is share * gain - (1 - share) * loss: the customer's own share of profitable purchases, shrunk to the shop's; the gain,
which Gamma-Gamma tells from the profitable ones; and the shop's average loss of the others. The rule is ours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

_LEAST_LIKENESS, _MOST_LIKENESS = 0.02, 0.5


@dataclass(frozen=True, slots=True)
class Margins:
    """What purchases left, customers in rows: purchases and profitable ones int64[n], their mean gain float64[n].

    `loss` is what an unprofitable purchase cost on average, `likeness` how alike the purchases of one customer are (the
    correlation of their being profitable, 0 to 1), `usual_share` the shop's share of profitable purchases.
    """

    purchases: Ints
    profitable: Ints
    mean_gain: Floats
    loss: float
    usual_share: float
    likeness: float

    def share(self) -> Floats:
        """How likely the next purchase of each customer leaves a profit: float64[n] in [0, 1].

        The mean of a beta-binomial: (K u + g) / (K + n), K = 1 / likeness - 1.
        """
        weight = 1.0 / self.likeness - 1.0
        return np.asarray((weight * self.usual_share + self.profitable) / (weight + self.purchases))

    def expected(self, gain: Floats) -> Floats:
        """What the next purchase of each customer leaves, given what a profitable one would: money, may be negative."""
        share = self.share()
        return np.asarray(share * gain - (1.0 - share) * self.loss)


def measure(row: Ints, profit: Floats, customers: int) -> Margins:
    """Measure the margins of purchases: the customer's row int64[m] in [0, customers), net profit float64[m], money.

    >>> found = measure(np.array([0, 0, 1]), np.array([5.0, 7.0, -2.0]), 2)
    >>> found.purchases.tolist(), found.profitable.tolist(), found.mean_gain.tolist(), found.loss
    ([2, 1], [2, 0], [6.0, 0.0], 2.0)
    """
    left = profit > 0
    purchases = np.bincount(row, minlength=customers).astype(np.int64)
    profitable = np.bincount(row[left], minlength=customers).astype(np.int64)
    gains = np.bincount(row[left], profit[left], minlength=customers)
    loss = float(-profit[~left].mean()) if not left.all() else 0.0
    share = float(left.mean()) if len(left) else 1.0
    return Margins(
        purchases,
        profitable,
        gains / np.maximum(profitable, 1),
        loss,
        share,
        likeness(purchases, profitable),
    )


def likeness(purchases: Ints, profitable: Ints) -> float:
    """Estimate how alike one customer's purchases are in being profitable: a correlation, held within [.02, .5].

    Moments of the beta-binomial with mean u: sum (g - u n)^2 / (u (1 - u)) = sum n + rho sum n (n - 1).

    >>> likeness(np.array([2, 2, 2, 2]), np.array([2, 2, 0, 0])), likeness(np.array([4, 4]), np.array([2, 2]))
    (0.5, 0.02)
    """
    n, g = purchases.astype(np.float64), profitable.astype(np.float64)
    pairs = float((n * (n - 1.0)).sum())
    usual = float(g.sum() / n.sum()) if n.sum() else 0.0
    if pairs == 0.0 or usual <= 0.0 or usual >= 1.0:
        return _MOST_LIKENESS
    spread = float(np.square(g - usual * n).sum()) / (usual * (1.0 - usual))
    return float(np.clip((spread - n.sum()) / pairs, _LEAST_LIKENESS, _MOST_LIKENESS))
