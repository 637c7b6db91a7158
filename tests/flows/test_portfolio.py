"""The portfolio as of an instant: the model's rules and every edge case, reckoned from facts."""

import io
import json

import pytest

from kizuna.flows import export, portfolio
from kizuna.science.periods import instant_at
from tests.flows.making import DAY, START, Books, make_books

pytestmark = pytest.mark.django_db
NOW = START + 400 * DAY


def _measure(books: Books, as_of_us: int = NOW) -> portfolio.Portfolio:
    return portfolio.measure_as_of(books.shop, as_of_us)


def _document(books: Books, as_of_us: int = NOW) -> dict:
    output = io.StringIO()
    export.write_json(books.shop, portfolio.measure_as_of(books.shop, as_of_us, frozen=False), output)
    return json.loads(output.getvalue())


def test_a_shop_without_orders_has_an_empty_portfolio_without_cuts() -> None:
    books = make_books()
    books.page(books.customer(), START)
    document = _document(books)
    assert document["customers"] == []
    assert document["cuts"] == {"rf": None, "e_cnrr": None, "n_star": 0}
    assert document["net_gain_minor"] == 0


def test_one_customer_is_high_on_both_axes() -> None:
    books = make_books()
    books.order(books.customer("17850"), NOW - 90 * DAY, 5000)
    (customer,) = _document(books)["customers"]
    assert customer["customer"] == "17850"
    assert customer["stocks"] == pytest.approx({"R": 0.5, "F": 0.5, "M": 2500, "V": 0, "E": 0}, rel=1e-12)
    assert customer["z"] == dict.fromkeys("RFMVE", 0.5)
    assert (customer["rf"], customer["e_cnrr"], customer["segment"]) == (0.5, 1.0, "A")


def test_facts_after_the_instant_do_not_count_and_those_at_it_do() -> None:
    books = make_books()
    one, other = books.customer(), books.customer()
    books.order(one, NOW, 100)
    books.order(other, NOW + 1, 100)
    books.page(one, NOW + 1)
    books.mail(one, NOW + 1)
    measured = _measure(books)
    assert measured.customer_id.tolist() == [books.customer_of(one)]
    assert [float(measured.stocks[name][0]) for name in "RFMVE"] == pytest.approx([1, 1, 100, 0, 0], rel=1e-12)


def test_the_period_leaves_out_its_first_instant_and_keeps_its_last() -> None:
    books = make_books()
    one = books.customer()
    start, end = portfolio.period_of(books.shop, NOW)
    assert instant_at(start).isoformat()[:10] == "2022-02-12"
    for at_us, profit in ((start, 1), (start + 1, 10), (end, 100)):
        books.order(one, at_us, profit)
    assert _measure(books).net_profit.tolist() == [110]


def test_nobody_with_profit_means_no_cuts_and_nobody_placed() -> None:
    books = make_books()
    for _ in range(3):
        books.order(books.customer(), NOW - DAY, 0)
    document = _document(books)
    assert document["cuts"] == {"rf": None, "e_cnrr": None, "n_star": 0}
    assert {customer["segment"] for customer in document["customers"]} == {None}
    assert {customer["e_cnrr"] for customer in document["customers"]} == {None}


def test_net_gain_below_zero_leaves_the_ratio_undefined_but_keeps_net_profit_and_segments() -> None:
    books = make_books()
    winner, loser = books.customer(), books.customer()
    books.order(winner, NOW - DAY, 100)
    books.order(loser, NOW - DAY, 50)
    books.refund(loser, NOW - DAY, 500)
    document = _document(books)
    assert document["net_gain_minor"] == -350
    assert document["cuts"]["n_star"] == 1
    assert document["cuts"]["e_cnrr"] is None
    assert [(each["net_profit_minor"], each["e_cnrr"]) for each in document["customers"]] == [(100, None), (-450, None)]
    assert document["customers"][0]["segment"] == "A"


def test_a_customer_with_only_a_refund_is_placed_and_scores_nothing_for_money() -> None:
    books = make_books()
    books.order(books.customer(), NOW - DAY, 700)
    refunded = books.customer()
    books.refund(refunded, NOW - DAY, 300)
    measured = _measure(books)
    row = measured.customer_id.tolist().index(books.customer_of(refunded))
    assert measured.stocks["M"][row] == pytest.approx(-300 * 2 ** (-1 / 90))
    assert measured.z["M"][row] == 0.25
    assert measured.stocks["R"][row] == 0


def test_a_factor_without_a_single_fact_gives_half_to_all_and_says_so() -> None:
    books = make_books()
    for number in range(5):
        books.order(books.customer(), NOW - number * DAY, 100 + number)
    measured = _measure(books)
    assert measured.z["V"].tolist() == [0.5] * 5
    assert measured.scores.without_facts == {"V", "E"}


def test_one_mail_nine_years_ago_is_no_mail() -> None:
    books = make_books()
    writer, other = books.customer(), books.customer()
    for identity in (writer, other):
        books.order(identity, NOW - DAY, 100)
    books.mail(writer, NOW - 9 * 365 * DAY)
    measured = _measure(books)
    assert measured.stocks["E"].max() > 0
    assert measured.z["E"].tolist() == [0.5, 0.5]


def test_ties_fall_on_the_high_side() -> None:
    books = make_books()
    for _ in range(4):
        books.order(books.customer(), NOW - DAY, 100)
    assert set(_measure(books).segment.tolist()) == {"A"}


def test_scores_lie_between_0_and_1_and_shares_sum_to_one() -> None:
    books = make_books()
    for number in range(30):
        identity = books.customer()
        books.order(identity, NOW - number * 9 * DAY, 100 + 37 * number)
        if number % 3 == 0:
            books.refund(identity, NOW - number * DAY, 60)
        for _ in range(number % 5):
            books.page(identity, NOW - number * DAY)
    measured = _measure(books)
    assert all((column >= 0).all() and (column <= 1).all() for column in measured.z.values())
    assert (measured.rf >= 0).all()
    assert (measured.rf <= 1).all()
    assert measured.e_cnrr is not None
    assert measured.e_cnrr.sum() == pytest.approx(1, abs=1e-12)


def test_the_identities_of_a_customer_add_up_and_recency_is_the_latest() -> None:
    books = make_books()
    user = books.customer("ann")
    visitor = books.identity(books.customer_of(user), "browser", 4)
    books.order(user, NOW - 180 * DAY, 1000)
    books.order(visitor, NOW - 90 * DAY, 1000)
    books.page(visitor, NOW - 90 * DAY)
    (customer,) = _document(books)["customers"]
    assert customer["customer"] == "ann"
    assert customer["stocks"] == pytest.approx({"R": 0.5, "F": 0.75, "M": 750, "V": 0.5, "E": 0}, rel=1e-12)


def test_shops_are_apart() -> None:
    books, others = make_books(), make_books()
    books.order(books.customer(), NOW - DAY, 100)
    others.order(others.customer(), NOW - DAY, 900)
    assert _measure(books).cuts.net_gain_minor == 100


def test_different_half_lives_are_written_per_factor() -> None:
    from datetime import UTC, datetime

    from kizuna.flows import criterion

    books = make_books()
    books.order(books.customer(), NOW - 30 * DAY, 100)
    criterion.change_half_lives(books.shop, {"R": 30}, None, datetime(2022, 1, 1, tzinfo=UTC))
    document = _document(books)
    assert document["half_life_days"] == {"R": 30, "F": 90, "M": 90, "V": 90, "E": 90}
    assert document["customers"][0]["stocks"]["R"] == pytest.approx(0.5)


def test_any_period_may_be_chosen_and_none_that_ends_before_it_begins() -> None:
    books = make_books()
    one = books.customer()
    begin = NOW - 30 * DAY
    for at_us, profit in ((begin, 1), (begin + 1, 10), (NOW, 100)):
        books.order(one, at_us, profit)
    measured = portfolio.measure_as_of(books.shop, NOW, from_us=begin)
    assert (measured.period, measured.net_profit.tolist()) == ((begin, NOW), [110])
    with pytest.raises(portfolio.EmptyPeriod):
        portfolio.measure_as_of(books.shop, NOW, from_us=NOW)
