"""Who gets which chat: the most worth saving first, nobody for ever, whom they knew, who can, and never too many."""

import pytest

from kizuna.conversations import threads
from kizuna.conversations.live import queue_terms, seats, turns
from kizuna.conversations.models import Conversation, Team, TeamMember, Turn
from kizuna.flows.dialogue import handling
from kizuna.flows.live import ending, routing
from tests.flows.live.queueing import Floor, lines

pytestmark = pytest.mark.django_db


def test_the_chat_most_worth_saving_is_served_first() -> None:
    floor = Floor()
    usual, valuable = floor.wait(worth=1.0), floor.wait(worth=9.0)
    kim = floor.desk.kim
    floor.sit(kim, capacity=1)
    assert floor.route() == {valuable.pk: kim.pk}
    assert floor.whose(usual) is None
    assert [each["happening"] for each in lines(valuable)] == ["claimed"]


def test_nobody_waits_longer_than_the_bound_while_others_are_served() -> None:
    floor = Floor()
    floor.rules(longest_wait_s=60)
    old = floor.wait(worth=0.0)
    floor.pass_s(61)
    floor.wait(worth=1000.0)
    floor.sit(floor.desk.kim, capacity=1)
    assert floor.route() == {old.pk: floor.desk.kim.pk}


def test_nobody_gets_more_chats_than_they_take_at_once() -> None:
    floor = Floor()
    chats = [floor.wait() for _ in range(5)]
    floor.sit(floor.desk.kim, capacity=2)
    floor.sit(floor.desk.lee, capacity=1)
    given = floor.route()
    assert sorted(given.values()) == sorted([floor.desk.kim.pk] * 2 + [floor.desk.lee.pk])
    assert floor.route() == {}
    assert len([chat for chat in chats if floor.whose(chat) is None]) == 2


def test_the_operator_of_last_time_comes_first() -> None:
    floor = Floor()
    who = floor.visitor()
    floor.sit(floor.desk.kim)
    floor.sit(floor.desk.lee)
    first = floor.wait(identity_id=who)
    routing.claim(floor.desk.shop, first.pk, floor.desk.lee, floor.now)
    ending.close(floor.desk.shop, first.pk, floor.desk.lee, floor.now)
    for _ in range(2):
        routing.claim(floor.desk.shop, floor.wait().pk, floor.desk.lee, floor.now)
    floor.rules(wrap_up_s=0)
    floor.pass_s(40, floor.desk.kim, floor.desk.lee)
    floor.watch()
    again = floor.wait(identity_id=who)
    assert floor.route() == {again.pk: floor.desk.lee.pk}


@pytest.mark.parametrize(("language", "knows"), [("de", True), ("de-CH", True), ("fr", False)])
def test_a_language_is_asked_for_while_anybody_at_work_has_it(language: str, knows: bool) -> None:
    floor = Floor()
    floor.sit(floor.desk.kim, languages=("en",))
    floor.sit(floor.desk.lee, capacity=1, languages=("de",))
    first, second = floor.wait(language=language), floor.wait(language=language)
    given = floor.route()
    if knows:
        assert given == {first.pk: floor.desk.lee.pk}
        assert floor.whose(second) is None
    else:
        assert set(given) == {first.pk, second.pk}


def test_skill_and_department_are_asked_for() -> None:
    floor = Floor()
    other = Team.objects.create(shop=floor.desk.shop, name="Returns")
    floor.sit(floor.desk.kim, skills=("returns",))
    floor.sit(floor.desk.lee, skills=())
    TeamMember.objects.create(team=other, person=floor.desk.lee)
    skilled = floor.wait(context={"skill": "Returns"})
    sent = floor.wait()
    Turn.objects.filter(conversation=sent).update(team=other)
    assert floor.route() == {skilled.pk: floor.desk.kim.pk, sent.pk: floor.desk.lee.pk}


def test_only_the_available_whose_console_is_alive_get_chats() -> None:
    floor = Floor()
    floor.sit(floor.desk.kim)
    floor.pass_s(60)
    chat = floor.wait()
    assert floor.route() == {}
    floor.sit(floor.desk.lee)
    assert floor.route() == {chat.pk: floor.desk.lee.pk}


def test_entering_again_keeps_the_turn() -> None:
    floor = Floor()
    chat = floor.wait()
    first = floor.turn(chat)
    assert routing.enter(floor.desk.shop, chat, floor.now) == first


def test_a_chat_that_somebody_has_is_refused_to_others_and_kept_for_them() -> None:
    floor = Floor()
    chat = floor.wait()
    turn = routing.claim(floor.desk.shop, chat.pk, floor.desk.kim, floor.now)
    assert routing.claim(floor.desk.shop, chat.pk, floor.desk.kim, floor.now) == turn
    with pytest.raises(routing.Taken):
        routing.claim(floor.desk.shop, chat.pk, floor.desk.lee, floor.now)
    chat.refresh_from_db()
    assert chat.assignee_id == floor.desk.kim.pk


def test_claiming_asks_for_an_open_chat_and_an_end_of_ones_own() -> None:
    floor = Floor()
    chat = floor.wait()
    ending.close(floor.desk.shop, chat.pk, floor.desk.kim, floor.now)
    with pytest.raises(routing.Refused, match="open chat"):
        routing.claim(floor.desk.shop, chat.pk, floor.desk.kim, floor.now)
    for _ in range(seats.MOST_AT_ONCE):
        routing.claim(floor.desk.shop, floor.wait().pk, floor.desk.kim, floor.now)
    with pytest.raises(routing.Refused, match="close one first"):
        routing.claim(floor.desk.shop, floor.wait().pk, floor.desk.kim, floor.now)


def test_whoever_answers_a_waiting_chat_on_any_page_has_it() -> None:
    floor = Floor()
    chat = floor.wait()
    floor.pass_s(7)
    floor.answer(chat, floor.desk.lee)
    turn = floor.turn(chat)
    assert turn is not None
    assert turn.person_id == floor.desk.lee.pk
    assert turn.answered_us == turn.served_us == floor.us


def test_the_place_and_the_wait_that_are_promised() -> None:
    floor = Floor()
    shop = floor.desk.shop
    chats = [floor.wait(worth=float(9 - number)) for number in range(3)]
    line = [turn.conversation_id for turn in turns.list_waiting(shop.pk, floor.us)]
    assert line == [chat.pk for chat in chats]
    last = floor.turn(chats[-1])
    assert last is not None
    assert turns.position(shop.pk, last, floor.us) == turns.Place(3, None), "nobody is there: no wait can be told"
    floor.sit(floor.desk.kim, capacity=1)
    floor.route()
    places = turns.places(shop.pk, turns.list_waiting(shop.pk, floor.us), floor.us)
    waits = [place.expected_wait_s or 0 for place in places.values()]
    assert [place.position for place in places.values()] == [1, 2]
    assert 0 < waits[0] < waits[1]


def test_a_plan_that_was_made_before_a_place_filled_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    floor = Floor()
    first, second = floor.wait(), floor.wait()
    floor.sit(floor.desk.kim, capacity=1)
    planned = seats.list_seats(floor.desk.shop.pk)
    routing.claim(floor.desk.shop, first.pk, floor.desk.kim, floor.now)
    monkeypatch.setattr(seats, "list_seats", lambda shop_id: planned)
    assert floor.route() == {}
    assert floor.whose(second) is None


def test_a_shop_and_a_chat_that_fail_stop_none_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, floor = Floor(), Floor()
    broken.wait()
    floor.sit(floor.desk.kim)
    first, second = floor.wait(worth=9.0), floor.wait(worth=1.0)
    left = floor.wait()
    handling.close(floor.desk.shop, left.pk, None, floor.now)
    Turn.objects.filter(conversation=left).update(state="waiting", ended_us=None, end="")
    read, lock = queue_terms.read, threads.lock

    def read_terms(shop_id: int) -> queue_terms.QueueTerms:
        if shop_id == broken.desk.shop.pk:
            raise ValueError("a shop that cannot be read")
        return read(shop_id)

    def lock_chat(shop_id: int, conversation_id: int) -> Conversation:
        if conversation_id == first.pk:
            raise ValueError("a chat that cannot be locked")
        return lock(shop_id, conversation_id)

    monkeypatch.setattr(queue_terms, "read", read_terms)
    monkeypatch.setattr(threads, "lock", lock_chat)
    floor.watch()
    assert (floor.whose(first), floor.whose(second)) == (None, floor.desk.kim.pk)
    assert floor.turn(left) is None
    monkeypatch.undo()
    floor.watch()
    assert floor.whose(first) == floor.desk.kim.pk
