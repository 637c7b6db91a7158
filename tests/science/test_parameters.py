"""Models made by hand: a parameter that cannot be is refused by its name, before it goes through any formula."""

from collections.abc import Callable
from math import inf, nan

import numpy as np
import pytest

from kizuna.science import gamma_gamma
from kizuna.science.bg_bb import BgBb
from kizuna.science.bg_nbd import BgNbd
from kizuna.science.fitting import Prior
from kizuna.science.gamma_gamma import GammaGamma
from kizuna.science.mbg_nbd import MbgNbd
from kizuna.science.nbd import Nbd
from kizuna.science.pareto_nbd import ParetoNbd
from kizuna.science.purchasing import ParameterError
from kizuna.science.sbg import ShiftedBetaGeometric

MODELS: dict[type, tuple[str, ...]] = {
    BgNbd: ("r", "alpha", "a", "b"),
    MbgNbd: ("r", "alpha", "a", "b"),
    ParetoNbd: ("r", "alpha", "s", "beta"),
    Nbd: ("r", "alpha"),
    BgBb: ("alpha", "beta", "gamma", "delta"),
    ShiftedBetaGeometric: ("alpha", "beta"),
    GammaGamma: ("p", "q", "v"),
}


@pytest.mark.parametrize("wrong", [nan, inf, -inf, -1.0, 0.0])
@pytest.mark.parametrize("model", MODELS)
def test_each_parameter_must_be_a_finite_number_above_0(model: type, wrong: float) -> None:
    names = MODELS[model]
    for name in names:
        values = {each: wrong if each == name else 2.0 for each in names}
        if (name, wrong) == ("v", 0.0):
            assert model(**values).mean == 0.0  # a shop whose purchases are worth nothing
            continue
        with pytest.raises(ParameterError, match=rf"^{name}: {wrong} is not a finite number") as refused:
            model(**values)
        assert refused.value.field == name


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("centre", lambda: Prior((1.0, nan), (1.0, 1.0))),
        ("centre", lambda: Prior((inf,), (1.0,))),
        ("spread", lambda: Prior((1.0,), (0.0,))),
        ("fades_over", lambda: Prior((1.0,), (1.0,), nan)),
        ("mean", lambda: gamma_gamma.Prior(np.array([nan, 0.0, 0.0]), np.ones(3))),
        ("deviation", lambda: gamma_gamma.Prior(np.zeros(3), np.array([1.0, nan, 1.0]))),
        ("weight", lambda: gamma_gamma.Prior(np.zeros(3), np.ones(3), nan)),
    ],
)
def test_so_must_a_belief(name: str, make: Callable[[], object]) -> None:
    with pytest.raises(ParameterError, match=f"^{name}: "):
        make()


def test_a_belief_that_never_fades_or_says_nothing_of_a_parameter_is_fine() -> None:
    assert Prior((1.0,), (inf,), inf).weight(10_000) == 1.0
