"""The live desk's stream ends for who may no longer answer, also where so much moves that it is never quiet."""

import asyncio
from typing import Any

import pytest

from kizuna.web.live import desk_stream
from kizuna.web.live.desk_stream import Boards, DeskStream
from kizuna.web.live.entry import Entry
from tests.processes import PATIENCE_S
from tests.web.live.conftest import Panelled


def test_a_busy_desk_asks_again_whether_somebody_may_still_look(
    panelled: Panelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_stream, "CHECK_S", 0.2)
    asked: list[bool] = []

    async def looking() -> None:
        boards = Boards()
        board, queue = boards.enter(panelled.shop.pk)
        ended = asyncio.Event()

        async def send(message: dict[str, Any]) -> None: ...

        async def move_on() -> None:
            while not ended.is_set():
                board.take({"desk": "typing"})
                await asyncio.sleep(0.02)

        def may_still() -> bool:
            asked.append(True)
            return len(asked) < 2

        moving = asyncio.create_task(move_on())
        stream = DeskStream(Entry(1, panelled.shop.pk, "Kim"), boards, may_still)
        try:
            await asyncio.wait_for(stream.tell(send, []), PATIENCE_S)
        finally:
            ended.set()
            await moving
            boards.leave(board, queue)

    panelled.run(looking)
    assert len(asked) == 2
