"""A wish from mail to partnership through the flows, and the daily reckoning with what the Stages page shows."""

from datetime import timedelta

import pytest

from kizuna.conversations import teams, threads
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.conversations.wishes import Source
from kizuna.flows import happenings, snapshots, stage_upkeep
from kizuna.flows.happenings import Happening
from kizuna.flows.wishes import handling, opening
from kizuna.flows.wishes.handling import Acceptance, Understanding
from kizuna.flows.wishes.opening import NewWish
from kizuna.relationships import stage_lists
from kizuna.relationships import stages as kept
from kizuna.relationships.models import StageMove, StageStanding
from kizuna.relationships.stage_lists import StageFilter
from kizuna.science import periods
from tests.flows.making import DAY, Books
from tests.shops.making import NOW, make_owner, make_shop

pytestmark = pytest.mark.django_db
NOW_US = periods.epoch_us(NOW)


@pytest.fixture
def books() -> Books:
    return Books(make_shop("kept", "EUR"))


def test_a_mail_becomes_a_wish_and_the_wish_a_commitment(books: Books) -> None:
    shop, identity = books.shop, books.customer("anna")
    customer, owner = books.customer_of(identity), make_owner(shop)
    new = NewConversation(teams.ensure_default(shop.pk).pk, Channel.EMAIL, "A pot", identity_id=identity)
    talk = threads.open_conversation(shop.pk, new, NOW_US - 20 * DAY)

    def write(direction: Direction, days_ago: int) -> int:
        author = Author.CUSTOMER if direction == Direction.IN else Author.PERSON
        at_us = NOW_US - days_ago * DAY
        return threads.append(shop.pk, talk.pk, NewMessage(direction, author, "words", at_us), at_us)[0].pk

    first = write(Direction.IN, 20)
    told = NewWish(identity, "a larger pot", Source.MESSAGE, conversation_id=talk.pk, message_id=first)
    wish = opening.open_wish(shop, told, owner, NOW - timedelta(days=19))
    write(Direction.OUT, 18)
    write(Direction.IN, 17)
    handling.understand(shop, wish.public_id, Understanding("a pot of two litres"), owner, NOW - timedelta(days=16))
    handling.accept(shop, wish.public_id, Acceptance(), owner, NOW - timedelta(days=15))
    handling.fulfil(shop, wish.public_id, "sent", owner, NOW - timedelta(days=9))
    found = kept.find(shop.pk, customer)
    assert found is not None
    assert (found.highest, found.phase) == (2, 1)
    handling.confirm(shop, wish.public_id, None, NOW - timedelta(days=8))
    found = kept.find(shop.pk, customer)
    assert found is not None
    assert (found.stage, found.highest, found.phase, found.cycles) == (3, 3, 2, 1)
    moves = kept.list_moves(shop.pk, customer)
    assert [(move.to_stage, move.cause, (NOW_US - move.at_us) // DAY) for move in moves] == [
        (1, "wish", 17),
        (2, "learned", 16),
        (3, "confirmed", 8),
    ]
    assert {move.wish for move in moves} == {str(wish.public_id)}
    assert moves[-1].rate_before == pytest.approx(30 * 2 / 11)


def test_the_daily_reckoning_finds_everybody_and_keeps_a_report(books: Books) -> None:
    shop = books.shop
    people = [books.customer(f"anna-{number}") for number in range(12)]
    for place, identity in enumerate(people):
        for month in range(1 + place % 4, 9):
            books.order(identity, NOW_US - (month * 30 - place) * DAY, 1000 * (place + 1))
        if place % 2:
            for name, days in (("Email Sent", 60), ("Email Received", 59), ("Wish Expressed", 58)):
                told = Happening(name, identity, NOW_US - days * DAY, f"{name}-{place}")
                happenings.record(shop, told, NOW_US)
    snapshots.settle_present(shop, NOW)
    before = set(StageStanding.objects.values_list("customer_id", "highest", "depth"))
    StageStanding.objects.all().delete()
    StageMove.objects.all().delete()
    report = stage_upkeep.refresh(shop, NOW)
    assert set(StageStanding.objects.values_list("customer_id", "highest", "depth")) == before
    everybody = report.body["groups"]["all"]
    assert everybody["customers"] == 12
    assert [(step["reached"], step["here"]) for step in everybody["funnel"]][:2] == [(12, 6), (6, 6)]
    assert everybody["funnel"][1]["causes"] == {"wish": 6}
    assert everybody["curve"]["customers"][0] == 12
    assert all(0 <= rate <= 1 for rate in everybody["curve"]["rate"])
    assert {band["stage"] for band in everybody["bands"]} == {1}
    assert not stage_upkeep.is_due(shop, NOW)
    rows, more = stage_lists.list_page(shop.pk, StageFilter(stage=1, target_only=False), 0)
    assert (len(rows), more) == (6, False)
    assert stage_lists.list_page(make_shop("no-one", "EUR").pk, StageFilter(target_only=False), 0) == ([], False)


def test_a_shop_without_anything_has_an_empty_report(books: Books) -> None:
    report = stage_upkeep.refresh(books.shop, NOW)
    assert report.body["groups"]["all"]["customers"] == 0
    assert report.body["groups"]["all"]["survival"] == {"groups": [], "chance": None}
