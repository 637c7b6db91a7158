"""Fetching mailboxes by IMAP: a thread for each, woken by IDLE; a mail counts as fetched only once it is durable.

Numbers (UID) above the highest durable one are fetched in their order; a mail that cannot be stored is told and passed
by. One process at a time fetches a mailbox. Nothing is deleted or moved; mails are marked as read.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import close_old_connections, connections
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted

from kizuna.conversations import mailboxes
from kizuna.conversations.mailboxes import Mailbox
from kizuna.flows.mail_in import fetching
from kizuna.flows.mail_in.taking import LARGEST
from kizuna.jobs import turns

LOOK_S = 5.0
IDLE_S = 4.0
POLL_S = 20.0
RECONNECT_S = 480.0
LONGEST_PAUSE_S = 300.0
_TIMEOUT_S = 60.0
_KINDS = {"tls": MailBox, "starttls": MailBoxStartTls, "none": MailBoxUnencrypted}
MOST_REFUSALS = 5
_refused: Counter[tuple[int, int]] = Counter()
_log = logging.getLogger(__name__)


class Withheld(ConnectionError):
    """The server has a mail and does not give it now."""


class Fetchers:
    """A thread for each mailbox of the installation, started and ended as mailboxes come and go."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._threads: dict[int, tuple[threading.Thread, threading.Event]] = {}
        self._keeper = threading.Thread(target=self._keep, name="kizuna mailboxes", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._keeper.start()

    def stop(self) -> None:
        """End; a mail that is being stored is stored."""
        self._stop.set()
        for _, ended in self._threads.values():
            ended.set()
        self._keeper.join(LOOK_S + 5.0)
        for thread, _ in self._threads.values():
            thread.join(IDLE_S + 5.0)

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                close_old_connections()
                self._match({mailbox.pk for mailbox in mailboxes.list_all()})
            except Exception:
                _log.exception("cannot list the mailboxes")
            self._stop.wait(LOOK_S)
        connections.close_all()

    def _match(self, wanted: set[int]) -> None:
        for number in [each for each in self._threads if each not in wanted]:
            self._threads.pop(number)[1].set()
        for number in wanted - set(self._threads):
            ended = threading.Event()
            thread = threading.Thread(target=run, args=(number, ended), name=f"kizuna mailbox {number}", daemon=True)
            self._threads[number] = (thread, ended)
            thread.start()


def run(mailbox_id: int, ended: threading.Event) -> None:
    """Fetch one mailbox until told to end; after a failure later and later again."""
    pause = LOOK_S
    while not ended.is_set():
        try:
            close_old_connections()
            with turns.take_turn(f"imap-{mailbox_id}") as mine:
                if mine:
                    _attend(mailbox_id, ended)
                    pause = LOOK_S
        except Exception as problem:
            _note(mailbox_id, f"{type(problem).__name__}: {problem}")
            pause = min(pause * 2, LONGEST_PAUSE_S)
        ended.wait(pause)
    connections.close_all()


def fetch_new(mailbox: Mailbox, server: BaseMailBox, now_us: int) -> int:
    """Fetch what is new in a mailbox that is open; how many mails were taken."""
    validity = _uid_validity(server, mailbox.folder)
    if mailbox.uid_validity != validity:
        fetching.start_over(mailbox, validity)
        mailbox.uid_validity, mailbox.last_uid = validity, 0
    taken = 0
    for uid in _new_uids(server, mailbox.last_uid):
        taken += _take(mailbox, server, uid, now_us)
        mailbox.last_uid = uid
    return taken


def _attend(mailbox_id: int, ended: threading.Event) -> None:
    """Keep a connection for some minutes: fetch, wait for news, fetch."""
    found = next((each for each in mailboxes.list_all() if each.pk == mailbox_id), None)
    if found is None:
        return
    access = mailboxes.access_of(found)
    kind = _KINDS[access.security]
    with kind(access.host, access.port, timeout=_TIMEOUT_S).login(
        access.username, access.password, access.folder
    ) as server:
        until = time.monotonic() + RECONNECT_S
        idles = "IDLE" in {str(each).upper() for each in server.client.capabilities}
        while not ended.is_set() and time.monotonic() < until:
            fetch_new(found, server, _now_us())
            _note(mailbox_id, "")
            _wait(server, ended, idles=idles)
            close_old_connections()


def _wait(server: BaseMailBox, ended: threading.Event, *, idles: bool) -> None:
    """Wait for news, or a while where the server tells none."""
    if not idles:
        ended.wait(POLL_S)
        return
    with server.idle as idle:
        for _ in range(int(POLL_S / IDLE_S)):
            if ended.is_set() or idle.poll(timeout=IDLE_S):
                return


def _take(mailbox: Mailbox, server: BaseMailBox, uid: int, now_us: int) -> int:
    """Take one mail; one that the server keeps refusing to give is told and passed by, so that the next ones come."""
    try:
        taken = _take_given(mailbox, server, uid, now_us)
    except Withheld as refusal:
        _refused[mailbox.pk, uid] += 1
        if _refused[mailbox.pk, uid] < MOST_REFUSALS:
            raise
        fetching.leave_behind(mailbox, mailbox.uid_validity or 0, uid, b"", f"{refusal}, again and again", now_us)
        taken = 0
    _refused.pop((mailbox.pk, uid), None)
    return taken


def _take_given(mailbox: Mailbox, server: BaseMailBox, uid: int, now_us: int) -> int:
    size = _size(server, uid)
    validity = mailbox.uid_validity or 0
    if size is None:
        return 0  # it is gone meanwhile
    if size > LARGEST:
        headers = _fetch(server, uid, "BODY.PEEK[HEADER]") or b""
        why = (
            f"the mail has {size // (1024 * 1024)} MB; {LARGEST // (1024 * 1024)} MB are kept. It stays in its mailbox"
        )
        fetching.leave_behind(mailbox, validity, uid, headers[:100_000], why, now_us)
        return 0
    raw = _fetch(server, uid, "BODY.PEEK[]")
    if raw is None:
        return 0
    fetching.take_fetched(mailbox, validity, uid, raw, now_us)
    try:
        server.client.uid("STORE", str(uid), "+FLAGS", "(\\Seen)")
    except Exception:
        _log.warning("mail %d of %s could not be marked as read", uid, mailbox.username)
    return 1


def _new_uids(server: BaseMailBox, above: int) -> Iterator[int]:
    """List the numbers above one; a search for `n:*` names the last mail also where it lies below."""
    status, found = server.client.uid("SEARCH", f"UID {above + 1}:*")
    if status != "OK":
        raise ConnectionError(f"the server answered {status} to a search")
    words = b" ".join(each for each in found if each).split()
    yield from sorted({int(word) for word in words if word.isdigit() and int(word) > above})


def _size(server: BaseMailBox, uid: int) -> int | None:
    found = _ask(server, uid, "RFC822.SIZE")
    text = b" ".join(each if isinstance(each, bytes) else each[0] for each in found if each)
    _, _, after = text.partition(b"RFC822.SIZE ")
    digits = after.split(b")")[0].split(b" ")[0]
    return int(digits) if digits.isdigit() else None


def _fetch(server: BaseMailBox, uid: int, what: str) -> bytes | None:
    return next((bytes(each[1]) for each in _ask(server, uid, what) if isinstance(each, tuple)), None)


def _ask(server: BaseMailBox, uid: int, what: str) -> list[Any]:
    """Ask for a part of a mail; nothing in a good answer means that it is gone. A refusal is raised, not passed by."""
    status, found = server.client.uid("FETCH", str(uid), f"({what})")
    if status != "OK":
        raise Withheld(f"the server answered {status} when asked for mail {uid}")
    return list(found)


def _uid_validity(server: BaseMailBox, folder: str) -> int:
    return int(server.folder.status(folder, ["UIDVALIDITY"])["UIDVALIDITY"])


def _note(mailbox_id: int, problem: str) -> None:
    try:
        fetching.note_check(mailbox_id, problem, _now_us())
    except Exception:
        _log.exception("cannot note how mailbox %d is", mailbox_id)


def _now_us() -> int:
    return time.time_ns() // 1000
