"""Faults while taking events: what fails is set aside alone, what is our fault stays in the inbox, nobody is halted."""

import logging
from typing import Any

import pytest
from django.db import OperationalError

from kizuna.customers.models import Identity
from kizuna.flows import facts, ingest, placing
from kizuna.shops.models import Shop
from kizuna.tracking.models import Arrival, Fact, SetAside
from tests.flows.box import NOW, Box, make_source, outcomes
from tests.shops import making


@pytest.fixture
def shop(db: None) -> Shop:
    return making.make_shop(currency="EUR")


def test_a_poisoned_event_is_set_aside_and_taken_later(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    box, server = Box(), make_source(shop)
    for number in range(20):
        box.put(server, {"event": "poison" if number == 7 else "fine", "userId": "u", "messageId": str(number)})
    whole = facts._fact_of

    def fail(batch: Any, place: int) -> Any:
        if batch.event(place).name == "poison":
            raise ZeroDivisionError("we are wrong")
        return whole(batch, place)

    monkeypatch.setattr(facts, "_fact_of", fail)
    with caplog.at_level(logging.ERROR):
        box.drain()
    assert "poison" in caplog.text
    assert Fact.objects.filter(shop_id=shop.pk).count() == 19
    assert [outcome for outcome, _ in outcomes(shop)].count("internal_error") == 1
    assert ingest.retry_set_aside(NOW) == 0
    assert SetAside.objects.get().attempts == 2
    monkeypatch.undo()
    assert ingest.retry_set_aside(NOW) == 1
    assert not SetAside.objects.exists()
    assert Fact.objects.filter(shop_id=shop.pk).count() == 20


def test_where_all_fail_the_fault_is_ours_and_the_inbox_keeps_them(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    box, server = Box(), make_source(shop)
    for number in range(10):
        box.put(server, {"event": "fine", "userId": "u", "messageId": str(number)})
    with monkeypatch.context() as broken:
        broken.setattr(facts, "_fact_of", lambda *_: 1 / 0)
        with pytest.raises(ingest.AllFailed):
            box.drain()
    assert not Arrival.objects.exists()
    assert not SetAside.objects.exists()
    box.drain()
    assert Fact.objects.filter(shop_id=shop.pk).count() == 10


def test_events_that_all_fail_by_themselves_do_not_halt_the_others(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    box, browser, other = Box(), make_source(shop, "browser"), make_source(making.make_shop())
    monkeypatch.setattr(ingest, "EVENTS_AT_ONCE", 10)
    for number in range(20):
        box.put(browser, {"event": "poison", "userId": "u", "messageId": str(number)})
    box.put(other, {"event": "fine", "userId": "u"})
    whole = facts._fact_of

    def fail(batch: Any, place: int) -> Any:
        if batch.event(place).name == "poison":
            raise ZeroDivisionError("we are wrong about this event")
        return whole(batch, place)

    monkeypatch.setattr(facts, "_fact_of", fail)
    box.drain()
    assert Fact.objects.get().shop_id == other.shop_id
    assert SetAside.objects.count() == 20
    assert not Identity.objects.filter(value__contains="probe").exists()


def test_a_locked_database_is_no_bad_event(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    box, server = Box(), make_source(shop)
    box.put(server, {"event": "fine", "userId": "u"})

    def locked(*_: Any) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as busy:
        busy.setattr(placing, "place", locked)
        with pytest.raises(OperationalError):
            box.drain()
    box.drain()
    assert [outcome for outcome, _ in outcomes(shop)] == ["accepted"]
