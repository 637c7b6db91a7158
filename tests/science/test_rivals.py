"""Rivals and the published ranking tables of CDNOW and Online Retail, from the raw files through the science alone."""

import numpy as np
import pytest

from kizuna.science import portfolio, rivals, validity
from kizuna.science.rivals import CustomerDays
from tests.science.raw_files import day_of, read_cdnow, read_online_retail

CDNOW_1997_09_30 = {
    "rfm": (0.453, 0.689, 5.04),
    "money": (0.395, 0.696, 4.98),
    "decayed_both": (0.456, 0.713, 5.21),
    "decayed_money": (0.438, 0.721, 5.22),
    "model": (0.428, 0.709, 5.24),
}
ONLINE_RETAIL_2011_06_09 = {
    "rfm": (0.564, 0.748, 4.97),
    "money": (0.596, 0.842, 5.90),
    "decayed_both": (0.577, 0.805, 5.70),
    "decayed_money": (0.592, 0.838, 5.85),
    "model": (0.555, 0.814, 5.71),
}


def ranked(days, split, horizon):
    known = days.upto(split)
    scores = {**rivals.simple(known, split), "model": rivals.modelled(known, split, horizon)}
    y = days.gained(known.customer_id, split, split + horizon)
    return known, {name: validity.measures(score, y) for name, score in scores.items()}


def concentrated(known):
    measured = portfolio.concentration(np.rint(rivals.monetary(known)).astype(np.int64))
    return 100 * measured.held_by_top_fifth, 100 * measured.customers_holding_80_percent


def meets(found, table):
    for name, expected in table.items():
        np.testing.assert_allclose(found[name], expected, atol=0.01, err_msg=name)


def test_cdnow_master_ranking_from_the_raw_file(real_orders):
    known, found = ranked(read_cdnow(real_orders), day_of("1997-09-30"), 273)
    assert len(known.customer_id) == 23_570
    meets(found, CDNOW_1997_09_30)
    assert concentrated(known) == pytest.approx((62.9, 38.4), abs=0.05)


def test_chen_sain_guo_2012_online_retail_ranking_from_the_raw_file(real_orders):
    known, found = ranked(read_online_retail(real_orders), day_of("2011-06-09"), 183)
    assert len(known.customer_id) == 2_844
    meets(found, ONLINE_RETAIL_2011_06_09)
    assert concentrated(known) == pytest.approx((70.0, 31.2), abs=0.05)


def days_of(*rows):
    customer, day, money = (np.array(column) for column in zip(*rows, strict=True))
    return CustomerDays.of(customer, day, money)


def test_a_day_is_one_row_net_of_cancellations():
    days = days_of((7, 3, 10), (7, 3, -4), (7, 9, 5), (2, 1, -8))
    assert days.customer_id.tolist() == [2, 7]
    assert days.row.tolist() == [0, 1, 1]
    assert days.money.tolist() == [-8.0, 6.0, 5.0]
    assert (days.rows.tolist(), days.first_day.tolist(), days.last_day.tolist()) == ([1, 2], [1, 3], [1, 9])


def test_who_came_after_the_split_is_not_known_and_gains_nothing():
    days = days_of((1, 0, 5), (2, 4, 7), (1, 4, 3), (1, 6, -1), (3, 5, 9), (2, 3, 2))
    known = days.upto(3)
    assert known.customer_id.tolist() == [1, 2]
    assert days.gained(known.customer_id, 3, 5).tolist() == [3.0, 7.0]
    assert days.gained(known.customer_id, 3, 6).tolist() == [2.0, 7.0]
    assert days.gained(np.empty(0, dtype=np.int64), 0, 9).tolist() == []


def test_decay_counts_rows_and_never_negative_money():
    days = days_of((1, 0, 8), (1, 90, -3), (2, 90, 1))
    assert rivals.decayed_money(days, 90).tolist() == [4.0, 1.0]
    assert rivals.monetary(days).tolist() == [5.0, 1.0]
    assert rivals.decayed_both(days, 90).tolist() == [2.0, 1.0]


def test_the_model_gives_who_never_paid_the_average_purchase():
    random = np.random.default_rng(4)
    rows = [(who, int(day), 10.0 + who % 7) for who in range(200) for day in random.integers(0, 300, 1 + who % 4)]
    score = rivals.modelled(days_of(*rows, (999, 100, -5.0)), 300, 90)
    assert np.isfinite(score).all()
    assert score[-1] > 0
    with pytest.raises(rivals.NobodyPaid):
        rivals.modelled(days_of((1, 0, -5.0)), 3, 90)


def test_leaving_a_factor_out_scales_the_others_up():
    z = {"F": np.array([0.2, 0.8]), "M": np.array([1.0, 0.0]), "R": np.array([0.4, 0.4])}
    without = rivals.without(z, {"F": 0.25, "M": 0.5, "R": 0.25}, "M")
    np.testing.assert_allclose(without, [0.3, 0.6])
    assert rivals.without(z, {"F": 0.0, "M": 1.0, "R": 0.0}, "M").tolist() == [0.5, 0.5]
