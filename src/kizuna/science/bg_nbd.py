"""BG/NBD: customers buy at their own rate and may leave after any repeat purchase.

Rates ~ Gamma(r, alpha), the probability of leaving ~ Beta(a, b). Here: the model and its fit; the mathematics that it
shares with the MBG/NBD is in beta_geometric. Source: Fader, Hardie & Lee (2005), the Easy Way.
"""

from dataclasses import dataclass
from typing import ClassVar

from kizuna.science import beta_geometric, fitting
from kizuna.science.beta_geometric import BetaGeometric
from kizuna.science.fitting import Family, Prior
from kizuna.science.purchasing import Fit, Histories


@dataclass(frozen=True, slots=True)
class BgNbd(BetaGeometric):
    """The BG/NBD (r, alpha, a, b); nobody leaves before the first repeat purchase, so P(alive) = 1 where x = 0.

    >>> from kizuna.science.histories import from_rows
    >>> cdnow, one = BgNbd(0.2426, 4.4135, 0.7929, 2.4258), from_rows([2], [30.43], [38.86])
    >>> cdnow.expected([1.0, 78.0]).round(4).tolist()
    [0.0532, 1.858]
    >>> cdnow.conditional(one, 39.0).round(3).tolist(), cdnow.p_alive(one).round(4).tolist()
    ([1.226], [0.7266])
    """

    first_coin: ClassVar[int] = 0


def fit(histories: Histories, *, prior: Prior | None = None, start: BgNbd | None = None) -> Fit[BgNbd]:
    """The BG/NBD that the histories make most likely; prior and start as in fitting.fit_family.

    >>> import numpy as np
    >>> found = fit(BgNbd(0.5, 2.0, 1.0, 2.0).simulate(np.full(2000, 50.0), np.random.default_rng(1)))
    >>> found.converged, abs(found.model.a - 1.0) < 2 * found.standard_errors["a"]
    (True, True)
    """
    return fitting.fit_family(_FAMILY, histories, prior, start)


_FAMILY = Family(
    model=BgNbd,
    timed=(False, True, False, False),
    centre=(0.5, 0.3, 0.8, 2.5),
    spread=(1.0, 1.5, 1.0, 1.0),
    likelihood=lambda histories: beta_geometric.likelihood(histories, BgNbd.first_coin),
    tell=beta_geometric.tell,
)
