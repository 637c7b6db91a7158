"""From the inbox to facts: everything an event does, once, whatever comes, in any order, and after any death."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from kizuna.customers import consent, identity, links, merging, profiles, search
from kizuna.customers.models import Customer
from kizuna.flows import ingest, placing
from kizuna.relationships import stocks
from kizuna.relationships.models import Standing
from kizuna.sales.models import Order, Product, Refund
from kizuna.science.stocks import addend
from kizuna.shops.models import Shop, Source
from kizuna.tracking import arrivals, columns, cursors
from kizuna.tracking.cursors import Position
from kizuna.tracking.models import Fact, SetAside, Visit
from tests.conftest import examples
from tests.flows.box import MINUTE, NOW, NOW_US, Box, ago, make_source, order, outcomes, state
from tests.shops import making


@pytest.fixture
def shop(db: None) -> Shop:
    return making.make_shop(currency="EUR")


def test_an_event_becomes_a_fact_a_visit_stocks_and_a_place(
    shop: Shop, django_capture_on_commit_callbacks: Any
) -> None:
    box, server = Box(), make_source(shop)
    box.put(server, {"anonymousId": "v", "messageId": "1", "timestamp": ago(minutes=40)}, "page")
    box.put(server, {"anonymousId": "v", "messageId": "2", "timestamp": ago(minutes=20)}, "page")
    box.put(server, {"userId": "u", "anonymousId": "v", "messageId": "3", "traits": {"name": "Ann"}}, "identify")
    box.put(server, order("A-1"))
    box.put(server, {"event": "Email Received", "userId": "u", "messageId": "4"})
    with django_capture_on_commit_callbacks(execute=True) as published:
        box.drain()
    assert published
    assert {outcome for outcome, _ in outcomes(shop)} == {"accepted"}
    [customer] = Customer.objects.filter(shop=shop)
    assert customer.name == "Ann"
    assert Visit.objects.filter(shop_id=shop.pk).count() == 1
    kept = stocks.columns(shop.pk)
    user = identity.ensure(shop.pk, identity.IdentityKind.USER_ID, ["u"], [NOW_US])["u"]
    row = kept.identity_id.tolist().index(user)
    assert kept.sums["M"][row] == pytest.approx(addend(NOW_US, 2000.0))
    assert kept.sums["E"][row] == pytest.approx(addend(NOW_US, 1.0))
    assert kept.sums["V"].sum(axis=0) == pytest.approx(addend(NOW_US - 40 * MINUTE, 1.0))
    standing = Standing.objects.get(customer=customer)
    assert (standing.orders, standing.name, standing.known) == (1, "Ann", True)
    assert search.find_customers(shop.pk, "a-1", 5) == [customer.pk]


def test_a_page_of_a_visit_under_way_moves_nobody_but_is_seen(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    placed: list[int] = []
    place = placing.place
    monkeypatch.setattr(placing, "place", lambda *told: (placed.extend(told[1]), place(*told)))
    box, source = Box(), make_source(shop)

    def view(number: int, minutes: int) -> int | None:
        event = {"anonymousId": "a", "userId": "u", "messageId": f"p{number}", "timestamp": ago(minutes=minutes)}
        box.put(source, {**event, "event": "Product Viewed"})
        box.drain()
        return Standing.objects.get(shop_id=shop.pk).last_seen_us

    view(1, 100)
    assert view(2, 90) == view(3, 95) == NOW_US - 90 * MINUTE
    assert len(placed) == 1
    assert view(4, 10) == NOW_US - 10 * MINUTE
    assert len(placed) == 2


def test_the_source_says_when_it_last_sent(shop: Shop) -> None:
    box, used, idle = Box(), make_source(shop, name="used"), make_source(shop, name="idle")
    box.put(used, {"event": "Product Viewed", "userId": "u", "messageId": "1"})
    box.drain()
    last = dict(Source.objects.filter(pk__in=[used.pk, idle.pk]).values_list("name", "last_used_at"))
    assert last == {"used": NOW, "idle": None}


def test_the_same_again_changes_nothing(shop: Shop) -> None:
    box, server, other = Box(), make_source(shop), make_source(shop, name="second")
    for _ in range(2):
        box.put(server, order("A-1"))
        box.put(server, {"batch": [{"type": "page", "anonymousId": "v", "messageId": "p"}] * 2}, "batch")
        box.drain()
    assert [outcome for outcome, _ in outcomes(shop)] == ["accepted"] * 2 + ["duplicate"] * 4
    assert Fact.objects.filter(shop_id=shop.pk).count() == 2
    assert arrivals.count_drops(shop.pk, 0) == {"duplicate": 4}
    box.put(other, {"type": "page", "anonymousId": "v", "messageId": "p"}, "page")
    box.drain()
    assert outcomes(shop)[-1][0] == "accepted"


def test_bad_orders_are_dropped_with_their_field_and_nothing_beside_them_is_lost(shop: Shop) -> None:
    box, server = Box(), make_source(shop)
    line = {"sku": "A", "price": 1}
    bad: list[tuple[dict[str, Any], str]] = [
        ({"order_id": None}, "properties.order_id"),
        ({"order_id": [1]}, "properties.order_id"),
        ({"currency": "XYZ"}, "properties.currency"),
        ({"currency": 5}, "properties.currency"),
        ({"total": "a lot"}, "properties.total"),
        ({"total": True}, "properties.total"),
        ({"total": 1e300}, "properties.total"),
        ({"total": -5}, "properties.total"),
        ({"products": "A"}, "properties.products"),
        ({"products": [line, "x"]}, "properties.products[2]"),
        ({"products": [{**line, "quantity": -1}]}, "properties.products[1].quantity"),
        ({"products": [{**line, "price": "1,5"}]}, "properties.products[1].price"),
        ({"products": [{**line, "sku": {"a": 1}}]}, "properties.products[1].sku"),
        ({"products": [], "total": None}, "properties.total"),
    ]
    for number, (said, _) in enumerate(bad):
        box.put(server, order(f"B-{number}", **said))
    box.put(server, order("good"))
    box.drain()
    told = outcomes(shop)
    assert [outcome for outcome, _ in told] == ["bad_order"] * len(bad) + ["accepted"]
    for (_, field), (_, detail) in zip(bad, told, strict=False):
        assert detail.startswith(f"{field}: "), (field, detail)
    assert list(Order.objects.filter(shop=shop).values_list("source_ref", flat=True)) == ["good"]
    assert Fact.objects.filter(shop_id=shop.pk).count() == 1


def test_an_order_is_corrected_refunded_and_cancelled(shop: Shop) -> None:
    box, server = Box(), make_source(shop)
    box.put(server, order(1, user="a"))
    box.put(server, {**order(1, user="a", total=30, products=[]), "event": "Order Updated", "messageId": "up"})
    box.put(server, {**order(1, user="a", total=5), "event": "Order Refunded", "messageId": "re"})
    box.put(server, order(2, user="b"))
    box.put(server, {"event": "Order Cancelled", "userId": "b", "messageId": "ca", "properties": {"order_id": "2"}})
    box.put(server, order(3, user="c"))
    whole = {"order_id": 3, "products": None}
    box.put(server, {"event": "Order Refunded", "userId": "c", "messageId": "all", "properties": whole})
    box.drain()
    assert [outcome for outcome, _ in outcomes(shop)] == ["accepted"] * 7
    revenue = dict(Order.objects.filter(shop=shop).values_list("source_ref", "revenue_minor"))
    assert revenue == {"1": 3000, "2": 2000, "3": 2000}
    assert sorted(Refund.objects.filter(shop=shop).values_list("revenue_minor", flat=True)) == [500, 2000, 2000]


def test_a_browser_cannot_touch_another_customers_order(shop: Shop) -> None:
    box, browser, server = Box(), make_source(shop, "browser"), make_source(shop)
    box.put(server, order("A-1", user="ann"))
    box.drain()
    box.put(browser, {**order("A-1", user="mallory", total=1), "messageId": "x1"})
    cancel = {"event": "Order Cancelled", "properties": {"order_id": "A-1"}}
    box.put(browser, {**cancel, "userId": "mallory", "messageId": "x2"})
    box.put(browser, {**cancel, "userId": "mallory", "messageId": "x3", "properties": {"order_id": "none"}})
    box.put(browser, order("B-1", user="bob"))
    box.put(browser, {**order("B-1", user="mallory"), "messageId": "x4"})
    box.put(browser, {**cancel, "userId": "bob", "messageId": "x5", "properties": {"order_id": "B-1"}})
    box.drain()
    assert [outcome for outcome, _ in outcomes(shop)[1:]] == [
        *["bad_order"] * 3,
        "accepted",
        "bad_order",
        "accepted",
    ]
    assert Order.objects.get(shop=shop, source_ref="A-1").revenue_minor == 2000
    assert Refund.objects.filter(shop=shop).count() == 1


def test_a_browser_may_fill_the_catalogue_but_never_overwrite_it(shop: Shop) -> None:
    box, browser, server = Box(), make_source(shop, "browser"), make_source(shop)

    def view(source: Source, number: int, **said: Any) -> None:
        box.put(source, {"event": "Product Viewed", "anonymousId": "v", "messageId": f"p{number}", "properties": said})
        box.drain()

    view(server, 1, sku="A", name="Lamp", price=19.99)
    view(browser, 2, sku="A", name="Hacked", price=0.01, category="Light")
    view(browser, 3, sku="B", name="Chair", price="NaN", currency="USD")
    view(server, 4, sku="B", name="Good chair", price=5, currency="EUR")
    fields = ("sku", "name", "category", "price_minor")
    assert list(Product.objects.filter(shop=shop).order_by("sku").values_list(*fields)) == [
        ("A", "Lamp", "Light", 1999),
        ("B", "Good chair", "", 500),
    ]


def test_at_most_three_mails_a_day_count_and_those_of_machines_never(shop: Shop) -> None:
    box, server = Box(), make_source(shop)
    for number in range(5):
        mail = {"event": "Email Received", "userId": "u", "timestamp": ago(minutes=number), "messageId": f"m{number}"}
        box.put(server, mail)
    box.put(server, {"event": "Email Received", "userId": "w", "properties": {"machine": True}})
    box.drain()
    assert len(columns.email_columns(shop.pk, None)[0]) == 3
    assert Fact.objects.filter(shop_id=shop.pk, name="Email Received").count() == 6


def test_amounts_that_add_up_to_too_much_are_refused_with_their_field(shop: Shop) -> None:
    box, server = Box(), make_source(shop)
    lines = [{"price": 1e11, "quantity": 1}] * 2
    box.put(server, order("sum", total=None, products=lines))
    box.put(server, order("taxes", total=5, shipping=1e11, tax=1e11))
    box.put(server, order("fine"))
    box.drain()
    too_much = ("bad_order", "properties.total: comes to more than an amount of money can be")
    assert outcomes(shop) == [too_much, too_much, ("accepted", "")]
    assert not SetAside.objects.exists()


def test_what_the_door_could_not_keep_is_shown_with_its_reason(shop: Shop) -> None:
    box, server = Box(), make_source(shop)
    marks = [
        {"kizunaDropped": "too_large", "bytes": 40_000, "event": "Big"},
        {"kizunaDropped": "unreadable", "bytes": 9},
    ]
    box.put(server, {"batch": [*marks, {"type": "track", "event": "E", "userId": "u"}]}, "batch")
    box.drain()
    assert outcomes(shop) == [
        ("too_large", "event: has 40000 bytes, the most is 32768"),
        ("bad_json", "event: has 9 bytes that are no JSON one can keep, such as a number like 1e999"),
        ("accepted", ""),
    ]


def test_a_large_batch_is_taken_in_portions_and_a_kill_between_them_neither_loses_nor_doubles(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "EVENTS_AT_ONCE", 7)
    box, server = Box(), make_source(shop)
    events = [{"type": "track", "event": "E", "userId": "u", "messageId": str(number)} for number in range(20)]
    box.put(server, {"batch": events}, "batch")
    box.put(server, {"batch": []}, "batch")
    box.put(server, b'{"batch": 7}', "batch")
    box.put(server, {"event": "E", "userId": "u", "messageId": "last"})
    assert ingest.take_pending(box, NOW)  # type: ignore[arg-type]
    assert cursors.read("inbox") == Position(0, 7)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(cursors, "move", die)
        with pytest.raises(KeyboardInterrupt):
            ingest.take_pending(box, NOW)  # type: ignore[arg-type]
    assert Fact.objects.filter(shop_id=shop.pk).count() == 7
    box.drain()
    assert Fact.objects.filter(shop_id=shop.pk).count() == 21
    assert [outcome for outcome, _ in outcomes(shop)] == ["accepted"] * 20 + ["wrong_type", "accepted"]


def test_events_of_a_source_that_has_gone_do_not_hold_up_others(shop: Shop) -> None:
    box, server = Box(), make_source(shop)
    box.put(server, {"event": "E", "userId": "u"})
    box.rows[0] = box.rows[0]._replace(source_id=10**9)
    box.put(server, {"event": "E", "userId": "u"})
    box.drain()
    assert Fact.objects.filter(shop_id=shop.pk).count() == 1


def test_shops_stay_apart_in_one_chunk(shop: Shop) -> None:
    other = making.make_shop()
    box = Box()
    for each in (shop, other, shop):
        source = Source.objects.filter(shop=each, kind="server").first() or make_source(each)
        box.put(source, {"event": "E", "userId": "same", "anonymousId": "same"})
    box.rows[2] = box.rows[2]._replace(body=b'{"event": "F", "userId": "same"}')
    box.drain()
    assert Customer.objects.filter(shop=shop).count() == Customer.objects.filter(shop=other).count() == 1
    assert Fact.objects.filter(shop_id=other.pk).count() == 1


def test_what_a_browser_says_of_an_address_is_only_suggested_and_consent_is_kept(shop: Shop) -> None:
    box, browser, server = Box(), make_source(shop, "browser"), make_source(shop)
    box.put(server, order(1, user="ann", email="ann@example.com"))
    traits = {"email": "ann@example.com", "email_verified": True}
    box.put(browser, {"userId": "mallory", "traits": traits, "messageId": "i"}, "identify")
    box.put(browser, {"event": "Consent Given", "userId": "mallory", "properties": {"purpose": "analytics"}})
    box.drain()
    assert Customer.objects.filter(shop=shop, merged_into=None).count() == 2
    [suggestion] = merging.list_suggestions(shop.pk, None, 5)
    assert suggestion.reason == "same_email"
    mallory = identity.ensure(shop.pk, identity.IdentityKind.USER_ID, ["mallory"], [1])["mallory"]
    customer = links.customers_of(shop.pk, [mallory])[mallory]
    assert consent.current(shop.pk, customer)["analytics"].granted
    assert profiles.cards(shop.pk, [customer])[customer].email == "ann@example.com"


moments = st.integers(0, 300)
told = st.lists(
    st.one_of(
        st.tuples(st.just("page"), st.sampled_from([None, "u1", "u2"]), st.sampled_from(["v1", "v2"]), moments),
        st.tuples(st.just("identify"), st.sampled_from(["u1", "u2"]), st.sampled_from(["v1", "v2", None]), moments),
        st.tuples(st.just("order"), st.sampled_from(["u1", "u2"]), st.none(), moments),
    ),
    min_size=1,
    max_size=12,
)


class TestProperties(TestCase):
    @settings(max_examples=examples(25))
    @given(told, st.lists(st.integers(1, 5), max_size=5), st.integers(0, 12))
    def test_any_portion_and_a_death_at_any_point_lead_to_the_same(
        self, events: list[tuple[str, str | None, str | None, int]], portions: list[int], death: int
    ) -> None:
        states = []
        for portioned in (False, True):
            shop = making.make_shop(currency="EUR")
            box, server = Box(), make_source(shop)
            for number, (call, user, visitor, minutes) in enumerate(events):
                ids = {
                    "userId": user,
                    "anonymousId": visitor,
                    "messageId": str(number),
                    "timestamp": ago(minutes=minutes),
                }
                more = {"traits": {"name": f"n{number}"}} if call == "identify" else {}
                event = {**order(number, user or ""), **ids} if call == "order" else {**ids, **more}
                box.put(server, event, "track" if call == "order" else call)
            cursors.lock("inbox")
            cursors.move("inbox", Position(0, 0))
            sizes = iter(portions if portioned else ())
            while True:
                ingest.EVENTS_AT_ONCE = next(sizes, 400)
                if portioned:
                    self.die_in_the_middle(box)
                if not ingest.take_pending(box, NOW):  # type: ignore[arg-type]
                    break
            ingest.EVENTS_AT_ONCE = 400
            states.append(state(shop))
        assert states[0] == states[1]

    def die_in_the_middle(self, box: Box) -> None:
        before = cursors.read("inbox")
        with transaction.atomic():
            ingest.take_pending(box, NOW)  # type: ignore[arg-type]
            transaction.set_rollback(True)
        assert cursors.read("inbox") == before
