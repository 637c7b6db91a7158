"""Tells open panels what moved beside the words: who has the chat, the place in the queue, typing, read, invitations.

Where a chat stands is asked of the database at most once a second for all chats of a shop that may have moved, and
sent only where it differs from what was sent before.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from kizuna.flows.live import telling
from kizuna.web.live.hub import Hub, Stream
from kizuna.web.live.memory import Memory

SOON_S, REST_S = 0.05, 1.0
MOST_AT_ONCE = 500
MOST_KEPT = 20_000
_log = logging.getLogger(__name__)
type Run = Callable[[Callable[[datetime], Any]], Any]


class Teller:
    """Listens to the notes that the hub hears, for the panels of this process."""

    def __init__(self, hub: Hub, memory: Memory, run: Run) -> None:
        self._hub = hub
        self._memory = memory
        self._run = run
        self._moved: dict[int, set[int]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._sent: dict[int, dict[str, Any]] = {}
        hub.on_note = self.take

    def take(self, shop_id: int, body: dict[str, Any]) -> None:
        """Pass on what a note tells."""
        ours = body.get("origin") == self._hub.origin
        for chat, _, _, seen in body.get("marks", ()):
            if seen:
                self._hub.tell_chat(chat, "mark", {"delivered": seen, "read": seen})
        if not ours:
            for chat, name in body.get("people", ()):
                self._hub.tell_chat(chat, "typing", {"name": name})
        if isinstance(body.get("invite"), str):
            self._hub.tell_visitor(shop_id, body["invite"], "invite", body.get("told", {}))
        chat = body.get("conversation")
        if isinstance(chat, int) and not body.get("viewing") and self._hub.has_room(chat):
            self._move(shop_id, {chat})
        if body.get("desk") in ("queue", "seats"):
            self._move(shop_id, {chat for chat in self._hub.list_rooms(shop_id) if self._waits(chat)})

    def look(self, stream: Stream) -> None:
        """Tell a panel that has just come where its chat stands."""
        if stream.conversation_id is not None:
            self._sent.pop(stream.conversation_id, None)
            self._move(stream.shop_id, {stream.conversation_id})

    def close(self) -> None:
        """Tell nothing any more."""
        for task in self._tasks.values():
            task.cancel()

    def _waits(self, chat: int) -> bool:
        return self._sent.get(chat, {}).get("state") == "waiting"

    def _move(self, shop_id: int, chats: set[int]) -> None:
        if not chats:
            return
        self._moved.setdefault(shop_id, set()).update(chats)
        task = self._tasks.get(shop_id)
        if task is None or task.done():
            self._tasks[shop_id] = asyncio.create_task(self._tell(shop_id))

    async def _tell(self, shop_id: int) -> None:
        """Tell what has moved, then rest; what moves meanwhile is told together after it."""
        await asyncio.sleep(SOON_S)
        while moved := self._moved.pop(shop_id, None):
            now_told = set(sorted(moved)[:MOST_AT_ONCE])
            if moved - now_told:
                self._moved[shop_id] = moved - now_told
            try:
                await self._ask(shop_id, now_told)
            except Exception:
                _log.exception("where chats stand could not be told")
            await asyncio.sleep(REST_S)

    async def _ask(self, shop_id: int, chats: set[int]) -> None:
        shop = await self._memory.shop(shop_id)
        told: dict[int, dict[str, Any]] = await self._run(lambda now: telling.states(shop, chats, now))
        if len(self._sent) > MOST_KEPT:
            self._sent = {chat: sent for chat, sent in self._sent.items() if self._hub.has_room(chat)}
        for chat, state in told.items():
            if self._sent.get(chat) != state:
                self._sent[chat] = state
                self._hub.tell_chat(chat, "state", state)
                if state.get("read"):
                    self._hub.tell_chat(chat, "mark", {"delivered": state["read"], "read": state["read"]})
