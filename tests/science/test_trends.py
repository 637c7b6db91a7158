"""Own trends: recovered where they are, shrunk where they are noise, bounded, and none assumed where nothing tells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import trends
from kizuna.science.gamma_gamma import MoneyError
from kizuna.science.worth import MONTH_DAYS


def _purchases(customers: int, each: int, shop: float, spread: float, noise: float) -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(1)
    true = random.normal(shop, spread, customers)
    who = np.repeat(np.arange(customers), each)
    day = random.integers(0, 720, len(who))
    level, about = 3 + random.normal(0, 1, customers), random.normal(0, noise, len(who))
    return who, day, np.exp(level[who] + true[who] * day / MONTH_DAYS + about), true


def test_recovers_the_shop_s_trend_and_how_much_customers_differ() -> None:
    who, day, amount, true = _purchases(2000, 12, shop=0.01, spread=0.02, noise=0.3)
    found = trends.own_trends(who, day, amount)
    assert found.shop == pytest.approx(0.01, abs=0.002)
    assert found.spread == pytest.approx(0.02, rel=0.1)
    assert np.corrcoef(np.log1p(found.growth), true)[0, 1] > 0.8
    plain = trends._slopes(who, day / MONTH_DAYS, np.log(amount), 2000)[0]
    assert np.square(np.log1p(found.growth) - true).mean() < 0.8 * np.square(plain - true).mean()


def test_noise_alone_is_shrunk_to_the_shop_s_trend() -> None:
    who, day, amount, _ = _purchases(2000, 4, shop=0.0, spread=0.0, noise=0.5)
    found = trends.own_trends(who, day, amount)
    assert found.spread < 0.01
    assert np.std(found.growth) < 0.003


@given(st.floats(-0.5, 0.5))
def test_trends_are_bounded_to_twice_a_year(shop: float) -> None:
    who, day, amount, _ = _purchases(30, 5, shop=shop, spread=0.1, noise=0.1)
    growth = trends.own_trends(who, day, amount).growth
    assert (1 + growth.max()) ** 12 <= 2 * (1 + 1e-9)
    assert (1 + growth.min()) ** 12 >= 0.5 * (1 - 1e-9)


def test_customers_with_one_date_have_the_shop_s_trend() -> None:
    who, day, amount, _ = _purchases(50, 8, shop=0.01, spread=0.01, noise=0.2)
    found = trends.own_trends(np.r_[who, 99, 99], np.r_[day, 5, 5], np.r_[amount, 3.0, 4.0])
    assert found.customer[-1] == 99
    assert np.log1p(found.growth[-1]) == pytest.approx(found.shop)


def test_too_little_to_tell_is_said() -> None:
    for who, day, amount in (([], [], []), ([1, 1, 1], [0, 50, 90], [1.0, 2.0, 3.0]), ([1, 2], [0, 5], [1.0, 0.0])):
        found = trends.own_trends(who, day, amount)
        assert not found.growth.any()
        assert "too few customers" in found.notes[0]
    with pytest.raises(MoneyError, match="amount: row 1"):
        trends.own_trends([1, 1], [0, 5], [1.0, np.nan])
