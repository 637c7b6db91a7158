"""MBG/NBD: as the BG/NBD, but a customer may also leave right after the very first purchase.

Rates ~ Gamma(r, alpha), the probability of leaving ~ Beta(a, b). Here: the model and its fit; the mathematics that it
shares with the BG/NBD is in beta_geometric. Source: Batislam, Denizel & Filiztekin (2007).
"""

from dataclasses import dataclass
from typing import ClassVar

from kizuna.science import beta_geometric, fitting
from kizuna.science.beta_geometric import BetaGeometric
from kizuna.science.fitting import Family, Prior
from kizuna.science.purchasing import Fit, Histories


@dataclass(frozen=True, slots=True)
class MbgNbd(BetaGeometric):
    """The MBG/NBD (r, alpha, a, b), with one coin more than repeat purchases.

    >>> from kizuna.science.histories import from_rows
    >>> simple = MbgNbd(1.0, 1.0, 1.0, 1.0)
    >>> simple.p_alive(from_rows([0], [0], [3])).tolist()  # 1 / (1 + 1/1 (4/1)^1)
    [0.2]
    """

    first_coin: ClassVar[int] = 1


def fit(histories: Histories, *, prior: Prior | None = None, start: MbgNbd | None = None) -> Fit[MbgNbd]:
    """The MBG/NBD that the histories make most likely; prior and start as in fitting.fit_family.

    >>> import numpy as np
    >>> found = fit(MbgNbd(0.5, 2.0, 1.0, 2.0).simulate(np.full(2000, 50.0), np.random.default_rng(1)))
    >>> found.converged, abs(found.model.a - 1.0) < 2 * found.standard_errors["a"]
    (True, True)
    """
    return fitting.fit_family(_FAMILY, histories, prior, start)


_FAMILY = Family(
    model=MbgNbd,
    timed=(False, True, False, False),
    centre=(0.7, 0.4, 0.8, 2.0),
    spread=(1.0, 1.5, 1.0, 1.0),
    likelihood=lambda histories: beta_geometric.likelihood(histories, MbgNbd.first_coin),
    tell=beta_geometric.tell,
)
