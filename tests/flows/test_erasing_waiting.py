"""Events that wait while their customer is erased: they make nobody known again, and those beside them are taken."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from kizuna.customers.models import Customer, Identity
from kizuna.flows import ingest
from kizuna.flows.premium import erasing
from kizuna.shops.models import Shop, Source
from kizuna.tracking import aside, inbox
from kizuna.tracking.inbox import Inbox
from kizuna.tracking.models import Arrival, Fact, SetAside
from kizuna.tracking.wire import RawEvent
from tests.flows.box import NOW, NOW_US, make_source, order, outcomes
from tests.shops import making

pytestmark = pytest.mark.django_db(transaction=True)  # the inbox on PostgreSQL is written by a connection of its own
PHONE = "+49 170 / 123 45-67"


@pytest.fixture
def shop() -> Shop:
    return making.make_shop(currency="EUR")


@pytest.fixture
def box() -> Iterator[Inbox]:
    """The installation's own inbox, as an erasure finds it."""
    opened = inbox.open_inbox()
    yield opened
    opened.prune_through(opened.last_id())
    opened.close()
    inbox._open.cache_clear()


def put(box: Inbox, source: Source, said: Any, call: str = "track") -> None:
    box.append_and_wait(source.pk, call, NOW_US, json.dumps(said).encode())  # type: ignore[arg-type]


def drain(box: Inbox) -> None:
    while ingest.take_pending(box, NOW):
        pass


def make_known(box: Inbox, server: Source) -> int:
    """Ann, by user id, verified e-mail and phone, with an order; drained."""
    traits = {"email": "ann@example.com", "email_verified": True, "phone": PHONE, "phone_verified": True}
    put(box, server, {"userId": "7", "anonymousId": "ann-browser", "traits": traits}, "identify")
    put(box, server, order("o1", "7"))
    drain(box)
    return Identity.objects.get(key="7").customer_id


def test_what_waits_in_the_inbox_names_an_erased_customer_no_more(shop: Shop, box: Inbox) -> None:
    server, other = make_source(shop), make_source(making.make_shop("other"))
    ann = make_known(box, server)
    batch = [
        {"type": "track", "event": "Hers", "userId": 7, "messageId": "1"},
        {"type": "track", "event": "His", "userId": "8", "properties": {"quantity": "7"}, "messageId": "2"},
        {"type": "track", "event": "Written", "userId": "9", "properties": {"to": "ANN@example.com"}},
    ]
    put(box, server, {"batch": batch, "context": {"userAgent": "till"}}, "batch")
    told = {"batch": [{"type": "page", "anonymousId": "x"}], "context": {"traits": {"email": "ann@example.com"}}}
    put(box, server, told, "batch")
    put(box, server, {"anonymousId": "ann-browser", "name": "Cart"}, "page")
    put(box, server, {"userId": "10", "traits": {"phone": "0049 (170) 1234567"}}, "identify")
    put(box, other, {"event": "Theirs", "userId": "7"})
    before = box.last_id()
    erasing.erase(shop, ann, None, NOW)
    assert box.last_id() == before
    left = b"".join(row.body for row in box.read_after(0, 100, 10**6) if row.source_id == server.pk)
    assert b"ann" not in left.lower()
    assert b"1234567" not in left
    assert b"till" in left
    drain(box)
    assert sorted(Fact.objects.filter(shop_id=shop.pk, received_us=NOW_US).values_list("name", flat=True)) == ["His"]
    assert [outcome for outcome, _ in outcomes(shop)].count("erased") == 5
    assert not Identity.objects.filter(shop_id=shop.pk, key__in=["7", "9", "10", "ann-browser"]).exists()
    assert not Customer.objects.filter(shop_id=shop.pk, email="ann@example.com").exists()
    assert not Arrival.objects.filter(shop_id=shop.pk, who="7").exists()
    assert Identity.objects.filter(key="7").values_list("shop_id", flat=True).get() != shop.pk


@pytest.mark.both_databases
def test_a_worker_that_read_before_the_erasure_reads_again(
    shop: Shop, box: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = make_source(shop)
    ann = make_known(box, server)
    put(box, server, {"event": "Late", "userId": "7"})
    read, erased = ingest._read, list[None]()

    def read_then_erase(*what: Any) -> Any:
        found = read(*what)
        if not erased:
            erasing.erase(shop, ann, None, NOW)
            erased.append(None)
        return found

    monkeypatch.setattr(ingest, "_read", read_then_erase)
    drain(box)
    assert not Fact.objects.filter(shop_id=shop.pk, name="Late").exists()
    assert not Identity.objects.filter(shop_id=shop.pk, key="7").exists()


def test_what_was_set_aside_and_picked_up_before_the_erasure_is_let_go(shop: Shop, box: Inbox) -> None:
    server = make_source(shop)
    ann = make_known(box, server)
    for who in ("7", "8"):
        body = json.dumps({"event": "Aside", "userId": who, "properties": {"size": "7"}}).encode()
        aside.keep(server.pk, RawEvent("track", body, NOW_US), "a fault of ours")
    picked = aside.list_waiting(10)
    erasing.erase(shop, ann, None, NOW)
    assert [json.loads(bytes(row.body))["userId"] for row in SetAside.objects.all()] == ["8"]
    assert [ingest.retry(each, NOW) for each in picked] == [False, True]
    assert not Identity.objects.filter(shop_id=shop.pk, key="7").exists()
