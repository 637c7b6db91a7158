"""Lifetime value: the sum of the model by hand, theory, and intervals that hold what simulated customers then bring."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.science import bg_nbd, gamma_gamma, lifetime_value, mbg_nbd, nbd, onward, pareto_nbd
from kizuna.science.bg_bb import BgBb
from kizuna.science.bg_nbd import BgNbd
from kizuna.science.gamma_gamma import GammaGamma
from kizuna.science.histories import from_rows
from kizuna.science.lifetime_value import Terms
from kizuna.science.mbg_nbd import MbgNbd
from kizuna.science.nbd import Nbd
from kizuna.science.pareto_nbd import ParetoNbd
from kizuna.science.purchasing import Fit, Histories, PurchaseModel
from kizuna.science.worth import MONTH_DAYS, TermsError, reckon

MONEY = GammaGamma(6.25, 3.74, 15.44)
BUYING = BgNbd(0.243, 4.414, 0.793, 2.426)
MODELS: list[Any] = [
    BUYING,
    MbgNbd(0.525, 6.183, 0.891, 1.614),
    ParetoNbd(0.553, 10.578, 0.606, 11.668),
    Nbd(0.385, 12.072),
]
FEW = from_rows([0, 2, 2, 7, 0, 26], [0, 30.43, 10, 30, 0, 30.86], [38.86, 38.86, 38.86, 31, 5, 31])
SPENT = np.array([1, 3, 2, 8, 0, 27]), np.array([12.0, 22.35, 80.0, 40.0, 0.0, 33.0])
WEEKS = MONTH_DAYS / 7


def _sure[Model](model: Model) -> Fit[Model]:
    return Fit(model, 0.0, {}, True)


@pytest.mark.parametrize("model", MODELS)
def test_the_sum_of_the_model_month_by_month(model: PurchaseModel) -> None:
    growth = np.array([0.0, 0.01, -0.02, 0.005, 0.0, 0.03])
    terms = Terms(months=7, discount_year=0.15, maintenance=0.4, trend=growth)
    parts = reckon(model, MONEY, FEW, SPENT, terms)
    rows, beta = FEW.group, 1.15 ** (-1 / 12)
    margin = MONEY.conditional(*SPENT)
    total = np.zeros(6)
    for month in range(1, 8):
        until, before = (model.conditional(FEW, t * WEEKS)[rows] for t in (month, month - 1))
        stays = (model.p_alive(FEW) * onward.staying(model, FEW, (month - 1) * WEEKS))[rows]
        total += beta**month * ((until - before) * (1 + growth) ** month * margin - 0.4 * stays)
    np.testing.assert_allclose(parts.value, total, rtol=1e-9)
    np.testing.assert_allclose(parts.purchases, model.conditional(FEW, 7 * WEEKS)[rows])
    np.testing.assert_allclose(parts.p_alive, model.p_alive(FEW)[rows])


def test_one_trend_for_all_is_the_same_trend_for_each() -> None:
    one, each = (reckon(BUYING, MONEY, FEW, SPENT, Terms(5, trend=g)) for g in (0.02, np.full(6, 0.02)))
    np.testing.assert_allclose(one.value, each.value)
    assert (one.value > reckon(BUYING, MONEY, FEW, SPENT, Terms(5)).value).all()


def test_quantiles_of_futures_that_may_not_come_and_may_cost() -> None:
    futures = np.array([-1.0] * 30 + [4.0] * 70)
    everything = np.sort(np.r_[np.repeat(futures, 6), np.zeros(400)])  # still a customer: 60 %
    for share in (0.05, 0.1, 0.3, 0.5, 0.7, 0.95):
        told = lifetime_value._mixed(lambda at: np.quantile(futures, at), np.array([0.6]), share)
        assert told[0] == pytest.approx(np.quantile(everything, share), abs=0.2)
    sure = lifetime_value._mixed(lambda at: 2.0 + at, np.array([0.6, 1.0]), 0.3)
    assert sure.tolist() == [0.0, 2.3]


def test_occasions_are_months_with_bg_bb() -> None:
    model = BgBb(1.204, 0.750, 0.657, 2.783)
    known = from_rows([2, 0], [4, 0], [6, 6])
    parts = reckon(model, MONEY, known, (np.array([2, 0]), np.array([30.0, 0])), Terms(3, 0.0, unit_days=MONTH_DAYS))
    np.testing.assert_allclose(parts.purchases, model.conditional(known, 3)[known.group])


@pytest.mark.parametrize("model", [*MODELS, BgBb(1.2, 0.75, 0.66, 2.8)])
def test_simulated_futures_have_the_conditional_mean_and_stay_as_long_as_is_said(model: Any) -> None:
    random = np.random.default_rng(1)
    known = from_rows([0, 2, 5], [0, 10, 30], [38, 38, 31])
    many = Histories(*(np.repeat(column, 20_000) for column in (known.x, known.t_x, known.T, known.count)), known.group)
    drawn = onward.purchases(model, many, 12.0, random).reshape(3, -1)
    expected = model.conditional(known, 12.0) / model.p_alive(known)
    error = drawn.std(axis=1) / np.sqrt(20_000)
    assert (abs(drawn.mean(axis=1) - expected) < 4 * error).all()
    stays = np.array([onward.staying(model, known, float(t)) for t in range(0, 40, 4)])
    assert (stays[0] == 1).all()
    assert (np.diff(stays, axis=0) <= 0).all()


def test_staying_in_bg_nbd_equals_plain_simulation() -> None:
    random = np.random.default_rng(2)
    rate, leaves = random.gamma(0.243, 1 / 4.414, 400_000), random.beta(0.793, 2.426, 400_000)
    stays = (random.random(400_000) < (1 - leaves) ** random.poisson(rate * 30)).mean()
    assert onward.staying(BUYING, from_rows([0], [0], [0]), 30.0)[0] == pytest.approx(stays, abs=0.003)


@settings(max_examples=15)
@given(st.sampled_from(MODELS), st.integers(1, 24), st.floats(0, 0.5))
def test_value_grows_with_months_without_maintenance(model: PurchaseModel, months: int, discount: float) -> None:
    short = reckon(model, MONEY, FEW, SPENT, Terms(months, discount)).value
    long = reckon(model, MONEY, FEW, SPENT, Terms(months + 1, discount)).value
    assert (long > short).all()
    dear = reckon(model, MONEY, FEW, SPENT, Terms(months, discount, maintenance=1.0)).value
    assert (dear < short).all()
    assert (dear >= short - months).all()


def _drawn(customers: int, seed: int) -> tuple[Histories, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Customers known for 20 to 52 weeks by true models, and what they really buy and pay in the year after."""
    random = np.random.default_rng(seed)
    T = random.integers(20, 53, customers) * 1.0
    rate, leaves = random.gamma(0.8, 1 / 6.0, customers), random.beta(0.8, 2.5, customers)
    nu = random.gamma(MONEY.q, 1.0, customers) / MONEY.v
    x, t_x, mean, later, paid = (np.zeros(customers) for _ in range(5))
    for i in range(customers):
        times = np.cumsum(random.exponential(1 / rate[i], 160))
        times = times[: random.geometric(leaves[i])]
        seen, ahead = times[times <= T[i]], times[(times > T[i]) & (times <= T[i] + 12 * WEEKS)]
        x[i], t_x[i] = len(seen), seen[-1] if len(seen) else 0.0
        mean[i] = random.gamma(MONEY.p, 1 / nu[i], len(seen) + 1).mean()
        later[i], paid[i] = len(ahead), random.gamma(MONEY.p, 1 / nu[i], len(ahead)).sum()
    return from_rows(x, t_x, T), x + 1, mean, later, paid


def test_intervals_of_customers_hold_what_they_then_bring() -> None:
    known, x, mean, later, paid = _drawn(800, seed=3)
    fit, money = bg_nbd.fit(known), gamma_gamma.fit(x, mean)
    told = lifetime_value.value(fit, money, known, x, mean, Terms(discount_year=0.0), np.random.default_rng(4))
    inside = (told.low <= paid) & (paid <= told.high)
    assert 0.87 <= inside.mean() <= 0.985
    assert 0.01 <= (paid > told.high).mean() <= 0.08
    assert ((told.expected_low <= later) & (later <= told.expected_high)).mean() >= 0.88
    assert ((told.p_alive_low <= told.p_alive) & (told.p_alive <= told.p_alive_high)).all()
    assert (told.low <= told.high).all()


def _cover(customers: int, rounds: int) -> tuple[float, float]:
    """How often the totals of value and purchases, and of a third of the customers, hold what then comes."""
    hits, few = [], []
    for seed in range(rounds):
        known, x, mean, later, paid = _drawn(customers, seed=100 + seed)
        fits = bg_nbd.fit(known), gamma_gamma.fit(x, mean)
        terms = Terms(discount_year=0.0)
        outlook = lifetime_value.look_ahead(*fits, known, (x, mean), terms, np.random.default_rng(seed))
        some = np.arange(customers) % 3 != 0
        whole, parts = outlook.total(), outlook.by_group(some)
        hits += [_inside(whole.value, 0, paid.sum()), _inside(whole.purchases, 0, later.sum())]
        few += [_inside(parts.value, 0, paid[~some].sum()), _inside(parts.purchases, 1, later[some].sum())]
    return float(np.mean(hits)), float(np.mean(few))


def _inside(span: lifetime_value.Span, group: int, came: float) -> bool:
    return bool(span.low[group] <= came <= span.high[group])


def test_totals_hold_what_then_comes() -> None:
    whole, part = _cover(customers=40, rounds=4)
    assert whole >= 0.7
    assert part >= 0.7


@pytest.mark.long
def test_totals_hold_what_then_comes_nine_times_in_ten() -> None:
    for customers in (60, 400):
        whole, part = _cover(customers, rounds=150)
        assert 0.84 <= whole <= 0.97
        assert 0.84 <= part <= 0.97


def _outlook(customers: int = 200, seed: int = 5, terms: Terms | None = None) -> lifetime_value.Outlook:
    known, x, mean, _, _ = _drawn(customers, seed)
    fits = bg_nbd.fit(known), gamma_gamma.fit(x, mean)
    random = np.random.default_rng(seed)
    return lifetime_value.look_ahead(*fits, known, (x, mean), terms or Terms(maintenance=0.2), random)


def test_means_add_up_over_groups_and_bounds_are_closer_than_their_sums() -> None:
    outlook = _outlook()
    group = np.arange(200) % 5 - 1
    whole, parts = outlook.total(), outlook.by_group(group)
    for name in ("value", "purchases", "customers"):
        one, many = getattr(whole, name), getattr(parts, name)
        left_out = {
            "value": outlook.value.mean,
            "purchases": outlook.value.expected,
            "customers": outlook.value.p_alive,
        }
        assert many.mean.sum() + left_out[name][group == -1].sum() == pytest.approx(one.mean[0])
        assert one.low[0] < one.mean[0] < one.high[0]
        assert one.low[0] <= one.mean_low[0] < one.mean_high[0] <= one.high[0]
        assert one.high[0] - one.low[0] < (many.high - many.low).sum()
    everyone = outlook.by_group(np.full(200, -1))
    assert everyone.value.mean.tolist() == []
    again = outlook.total()
    assert again.value.low[0] == whole.value.low[0]


def test_a_group_of_one_has_the_customer_s_own_interval() -> None:
    outlook = _outlook()
    best = int(outlook.value.mean.argmax())
    alone = outlook.by_group(np.where(np.arange(200) == best, 0, -1)).value
    assert alone.mean[0] == pytest.approx(outlook.value.mean[best])
    assert alone.high[0] == pytest.approx(outlook.value.high[best], rel=0.3)


def test_rounding_into_classes_changes_intervals_little(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = _outlook(400, seed=6)
    monkeypatch.setattr("kizuna.science.chances._EXACT_ROWS", 10)
    coarse = _outlook(400, seed=6)
    assert len(coarse.classes.rows.x) < 0.8 * len(exact.classes.rows.x)
    np.testing.assert_array_equal(coarse.value.mean, exact.value.mean)
    apart = abs(coarse.value.high - exact.value.high) / exact.value.high.mean()
    assert np.median(apart) < 0.05
    for end in ("low", "high", "mean_low", "mean_high"):
        assert getattr(coarse.total().value, end)[0] == pytest.approx(getattr(exact.total().value, end)[0], rel=0.05)


def test_twenty_buyers_get_an_honest_wide_interval() -> None:
    known, x, mean, _, _ = _drawn(20, seed=7)
    fits = bg_nbd.fit(known), gamma_gamma.fit(x, mean)
    outlook = lifetime_value.look_ahead(*fits, known, (x, mean), Terms(), np.random.default_rng(7))
    span = outlook.total().value
    assert 0 <= span.low[0] < 0.6 * span.mean[0]
    assert span.high[0] > 1.5 * span.mean[0]
    assert np.isfinite([getattr(outlook.value, name) for name in ("mean", "low", "high")]).all()


@pytest.mark.parametrize("fit", [bg_nbd.fit, mbg_nbd.fit, pareto_nbd.fit, nbd.fit])
@pytest.mark.parametrize(
    ("x", "t_x", "T"),
    [
        ([0], [0], [10]),
        ([0, 0, 0], [0, 0, 0], [0, 0, 0]),
        ([3], [8], [9]),
        ([0] * 30, [0] * 30, [20] * 30),
        ([], [], []),
    ],
)
def test_degenerate_shops_get_finite_answers(
    fit: Callable[[Histories], Fit[Any]], x: list[int], t_x: list[int], T: list[int]
) -> None:
    known = from_rows(x, t_x, T)
    spent = np.array(x) + 1, np.full(len(x), 20.0)
    told = lifetime_value.look_ahead(
        fit(known), gamma_gamma.fit(*spent), known, spent, Terms(months=2, maintenance=0.1), np.random.default_rng(8)
    )
    assert np.isfinite([told.value.mean, told.value.low, told.value.high]).all()
    assert len(told.total().value.mean) == min(len(x), 1)


def test_no_money_is_worth_nothing() -> None:
    known = from_rows([1, 0], [3, 0], [9, 9])
    money = gamma_gamma.fit([0, 0], [0, 0])
    told = lifetime_value.value(
        _sure(BUYING), money, known, [0, 0], [0.0, 0.0], Terms(maintenance=1.0), np.random.default_rng(9)
    )
    assert (told.mean < 0).all()
    assert (told.high <= 0).all()


def test_without_randomness_only_the_expectation_is_told() -> None:
    told = lifetime_value.value(_sure(BUYING), _sure(MONEY), FEW, *SPENT, Terms())
    with_draws = lifetime_value.value(_sure(BUYING), _sure(MONEY), FEW, *SPENT, Terms(), np.random.default_rng(1))
    np.testing.assert_array_equal(told.mean, with_draws.mean)
    assert np.isnan([told.low, told.high, told.p_alive_low, told.expected_high]).all()
    assert np.isfinite([with_draws.low, with_draws.high]).all()


def test_impossible_terms_name_their_field() -> None:
    for field, terms in (
        ("months", {"months": 0}),
        ("discount_year", {"discount_year": -1.0}),
        ("maintenance", {"maintenance": -1.0}),
        ("trend", {"trend": np.array([0.0, np.nan])}),
        ("unit_days", {"unit_days": 0.0}),
    ):
        with pytest.raises(TermsError) as raised:
            Terms(**terms)
        assert raised.value.field == field
    with pytest.raises(TermsError, match="trend"):
        reckon(BUYING, MONEY, FEW, SPENT, Terms(trend=np.zeros(2)))
    with pytest.raises(ValueError, match="x_money"):
        reckon(BUYING, MONEY, FEW, ([1], [2.0]), Terms())
    with pytest.raises(ValueError, match="group"):
        _outlook(20).by_group([0, 1])


def test_what_is_kept_scales_money_and_turns_ranges_where_purchases_cost() -> None:
    rows = MbgNbd(0.8, 6.0, 0.8, 2.5).simulate(np.full(40, 40.0), np.random.default_rng(3))
    fits = mbg_nbd.fit(rows), gamma_gamma.fit(rows.x[rows.group] + 1, np.linspace(20.0, 60.0, 40))
    spending = rows.x[rows.group] + 1, np.linspace(20.0, 60.0, 40)
    kept = np.repeat([0.5, -0.25], 20)
    whole, part = (
        lifetime_value.look_ahead(*fits, rows, spending, Terms(kept=share), np.random.default_rng(1))
        for share in (1.0, kept)
    )
    assert part.value.mean.tolist() == pytest.approx((whole.value.mean * kept).tolist())
    assert part.value.low[:20].tolist() == pytest.approx((whole.value.low[:20] * 0.5).tolist())
    assert part.value.low[20:].tolist() == pytest.approx((whole.value.high[20:] * -0.25).tolist(), rel=0.05)
    assert (part.value.high[20:] <= 0).all()
    total = part.by_group(np.repeat([0, 1], 20)).value
    assert total.low[1] < total.mean[1] < total.high[1] < 0
    for wrong in (np.ones(39), float("nan")):
        with pytest.raises(TermsError, match="kept"):
            lifetime_value.look_ahead(*fits, rows, spending, Terms(kept=wrong), np.random.default_rng(1))
