"""Several connections at once, kept from one step of the pump to the next, and a pace for each recipient domain.

What is carried over them is decided in flows.mail_out.pumping; one worker at a time has the fleet in use.
"""

import copy
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.conf import settings

from kizuna.flows.mail_out import wires
from kizuna.flows.mail_out.wires import Carried, Post, Wire

IDLE_S = 20.0
BURST_S = 10.0
_lock = threading.Lock()
_fleet: "Fleet | None" = None


class Fleet:
    """Threads with a wire each."""

    def __init__(self, count: int, named: Any) -> None:
        self.named = named
        self.pace = Pace(settings.MAIL_RATE)
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="kizuna mail")
        self._free: queue.SimpleQueue[Wire] = queue.SimpleQueue()
        self._used = time.monotonic()

    def carry(self, post: Post) -> "Future[Carried]":
        """Carry a letter as soon as a wire is free."""
        self._used = time.monotonic()
        return self._pool.submit(self._carry, post)

    def rest(self) -> None:
        """Let go of connections that have had nothing to do for a while."""
        if time.monotonic() - self._used > IDLE_S:
            self._close_free()

    def close(self) -> None:
        """End the threads and the connections."""
        self._pool.shutdown(wait=True)
        self._close_free()

    def _carry(self, post: Post) -> Carried:
        try:
            wire = self._free.get_nowait()
        except queue.Empty:
            wire = wires.open_wire()
        try:
            return wire.carry(post)
        finally:
            self._free.put(wire)

    def _close_free(self) -> None:
        while True:
            try:
                self._free.get_nowait().close()
            except queue.Empty:
                return


class Pace:
    """So many mails a minute to each domain, with a small burst; nothing is remembered over a restart."""

    def __init__(self, per_minute: int) -> None:
        self._each_s = 60.0 / per_minute if per_minute > 0 else 0.0
        self._next: dict[str, float] = {}

    def take(self, domains: Sequence[str], at_s: float) -> float:
        """Take a place for a mail to these domains; returns for how many seconds it must wait instead, 0 if none."""
        if not self._each_s:
            return 0.0
        wait = max(self._next.get(domain, 0.0) - BURST_S - at_s for domain in domains)
        if wait > 0:
            return wait
        for domain in set(domains):
            self._next[domain] = max(self._next.get(domain, 0.0), at_s) + self._each_s
        return 0.0

    def list_full(self, at_s: float) -> list[str]:
        """List the domains that must wait; those that have not been written to for a while are forgotten."""
        self._next = {domain: until for domain, until in self._next.items() if until > at_s}
        return [domain for domain, until in self._next.items() if until - BURST_S > at_s]


def get_fleet() -> Fleet:
    """Give the fleet of this process; a new one where the settings have changed."""
    global _fleet
    named = (settings.MAILERS["default"], settings.MAIL_RATE, settings.MAIL_CONNECTIONS)
    with _lock:
        if _fleet is None or _fleet.named != named:
            if _fleet is not None:
                _fleet.close()
            _fleet = Fleet(settings.MAIL_CONNECTIONS, copy.deepcopy(named))
        return _fleet


def close() -> None:
    """End the fleet of this process."""
    global _fleet
    with _lock:
        if _fleet is not None:
            _fleet.close()
        _fleet = None
