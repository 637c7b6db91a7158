"""The ring of write keys: revocation within two seconds, new keys at once, guesses spaced, outages survived."""

import asyncio
import time

import pytest

from kizuna.shops.keys import hash_key
from kizuna.web.capture import keys
from kizuna.web.capture.keys import KeyRing, Unavailable
from tests.web.capture.conftest import KnownSource


class _Shops:
    """The list of active sources, with a count of readings and a switch for outages."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.readings = 0
        self.down = False

    def __call__(self) -> list[KnownSource]:
        self.readings += 1
        if self.down:
            raise OSError("no database")
        return [KnownSource(number, hash_key(name)) for number, name in enumerate(self.names)]


def test_a_revoked_key_stops_within_two_seconds_and_others_go_on() -> None:
    shops = _Shops("a", "b")

    moment = [100.0]

    async def walk() -> None:
        ring = KeyRing(shops, clock=lambda: moment[0])
        assert await ring.find("b") == 1
        shops.names = ["a"]
        moment[0] += 2
        assert await ring.find("b") is None
        assert await ring.find("a") == 0

    asyncio.run(walk())


def test_a_new_key_works_at_its_first_request() -> None:
    shops = _Shops("a")

    async def walk() -> None:
        ring = KeyRing(shops)
        assert await ring.find("a") == 0
        shops.names.append("b")
        assert await ring.find("b") == 1

    asyncio.run(walk())


def test_guessing_keys_costs_few_readings() -> None:
    shops = _Shops("a")

    async def walk() -> None:
        ring = KeyRing(shops)
        began = time.monotonic()
        for _ in range(3):
            found = await asyncio.gather(*(ring.find(f"guess {number}") for number in range(2000)))
            assert found == [None] * 2000
        assert shops.readings <= 2 + (time.monotonic() - began) / keys.SPACING_S
        assert len(ring._refused) <= 10_000

    asyncio.run(walk())


def test_without_database_known_keys_go_on_and_unknown_ones_are_asked_to_come_back() -> None:
    shops = _Shops("a")
    moment = [100.0]

    async def walk() -> None:
        ring = KeyRing(shops, clock=lambda: moment[0])
        assert await ring.find("a") == 0
        shops.down = True
        moment[0] += 60
        assert await ring.find("a") == 0
        with pytest.raises(Unavailable):
            await ring.find("b")
        shops.down = False
        moment[0] += keys.FRESH_S + 0.1
        assert await ring.find("b") is None

    asyncio.run(walk())
