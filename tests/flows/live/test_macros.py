"""Macros at the live desk: each step as the desk does it, all of them or none, and only by who serves the chat."""

import pytest

from kizuna.conversations import canned, threads
from kizuna.conversations.models import Conversation, Outgoing, SeatState, Turn
from kizuna.flows.live import handing, macros
from kizuna.flows.live.macros import Doer
from tests.flows.live.queueing import Floor

pytestmark = pytest.mark.django_db


def _macro(floor: Floor, *steps: list[str]) -> int:
    shop_id = floor.desk.shop.pk
    known = {each.title: each.pk for each in canned.list_replies(shop_id)}
    answer = known.get("Hi") or canned.save_reply(shop_id, None, "Hi", "Good day!", None).pk
    filled = [[step[0], str(answer)] if step[0] == "reply" else step for step in steps]
    return canned.save_macro(shop_id, None, f"macro {len(canned.list_macros(shop_id))}", filled).pk


def _said(chat: Conversation) -> list[tuple[str, str]]:
    entries = threads.list_messages(chat.shop_id, chat.pk)
    return [(each.kind, each.text) for each in entries if each.kind != "happening"]


def test_an_answer_is_a_line_of_the_chat_once_and_closing_frees_the_place() -> None:
    floor = Floor()
    shop, kim = floor.desk.shop, floor.desk.kim
    floor.rules(wrap_up_s=30)
    seat = floor.sit(kim)
    chat = floor.wait(email="ann@example.com")
    floor.route()
    number = _macro(floor, ["reply"], ["note", "greeted"])
    for _ in range(2):
        macros.run(shop, number, chat.pk, Doer(kim, client_id="once"), floor.now)
    assert _said(chat) == [("message", "Hello?"), ("message", "Good day!"), ("note", "greeted")]
    assert not Outgoing.objects.exists(), "they are in the panel"
    turn = floor.turn(chat)
    assert turn is not None
    assert turn.answered_us == floor.us
    macros.run(shop, _macro(floor, ["close"]), chat.pk, Doer(kim), floor.now)
    seat.refresh_from_db()
    assert (floor.ends(chat), seat.state) == (["closed"], SeatState.WRAP_UP)


def test_all_steps_or_none_and_by_nobody_who_does_not_serve_it() -> None:
    floor = Floor()
    shop, kim, lee = floor.desk.shop, floor.desk.kim, floor.desk.lee
    floor.sit(kim)
    chat = floor.wait()
    away = _macro(floor, ["reply"], ["assign", str(lee.public_id)])
    with pytest.raises(macros.Refused, match="take it first"):
        macros.run(shop, away, chat.pk, Doer(kim), floor.now)
    floor.route()
    with pytest.raises(macros.Taken):
        macros.run(shop, away, chat.pk, Doer(lee), floor.now)
    with pytest.raises(macros.Refused, match="not at the desk"):
        macros.run(shop, away, chat.pk, Doer(kim), floor.now)
    assert _said(chat) == [("message", "Hello?")]
    floor.sit(lee)
    with pytest.raises(macros.Taken):
        macros.run(shop, away, chat.pk, Doer(lee, supervises=True), floor.now)
    assert _said(chat) == [("message", "Hello?")], "who supervises takes a chat over before they hand it on"
    macros.run(shop, _macro(floor, ["reply"]), chat.pk, Doer(lee, supervises=True), floor.now)
    assert _said(chat)[-1] == ("message", "Good day!")
    assert floor.whose(chat) == kim.pk


def test_handing_on_goes_the_way_of_the_desk() -> None:
    floor = Floor()
    shop, kim, lee = floor.desk.shop, floor.desk.kim, floor.desk.lee
    floor.sit(kim)
    floor.sit(lee)
    chat = floor.wait()
    handing.take_over(shop, chat.pk, kim, floor.now)
    macros.run(shop, _macro(floor, ["assign", str(lee.public_id)]), chat.pk, Doer(kim), floor.now)
    assert floor.whose(chat) == lee.pk
    macros.run(shop, _macro(floor, ["assign", "nobody"]), chat.pk, Doer(lee), floor.now)
    assert floor.ends(chat) == ["transferred", "given_back", ""]
    handing.take_over(shop, chat.pk, lee, floor.now)
    macros.run(shop, _macro(floor, ["snooze", "2"]), chat.pk, Doer(lee), floor.now)
    chat.refresh_from_db()
    assert (chat.state, Turn.objects.filter(state="ended", end="snoozed").count()) == ("snoozed", 1)
