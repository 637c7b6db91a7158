"""What is heard of a mail after it was sent: it arrived, came back, was called spam, was opened; and what follows.

Only what names a mail of ours and one of its recipients has any effect: a forged bounce or complaint must not keep a
shop from writing to somebody. Callers may hold a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.bus import notes
from kizuna.conversations import outgoing
from kizuna.conversations.outgoing import Outcome, Outgoing, SendState
from kizuna.customers import links
from kizuna.flows import happenings
from kizuna.flows.happenings import Happening
from kizuna.outreach import suppression
from kizuna.outreach.suppression import Reason, Scope
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@dataclass(frozen=True, slots=True)
class Mail:
    """Which mail is meant, by whatever is known of it, and which recipient; an empty address means its only one."""

    address: str = ""
    message_id: str | None = None
    outgoing_id: int | None = None
    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that came back: for good (hard) or for a passing reason, with the code and words of the other server."""

    message_id: str | None
    address: str
    hard: bool
    code: str = ""
    detail: str = ""
    outgoing_id: int | None = None
    provider_id: str = ""


def bounced(shop: "Shop", bounce: Bounce, now: datetime) -> bool:
    """Note that a mail came back; False where it is no mail of ours to that address, or nothing new.

    An address that does not exist is not written to again; one that fails for a passing reason only when it repeats.
    """
    mail = Mail(bounce.address, bounce.message_id, bounce.outgoing_id, bounce.provider_id)
    with transaction.atomic():
        links.lock(shop.pk)
        row, address = _find(shop, mail)
        if row is None:
            return False
        outcome = Outcome(address, SendState.BOUNCED, bounce.code, bounce.detail or "It came back.")
        if not outgoing.note(row, outcome, periods.epoch_us(now)):
            return False
        follow_bounce(row, outcome, bounce.hard, now)
        announce(shop.pk, [row])
    return True


def is_hard(code: str) -> bool:
    """Whether a refusal of a recipient says that the address does not exist, rather than not now or not from us."""
    return code.startswith("5.1.") or code in ("5.2.1", "550", "551", "553")


def follow_bounce(row: Outgoing, outcome: Outcome, hard: bool, now: datetime) -> None:
    """Do what follows when one recipient's mail came back, at once or later; the row says so already."""
    now_us = periods.epoch_us(now)
    evidence = {"mail": row.mail_id, "code": outcome.code, "detail": outcome.detail[:300]}
    if hard:
        suppression.suppress(row.shop_id, outcome.address, Reason.HARD_BOUNCE, Scope.ALL, now_us, evidence)
    elif suppression.note_soft_bounce(row.shop_id, outcome.address, now_us):
        suppression.suppress(row.shop_id, outcome.address, Reason.SOFT_BOUNCES, Scope.ALL, now_us, evidence)
    _tell(row, "Email Bounced", now_us, outcome.address)


def complained(shop: "Shop", mail: Mail, now: datetime) -> bool:
    """Note that somebody called a mail spam: they get no dialogue or marketing mail any more."""
    now_us = periods.epoch_us(now)
    with transaction.atomic():
        links.lock(shop.pk)
        row, address = _find(shop, mail)
        if row is None:
            return False
        suppression.suppress(shop.pk, address, Reason.COMPLAINT, Scope.MARKETING, now_us, {"mail": row.mail_id})
        _tell(row, "Email Marked as Spam", now_us, address)
        _tell(row, "Unsubscribed", now_us, address)
    return True


def delivered(shop: "Shop", mail: Mail, now: datetime) -> bool:
    """Note that a mail arrived in the mailbox, as a provider or a delivery notice says."""
    now_us = periods.epoch_us(now)
    with transaction.atomic():
        links.lock(shop.pk)
        row, address = _find(shop, mail)
        if row is None or not outgoing.note(row, Outcome(address, SendState.DELIVERED), now_us):
            return False
        suppression.note_arrival(shop.pk, [address])
        _tell(row, "Email Delivered", now_us, address)
        announce(shop.pk, [row])
    return True


def reacted(shop: "Shop", mail: Mail, name: str, machine: bool, now: datetime, link: str = "") -> bool:
    """Note that a mail was opened or one of its links followed, by a human or by a robot (`machine`)."""
    now_us = periods.epoch_us(now)
    with transaction.atomic():
        links.lock(shop.pk)
        row, address = _find(shop, mail)
        if row is None:
            return False
        kind = "robot" if machine else "human"
        _tell(row, name, now_us, f"{address} {kind} {link}", {"machine": machine, "link_url": link[:500]})
    return True


def announce(shop_id: int, rows: Sequence[Outgoing]) -> None:
    """Let open pages look again at the conversations of these mails, once the transaction is committed."""
    touched = {row.message.conversation_id for row in rows if row.message is not None}
    for conversation_id in sorted(touched):
        transaction.on_commit(partial(notes.publish, f"shop:{shop_id}:inbox", {"conversation": conversation_id}))


def _find(shop: "Shop", mail: Mail) -> tuple[Outgoing | None, str]:
    """Find the mail that is meant and its recipient; nothing where it did not go to that address."""
    row = outgoing.find(
        shop.pk, outgoing_id=mail.outgoing_id, mail_id=mail.message_id or "", provider_id=mail.provider_id
    )
    if row is None:
        return None, ""
    addresses = [str(each["address"]) for each in row.recipients]
    if not mail.address and len(addresses) == 1:
        return row, addresses[0]
    meant = next((each for each in addresses if each.lower() == mail.address.strip().lower()), None)
    return (None, "") if meant is None else (row, meant)


def _tell(row: Outgoing, name: str, now_us: int, about: str, more: "dict[str, object] | None" = None) -> None:
    """Record a fact of the customer; only of mail in a conversation is it known whose it is."""
    if row.message is None or row.message.conversation.identity_id is None:
        return
    told = {"email_id": row.public_id.hex, **(more or {})}
    whose = suppression.address_key(row.shop_id, about).hex()[:12]
    key = f"{name.lower().replace(' ', '-')}-{row.public_id.hex}-{whose}"
    identity_id = row.message.conversation.identity_id
    happenings.record(row.shop, Happening(name, identity_id, now_us, key, told), now_us)
