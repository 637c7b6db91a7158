"""The customer-day table: one purchase a day, refunds against the purchase before them, nothing later than asked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.flows import customer_days
from kizuna.flows.customer_days import Book
from tests.flows.making import DAY, START, make_books

pytestmark = pytest.mark.django_db
DAY_0 = START // DAY


def test_days_are_the_shops_and_several_orders_of_a_day_are_one_purchase() -> None:
    books = make_books(timezone="Asia/Tokyo")
    one = books.customer()
    books.order(one, START + DAY // 2, 1000, 300)
    books.order(one, START + DAY - 1, 500, 100)
    books.order(one, START + DAY, 500, 50)
    days = customer_days.read(books.shop, START + DAY).until(DAY_0 + 9)
    assert days.customer.tolist() == [books.customer_of(one)] * 2
    assert days.day.tolist() == [DAY_0, DAY_0 + 1]
    assert days.profit.tolist() == [300, 150]


def test_a_refund_counts_against_the_purchase_before_it_and_a_gift_is_no_purchase() -> None:
    books = make_books()
    one, other, never = books.customer(), books.customer(), books.customer()
    for day in (0, 10):
        books.order(one, START + day * DAY, 1000, 400)
    books.order(one, START + 12 * DAY, 0, -30)
    books.refund(one, START + 5 * DAY, 100)
    books.refund(other, START + 1 * DAY, 70)
    books.order(other, START + 3 * DAY, 1000, 200)
    books.refund(never, START, 10)
    book = customer_days.read(books.shop, START + 100 * DAY)
    days = book.until(DAY_0 + 100)
    assert sorted(set(days.customer.tolist())) == sorted({books.customer_of(one), books.customer_of(other)})
    assert days.day.tolist() == [DAY_0, DAY_0 + 10, DAY_0 + 3]
    assert days.profit.tolist() == [300, 370, 130]
    assert book.until(DAY_0 + 4).profit.tolist() == [400, 130]
    asked = np.array([books.customer_of(other), books.customer_of(never)])
    assert book.profit_between(asked, DAY_0 + 1, DAY_0 + 3).tolist() == [200, 0]
    assert book.profit_between(asked, DAY_0 - 1, DAY_0 + 1).tolist() == [-70, -10]


def test_a_shop_without_purchases_has_no_rows() -> None:
    books = make_books()
    assert len(customer_days.read(books.shop, START).until(DAY_0).day) == 0
    books.refund(books.customer(), START, 10)
    assert len(customer_days.read(books.shop, START).until(DAY_0).day) == 0


def test_merged_customers_are_one() -> None:
    books = make_books()
    one = books.customer()
    second = books.identity(books.customer_of(one))
    books.order(one, START, 10, 1)
    books.order(second, START, 10, 2)
    assert customer_days.read(books.shop, START).until(DAY_0).profit.tolist() == [3]


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 30), st.integers(-50, 50), st.booleans()), min_size=1, max_size=40
    )
)
def test_no_profit_of_a_buyer_is_lost(rows: list[tuple[int, int, int, bool]]) -> None:
    customer, day, profit, bought = (np.array(column) for column in zip(*rows, strict=True))
    days = Book(customer, day, profit, bought).until(30)
    buyers = set(customer[bought].tolist())
    for each in buyers:
        assert days.profit[days.customer == each].sum() == profit[customer == each].sum()
    assert set(days.customer.tolist()) == buyers
    pairs = list(zip(days.customer.tolist(), days.day.tolist(), strict=True))
    assert pairs == sorted({(c, d) for c, d, _, b in rows if b})
