"""Intervals from the bootstrap and from the observed information cover at their nominal rate, and agree."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kizuna.science import bg_nbd, bootstrap, fitting, gamma_gamma
from kizuna.science.bg_nbd import BgNbd
from kizuna.science.gamma_gamma import GammaGamma
from kizuna.science.purchasing import Fit, Histories

BUYING, MONEY = BgNbd(0.8, 6.0, 0.8, 2.5), GammaGamma(6.25, 3.74, 15.44)
YEAR = np.array([52.0])


def _again(histories: Histories, start: BgNbd) -> Fit[BgNbd]:
    return bg_nbd.fit(histories, start=start)


def _buying_covers(
    rounds: int, draw: Callable[[Fit[BgNbd], Histories, np.random.Generator], list[BgNbd]], customers: int = 800
) -> float:
    """How often the 90 % interval of the expected purchases of a year holds the true figure."""
    hits = 0
    for seed in range(rounds):
        random = np.random.default_rng(seed)
        known = BUYING.simulate(random.integers(20, 53, customers).astype(float), random)
        models = draw(bg_nbd.fit(known), known, random)
        low, high = bootstrap.interval(models, lambda model: model.expected(YEAR))
        hits += bool(low[0] <= BUYING.expected(YEAR)[0] <= high[0])
    return hits / rounds


def _money_covers(rounds: int, draw: Callable[[Any, Any, np.random.Generator], list[GammaGamma]]) -> float:
    hits = 0
    for seed in range(rounds):
        random = np.random.default_rng(seed)
        x = random.geometric(0.4, 400)
        models = draw(gamma_gamma.fit(x, MONEY.simulate(x, random)), x, random)
        low, high = bootstrap.interval(models, lambda model: model.mean)
        hits += bool(low <= MONEY.mean <= high)
    return hits / rounds


def _refit_buying(times: int) -> Callable[[Fit[BgNbd], Histories, np.random.Generator], list[BgNbd]]:
    return lambda fit, known, random: bootstrap.refits(fit, _again, known, times, random)


def _draw_buying(fit: Fit[BgNbd], known: Histories, random: np.random.Generator) -> list[BgNbd]:
    return fitting.draw(fit, 200, random)


def _refit_money(times: int) -> Callable[[Any, Any, np.random.Generator], list[GammaGamma]]:
    return lambda fit, x, random: bootstrap.money_refits(fit, x, times, random)


def _draw_money(fit: Fit[GammaGamma], x: Any, random: np.random.Generator) -> list[GammaGamma]:
    return gamma_gamma.draw(fit, 200, random)


def test_intervals_from_the_information_cover() -> None:
    assert 0.8 <= _money_covers(100, _draw_money) <= 0.98
    assert 0.7 <= _buying_covers(15, _draw_buying, customers=400) <= 1.0


def test_refits_and_draws_spread_alike() -> None:
    random = np.random.default_rng(1)
    known = BUYING.simulate(np.full(1500, 52.0), random)
    fit = bg_nbd.fit(known)
    spreads = [
        np.std([model.expected(YEAR)[0] for model in models])
        for models in (bootstrap.refits(fit, _again, known, 40, random), fitting.draw(fit, 400, random))
    ]
    assert spreads[0] == pytest.approx(spreads[1], rel=0.3)
    x = random.geometric(0.4, 400)
    money = gamma_gamma.fit(x, MONEY.simulate(x, random))
    means = [
        np.std([model.mean for model in models])
        for models in (bootstrap.money_refits(money, x, 100, random), gamma_gamma.draw(money, 400, random))
    ]
    assert means[0] == pytest.approx(means[1], rel=0.3)


@pytest.mark.long
def test_both_ways_cover_nine_times_in_ten() -> None:
    assert 0.86 <= _money_covers(500, _draw_money) <= 0.94
    assert 0.85 <= _money_covers(300, _refit_money(100)) <= 0.95
    assert 0.85 <= _buying_covers(300, _draw_buying) <= 0.95
    assert 0.84 <= _buying_covers(200, _refit_buying(100)) <= 0.96


def test_interval_goes_place_by_place() -> None:
    low, high = bootstrap.interval([1.0, 2.0, 3.0], lambda each: np.array([each, 10 * each]), level=0.5)
    assert (low.tolist(), high.tolist()) == ([1.5, 15.0], [2.5, 25.0])
