"""kill -9 of the server under chats whose panels come back: nothing lost, doubled or out of order, on either side."""

import asyncio
import json
import random
import signal
from collections import defaultdict
from urllib.parse import urlsplit

import pytest

from tests.conftest import LONG, need
from tests.journeys.conftest import LiveKizuna, Serve
from tests.journeys.panels import Panel, post
from tests.postgres import find_binaries, running_cluster
from tests.processes import PATIENCE_S

ROUNDS, CHATS = (20, 200) if LONG else (1, 12)
_OPERATOR = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from kizuna.shops import members, tenants
person = get_user_model().objects.create_user("kim@example.org", "x", name="Kim")
members.add_member(tenants.get_shop("shop"), person, "operator")
session = SessionStore()
session[SESSION_KEY] = str(person.pk)
session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
session[HASH_SESSION_KEY] = person.get_session_auth_hash()
session.save()
print(session.session_key)
"""
_STORED = """
import json
from kizuna.conversations.models import Conversation, Message
rows = Message.objects.filter(conversation__channel="chat").order_by("conversation_id", "number")
told = [[str(m.conversation.public_id), m.number, m.client_id, m.author] for m in rows.select_related("conversation")]
print(json.dumps({"rows": told, "chats": Conversation.objects.filter(channel="chat").count()}))
"""


class _Desk:
    """An operator who answers every chat in turn, each answer until it is acknowledged."""

    def __init__(self, panels: list[Panel], session: str) -> None:
        self.panels = panels
        self.said: dict[str, dict[str, int]] = defaultdict(dict)
        token = "a" * 32
        self._headers = {"Cookie": f"sessionid={session}; csrftoken={token}", "X-CSRFToken": token}

    async def answer(self, stop: asyncio.Event) -> None:
        """Answer on until told to stop."""
        number = 0
        while not stop.is_set():
            number += 1
            for panel in self.panels:
                await self._say(panel, f"desk{number}", stop)

    async def _say(self, panel: Panel, client_id: str, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                content = {"conversation": panel.chat, "client_id": client_id, "text": "yes"}
                status, told = await post(
                    panel.chance.choice(panel.addresses), "/live/shop/say", content, self._headers
                )
            except (OSError, ValueError, TimeoutError, IndexError):
                await asyncio.sleep(0.1)
                continue
            assert status in (200, 503), told
            if status == 200:
                self.said[panel.chat][client_id] = told["number"]
                return


async def _talk_through(servers: list[LiveKizuna], panels: list[Panel], desk: _Desk) -> None:
    """Let everybody talk while one server after the other is killed and started again; then let all of it arrive."""
    chance = random.Random(7)
    await asyncio.gather(*(panel.begin() for panel in panels))
    listening = [asyncio.create_task(panel.listen()) for panel in panels]
    stop = asyncio.Event()
    talking = [asyncio.create_task(panel.talk(stop)) for panel in panels]
    answering = asyncio.create_task(desk.answer(stop))
    for place in range(ROUNDS):
        await _wait_for_more(panels, len(panels))
        await asyncio.sleep(chance.uniform(0, 0.5))
        server = servers[place % len(servers)]
        assert await asyncio.to_thread(server.stop, signal.SIGKILL) == -signal.SIGKILL
        await asyncio.to_thread(server.start)
    await _wait_for_more(panels, len(panels))
    stop.set()
    await asyncio.wait_for(asyncio.gather(*talking, answering), PATIENCE_S)
    async with asyncio.timeout(PATIENCE_S):
        for panel in panels:
            last = max([*panel.said.values(), *desk.said[panel.chat].values()])
            while not panel.seen or panel.seen[-1][0] < last:
                await asyncio.sleep(0.05)
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)


async def _wait_for_more(panels: list[Panel], more: int) -> None:
    """Wait until the chats flow again: a kill must find them in the middle."""
    before = sum(len(panel.said) for panel in panels)
    async with asyncio.timeout(PATIENCE_S):
        while sum(len(panel.said) for panel in panels) < before + more:
            await asyncio.sleep(0.02)


def _judge(live: LiveKizuna, panels: list[Panel], desk: _Desk) -> None:
    told = json.loads(live.python(_STORED))
    stored: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for chat, number, client_id, _ in told["rows"]:
        stored[chat].append((number, client_id))
    assert told["chats"] == len(panels), "one chat a visitor"
    for panel in panels:
        rows = stored[panel.chat]
        assert not panel.wrong
        assert [number for number, _ in rows] == list(range(1, len(rows) + 1)), "numbers without gaps"
        by_client = {client_id: number for number, client_id in rows}
        assert len(by_client) == len(rows), "nothing doubled"
        acknowledged = panel.said | desk.said[panel.chat]
        assert {client_id: by_client.get(client_id) for client_id in acknowledged} == acknowledged, "nothing lost"
        mine = [by_client[client_id] for client_id in panel.said]
        assert mine == sorted(mine), "in the order in which they were said"
        assert panel.seen == rows[: len(panel.seen)], "each once and in order on the screen"
        assert len(panel.seen) >= max(acknowledged.values())


def _run(servers: list[LiveKizuna]) -> None:
    first = servers[0]
    first.create_shop()
    key, session = first.create_source(kind="browser"), first.python(_OPERATOR).split()[-1]
    addresses = [(urlsplit(each.url).hostname or "", urlsplit(each.url).port or 0) for each in servers]
    panels = [Panel(key, addresses, random.Random(number)) for number in range(CHATS)]
    desk = _Desk(panels, session)
    asyncio.run(_talk_through(servers, panels, desk))
    _judge(first, panels, desk)
    assert sum(panel.drops for panel in panels) >= ROUNDS, "no panel ever had to come back"
    assert sum(panel.again for panel in panels) > 0, "nothing was ever said again"


def test_no_word_is_lost_doubled_or_disordered_when_the_server_is_killed(serve: Serve) -> None:
    _run([serve(KIZUNA_ROLES="web", KIZUNA_CHAT_RATE="0")])


@pytest.mark.long
def test_nor_with_two_processes_on_postgresql(serve: Serve) -> None:
    binaries = find_binaries()
    need(binaries is not None, "no PostgreSQL server on this machine")
    assert binaries is not None
    with running_cluster(binaries) as address:
        common = {"KIZUNA_DATABASE_URL": address, "KIZUNA_SECRET_KEY": "the same everywhere", "KIZUNA_CHAT_RATE": "0"}
        _run([serve(name, KIZUNA_ROLES="web", **common) for name in ("one", "two")])
