"""Mail fetched from a mailbox: stored and counted in one transaction, so that it is neither lost nor doubled.

What cannot be stored (larger than we keep) is told on the page with the headers that we have, and the next is fetched.
"""

from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import mailboxes, raw_mail
from kizuna.flows.mail_in import taking
from kizuna.flows.mail_in.taking import Envelope

if TYPE_CHECKING:
    from kizuna.conversations.models import Mailbox


@transaction.atomic
def take_fetched(mailbox: "Mailbox", uid_validity: int, uid: int, raw: bytes, now_us: int) -> int:
    """Store a fetched mail and how far its mailbox is; its id. Durable on return; raises TooLarge."""
    envelope = Envelope(None, (mailbox.username,), "imap", mailbox.team_id, mailbox.shop_id)
    raw_id = raw_mail.store(taking.route(envelope, raw), now_us)[0]
    mailboxes.note_progress(mailbox.pk, uid_validity, uid)
    return raw_id


@transaction.atomic
def leave_behind(mailbox: "Mailbox", uid_validity: int, uid: int, headers: bytes, why: str, now_us: int) -> int:
    """Keep the headers of a mail that stays in its mailbox, in quarantine with the reason, and go on behind it."""
    envelope = Envelope(None, (mailbox.username,), "imap", mailbox.team_id, mailbox.shop_id)
    note = f"\r\n[The mail itself is in {mailbox.folder} of {mailbox.username}, number {uid}.]\r\n".encode()
    raw_id = raw_mail.store(taking.route(envelope, headers.rstrip() + b"\r\n" + note), now_us)[0]
    raw_mail.quarantine(raw_id, why, now_us)
    mailboxes.note_progress(mailbox.pk, uid_validity, uid)
    return raw_id


@transaction.atomic
def note_check(mailbox_id: int, problem: str, now_us: int) -> None:
    """Note that a mailbox was looked into, and what was wrong."""
    mailboxes.note_check(mailbox_id, problem, now_us)


@transaction.atomic
def start_over(mailbox: "Mailbox", uid_validity: int) -> None:
    """Begin at the first mail again: the server numbers this folder anew. What we have already is recognised."""
    mailboxes.note_progress(mailbox.pk, uid_validity, 0)
