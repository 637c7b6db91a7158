"""What panels report without words, gathered in memory and written once a second; losing one loses nothing.

Read and delivered marks, typing, who is there and which page they look at: a thousand tabs of one visitor are one row.
"""

import asyncio
import logging
import time
from concurrent.futures import Executor

from django.db import close_old_connections

from kizuna.flows.live import marking
from kizuna.flows.live.marking import Gathered, Glance, Marks

EVERY_S = 1.0
MOST_GLANCES = 2_000
_log = logging.getLogger(__name__)


class Ledger:
    """Gathers for every shop of this process."""

    def __init__(self, origin: str, threads: Executor) -> None:
        self._origin = origin
        self._threads = threads
        self._shops: dict[int, Gathered] = {}
        self._task: asyncio.Task[None] | None = None

    def of(self, shop_id: int) -> Gathered:
        """What is gathered for a shop; written soon."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_on())
        return self._shops.setdefault(shop_id, Gathered())

    def mark(self, shop_id: int, conversation_id: int, marks: Marks) -> None:
        """Note how far a chat has got."""
        self.of(shop_id).mark(conversation_id, marks)

    def glance(self, glance: Glance) -> None:
        """Note which page a visitor looks at; under a flood of visitors the newest wait for their next glance."""
        mine = self.of(glance.shop_id)
        mine.gone.discard(glance.visitor_key)
        if len(mine.glances) < MOST_GLANCES or glance.visitor_key in mine.glances:
            mine.glances[glance.visitor_key] = glance

    def close(self) -> None:
        """Write what is left."""
        if self._task is not None:
            self._task.cancel()
        self._write(self._take())

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            gathered = self._take()
            if not gathered:
                return
            await asyncio.get_running_loop().run_in_executor(self._threads, self._write, gathered)

    def _take(self) -> dict[int, Gathered]:
        taken, self._shops = self._shops, {}
        return taken

    def _write(self, gathered: dict[int, Gathered]) -> None:
        try:
            close_old_connections()
            if gathered:
                marking.write(gathered, time.time_ns() // 1000, self._origin)
        except Exception:
            _log.exception("what panels reported could not be written")
