"""Columns, sums and the time line say the same as the rows they come from."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from kizuna.sales import ledger, orders, refunds, rows, timeline
from kizuna.sales.orders import LineDraft, OrderDraft, RefundDraft
from tests.sales.conftest import DAY, START, Place


def draft(number: int, amount: int = 10) -> OrderDraft:
    return OrderDraft(f"A{number}", START + number * DAY, "EUR", (LineDraft("x", Decimal(1), Decimal(amount)),))


@pytest.fixture
def filled(place: Place) -> Place:
    orders.record(place.terms, [(place.identities[n % 2], draft(n, 10 * n)) for n in range(6)])
    refund = RefundDraft("R1", START + 3 * DAY, "EUR", Decimal(5), "A3")
    refunds.record(place.terms, [(place.identities[1], refund)])
    return place


def test_columns_up_to_and_including_an_instant(filled: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_FETCH", 2)
    book = ledger.columns(filled.shop.pk, START + 3 * DAY)
    order = np.argsort(book.order_us)
    assert book.order_us[order].tolist() == [START + n * DAY for n in range(4)]
    assert book.order_revenue[order].tolist() == [0, 1000, 2000, 3000]
    assert book.order_is_purchase[order].tolist() == [False, True, True, True]
    assert (book.refund_us.tolist(), book.refund_revenue.tolist()) == ([START + 3 * DAY], [500])
    assert book.refund_profit.tolist() == [-200]
    assert ledger.columns(filled.shop.pk, START + 3 * DAY - 1).refund_us.size == 0
    assert len(ledger.columns(filled.shop.pk, None).order_us) == 6


def test_an_empty_shop_has_empty_columns(place: Place) -> None:
    book = ledger.columns(place.shop.pk, None)
    assert book.order_us.dtype == np.int64
    assert book.order_is_purchase.dtype == np.bool_
    assert ledger.last_fact_us(place.shop.pk) is None
    assert not ledger.has_orders(place.shop.pk)


def test_periods_are_open_at_the_start_and_closed_at_the_end(filled: Place) -> None:
    one, two = filled.identities[:2]
    assert ledger.period_profit(filled.shop.pk, [one, two], START + DAY, START + 3 * DAY) == {one: 800, two: 1200 - 200}
    assert ledger.period_profit(filled.shop.pk, [one], START + DAY, START + 3 * DAY) == {one: 800}
    assert ledger.period_profit(filled.shop.pk, [], 0, START) == {}
    assert ledger.period_profit(filled.shop.pk, None, START + DAY, START + 3 * DAY) == {one: 800, two: 1000}


def test_totals_and_the_first_and_last_fact(filled: Place) -> None:
    one, two, three = filled.identities[:3]
    found = ledger.totals(filled.shop.pk, [one, two, three])
    assert found == {
        one: ledger.Totals(2, 6000, START + 2 * DAY, START + 4 * DAY),
        two: ledger.Totals(3, 9000 - 500, START + DAY, START + 5 * DAY),
    }
    assert (ledger.first_fact_us(filled.shop.pk), ledger.last_fact_us(filled.shop.pk)) == (START, START + 5 * DAY)


def test_the_time_line_pages_without_losing_what_happened_at_once(filled: Place) -> None:
    seen, before = [], None
    while page := timeline.list_orders(filled.shop.pk, filled.identities, before, 2):
        seen += [(entry.kind, entry.source_ref) for entry in page]
        before = page[-1].happened_us
    assert len(seen) == len(set(seen)) == 7
    assert seen[0] == ("order", "A5")
    assert set(seen[2:4]) == {("order", "A3"), ("refund", "R1")}


def test_an_order_is_found_with_its_lines_in_its_own_shop_only(filled: Place) -> None:
    found = timeline.find_order(filled.shop.pk, "A3")
    assert found is not None
    assert [(line.sku, line.amount) for line in found.lines] == [("x", Decimal(30))]
    assert timeline.find_order(filled.shop.pk + 1, "A3") is None
    assert timeline.list_lines(filled.shop.pk + 1, [found.id]) == {}


def test_a_repeat_leaves_the_columns_alone(filled: Place) -> None:
    before = ledger.columns(filled.shop.pk, None)
    orders.record(filled.terms, [(filled.identities[n % 2], replace(draft(n, 10 * n))) for n in range(6)])
    after = ledger.columns(filled.shop.pk, None)
    assert sorted(before.order_profit.tolist()) == sorted(after.order_profit.tolist())
