"""What the chat door remembers for seconds, so that a word costs no question: keys, shops, panels, who may read a chat.

A key that was revoked, a panel that was switched off and a chat that was erased stop within these seconds.
"""

import asyncio
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import close_old_connections

from kizuna.conversations.live import keys, panel
from kizuna.conversations.live.keys import Chat
from kizuna.conversations.live.panel import PanelView
from kizuna.flows.live import arriving
from kizuna.shops import keys as write_keys
from kizuna.shops import tenants
from kizuna.shops.keys import SourceView
from kizuna.web.live.tokens import Token

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

SHORT_S = 2.0
LONG_S = 30.0
MOST = 20_000


class Memory:
    """Remembers answers of the database; asks for one it does not know in a thread."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    async def source(self, write_key: str) -> SourceView | None:
        """Find the source of a write key."""
        found: SourceView | None = await self._ask(
            ("key", write_key), SHORT_S, lambda: write_keys.find_source(write_key)
        )
        return found

    async def shop(self, shop_id: int) -> "Shop":
        """Get a shop."""
        found: Shop = await self._ask(("shop", shop_id), SHORT_S, lambda: tenants.get_shop_by_id(shop_id))
        return found

    async def panel(self, shop_id: int) -> PanelView:
        """Read how a shop's panel is settled."""
        found: PanelView = await self._ask(("panel", shop_id), SHORT_S, lambda: panel.read(shop_id))
        return found

    async def chat(self, token: Token, public_id: UUID, *, past: bool = False) -> Chat | None:
        """Find a chat that this token may read; None where there is none or it is somebody else's.

        What is remembered of its state and last number may be seconds old. `past` asks for those of the user too.
        """
        name = ("chat", public_id, token.shop_id, token.grip, token.key, token.user_id, past)
        found: Chat | None = await self._ask(name, LONG_S, lambda: self._find_chat(token, public_id, past=past))
        return found

    async def remember(self, name: Hashable, ask: Callable[[], Any]) -> Any:
        """Ask for something else that may be some seconds old."""
        return await self._ask(name, SHORT_S, ask)

    def forget_chat(self, token: Token, public_id: UUID) -> None:
        """Ask anew next time."""
        name = ("chat", public_id, token.shop_id, token.grip, token.key, token.user_id, False)
        self._kept.pop(name, None)

    def _find_chat(self, token: Token, public_id: UUID, *, past: bool) -> Chat | None:
        chat = keys.find_chat(public_id)
        if chat is None or chat.shop_id != token.shop_id or chat.identity_id is None:
            return None
        shop, who = tenants.get_shop_by_id(token.shop_id), token.visitor
        mine = set(arriving.list_identities(shop, who))
        if past:
            mine |= arriving.list_vouched(shop, who)
        return chat if chat.identity_id in mine else None

    async def _ask(self, name: Hashable, good_s: float, ask: Callable[[], Any]) -> Any:
        now = time.monotonic()
        kept = self._kept.get(name)
        if kept is not None and kept[0] > now:
            return kept[1]
        answer = await asyncio.get_running_loop().run_in_executor(self._threads, _ask_database, ask)
        if len(self._kept) >= MOST:
            self._kept = {key: value for key, value in self._kept.items() if value[0] > now}
            if len(self._kept) >= MOST:
                self._kept.clear()
        self._kept[name] = (now + (SHORT_S if answer is None else good_s), answer)
        return answer


def _ask_database(ask: Callable[[], Any]) -> Any:
    close_old_connections()
    return ask()
