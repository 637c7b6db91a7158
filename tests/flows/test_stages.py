"""Stages through the flow: facts of every room move a customer, merging carries them along."""

import json
from datetime import timedelta

import pytest

from kizuna.conversations import teams, threads
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.customers.models import Customer
from kizuna.flows import facts, happenings, identities, stages
from kizuna.flows.happenings import Happening
from kizuna.relationships import stages as kept
from kizuna.relationships.models import StageMove, StageStanding
from kizuna.science import periods
from kizuna.shops import sources
from kizuna.tracking import dealings, wire
from kizuna.tracking.models import Fact
from tests.flows.making import DAY, START, Books
from tests.shops.making import NOW
from tests.shops.making import make_shop as make_whole_shop

pytestmark = pytest.mark.django_db
NOW_US = periods.epoch_us(NOW)


@pytest.fixture
def books() -> Books:
    return Books(make_whole_shop("bonds", "EUR"))


def say(books: Books, identity: int, name: str, days_ago: float, **properties: object) -> None:
    told = Happening(name, identity, round(NOW_US - days_ago * DAY), f"{name}-{identity}-{days_ago}", properties)
    assert happenings.record(books.shop, told, NOW_US)


def test_facts_of_the_wire_move_a_customer_to_the_first_stage(books: Books) -> None:
    identity = books.customer("anna")
    customer = books.customer_of(identity)
    say(books, identity, "Email Sent", 20)
    found = kept.find(books.shop.pk, customer)
    assert found is not None
    assert (found.highest, found.depth, found.phase) == (0, 1, 0)
    say(books, identity, "Email Received", 19)
    say(books, identity, "Wish Expressed", 18, text="a larger pot")
    found = kept.find(books.shop.pk, customer)
    assert found is not None
    assert (found.stage, found.highest, found.cycles, found.depth, found.phase) == (1, 1, 1, 3, 1)
    (move,) = kept.list_moves(books.shop.pk, customer)
    assert (move.from_stage, move.to_stage, move.cause, move.at_us) == (0, 1, "wish", NOW_US - 18 * DAY)
    assert Fact.objects.filter(message_id=move.cause_ref, name="Wish Expressed").exists()


def test_a_machine_writes_no_contact(books: Books) -> None:
    identity = books.customer("anna")
    say(books, identity, "Email Received", 19, machine=True)
    assert not StageStanding.objects.exists()


def test_messages_of_conversations_are_contacts_and_count_once(books: Books) -> None:
    identity = books.customer("anna")
    customer, team = books.customer_of(identity), teams.ensure_default(books.shop.pk)
    talk = threads.open_conversation(
        books.shop.pk,
        NewConversation(team.pk, Channel.EMAIL, "Pots", identity_id=identity, customer_id=customer),
        NOW_US - 9 * DAY,
    )
    for place, direction in enumerate((Direction.IN, Direction.OUT, Direction.IN, Direction.OUT)):
        author = Author.CUSTOMER if direction == Direction.IN else Author.PERSON
        at_us = NOW_US - (9 - place) * DAY
        threads.append(books.shop.pk, talk.pk, NewMessage(direction, author, "words", at_us), at_us)
    say(books, identity, "Email Received", 9)
    found = kept.find(books.shop.pk, customer)
    assert found is not None
    assert (found.depth, found.last_talk_us, found.last_act_us) == (4, NOW_US - 6 * DAY, NOW_US - 7 * DAY)


def test_the_same_facts_again_change_nothing(books: Books) -> None:
    identity = books.customer("anna")
    for name, days in (("Email Sent", 20), ("Email Received", 19), ("Wish Expressed", 18)):
        say(books, identity, name, days)
    before = list(StageMove.objects.values()), list(StageStanding.objects.values())
    assert stages.review(books.shop, [books.customer_of(identity)], NOW_US) == set()
    assert (list(StageMove.objects.values()), list(StageStanding.objects.values())) == before


def test_merging_brings_stages_together_and_undoing_it_parts_them(books: Books) -> None:
    first, second = books.customer("anna"), books.customer("anna-2")
    one, two = books.customer_of(first), books.customer_of(second)
    say(books, first, "Email Sent", 20)
    say(books, second, "Email Received", 19)
    say(books, second, "Wish Expressed", 18)
    assert [kept.find_many(books.shop.pk, [one, two])[each].highest for each in (one, two)] == [0, 0]
    merge = identities.merge(books.shop, identities.Pair(one, two), None, NOW)
    assert set(StageStanding.objects.values_list("customer_id", "highest")) == {(one, 1)}
    identities.unmerge(books.shop, merge, None, NOW + timedelta(minutes=1))
    assert set(StageStanding.objects.values_list("customer_id", "highest")) == {(one, 0), (two, 0)}


def test_who_did_nothing_for_three_usual_gaps_is_dormant(books: Books) -> None:
    identity = books.customer("anna")
    say(books, identity, "Email Sent", 120)
    say(books, identity, "Email Received", 100)
    say(books, books.customer("bob"), "Email Received", 0)
    stages.review(books.shop, [books.customer_of(identity)], NOW_US)
    found = kept.find(books.shop.pk, books.customer_of(identity))
    assert found is not None
    assert (found.dormant, found.dormant_since_us) == (True, NOW_US - 100 * DAY)
    say(books, identity, "Email Received", 1)
    found = kept.find(books.shop.pk, books.customer_of(identity))
    assert found is not None
    assert not found.dormant


def test_another_shop_finds_nothing(books: Books) -> None:
    identity = books.customer("anna")
    say(books, identity, "Email Sent", 20)
    other = make_whole_shop("other", "EUR")
    customer = books.customer_of(identity)
    before = kept.find(books.shop.pk, customer)
    assert kept.find(other.pk, customer) is None
    assert kept.list_moves(other.pk, customer) == []
    assert stages.review(other, [customer], NOW_US) == set()
    assert kept.find(books.shop.pk, customer) == before
    assert list(StageStanding.objects.values_list("shop_id", "depth")) == [(books.shop.pk, 1)]
    assert Customer.objects.filter(pk=customer).exists()
    assert START < NOW_US


def test_who_never_had_any_dialogue_keeps_no_row_and_did_not_change(books: Books) -> None:
    customer = books.customer_of(books.customer("anna"))
    assert stages.review(books.shop, [customer], NOW_US) == set()
    assert not StageStanding.objects.exists()


def test_a_browser_is_not_believed_what_only_the_shop_knows(books: Books) -> None:
    identity = books.customer("anna")
    for name in ("Email Sent", "Email Received", "Wish Expressed", "Customer Referred", "Preference Stated"):
        say(books, identity, name, 5)
    told = {each.name for each in dealings.dealings_of(books.shop.pk, [identity])}
    assert len(told) == 5
    browser, _ = sources.create_source(books.shop, "A page", sources.BROWSER)
    Fact.objects.update(source_id=browser.pk)
    told = {each.name for each in dealings.dealings_of(books.shop.pk, [identity])}
    assert told == {"Wish Expressed", "Preference Stated"}


def test_a_visitor_who_signs_in_later_brings_the_stage_along(books: Books) -> None:
    source = sources.get_own_source(books.shop, "console")

    def tell(name: str, who: dict[str, str], number: int) -> None:
        event = {"event": name, "messageId": f"late-{number}", "timestamp": NOW.isoformat(), **who}
        raw = wire.RawEvent("track", json.dumps(event).encode(), NOW_US)
        facts.take(books.shop, [facts.read(source.pk, source.kind, raw, books.shop.currency)], NOW_US)

    tell("Chat Message Sent", {"anonymousId": "browser"}, 1)
    tell("Signed In", {"userId": "anna", "anonymousId": "elsewhere"}, 2)
    (visitor,) = StageStanding.objects.values_list("customer_id", flat=True)
    tell("Signed In", {"userId": "anna", "anonymousId": "browser"}, 3)
    (standing,) = StageStanding.objects.all()
    assert (standing.depth, standing.customer_id != visitor) == (1, True)
