"""Panels whose process cannot hear the others: they are caught up at once, read on now and then, and hear again."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from kizuna.bus import notes
from kizuna.web.live import hub
from tests.web.live.conftest import Panelled
from tests.web.live.driving import begin, call, stream


def test_a_panel_reads_on_while_the_bus_cannot_be_reached(panelled: Panelled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "LISTEN_S", 0.05)
    monkeypatch.setattr(hub, "DEAF_S", 1)
    monkeypatch.setattr(hub, "RETRY_S", 0.2)
    subscribe, broken = notes.subscribe, [True]

    @asynccontextmanager
    async def failing(channels: Iterable[str]) -> AsyncIterator[AsyncIterator[notes.Heard]]:
        if broken[0]:
            raise OSError("the bus cannot be reached")
        inner: AbstractAsyncContextManager[AsyncIterator[notes.Heard]] = subscribe(channels)
        async with inner as heard:
            yield heard

    monkeypatch.setattr(notes, "subscribe", failing)

    async def listening() -> None:
        deaf, other = panelled.door(), panelled.door()
        token, chat = await begin(other, panelled.key)
        told = {"token": token, "conversation": chat}
        async with stream(deaf, **told, after=0) as opened:
            assert await opened.numbers(1) == [1]
            await call(other, "say", **told, client_id="a", text="Are you there?")
            assert await opened.numbers(2) == [2]
            broken[0] = False
            await call(other, "say", **told, client_id="b", text="And now?")
            assert await opened.numbers(3) == [3]

    panelled.run(listening)
