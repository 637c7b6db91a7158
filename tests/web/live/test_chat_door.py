"""The chat door: hello, one chat, words stored before they are acknowledged, streams resumed by number, strangers."""

import asyncio

import pytest

from kizuna.conversations.models import ChatKey, Conversation, Message
from kizuna.web.live.chat_door import ChatDoor
from tests.web.live.conftest import Panelled
from tests.web.live.driving import Answer, begin, call, stream


async def _say(door: ChatDoor, token: str, chat: str, client_id: str) -> Answer:
    return await call(door, "say", token=token, conversation=chat, client_id=client_id, text="x")


def test_words_are_stored_numbered_and_come_once(panelled: Panelled) -> None:
    async def talking() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key)
        first = await call(door, "say", token=token, conversation=chat, client_id="a", text="Green?")
        again = await call(door, "say", token=token, conversation=chat, client_id="a", text="Green?")
        assert (first.content["number"], again.content["number"]) == (2, 2)
        hello = await call(door, "hello", key=panelled.key, token=token)
        shown = hello.content["conversation"]
        assert shown["id"] == chat
        assert [(each["number"], each["from"], each["text"]) for each in shown["messages"]] == [
            (1, "you", "Is it tea?"),
            (2, "you", "Green?"),
        ]

    panelled.run(talking)
    assert Message.objects.count() == 2
    assert Conversation.objects.get().last_number == 2


def test_a_stream_resumes_after_a_number_and_then_hears_the_rest(panelled: Panelled) -> None:
    async def talking() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key)
        for each in range(5):
            await call(door, "say", token=token, conversation=chat, client_id=str(each), text=str(each))
        async with stream(door, token=token, conversation=chat, after=3) as opened:
            assert await opened.numbers(6) == [4, 5, 6]
            await asyncio.gather(
                *(
                    call(door, "say", token=token, conversation=chat, client_id=f"b{each}", text="x")
                    for each in range(9)
                )
            )
            assert await opened.numbers(15) == list(range(7, 16))

    panelled.run(talking)


def test_panels_of_two_processes_hear_everything_in_order(panelled: Panelled) -> None:
    async def talking() -> None:
        one, two = panelled.door(), panelled.door()
        token, chat = await begin(one, panelled.key)
        async with (
            stream(one, token=token, conversation=chat) as first,
            stream(two, token=token, conversation=chat) as second,
        ):
            await asyncio.gather(
                *(
                    call(door, "say", token=token, conversation=chat, client_id=f"{place}{each}", text="x")
                    for each in range(8)
                    for place, door in enumerate((one, two))
                )
            )
            assert await first.numbers(17) == list(range(1, 18))
            assert await second.numbers(17) == list(range(1, 18))

    panelled.run(talking)


def test_another_visitors_conversation_is_not_there(panelled: Panelled) -> None:
    async def talking() -> None:
        door = panelled.door()
        _, chat = await begin(door, panelled.key, visitor="ann")
        thief = (await call(door, "hello", key=panelled.key, visitor="ann")).content
        assert thief["conversation"] is None
        for name in ("say", "typing", "read", "history"):
            answer = await call(door, name, token=thief["token"], conversation=chat, client_id="x", text="x")
            assert (name, answer.status) == (name, 404)
        async with stream(door, token=thief["token"], conversation=chat) as opened:
            assert opened.status == 404
        own = await call(door, "open", token=thief["token"], client_id="y", text="mine")
        assert own.content["conversation"] != chat

    panelled.run(talking)
    assert ChatKey.objects.filter(visitor_key="ann").count() == 1
    assert ChatKey.objects.count() == 2


@pytest.mark.parametrize(
    "forged", ["", "x", "x.y", "WzEsImEiLCJiIiw5OTk5OTk5OTk5LCIiLG51bGwsMF0.AAAAAAAAAAAAAAAAAAAAAA"]
)
def test_forged_tokens_open_nothing(panelled: Panelled, forged: str) -> None:
    async def talking() -> None:
        door = panelled.door()
        answer = await call(door, "open", token=forged, client_id="x", text="x")
        assert answer.status in {400, 401}
        assert answer.content["field"] == "token"

    panelled.run(talking)
    assert Conversation.objects.count() == 0


def test_words_left_for_a_closed_chat_go_on_in_the_one_that_is_open(panelled: Panelled) -> None:
    async def leaving() -> None:
        door = panelled.door()
        token, first = await begin(door, panelled.key)
        await call(door, "close", token=token, conversation=first)
        second = (await call(door, "open", token=token, client_id="second", text="Once more")).content["conversation"]
        left = {"email": "ann@example.org", "text": "Write to me", "client_id": "left"}
        for _ in range(2):
            answer = await call(door, "defer", token=token, conversation=first, **left)
            assert (answer.status, answer.content) == (200, {"conversation": second})

    panelled.run(leaving)
    told = Message.objects.filter(client_id="left").select_related("conversation")
    assert [(each.text, each.conversation.state) for each in told] == [("Write to me", "open")]
    assert Conversation.objects.filter(state="closed").count() == 1
