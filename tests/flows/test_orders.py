"""Orders move R, F and M in the transaction that records them, and what is corrected is taken back."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from kizuna.customers import identity, search
from kizuna.customers.identity import IdentityKind
from kizuna.flows import orders, shops
from kizuna.flows.orders import CancelDraft, OrderDraft, RefundDraft
from kizuna.relationships import stocks
from kizuna.sales.orders import LineDraft
from kizuna.science import stocks as science
from kizuna.shops.models import Shop
from kizuna.shops.tenants import NewShop

DAY = 86_400_000_000
START = 14_600 * DAY
FIRST = OrderDraft("A1", START, "EUR", (LineDraft("mug", Decimal(2), Decimal("9.99")),))
ONE_DAY_LATER = 2.0 ** (-1 / 90)


@pytest.fixture
def shop(db: None) -> Shop:
    return shops.create_shop(NewShop("till", "Till", "EUR"), None, datetime(2026, 1, 1, tzinfo=UTC))


def people(shop: Shop, *names: str) -> list[int]:
    ids = identity.ensure(shop.id, IdentityKind.USER_ID, names, [START] * len(names))
    return [ids[name] for name in names]


def kept(shop: Shop, identity_id: int, at_us: int) -> tuple[int | None, float, float]:
    """Last purchase, F and M of an identity at an instant, half-life 90 days."""
    row = stocks.columns(shop.id, [identity_id])
    last = int(row.last_purchase_us[0])
    place = science.HALF_LIVES.index(90)
    now = 2.0 ** (-(at_us - science.LANDMARK_US) / (90 * DAY))
    return (
        None if last == science.NO_PURCHASE else last,
        float(row.sums["F"][0, place]) * now,
        float(row.sums["M"][0, place]) * now,
    )


def test_an_order_moves_its_stocks_once(shop: Shop) -> None:
    (anna,) = people(shop, "anna")
    first = orders.record_orders(shop, [(anna, FIRST)])
    again = orders.record_orders(shop, [(anna, FIRST)])
    assert (first.taken, again.repeated, len(first.stock_changes), len(again.stock_changes)) == (1, 1, 3, 0)
    assert first.identity_ids == again.identity_ids == {anna}
    last, purchases, money = kept(shop, anna, START + DAY)
    assert last == START
    assert purchases == pytest.approx(ONE_DAY_LATER)
    assert money == pytest.approx(1998 * ONE_DAY_LATER)


def test_a_refund_lowers_money_at_its_own_time_and_nothing_else(shop: Shop) -> None:
    (anna,) = people(shop, "anna")
    orders.record_orders(shop, [(anna, FIRST)])
    orders.record_refunds(shop, [(anna, RefundDraft("R1", START + DAY, "EUR", Decimal("9.99"), "A1"))])
    last, purchases, money = kept(shop, anna, START + DAY)
    assert (last, purchases) == (START, pytest.approx(ONE_DAY_LATER))
    assert money == pytest.approx(1998 * ONE_DAY_LATER - 999)


def test_a_cancellation_takes_the_money_at_its_own_time(shop: Shop) -> None:
    (anna,) = people(shop, "anna")
    orders.record_orders(shop, [(anna, FIRST)])
    done = orders.cancel_orders(shop, [CancelDraft("A1", START + DAY), CancelDraft("??", START)])
    assert (done.taken, [refusal.field for refusal in done.refused]) == (1, ["order_id"])
    last, purchases, money = kept(shop, anna, START + DAY)
    assert (last, purchases) == (START, pytest.approx(ONE_DAY_LATER))
    assert money == pytest.approx(1998 * ONE_DAY_LATER - 1998)


def test_a_correction_leaves_the_stocks_as_if_it_had_always_been_so(shop: Shop) -> None:
    anna, bert = people(shop, "anna", "bert")
    orders.record_orders(shop, [(anna, FIRST)])
    orders.record_orders(shop, [(bert, replace(FIRST, placed_us=START + DAY, total=Decimal(5)))])
    assert kept(shop, anna, START + DAY) == (None, pytest.approx(0), pytest.approx(0, abs=1e-9))
    last, purchases, money = kept(shop, bert, START + DAY)
    assert (last, purchases, money) == (START + DAY, pytest.approx(1), pytest.approx(500))


def test_a_purchase_that_turns_out_to_be_none_gives_the_last_one_back(shop: Shop) -> None:
    (anna,) = people(shop, "anna")
    later = replace(FIRST, source_ref="A2", placed_us=START + DAY)
    orders.record_orders(shop, [(anna, FIRST), (anna, later)])
    orders.record_orders(shop, [(anna, replace(later, total=Decimal(0)))])
    assert kept(shop, anna, START + DAY)[:2] == (START, pytest.approx(ONE_DAY_LATER))


def test_customers_are_found_by_order_number_in_their_shop(shop: Shop) -> None:
    (anna,) = people(shop, "anna")
    orders.record_orders(shop, [(anna, FIRST)])
    assert len(search.find_customers(shop.id, "a1", 5)) == 1
    assert search.find_customers(shop.id + 1, "a1", 5) == []


def test_a_refused_order_does_not_stop_the_others(shop: Shop) -> None:
    (anna,) = people(shop, "anna")
    done = orders.record_orders(shop, [(anna, replace(FIRST, currency="USD")), (anna, FIRST)])
    assert (done.taken, [(r.index, r.field) for r in done.refused]) == (1, [(0, "currency")])
    assert "no rate of USD is known" in done.refused[0].message
