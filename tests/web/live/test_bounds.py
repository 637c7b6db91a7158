"""What a panel may claim and send: marks up to what was said, files after it is believed, a beat for each in turn."""

import asyncio
import json
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from kizuna.conversations import attachments
from kizuna.conversations.models import Attachment, ChatInvitation, ChatState
from kizuna.flows.live import saying
from kizuna.flows.live.saying import Refusal, Said, Stored
from kizuna.web.live import chat_door
from kizuna.web.live.chat_door import ChatDoor, read_body
from kizuna.web.live.hub import BEAT_S, Hub, Stream
from kizuna.web.live.wire import Refused
from kizuna.web.live.writer import Failed, Writer
from tests.processes import PATIENCE_S
from tests.web.live.conftest import Panelled
from tests.web.live.driving import call, post, stream


async def _begin(door: ChatDoor, key: str) -> tuple[str, str]:
    token = (await call(door, "hello", key=key)).content["token"]
    opened = await call(door, "open", token=token, client_id="first", text="Is it tea?")
    return token, opened.content["conversation"]


def test_what_was_never_said_is_neither_heard_nor_read(panelled: Panelled) -> None:
    async def claiming() -> None:
        door = panelled.door()
        token, chat = await _begin(door, panelled.key)
        await call(door, "read", token=token, conversation=chat, number=1_000_000, delivered=2_000_000)
        async with stream(door, token=token, conversation=chat, after=1_000_000) as opened:
            said = await call(door, "say", token=token, conversation=chat, client_id="next", text="Hello?")
            assert (await opened.next("message"))[2] == said.content["number"] == 2

    panelled.run(claiming)
    state = ChatState.objects.get()
    assert state.read_number in {1, 2}
    assert state.delivered_number in {1, 2}


def test_a_file_is_not_read_for_whom_it_is_not_believed() -> None:
    taken: list[bytes] = []

    async def receive() -> dict[str, Any]:
        taken.append(b"x" * 1000)
        return {"type": "http.request", "body": b'{"token": "forged"}\n' + taken[-1], "more_body": True}

    async def refuse(head: bytes) -> None:
        assert head == b'{"token": "forged"}'
        raise Refused(401, "no", "token")

    with pytest.raises(Refused, match="no"):
        asyncio.run(read_body({"headers": []}, receive, 10_000_000, refuse))
    assert len(taken) == 1


def test_a_chat_holds_so_many_bytes_and_few_files_come_at_once(
    panelled: Panelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saying, "MOST_BYTES", 1500)
    monkeypatch.setattr(chat_door, "MOST_UPLOADS_EACH", 1)

    async def attaching() -> None:
        door = panelled.door()
        token, chat = await _begin(door, panelled.key)
        file = json.dumps({"token": token, "conversation": chat}).encode() + b"\n" + b"x" * 1000
        at_once = await asyncio.gather(*(post(door, "/chat/v1/upload", file) for _ in range(2)))
        assert sorted(each.status for each in at_once) == [200, 503]
        assert (await post(door, "/chat/v1/upload", file)).status == 413

    panelled.run(attaching)
    assert Attachment.objects.count() == 1


def test_one_visitor_notes_few_invitations(panelled: Panelled) -> None:
    async def flooding() -> None:
        door = panelled.door()
        token = (await call(door, "hello", key=panelled.key)).content["token"]
        answers = [
            await call(door, "invited", token=token, client_id=f"i{each}", outcome="shown") for each in range(40)
        ]
        assert [each.status for each in answers[:20]] == [200] * 20
        assert 429 in {each.status for each in answers[20:]}

    panelled.run(flooding)
    assert ChatInvitation.objects.count() < 30


def test_every_panel_gets_a_beat_in_each_round_whoever_leaves() -> None:
    async def beating() -> None:
        async def send(message: dict[str, Any]) -> None: ...

        hub = Hub("here", None)  # type: ignore[arg-type]
        every = [Stream(send, 1, f"visitor-{n}", None, 0) for n in range(4 * BEAT_S)]
        hub._shops[1] = {each.key: {each} for each in every}
        heard = []
        for tick in range(BEAT_S):
            heard += hub.due(tick)
            hub.leave(every[tick])
        stayed = set(every[BEAT_S:])
        assert len(heard) == len(set(heard))
        assert stayed <= set(heard)

    asyncio.run(beating())


@pytest.mark.parametrize(
    ("kind", "policy"), [("image/png", "cross-origin"), ("image/svg+xml", "same-site"), ("text/html", "same-site")]
)
def test_the_panel_shows_pictures_on_the_shops_own_site_and_nothing_else(
    panelled: Panelled, client: Client, kind: str, policy: str
) -> None:
    file = attachments.store(panelled.shop.pk, attachments.NewFile("a", kind, b"x"), 1)
    answer = client.get(f"/files/{file.token}/")
    assert answer["Cross-Origin-Resource-Policy"] == policy


def test_a_database_that_is_away_fails_a_batch_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    queued = threading.Event()

    def store(batch: Sequence[Said], now_us: int, origin: str) -> list[Stored | Refusal]:
        asked.append(len(batch))
        queued.wait(PATIENCE_S)
        raise OperationalError("the database is away")

    monkeypatch.setattr(saying, "store", store)

    async def saying_much() -> list[object]:
        writer = Writer("here", lambda stored: None)
        told = [writer.put(Said(1, 1, str(each), "Hello?")) for each in range(20)]
        queued.set()
        outcomes = await asyncio.gather(*told, return_exceptions=True)
        await asyncio.to_thread(writer.close)
        return outcomes

    outcomes = asyncio.run(saying_much())
    assert {type(each) for each in outcomes} == {Failed}
    assert sum(asked) == 20, "no word is tried a second time"
