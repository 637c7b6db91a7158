"""The portfolio: cuts, segments, hysteresis, e-CNRR and concentration, with every edge."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kizuna.science import portfolio
from kizuna.science.portfolio import Concentration, Cuts

HUGE = 2**63 - 1

small = st.integers(-20, 30)
any_money = st.one_of(small, st.integers(-HUGE - 1, HUGE))
customers = st.lists(st.tuples(any_money, st.integers(0, 20).map(lambda k: k / 20)), min_size=1, max_size=30)


def arrays(given_customers):
    np_minor = np.array([each[0] for each in given_customers], dtype=np.int64)
    return np_minor, np.array([each[1] for each in given_customers], dtype=np.float64)


def by_definition(np_minor, rf):
    """Model, section 2, in plain Python integers."""
    ranked = sorted(np_minor.tolist(), reverse=True)
    positive = sum(each for each in ranked if each > 0)
    gain = sum(ranked)
    for n in range(1, len(ranked) + 1):
        if positive and 5 * sum(ranked[:n]) >= 4 * positive:
            return Cuts(sorted(rf.tolist(), reverse=True)[n - 1], ranked[n - 1], n, gain)
    return Cuts(None, None, 0, gain)


@given(customers)
@example([(HUGE, 0.5)] * 5)
@example([(4, 0.5), (1, 0.5)])
def test_cuts_are_those_of_the_definition_however_large_the_sums(given_customers):
    np_minor, rf = arrays(given_customers)
    at = portfolio.cuts(np_minor, rf)
    assert at == by_definition(np_minor, rf)
    assert at.net_profit_minor is None or at.net_profit_minor > 0


@given(customers)
def test_segments_are_high_or_low_on_each_axis_with_ties_high(given_customers):
    np_minor, rf = arrays(given_customers)
    at = portfolio.cuts(np_minor, rf)
    shown = portfolio.segments(np_minor, rf, at)
    if at.n_star == 0:
        assert set(shown.tolist()) == {""}
        return
    letter = {(True, True): "A", (False, True): "B", (True, False): "C", (False, False): "D"}
    expected = [letter[x >= at.rf, y >= at.net_profit_minor] for y, x in zip(np_minor.tolist(), rf, strict=True)]
    assert shown.tolist() == expected
    high_x, high_y = portfolio.highs(shown)
    assert high_x.sum() >= at.n_star
    assert high_y.sum() >= at.n_star


@given(customers, st.data())
def test_hysteresis_keeps_all_that_are_high_anyway_and_only_those_who_were(given_customers, draw):
    np_minor, rf = arrays(given_customers)
    flags = st.lists(st.booleans(), min_size=len(rf), max_size=len(rf)).map(np.array)
    was_x, was_y = draw.draw(flags), draw.draw(flags)
    at = portfolio.cuts(np_minor, rf)
    plain = portfolio.highs(portfolio.segments(np_minor, rf, at))
    kept = portfolio.highs(portfolio.segments_with_hysteresis(np_minor, rf, at, was_x, was_y))
    for now, held, was in zip(plain, kept, (was_x, was_y), strict=True):
        assert (held | ~now).all()
        assert (was | now | ~held).all()
    if at.n_star:
        exact = [100 * value >= 95 * at.net_profit_minor for value in np_minor.tolist()]
        assert kept[1].tolist() == (plain[1] | (was_y & np.array(exact))).tolist()
        assert kept[0].tolist() == (plain[0] | (was_x & (rf >= 95 * at.rf / 100))).tolist()


def test_hysteresis_works_per_axis():
    at = Cuts(rf=0.5, net_profit_minor=1000, n_star=3, net_gain_minor=9000)
    np_minor, rf = np.array([950, 950, 949]), np.array([0.475, 0.474, 0.475])
    yes, no = np.full(3, True), np.full(3, False)
    assert portfolio.segments_with_hysteresis(np_minor, rf, at, yes, yes).tolist() == ["A", "B", "C"]
    assert portfolio.segments_with_hysteresis(np_minor, rf, at, yes, no).tolist() == ["C", "D", "C"]
    assert portfolio.segments_with_hysteresis(np_minor, rf, at, no, yes).tolist() == ["B", "B", "D"]
    assert portfolio.segments_with_hysteresis(np_minor, rf, at, no, no).tolist() == ["D", "D", "D"]


def test_eighty_percent_is_exact_in_integers():
    flat = np.full(3, 0.5)
    assert portfolio.cuts(np.array([80, 15, 5]), flat).n_star == 1
    assert portfolio.cuts(np.array([79, 16, 5]), flat).n_star == 2
    large = 10**17
    assert portfolio.cuts(np.array([4 * large, large, 0]), flat).n_star == 1
    assert portfolio.cuts(np.array([4 * large - 1, large, 0]), flat).n_star == 2


def test_losses_do_not_move_the_80_percent():
    assert portfolio.cuts(np.array([80, 15, 5, -1000]), np.full(4, 0.5)).n_star == 1


def test_all_equal_customers_are_all_high():
    np_minor, rf = np.full(10, 100), np.full(10, 0.5)
    at = portfolio.cuts(np_minor, rf)
    assert at.n_star == 8
    assert set(portfolio.segments(np_minor, rf, at).tolist()) == {"A"}


def test_one_customer_with_profit_is_the_most_valuable():
    np_minor, rf = np.array([1]), np.array([0.0])
    at = portfolio.cuts(np_minor, rf)
    assert at == Cuts(0.0, 1, 1, 1)
    assert portfolio.segments(np_minor, rf, at).tolist() == ["A"]


@pytest.mark.parametrize("np_minor", [[], [0], [0, 0, 0], [-5, -1], [0, -3]])
def test_without_positive_net_profit_nobody_is_placed(np_minor):
    profit = np.array(np_minor, dtype=np.int64)
    rf, before = np.full(len(profit), 0.7), np.full(len(profit), True)
    at = portfolio.cuts(profit, rf)
    assert at == Cuts(None, None, 0, sum(np_minor))
    assert portfolio.segments(profit, rf, at).tolist() == [""] * len(profit)
    assert portfolio.segments_with_hysteresis(profit, rf, at, before, before).tolist() == [""] * len(profit)
    assert portfolio.e_cnrr(profit, at.net_gain_minor) is None


@given(st.lists(any_money, min_size=1, max_size=30))
def test_e_cnrr_sums_to_one_or_is_undefined(np_minor):
    gain = sum(np_minor)
    ratios = portfolio.e_cnrr(np.array(np_minor, dtype=np.int64), gain)
    if gain <= 0:
        assert ratios is None
        assert portfolio.e_cnrr(np_minor[0], gain) is None
        return
    assert abs(ratios.sum() - 1) <= 1e-12 * np.abs(ratios).sum()
    assert ratios[0] == pytest.approx(portfolio.e_cnrr(np_minor[0], gain), rel=1e-14)


def test_negative_net_profit_gives_a_negative_ratio():
    assert portfolio.e_cnrr(-50, 100) == -0.5


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([80, 5, 5, 5, 5], Concentration(0.8, 0.2)),
        ([1, 1, 1, 1, 1], Concentration(0.2, 0.8)),
        ([7], Concentration(1.0, 1.0)),
        ([10, 0, 0, 0, 0, 0], Concentration(1.0, 1 / 6)),
        ([100, -900, 0, 0, 0], Concentration(1.0, 0.2)),
        ([0, -1], None),
        ([], None),
    ],
)
def test_concentration_is_measured(held, expected):
    assert portfolio.concentration(np.array(held, dtype=np.int64)) == expected


def test_wrong_input_is_refused():
    with pytest.raises(TypeError):
        portfolio.cuts(np.array([1.5]), np.array([0.5]))
    with pytest.raises(ValueError, match="do not match"):
        portfolio.cuts(np.array([1, 2]), np.array([0.5]))
    with pytest.raises(ValueError, match="finite"):
        portfolio.cuts(np.array([1]), np.array([np.nan]))
    at, one, none = Cuts(0.5, 1, 1, 1), np.array([1]), np.empty(0, dtype=bool)
    with pytest.raises(ValueError, match="earlier places"):
        portfolio.segments_with_hysteresis(one, np.array([0.5]), at, none, none)


def test_95_percent_of_an_odd_cut_is_not_rounded_down():
    at, rf, was = Cuts(rf=0.5, net_profit_minor=999, n_star=1, net_gain_minor=999), np.full(2, 0.5), np.full(2, True)
    assert portfolio.segments_with_hysteresis(np.array([950, 949]), rf, at, was, was).tolist() == ["A", "C"]


@given(st.lists(st.integers(-(2**62), 2**62), max_size=60))
def test_shares_held_rise_from_nothing_to_all_and_agree_with_the_top_fifth(values):
    held = portfolio.shares_held(np.array(values, dtype=np.int64))
    measured = portfolio.concentration(np.array(values, dtype=np.int64))
    if measured is None:
        assert not held.any()
        return
    assert held[0] == 0
    assert held[-1] == pytest.approx(1)
    assert (np.diff(held) >= 0).all()
    assert held[4] == pytest.approx(measured.held_by_top_fifth)
