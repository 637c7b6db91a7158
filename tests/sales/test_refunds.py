"""Refunds take revenue and cost back at their order's rates, whatever arrives first; cancelling takes the rest."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from kizuna.sales import ledger, orders, refunds
from kizuna.sales.models import Order, OrderState, Refund
from kizuna.sales.orders import CancelDraft, LineDraft, OrderDraft, RefundDraft
from kizuna.shops.models import ExchangeRate
from tests.sales.conftest import DAY, START, Place

TEN = (LineDraft("mug", Decimal(10), Decimal("10.00"), unit_cost=Decimal("6.00")),)
REFUND = RefundDraft("R1", START + DAY, "EUR", Decimal("25.00"), "A1")


def order(ref: str = "A1", **more: object) -> OrderDraft:
    return replace(OrderDraft(ref, START, "EUR", TEN), **more)  # type: ignore[arg-type]


def profit(place: Place) -> int:
    return sum(ledger.period_profit(place.shop.pk, None, 0, START + 99 * DAY).values())


def test_a_refund_returns_the_cost_at_the_orders_rate(place: Place) -> None:
    orders.record(place.terms, [(place.identities[0], order())])
    place.shop.margin_rate = Decimal("0.9")
    outcome = refunds.record(place.terms, [(place.identities[0], REFUND)])
    row = Refund.objects.get()
    assert (row.revenue_minor, row.net_profit_minor, row.cost_assumed) == (2500, -1000, False)
    assert [(e.happened_us, e.purchases, e.revenue_minor) for e in outcome.effects] == [(START + DAY, 0, -2500)]
    assert profit(place) == 4000 - 1000


def test_goods_that_stay_away_return_no_cost(place: Place) -> None:
    orders.record(place.terms, [(place.identities[0], order())])
    refunds.record(place.terms, [(place.identities[0], replace(REFUND, goods_returned=False))])
    assert Refund.objects.get().net_profit_minor == -2500


def test_without_an_order_the_margin_rate_is_used_and_marked(place: Place) -> None:
    refunds.record(place.terms, [(place.identities[0], replace(REFUND, order_ref=""))])
    row = Refund.objects.get()
    assert (row.net_profit_minor, row.cost_assumed, row.order_id) == (-1000, True, None)


def test_the_orders_currency_rate_holds_whatever_it_is_today(place: Place) -> None:
    orders.record(
        place.terms, [(place.identities[0], order(currency="USD", lines=(LineDraft("x", Decimal(1), Decimal(100)),)))]
    )
    ExchangeRate.objects.filter(currency="USD").update(rate=Decimal("2"))
    refunds.record(place.terms, [(place.identities[0], replace(REFUND, currency="USD", amount=Decimal(100)))])
    assert (Order.objects.get().revenue_minor, Refund.objects.get().revenue_minor) == (9000, 9000)


def test_shipping_given_back_brings_no_goods_home(place: Place) -> None:
    orders.record(place.terms, [(place.identities[0], order(shipping=Decimal(5)))])
    refunds.record(place.terms, [(place.identities[0], replace(REFUND, amount=Decimal(105)))])
    assert Refund.objects.get().net_profit_minor == -10_500 + 6000


def test_repeats_change_nothing_and_corrections_replace(place: Place) -> None:
    orders.record(place.terms, [(place.identities[0], order())])
    told = [(place.identities[0], REFUND)]
    refunds.record(place.terms, told)
    assert refunds.record(place.terms, told * 2).repeated == 2
    changed = refunds.record(place.terms, [(place.identities[0], replace(REFUND, amount=Decimal(30)))])
    assert (changed.changed, Refund.objects.get().revenue_minor) == (1, 3000)
    assert [(e.happened_us, e.revenue_minor) for e in changed.effects] == [(START + DAY, -500)]


def test_a_refund_takes_the_orders_identity_when_it_names_nobody(place: Place) -> None:
    orders.record(place.terms, [(place.identities[2], order())])
    outcome = refunds.record(place.terms, [(None, REFUND), (None, replace(REFUND, source_ref="R2", order_ref="nope"))])
    assert (outcome.taken, [(r.index, r.field) for r in outcome.refused]) == (1, [(1, "order_id")])
    assert Refund.objects.get().identity_id == place.identities[2]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"amount": Decimal(-1)}, "amount"),
        ({"amount": Decimal("NaN")}, "amount"),
        ({"currency": "ABC"}, "currency"),
        ({"currency": "CHF", "order_ref": ""}, "currency"),
        ({"source_ref": " R"}, "refund_id"),
        ({"refunded_us": 10**18}, "timestamp"),
    ],
)
def test_a_bad_refund_is_refused_alone(place: Place, more: dict[str, object], field: str) -> None:
    orders.record(place.terms, [(place.identities[0], order())])
    bad = replace(REFUND, **{"source_ref": "R2", **more})  # type: ignore[arg-type]
    outcome = refunds.record(place.terms, [(place.identities[0], bad), (place.identities[0], REFUND)])
    assert (outcome.taken, [(r.index, r.field) for r in outcome.refused]) == (1, [(0, field)])


def test_a_cancellation_gives_back_what_is_left_once(place: Place) -> None:
    orders.record(place.terms, [(place.identities[0], order(shipping=Decimal(5)))])
    refunds.record(place.terms, [(place.identities[0], REFUND)])
    first = refunds.cancel(place.terms, [CancelDraft("A1", START + 2 * DAY)])
    again = refunds.cancel(place.terms, [CancelDraft("A1", START + 2 * DAY), CancelDraft("A9", START)])
    row = Refund.objects.get(cancels=True)
    assert (first.taken, again.repeated, [r.field for r in again.refused]) == (1, 1, ["order_id"])
    assert (row.refunded_us, row.revenue_minor) == (START + 2 * DAY, 10_500 - 2500)
    assert Order.objects.get().state == OrderState.CANCELLED
    assert profit(place) == 0


def test_any_order_of_arrival_comes_to_the_same(place: Place) -> None:
    who = place.identities[0]
    steps = {
        "order": lambda: orders.record(place.terms, [(who, order())]),
        "refund": lambda: refunds.record(place.terms, [(who, REFUND)]),
        "second refund": lambda: refunds.record(
            place.terms, [(who, replace(REFUND, source_ref="R2", amount=Decimal(10)))]
        ),
        "correction": lambda: orders.record(place.terms, [(who, order(updated_us=START + 5, subtotal=Decimal(80)))]),
    }
    results = set()
    for turn in permutations(steps):
        moved = sum(effect.revenue_minor for name in turn for effect in steps[name]().effects)
        assert moved == 8000 - 3500
        results.add(tuple(Refund.objects.order_by("source_ref").values_list("revenue_minor", "net_profit_minor")))
        results.add(("order", *Order.objects.values_list("revenue_minor", "net_profit_minor").get()))
        Refund.objects.all().delete()
        Order.objects.all().delete()
    assert results == {((2500, -625), (1000, -250)), ("order", 8000, 2000)}


def test_what_changes_after_a_cancellation_is_settled(place: Place) -> None:
    who = place.identities[0]
    orders.record(place.terms, [(who, order())])
    refunds.cancel(place.terms, [CancelDraft("A1", START + DAY)])
    late = refunds.record(place.terms, [(who, REFUND)])
    assert sum(effect.revenue_minor for effect in late.effects) == 0
    orders.record(place.terms, [(who, order(updated_us=START + 5, subtotal=Decimal(80)))])
    assert Refund.objects.get(cancels=True).revenue_minor == 8000 - 2500
    assert profit(place) == 0


@pytest.mark.parametrize("told_first", ["refund", "order"])
def test_a_refund_in_a_currency_without_a_rate_on_the_orders_day_takes_its_own_days(
    place: Place, told_first: str
) -> None:
    first_day = date(1970, 1, 1) + timedelta(days=START // DAY + 1)
    ExchangeRate.objects.create(shop=place.shop, currency="GBP", from_day=first_day, rate=Decimal("1.2"))
    given = replace(REFUND, currency="GBP", amount=Decimal(10))
    outcomes = []
    for what in ("refund", "order") if told_first == "refund" else ("order", "refund"):
        if what == "order":
            outcomes.append(orders.record(place.terms, [(place.identities[0], order())]))
        else:
            outcomes.append(refunds.record(place.terms, [(place.identities[0], given)]))
    assert [(outcome.taken, outcome.refused) for outcome in outcomes] == [(1, []), (1, [])]
    row = Refund.objects.get()
    assert (row.order_id, row.revenue_minor, row.net_profit_minor) == (Order.objects.get().pk, 1200, -480)


def test_a_waiting_refund_whose_rate_is_gone_joins_its_order_with_the_money_it_came_with(place: Place) -> None:
    refunds.record(place.terms, [(place.identities[0], replace(REFUND, currency="USD"))])
    before = Refund.objects.get()
    ExchangeRate.objects.filter(currency="USD").delete()
    outcome = orders.record(place.terms, [(place.identities[0], order()), (place.identities[0], order("A2"))])
    assert (outcome.taken, outcome.refused) == (2, [])
    row = Refund.objects.get()
    assert (row.order_id is None, row.revenue_minor) == (False, before.revenue_minor)
    assert profit(place) == 4000 + 4000 + before.net_profit_minor
