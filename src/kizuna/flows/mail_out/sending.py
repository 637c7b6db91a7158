"""Queueing mail: a message of a conversation, or a notice without one; taking it back; sending it again.

Queueing takes place in the caller's transaction, so that a mail is sent if and only if what it tells of was committed.
The Message-ID is fixed here for ever. The worker sends (flows.mail_out.pumping).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

from kizuna.conversations import composing, mail_ids, outgoing, threads
from kizuna.conversations.outgoing import NewOutgoing, Outgoing
from kizuna.science import periods
from kizuna.shops import audit
from kizuna.tables import public_ids

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

MOST_RECIPIENTS = 100


class NoRecipient(ValueError):
    """A mail has nobody to go to, or more recipients than one mail may have."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a message is sent: marketing may be unsubscribed from and is never sent twice; the delay allows undoing.

    `gathers` names earlier entries of its conversation, by id, that the same mail brings.
    """

    marketing: bool = False
    delay_s: float = 0
    headers: Sequence[tuple[str, str]] = ()
    gathers: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail outside of any conversation: a log-in link, an invitation. `key` makes it one mail for ever."""

    to: str
    subject: str
    text: str
    html: str = ""
    key: str = ""
    marketing: bool = False
    machine: bool = True


@dataclass(frozen=True, slots=True)
class _Sender:
    address: str
    name: str
    receives: bool


def queue(shop: "Shop", message_id: int, terms: Terms, now: datetime) -> Outgoing:
    """Queue a message of a conversation for sending; queueing it again gives the same mail.

    Raises threads.NotThere, and NoRecipient or composing.BadAddress where it cannot be sent to whom it names.
    """
    now_us = periods.epoch_us(now)
    message = threads.find_message(shop.pk, message_id)
    if message is None:
        raise threads.NotThere(f"message {message_id}")
    sender = _sender_of(shop, message.conversation.team_id)
    to = _checked(message.recipients.get("to", ()))
    cc = [each for each in _checked(message.recipients.get("cc", ())) if each not in to]
    if not to or len(to) + len(cc) > MOST_RECIPIENTS:
        raise NoRecipient(f"a mail goes to 1 to {MOST_RECIPIENTS} addresses, not {len(to) + len(cc)}")
    mail_id = mail_ids.make_message_id(settings.SECRET_KEY, message.public_id, mail_ids.domain_of(sender.address))
    reply_to = ""
    if sender.receives:
        reply_to = mail_ids.make_reply_address(settings.SECRET_KEY, message.conversation_id, sender.address)
    new = NewOutgoing(
        public_id=message.public_id,
        message_id=mail_id,
        sender=sender.address,
        sender_name=sender.name,
        reply_to=reply_to,
        to=to,
        cc=cc,
        due_us=now_us + int(terms.delay_s * 1e6),
        message=message.pk,
        marketing=terms.marketing,
        machine=message.is_automatic,
        headers=terms.headers,
        content={"gathers": list(terms.gathers)} if terms.gathers else {},
    )
    queued = outgoing.put(shop.pk, new, now_us)
    threads.name_mail(shop.pk, message.pk, queued.mail_id)
    return queued


def send_notice(shop: "Shop", notice: Notice, now: datetime) -> Outgoing:
    """Queue a mail that belongs to no conversation; the same key again gives the same mail. Raises BadAddress."""
    now_us = periods.epoch_us(now)
    sender = _sender_of(shop, None)
    public_id = public_ids.make(now_us)
    new = NewOutgoing(
        public_id=public_id,
        message_id=mail_ids.make_message_id(settings.SECRET_KEY, public_id, mail_ids.domain_of(sender.address)),
        sender=sender.address,
        sender_name=sender.name,
        to=_checked([notice.to]),
        due_us=now_us,
        key=notice.key,
        marketing=notice.marketing,
        machine=notice.machine,
        content={"subject": composing.clean(notice.subject), "text": notice.text, "html": notice.html},
    )
    return outgoing.put(shop.pk, new, now_us)


def undo(shop: "Shop", message_id: int, now: datetime) -> bool:
    """Take a message back that was not sent yet; False where it is too late."""
    with transaction.atomic():
        return outgoing.withdraw(shop.pk, message_id, periods.epoch_us(now))


def resend(shop: "Shop", message_id: int, person: "Person | None", now: datetime) -> bool:
    """Send a message again that failed, came back or is in doubt, to those it did not reach; the same Message-ID."""
    with transaction.atomic():
        done = outgoing.requeue(shop.pk, periods.epoch_us(now), message=message_id)
        if done:
            audit.record(shop, person, "mail_sent_again", f"message {message_id}", None, None, now)
    return done


def resend_mail(shop: "Shop", public_id: UUID, person: "Person | None", now: datetime) -> bool:
    """Send any mail again, also a notice that belongs to no conversation."""
    with transaction.atomic():
        done = outgoing.requeue(shop.pk, periods.epoch_us(now), public_id=public_id)
        if done:
            audit.record(shop, person, "mail_sent_again", f"mail {public_id}", None, None, now)
    return done


def _checked(addresses: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(composing.check_address(each) for each in addresses))


def _sender_of(shop: "Shop", team_id: int | None) -> _Sender:
    """The address a mail comes from: the team's, else that of the default team, else the installation's own."""
    team, fallback = outgoing.find_sender(shop.pk, team_id)
    name = (team.from_name if team is not None else "") or shop.name
    address = next((each.address for each in (team, fallback) if each is not None and each.address), "")
    return _Sender(address or settings.DEFAULT_FROM_EMAIL, name, bool(address))
