"""Which write keys may send: hashes of all active keys in memory, read again from shops at most once a second.

A revoked key stops within two seconds; a new one works at its first request, because an unknown key asks for one more
reading. Readings are single and spaced, so that guessing keys cannot load the database. Where the database does not
answer, known keys go on (their events are safe in the inbox) and unknown ones are asked to come back.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from django.db import close_old_connections

from kizuna.shops import keys

FRESH_S = 1.0
STALE_S = 1.9
SPACING_S = 0.25
PATIENCE_S = 2.0
_MOST_REFUSED = 10_000
_log = logging.getLogger(__name__)


class Unavailable(Exception):
    """Whether the key is good cannot be said just now."""


class _Active(Protocol):
    """What is kept of a source."""

    @property
    def id(self) -> int:
        """The source's id."""

    @property
    def key_hash(self) -> str:
        """The hash of its key."""


class KeyRing:
    """Finds the source of a write key without asking the database each time."""

    def __init__(
        self,
        list_active: Callable[[], Iterable[_Active]] = keys.list_active_sources,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._list_active = list_active
        self._clock = clock
        self._sources: dict[str, int] = {}
        self._hashes: dict[str, str] = {}
        self._refused: dict[str, float] = {}
        self._read_at = float("-inf")
        self._tried_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def find(self, write_key: str) -> int | None:
        """Find the id of the source with this key; None if no active source has it. Raises Unavailable."""
        now = self._clock()
        if now - self._read_at > FRESH_S and now - self._tried_at > FRESH_S:
            self._begin()
        if now - self._read_at > STALE_S:
            await self._read()
        key_hash = self._hash(write_key)
        source = self._sources.get(key_hash)
        if source is None and self._refused.get(key_hash, float("-inf")) < now - STALE_S:
            await self._look_again()
            source = self._sources.get(key_hash)
            if source is None:
                self._refuse(key_hash)
        return source

    async def _look_again(self) -> None:
        """Read once more, not before the spacing allows; a reading already under way began too early to tell."""
        asked = self._clock()
        await asyncio.sleep(max(0.0, self._tried_at + SPACING_S - asked))
        for _ in range(2):
            if self._read_at >= asked:
                return
            self._begin()
            await self._read()
        if self._read_at < asked:
            raise Unavailable

    def _hash(self, write_key: str) -> str:
        """Hash a key once; only keys of active sources are remembered, so that guesses fill nothing."""
        key_hash = self._hashes.get(write_key)
        if key_hash is None:
            key_hash = keys.hash_key(write_key)
            if key_hash in self._sources:
                self._hashes[write_key] = key_hash
        return key_hash

    def _refuse(self, key_hash: str) -> None:
        if len(self._refused) >= _MOST_REFUSED:
            self._refused.clear()
        self._refused[key_hash] = self._clock()

    def _begin(self) -> None:
        if self._reading is None or self._reading.done():
            self._tried_at = self._clock()
            self._reading = asyncio.create_task(self._read_all())

    async def _read(self) -> None:
        """Wait for the reading under way, but not for ever."""
        if self._reading is not None and not self._reading.done():
            await asyncio.wait({self._reading}, timeout=PATIENCE_S)

    async def _read_all(self) -> None:
        begun = self._clock()
        try:
            active = await asyncio.to_thread(self._list)
        except Exception:
            _log.warning("cannot read the write keys; going on with those known", exc_info=True)
            return
        self._sources = {source.key_hash: source.id for source in active}
        self._hashes = {key: key_hash for key, key_hash in self._hashes.items() if key_hash in self._sources}
        self._read_at = begun

    def _list(self) -> list[_Active]:
        close_old_connections()
        return list(self._list_active())
