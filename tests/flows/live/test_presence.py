"""Who is there: away by itself, a closed laptop, a silent operator, wrapping up, and the hours that are counted."""

import pytest

from kizuna.conversations.live import seats
from kizuna.conversations.live.seats import SeatState
from kizuna.conversations.models import Presence, Seat, Spell
from kizuna.flows.live import ending, presence, routing
from kizuna.shops.models import Person
from tests.flows.live.queueing import Floor, lines

pytestmark = pytest.mark.django_db


def state_of(floor: Floor, person: Person) -> str:
    return Seat.objects.get(shop=floor.desk.shop, person=person).state


def test_a_silent_operator_gives_the_chat_back_and_the_next_gets_it_with_its_age() -> None:
    floor = Floor()
    floor.rules(silent_s=60)
    kim, lee = floor.desk.kim, floor.desk.lee
    chat = floor.wait()
    began = floor.us
    floor.sit(kim)
    floor.route()
    floor.sit(lee)
    floor.pass_s(59, kim, lee)
    floor.watch()
    assert floor.whose(chat) == kim.pk
    floor.pass_s(2, kim, lee)
    floor.watch()
    assert floor.whose(chat) == lee.pk
    turn = floor.turn(chat)
    assert turn is not None
    assert turn.waited_since_us == began
    assert floor.ends(chat) == ["taken_back", ""]
    assert [each["happening"] for each in lines(chat)] == ["claimed", "taken_back", "claimed"]
    assert state_of(floor, kim) == SeatState.AVAILABLE, "busy elsewhere is not away"


def test_who_types_or_has_answered_is_not_silent() -> None:
    floor = Floor()
    floor.rules(silent_s=60)
    kim = floor.desk.kim
    typed, answered = floor.wait(), floor.wait()
    floor.sit(kim)
    floor.sit(floor.desk.lee, capacity=1)
    for chat in (typed, answered):
        routing.claim(floor.desk.shop, chat.pk, kim, floor.now)
    floor.answer(answered, kim)
    floor.pass_s(50, kim)
    Presence.objects.create(conversation=typed, person=kim, seen_us=floor.us, typed_us=floor.us)
    floor.pass_s(40, kim)
    floor.watch()
    assert (floor.whose(typed), floor.whose(answered)) == (kim.pk, kim.pk)


def test_the_only_operator_who_did_nothing_is_away_and_the_chat_waits() -> None:
    floor = Floor()
    floor.rules(silent_s=60)
    kim = floor.desk.kim
    chat = floor.wait()
    floor.sit(kim)
    floor.route()
    for _ in range(3):
        floor.pass_s(30)
        floor.stay(chat)
        presence.beat(floor.desk.shop, kim, floor.now, used=False)
    floor.watch()
    assert floor.whose(chat) is None
    assert state_of(floor, kim) == SeatState.AWAY
    presence.choose(floor.desk.shop, kim, "available", floor.now)
    assert floor.route() == {chat.pk: kim.pk}, "nobody else is at work: it is theirs again"


def test_a_closed_laptop_gives_its_chats_to_others_within_a_minute() -> None:
    floor = Floor()
    kim, lee = floor.desk.kim, floor.desk.lee
    waiting, answered = floor.wait(), floor.wait()
    floor.sit(kim)
    floor.route()
    floor.answer(answered, kim)
    closed_us = floor.us
    floor.sit(lee)
    floor.pass_s(50, lee)
    floor.stay(waiting, answered)
    floor.watch()
    assert state_of(floor, kim) == SeatState.AWAY
    assert (floor.whose(waiting), floor.whose(answered)) == (lee.pk, kim.pk), "nobody waits for a word in the other"
    floor.hear(answered)
    floor.watch()
    assert floor.whose(answered) == lee.pk
    assert Spell.objects.get(person=kim, state="available").to_us == closed_us
    floor.pass_s(700, lee)
    floor.watch()
    assert state_of(floor, kim) == SeatState.OFFLINE


def test_who_does_not_use_the_console_is_away_and_who_uses_it_is_not() -> None:
    floor = Floor()
    floor.rules(away_s=300)
    kim, lee = floor.desk.kim, floor.desk.lee
    floor.sit(kim)
    floor.sit(lee)
    for _ in range(11):
        floor.pass_s(30, lee)
        presence.beat(floor.desk.shop, kim, floor.now, used=False)
        floor.watch()
    assert (state_of(floor, kim), state_of(floor, lee)) == (SeatState.AWAY, SeatState.AVAILABLE)


def test_wrapping_up_keeps_one_place_for_a_while() -> None:
    floor = Floor()
    floor.rules(wrap_up_s=30)
    kim = floor.desk.kim
    done, first, second = floor.wait(worth=9), floor.wait(worth=5), floor.wait(worth=1)
    floor.sit(kim, capacity=2)
    floor.route()
    ending.close(floor.desk.shop, done.pk, kim, floor.now)
    assert state_of(floor, kim) == SeatState.WRAP_UP
    assert floor.route() == {}
    floor.pass_s(31, kim)
    floor.stay(first, second)
    floor.watch()
    assert state_of(floor, kim) == SeatState.AVAILABLE
    assert (floor.whose(first), floor.whose(second)) == (kim.pk, kim.pk)


def test_closing_books_the_turn_once_and_pulls_the_next() -> None:
    floor = Floor()
    floor.rules(wrap_up_s=0)
    kim = floor.desk.kim
    first, second = floor.wait(worth=2), floor.wait(worth=1)
    floor.sit(kim, capacity=1)
    floor.route()
    floor.answer(first, kim)
    assert ending.close(floor.desk.shop, first.pk, kim, floor.now)
    assert not ending.close(floor.desk.shop, first.pk, kim, floor.now)
    assert floor.ends(first) == ["closed"]
    assert floor.route() == {second.pk: kim.pk}


def test_who_left_before_a_person_had_time_has_given_up_when_last_seen() -> None:
    floor = Floor()
    chat, staying = floor.wait(), floor.wait()
    left_us = floor.us
    floor.pass_s(91)
    floor.stay(staying)
    floor.watch()
    assert floor.turn(chat) is None
    assert floor.turn(staying) is not None
    ended = chat.turns.get()
    assert (ended.state, ended.end, ended.ended_us) == ("abandoned", "gone", left_us)


def test_spells_add_up_to_the_hours_sat() -> None:
    floor = Floor()
    kim = floor.desk.kim
    began = floor.us
    floor.sit(kim)
    floor.pass_s(600)
    presence.choose(floor.desk.shop, kim, "busy", floor.now)
    floor.pass_s(300)
    presence.leave(floor.desk.shop, kim, floor.now)
    rows = seats.list_spells(floor.desk.shop.pk, began, floor.us)
    assert [(row.state, ((row.to_us or 0) - row.from_us) // 1_000_000) for row in rows] == [
        ("available", 600),
        ("busy", 300),
    ]
    assert not presence.beat(floor.desk.shop, kim, floor.now, used=True), "who left sits no more by a late beat"


def test_whose_panel_comes_back_waits_on_with_their_age_and_who_left_by_their_own_word_does_not() -> None:
    floor = Floor()
    back, left = floor.wait(), floor.wait()
    began = floor.us
    ending.left(floor.desk.shop, left.pk, floor.now)
    floor.sit(floor.desk.kim, capacity=1)
    routing.claim(floor.desk.shop, floor.wait().pk, floor.desk.kim, floor.now)
    floor.pass_s(200, floor.desk.kim)
    floor.watch()
    assert floor.ends(back) == ["gone"]
    floor.pass_s(100, floor.desk.kim)
    floor.stay(back, left)
    floor.watch()
    turn = floor.turn(back)
    assert turn is not None
    assert (turn.state, turn.waited_since_us) == ("waiting", began)
    assert floor.turn(left) is None
    assert [each["happening"] for each in lines(back)] == ["left", "returned"]
    floor.watch()
    assert floor.ends(back) == ["gone", ""]


def test_who_came_back_and_then_left_by_their_own_word_is_not_queued_again() -> None:
    floor = Floor()
    chat = floor.wait()
    floor.sit(floor.desk.kim, capacity=1)
    routing.claim(floor.desk.shop, floor.wait().pk, floor.desk.kim, floor.now)
    floor.pass_s(200, floor.desk.kim)
    floor.watch()
    floor.pass_s(100, floor.desk.kim)
    floor.stay(chat)
    floor.watch()
    assert floor.ends(chat) == ["gone", ""]
    ending.left(floor.desk.shop, chat.pk, floor.now)
    floor.pass_s(5, floor.desk.kim)
    floor.stay(chat)
    floor.watch()
    assert floor.ends(chat) == ["gone", "left"]
