"""Taking raw mail: durable before anybody reads it, many mails with one commit where many come at once.

A door calls `take_raw` and may say yes to the sender once it returns. Nothing is parsed here but the addresses of the
envelope.
"""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from django.conf import settings
from django.db import close_old_connections, connections, transaction

from kizuna.conversations import raw_mail
from kizuna.conversations.mail import matching
from kizuna.conversations.raw_mail import Arrived

LARGEST = 25 * 1024 * 1024
MOST_WAITING_BYTES = 128 * 1024 * 1024
MOST_AT_ONCE_BYTES = 32 * 1024 * 1024


class UnknownRecipient(LookupError):
    """No team takes mail at any of these addresses."""


class TooLarge(ValueError):
    """The mail is larger than what is stored."""


class Busy(RuntimeError):
    """More mail waits to be stored than memory should hold; the sender should come back."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a mail came: its envelope, the door, and the team where the door is a team's own mailbox."""

    mail_from: str | None
    recipients: tuple[str, ...]
    door: str
    team_id: int | None = None
    shop_id: int | None = None


def take_raw(envelope: Envelope, body: bytes, now_us: int) -> int:
    """Store a mail for the teams it was sent to; its id, the first where there are several. Durable on return.

    The same bytes for the same team again are the same row. Raises UnknownRecipient and TooLarge.
    """
    arrived = route(envelope, body)
    with transaction.atomic():
        return raw_mail.store(arrived, now_us)[0]


def takes(address: str) -> bool:
    """Whether a team takes mail at an address; what a door asks before the mail is sent."""
    return matching.find_team(settings.SECRET_KEY, address) is not None


def route(envelope: Envelope, body: bytes) -> list[Arrived]:
    """Say which teams a mail goes to. Raises UnknownRecipient and TooLarge."""
    if len(body) > LARGEST:
        raise TooLarge(f"{len(body)} bytes are more than {LARGEST}")
    if envelope.team_id is not None and envelope.shop_id is not None:
        held = {(envelope.shop_id, envelope.team_id): list(envelope.recipients)}
    else:
        held = {}
        for address in envelope.recipients:
            team = matching.find_team(settings.SECRET_KEY, address)
            if team is not None:
                held.setdefault((team.shop_id, team.pk), []).append(address.strip().lower()[:320])
    if not held:
        raise UnknownRecipient(", ".join(envelope.recipients)[:300])
    sha = raw_mail.digest(body)
    return [
        Arrived(shop_id, team_id, envelope.door, envelope.mail_from, tuple(addresses), body, sha)
        for (shop_id, team_id), addresses in held.items()
    ]


@dataclass(slots=True)
class _Waiting:
    arrived: list[Arrived]
    now_us: int
    done: "Future[int]"


class Group:
    """Stores what came while the last commit ran with the next one: one thread, many senders."""

    def __init__(self) -> None:
        self._queue: deque[_Waiting] = deque()
        self._bytes = 0
        self._news = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def submit(self, envelope: Envelope, body: bytes, now_us: int) -> "Future[int]":
        """Queue a mail; the future holds its id once it is durable. Raises as `route` does, and Busy."""
        arrived = route(envelope, body)
        done: Future[int] = Future()
        with self._news:
            if self._closed or self._bytes > MOST_WAITING_BYTES:
                raise Busy
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="kizuna mail in", daemon=True)
                self._thread.start()
            self._queue.append(_Waiting(arrived, now_us, done))
            self._bytes += len(body)
            self._news.notify()
        return done

    def close(self) -> None:
        """Store what waits, then stop."""
        with self._news:
            self._closed = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join()

    def _write(self) -> None:
        while True:
            with self._news:
                while not self._queue and not self._closed:
                    self._news.wait()
                group = self._next()
            if not group:
                break
            close_old_connections()
            _store(group)
        connections.close_all()

    def _next(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        size = 0
        while self._queue and (not group or size < MOST_AT_ONCE_BYTES):
            waiting = self._queue.popleft()
            group.append(waiting)
            size += sum(len(each.body) for each in waiting.arrived)
        self._bytes -= sum(len(waiting.arrived[0].body) for waiting in group)
        return group


def _store(group: Sequence[_Waiting]) -> None:
    """Store a group with one commit; where that fails, each alone, so that one never costs the others."""
    try:
        with transaction.atomic():
            ids = raw_mail.store([each for waiting in group for each in waiting.arrived], group[-1].now_us)
    except Exception as problem:
        if len(group) > 1:
            for waiting in group:
                _store([waiting])
        else:
            group[0].done.set_exception(problem)
        return
    at = 0
    for waiting in group:
        waiting.done.set_result(ids[at])
        at += len(waiting.arrived)
