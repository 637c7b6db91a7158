"""What moves beside the words: one open chat under a hundred opens, marks, typing, places in the queue, invitations."""

import asyncio
from typing import Any

import pytest
from django.test import Client

from kizuna.conversations import threads
from kizuna.conversations.live import online
from kizuna.conversations.models import ChatInvitation, ChatState, Conversation, Turn
from kizuna.flows.live import arriving, ending, routing
from kizuna.shops.models import Person
from kizuna.web.live.desk_door import DeskDoor
from kizuna.web.live.panel_calls import run
from tests.shops.making import NOW, log_in, make_person
from tests.web.live.conftest import Panelled
from tests.web.live.driving import begin, call, post, stream

CSRF = "a" * 32


def _headers(client: Client) -> dict[str, str]:
    session = client.cookies["sessionid"].value
    return {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}


@pytest.mark.both_databases
def test_a_hundred_opens_at_once_are_one_chat(panelled: Panelled) -> None:
    async def opening() -> None:
        doors = [panelled.door(), panelled.door()]
        token = (await call(doors[0], "hello", key=panelled.key)).content["token"]

        async def one(number: int) -> Any:
            while True:
                answer = await call(doors[number % 2], "open", token=token, client_id=f"c{number % 5}", text="hello")
                if answer.status != 429:
                    return answer
                await asyncio.sleep(0.2)

        answers = await asyncio.gather(*(one(number) for number in range(100)))
        assert {each.status for each in answers} == {200}
        assert len({each.content["conversation"] for each in answers}) == 1
        assert {each.content["number"] for each in answers} == {1, 2, 3, 4, 5}

    panelled.run(opening)
    assert Conversation.objects.get().last_number == 5
    assert Turn.objects.count() == 1


def test_an_operator_answers_and_both_sides_see_how_far(panelled: Panelled) -> None:
    kim = make_person(panelled.shop, "operator")
    headers, path = _headers(log_in(kim)), f"/live/{panelled.shop.slug}"

    async def talking() -> None:
        door = panelled.door()
        desk = DeskDoor(door.parts)
        token, chat = await begin(door, panelled.key)
        told = {"conversation": chat}
        async with stream(door, token=token, conversation=chat, after=1) as opened:
            said = await post(desk, f"{path}/say", {**told, "client_id": "d1", "text": "It is."}, headers)
            assert (said.status, said.content["number"]) == (200, 2)
            _, entry, number = await opened.next("message")
            assert (number, entry["from"], entry["name"], entry["text"]) == (2, "us", "Kim", "It is.")
            assert (await post(desk, f"{path}/typing", told, headers)).status == 200
            assert (await opened.next("typing"))[1] == {"name": "Kim"}
            assert (await post(desk, f"{path}/seen", {**told, "number": 1}, headers)).status == 200
            assert (await opened.next("mark"))[1]["read"] == 1
            await call(door, "read", token=token, conversation=chat, number=2)
            for _ in range(100):
                row = await run(door.parts.threads, lambda now: ChatState.objects.get())
                if row.read_number == 2:
                    break
                await asyncio.sleep(0.05)
            assert (row.read_number, row.seen_number) == (2, 1)

    panelled.run(talking)


def test_only_who_may_answer_speaks_for_the_shop(panelled: Panelled) -> None:
    reader = _headers(log_in(make_person(panelled.shop, "reader")))
    stranger = _headers(log_in(make_person()))
    kim = _headers(log_in(make_person(panelled.shop, "operator")))
    forged = {**kim, "X-CSRFToken": "b" * 32}
    foreign = {**kim, "Origin": "https://evil.example"}

    async def trying() -> None:
        door = panelled.door()
        desk = DeskDoor(door.parts)
        _, chat = await begin(door, panelled.key)
        content = {"conversation": chat, "client_id": "d", "text": "x"}
        for headers, status in ((reader, 403), (stranger, 404), ({}, 404), (forged, 403), (foreign, 403), (kim, 200)):
            answer = await post(desk, f"/live/{panelled.shop.slug}/say", content, headers)
            assert answer.status == status, (headers, answer)

    panelled.run(trying)


def test_a_panel_is_told_its_place_who_serves_and_the_end(panelled: Panelled) -> None:
    shop, kim = panelled.shop, make_person(panelled.shop, "operator")

    async def waiting() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key)
        threads = door.parts.threads
        row = await run(threads, lambda now: Conversation.objects.get())
        async with stream(door, token=token, conversation=chat) as opened:
            assert (await _until(opened, "waiting"))["position"] == 1
            await run(threads, lambda now: routing.claim(shop, row.pk, kim, now))
            assert (await _until(opened, "served"))["person"] == {"name": kim.name}
            await run(threads, lambda now: ending.close(shop, row.pk, kim, now))
            await _until(opened, "closed")

    panelled.run(waiting)


async def _until(opened: Any, state: str) -> dict[str, Any]:
    while True:
        _, told, _ = await opened.next("state")
        if told["state"] == state:
            return dict(told)


def test_an_operators_invitation_reaches_the_visitor_and_is_accepted_once(panelled: Panelled) -> None:
    shop, kim = panelled.shop, make_person(panelled.shop, "operator")

    async def inviting() -> None:
        door = panelled.door()
        page = {"url": "https://tea.example/green?utm_campaign=spring", "title": "Green"}
        hello = await call(door, "hello", key=panelled.key, visitor="ann", page=page)
        token = hello.content["token"]
        async with stream(door, token=token) as opened:
            while not await run(door.parts.threads, lambda now: online.list_online(shop.pk, _us(now))):
                await asyncio.sleep(0.05)
            (row,) = await run(door.parts.threads, lambda now: online.list_online(shop.pk, _us(now)))
            assert (row.visitor_key, row.title, row.source) == ("ann", "Green", "spring")
            assert await run(door.parts.threads, lambda now: _invite(panelled, kim, now))
            _, told, _ = await opened.next("invite")
            assert (told["words"], told["by"]) == ("May I help?", kim.name)
        answer = await call(door, "open", token=token, client_id="a", text="yes", invitation=told["invitation"])
        assert (answer.status, answer.content["number"]) == (200, 2)
        thief = (await call(door, "hello", key=panelled.key, visitor="bob")).content["token"]
        stolen = await call(door, "open", token=thief, client_id="b", text="hi", invitation=told["invitation"])
        assert stolen.content["number"] == 1, "whom it was not said to does not begin with it"

    panelled.run(inviting)
    invitation = ChatInvitation.objects.get()
    chat = Conversation.objects.get(last_number=2)
    assert invitation.conversation == chat
    assert [(each.author, each.text) for each in threads.list_messages(shop.pk, chat.pk)] == [
        ("person", "May I help?"),
        ("customer", "yes"),
    ]
    assert chat.first_response_us is None, "what invites is no answer"
    turn = Turn.objects.get(conversation=chat)
    assert (turn.answered_us, turn.wanted) == (None, kim), "who invited has it first"
    assert arriving.invite(shop, "nobody", "x", kim, NOW) is False


def _invite(panelled: Panelled, person: Person, now: Any) -> bool:
    return arriving.invite(panelled.shop, "ann", "May I help?", person, now)


def _us(now: Any) -> int:
    return round(now.timestamp() * 1_000_000)
