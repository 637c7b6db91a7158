"""A chat door of a shop's own, closed with the test; every test here has threads with connections of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
from django.db import connections

from kizuna.bus import notes
from kizuna.flows import shops as shops_flow
from kizuna.shops.models import Shop
from kizuna.web.live.chat_door import ChatDoor, open_parts
from kizuna.web.live.panel_calls import Parts
from tests.shops.making import NOW, make_shop


class Panelled:
    """A shop with a write key, and doors made in the loop of the test that uses them."""

    def __init__(self) -> None:
        self.shop: Shop = make_shop()
        self.key = shops_flow.create_source(self.shop, "storefront", "browser", None, NOW)[1]
        self.opened: list[ChatDoor] = []

    def door(self, arrivals_per_s: float = 0, parts: Parts | None = None) -> ChatDoor:
        """Open a door; several of them are several processes to each other."""
        door = ChatDoor(parts or open_parts(), lambda scope: scope["client"][0], arrivals_per_s)
        self.opened.append(door)
        return door

    def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something in an event loop and close what it opened."""

        async def doing() -> None:
            try:
                await work()
            finally:
                for door in self.opened:
                    door.close()
                    await asyncio.to_thread(door.finish)

        asyncio.run(doing())
        notes.close()


@pytest.fixture
def panelled(transactional_db: None) -> Iterator[Panelled]:
    """A shop with a panel."""
    yield Panelled()
    connections.close_all()
