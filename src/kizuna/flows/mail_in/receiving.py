"""Raw mail becomes part of a conversation: read without the database, judged, put where it belongs, told as a fact.

One transaction for each mail; one that fails is set aside whole and the next is taken. Killed at any point nothing is
lost or doubled: the raw mail is marked in the transaction of what it became.
"""

import logging
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, transaction

from kizuna.conversations import raw_mail, raw_shelf
from kizuna.conversations.mail.parse import parse_mail
from kizuna.conversations.mail.parsed import ParsedMail
from kizuna.conversations.mail.senders import Check
from kizuna.flows.mail_in import filing, sender_check, storing
from kizuna.flows.mail_in.taking import Envelope, TooLarge, UnknownRecipient, take_raw
from kizuna.jobs import standing
from kizuna.science import periods
from kizuna.shops import audit, tenants

if TYPE_CHECKING:
    from uuid import UUID

    from kizuna.conversations.models import RawMail
    from kizuna.shops.models import Person, Shop

__all__ = [
    "Envelope",
    "TooLarge",
    "UnknownRecipient",
    "discard",
    "open_anyway",
    "process",
    "retry",
    "take_raw",
    "take_waiting",
]

AT_ONCE = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Read:
    """A mail that was read, with what we know of its sender."""

    raw: "RawMail"
    mail: ParsedMail
    check: Check


@standing.pump("mail.receive", interval_s=0.1)
def take_waiting(now: datetime) -> bool:
    """Take the oldest mails that wait; True where there may be more.

    One that was tried before is taken alone: should it end the worker again, no other is blamed for it.
    """
    ids = raw_mail.list_pending(AT_ONCE)
    if not ids:
        return False
    _note_attempts(ids)
    try:
        for raw_id in ids:
            process(raw_id, now)
    except Exception:
        _forgive(ids)
        raise
    return True


def process(raw_id: int, now: datetime) -> bool:
    """Take one mail; False where it was set aside instead or taken before. Passing faults are raised."""
    raw, now_us = raw_mail.find_pending(raw_id), periods.epoch_us(now)
    if raw is None:
        return False
    if raw.attempts > raw_mail.MOST_ATTEMPTS:
        _quarantine(raw_id, "reading it ended the worker again and again", now_us)
        return False
    read: _Read | None = None
    try:
        read = _read(raw)
        storing.keep_files(read.mail)
        try:
            return _place(raw_id, read, now)
        except IntegrityError:
            # the same mail was taken on another way in this moment: the second look finds it
            return _place(raw_id, read, now)
    except Exception as problem:
        if _is_passing(problem):
            raise
        _log.exception("mail %s was set aside", raw_id)
        _quarantine(raw_id, traceback.format_exc(), now_us, read)
        return False


@transaction.atomic
def retry(shop: "Shop", public_id: "UUID | str", person: "Person | None", now: datetime) -> None:
    """Let a mail that was set aside wait to be read again. Raises NotThere."""
    raw_shelf.put_back(shop.pk, public_id)
    audit.record(shop, person, "mail_retried", str(public_id), None, None, now)


@transaction.atomic
def open_anyway(shop: "Shop", public_id: "UUID | str", person: "Person | None", now: datetime) -> "RawMail":
    """Open a conversation with a mail that opened none by itself. Raises NotThere."""
    raw_shelf.put_back(shop.pk, public_id)
    raw = raw_shelf.get(shop.pk, public_id)
    read = _read(raw)
    filing.place(shop, raw, read.mail, read.check, now, anyway=True)
    audit.record(shop, person, "mail_opened", str(public_id), None, None, now)
    return raw


@transaction.atomic
def discard(shop: "Shop", public_id: "UUID | str", person: "Person | None", now: datetime) -> None:
    """Let go of a mail that was set aside; its bytes stay until raw mail is pruned. Raises NotThere."""
    raw_shelf.discard(shop.pk, public_id, periods.epoch_us(now))
    audit.record(shop, person, "mail_discarded", str(public_id), None, None, now)


def _read(raw: "RawMail") -> _Read:
    mail = parse_mail(bytes(raw.body or b""), raw.mail_from)
    return _Read(raw, mail, sender_check.check(raw.shop_id, mail, bytes(raw.body or b"")))


@transaction.atomic
def _place(raw_id: int, read: _Read, now: datetime) -> bool:
    held = raw_mail.lock_pending(raw_id)
    if held is None:
        return False
    filing.place(tenants.get_shop_by_id(held.shop_id), held, read.mail, read.check, now)
    return True


def _note_attempts(ids: Sequence[int]) -> None:
    with transaction.atomic():
        raw_mail.note_attempt(ids)


def _quarantine(raw_id: int, problem: str, now_us: int, read: _Read | None = None) -> None:
    with transaction.atomic():
        if read is not None:
            raw_mail.name(raw_id, read.mail.sender.address, read.mail.subject)
        raw_mail.quarantine(raw_id, problem, now_us)


def _forgive(ids: Sequence[int]) -> None:
    """What held up the worker passes; where the database is gone, the count could not rise either."""
    with suppress(DatabaseError), transaction.atomic():
        raw_mail.forgive_attempts(ids)


def _is_passing(problem: Exception) -> bool:
    """Whether a fault lies in the database's circumstances (locked, full, gone) and not in the mail."""
    if isinstance(problem, InterfaceError):
        return True
    name = getattr(problem.__cause__, "sqlite_errorname", None)
    return isinstance(problem, OperationalError) and (name is None or name.startswith("SQLITE_"))
