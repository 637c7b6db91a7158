"""Closing a chat: minutes booked once whoever closes it and however often, the visitor asked, no turn left behind."""

import pytest

from kizuna.conversations.models import Attention, Conversation
from kizuna.flows.dialogue import handling, writing
from kizuna.flows.dialogue.writing import Reply
from kizuna.flows.live import ending, routing
from kizuna.knowledge.models import SurveyAsk
from kizuna.relationships.models import Investment
from tests.flows.live.queueing import Floor

pytestmark = pytest.mark.django_db


def serve(floor: Floor) -> Conversation:
    """A chat that Kim answered and had in front of her for ninety seconds."""
    chat = floor.wait()
    routing.claim(floor.desk.shop, chat.pk, floor.desk.kim, floor.now)
    floor.answer(chat, floor.desk.kim)
    Attention.objects.create(shop=floor.desk.shop, conversation=chat, person=floor.desk.kim, seconds=90)
    return chat


def booked(floor: Floor) -> list[float]:
    rows = Investment.objects.filter(shop=floor.desk.shop, kind="minutes")
    return [row.minutes for row in rows]


def test_minutes_are_booked_once_and_the_visitor_is_asked_once() -> None:
    floor = Floor()
    chat = serve(floor)
    for _ in range(2):
        ending.close(floor.desk.shop, chat.pk, floor.desk.kim, floor.now)
        handling.close(floor.desk.shop, chat.pk, floor.desk.kim, floor.now)
    assert booked(floor) == [1.5]
    assert SurveyAsk.objects.filter(shop=floor.desk.shop).count() == 1
    assert floor.ends(chat) == ["closed"]


def test_closing_or_calling_it_spam_on_any_page_ends_the_turn() -> None:
    floor = Floor()
    closed, spam = serve(floor), floor.wait()
    handling.close(floor.desk.shop, closed.pk, floor.desk.kim, floor.now)
    handling.mark_spam(floor.desk.shop, spam.pk, floor.desk.kim, floor.now)
    assert (floor.ends(closed), floor.ends(spam)) == (["closed"], ["spam"])
    assert floor.route() == {}


def test_nobody_is_asked_how_it_was_who_was_not_answered() -> None:
    floor = Floor()
    chat = floor.wait()
    ending.close(floor.desk.shop, chat.pk, None, floor.now, ending.LEFT)
    turn = chat.turns.get()
    assert (turn.state, turn.end, turn.person) == ("abandoned", "left", None)
    assert not SurveyAsk.objects.filter(shop=floor.desk.shop).exists()


def test_a_visitor_who_ends_a_served_chat_has_not_given_up() -> None:
    floor = Floor()
    chat = serve(floor)
    ending.close(floor.desk.shop, chat.pk, None, floor.now, ending.LEFT)
    turn = chat.turns.get()
    assert (turn.state, turn.end, turn.person_id) == ("ended", "left", floor.desk.kim.pk)


def test_nobody_ends_or_answers_what_somebody_else_serves_but_news_of_a_wish_goes_in() -> None:
    floor = Floor()
    desk, chat = floor.desk, serve(floor)
    for act in (
        lambda: ending.close(desk.shop, chat.pk, desk.lee, floor.now),
        lambda: handling.close(desk.shop, chat.pk, desk.lee, floor.now),
        lambda: writing.reply(desk.shop, chat.pk, Reply("Hello", close=True), desk.lee, floor.now),
    ):
        with pytest.raises(handling.Taken, match="Kim Kay"):
            act()
    assert (floor.whose(chat), floor.ends(chat)) == (desk.kim.pk, [""])
    writing.reply(desk.shop, chat.pk, Reply("Your tea is on its way", is_news=True), desk.lee, floor.now)
    assert floor.whose(chat) == desk.kim.pk
