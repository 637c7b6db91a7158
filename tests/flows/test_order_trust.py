"""Whose word stands on an order: a public write key changes nothing that the shop's own server or file has told."""

from typing import Any

import pytest

from kizuna.flows import recompute
from kizuna.sales.models import Order, Refund
from kizuna.shops.models import Shop, Source
from kizuna.tracking import arrivals, cursors, inbox
from tests.flows.box import Box, ago, make_source, order, outcomes
from tests.shops import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return making.make_shop()


@pytest.fixture
def browser(shop: Shop) -> Source:
    return make_source(shop, "browser")


@pytest.fixture
def server(shop: Shop) -> Source:
    return make_source(shop)


def told(event: str, number: str, user: str = "ann", message: str = "", **said: Any) -> dict[str, Any]:
    return {**order(number, user, **said), "event": event, "messageId": message or f"{event} {number} {user}"}


def ledger(shop: Shop) -> tuple[list[Any], list[Any]]:
    orders = Order.objects.filter(shop=shop).order_by("source_ref")
    refunds = Refund.objects.filter(shop=shop).order_by("source_ref")
    return (
        list(orders.values_list("source_ref", "identity__value", "revenue_minor", "state")),
        list(refunds.values_list("source_ref", "order_ref", "revenue_minor")),
    )


def together(shop: Shop, *told_by: tuple[Source, dict[str, Any]]) -> list[tuple[str, str]]:
    """Take what several sources said in one go, in this order."""
    box = Box()
    before = len(outcomes(shop))
    for source, event in told_by:
        box.put(source, event)
    done = cursors.read(inbox.CURSOR).request_id
    box.rows = [type(row)(done + at, row.source_id, row.call, row.received_us, row.body)
                for at, row in enumerate(box.rows, start=1)]  # fmt: skip
    box.drain()
    return outcomes(shop)[before:]


def test_a_browser_cannot_change_cancel_or_refund_what_the_server_told(
    shop: Shop, browser: Source, server: Source
) -> None:
    together(shop, (server, order("A-1", "ann")))
    refused = together(
        shop,
        (browser, told("Order Updated", "A-1", total=9_999)),
        (browser, told("Order Cancelled", "A-1")),
        (browser, told("Order Refunded", "A-1", total=5)),
        (browser, told("Order Refunded", "A-1", message="whole", total=None, products=None)),
    )
    assert [outcome for outcome, _ in refused] == ["bad_order"] * 4
    assert all(detail.startswith("properties.order_id: ") for _, detail in refused)
    assert ledger(shop) == ([("A-1", "ann", 2000, "completed")], [])


def test_the_browsers_own_copy_of_an_order_is_a_fact_that_changes_nothing(
    shop: Shop, browser: Source, server: Source
) -> None:
    together(shop, (server, order("A-1", "ann")))
    copy = told("Order Completed", "A-1", total=9_999, message="copy")
    assert together(shop, (browser, copy)) == [("accepted", "")]
    assert ledger(shop) == ([("A-1", "ann", 2000, "completed")], [])


def test_a_server_takes_over_an_order_number_that_a_browser_used_first(
    shop: Shop, browser: Source, server: Source
) -> None:
    together(
        shop,
        (browser, told("Order Completed", "A-1", "mallory", total=1)),
        (browser, {**told("Order Updated", "A-1", "mallory", total=2), "timestamp": ago(hours=-20)}),
        (browser, told("Order Refunded", "A-1", "mallory", total=1, refund_id="R-1")),
        (browser, told("Order Cancelled", "A-1", "mallory")),
    )
    assert together(shop, (server, order("A-1", "ann"))) == [("accepted", "")]
    assert ledger(shop) == ([("A-1", "ann", 2000, "completed")], [])
    assert [each for each in recompute.verify(shop).differences if "snapshot" not in each] == []


def test_within_one_transaction_the_server_wins_too(shop: Shop, browser: Source, server: Source) -> None:
    together(
        shop,
        (server, order("A-1", "ann")),
        (browser, told("Order Updated", "A-1", total=9_999)),
        (browser, told("Order Cancelled", "A-1")),
        (browser, told("Order Completed", "B-1", "bob")),
        (server, order("B-1", "ben")),
        (browser, told("Order Cancelled", "B-1", "bob")),
    )
    orders, refunds = ledger(shop)
    assert orders == [("A-1", "ann", 2000, "completed"), ("B-1", "ben", 2000, "completed")]
    assert refunds == []


def test_a_browser_cannot_rewrite_a_refund_by_its_number(shop: Shop, browser: Source, server: Source) -> None:
    together(shop, (server, order("A-1", "ann")), (server, told("Order Refunded", "A-1", total=5, refund_id="R-1")))
    outcome = together(
        shop,
        (browser, told("Order Completed", "M-1", "mallory")),
        (browser, told("Order Refunded", "M-1", "mallory", total=0.01, refund_id="R-1")),
    )
    assert [name for name, _ in outcome] == ["accepted", "bad_order"]
    assert ledger(shop)[1] == [("R-1", "A-1", 500)]


def test_a_browser_may_still_take_back_what_a_browser_ordered(shop: Shop, browser: Source, server: Source) -> None:
    together(shop, (browser, told("Order Completed", "A-1")), (browser, told("Order Cancelled", "A-1")))
    assert ledger(shop) == ([("A-1", "ann", 2000, "cancelled")], [("cancel:A-1", "A-1", 2000)])
    together(shop, (server, told("Order Completed", "B-1")), (server, told("Order Cancelled", "B-1")))
    assert ledger(shop)[1][1] == ("cancel:B-1", "B-1", 2000)


def test_an_order_without_an_exchange_rate_is_counted_by_that_reason(shop: Shop, server: Source) -> None:
    box = Box()
    box.put(server, order("1", currency="USD"))
    box.put(server, order("2"))
    box.drain()
    assert [outcome for outcome, _ in outcomes(shop)] == ["unknown_rate", "accepted"]
    assert arrivals.count_drops(shop.pk, 0) == {"unknown_rate": 1}
