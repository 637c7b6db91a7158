"""Mail that a provider posted: stored for the team it was written to, else for the team of the door."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import raw_mail
from kizuna.flows.mail_in import taking
from kizuna.flows.mail_in.taking import Envelope, UnknownRecipient

if TYPE_CHECKING:
    from kizuna.conversations.models import MailHook
    from kizuna.conversations.raw_mail import Arrived


BEGINNING = 100_000
"""Bytes that are kept of a mail larger than what is kept."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail as a provider tells it."""

    raw: bytes
    mail_from: str | None
    recipients: tuple[str, ...]


@transaction.atomic
def take_posted(hook: "MailHook", posted: Sequence[Posted], now_us: int) -> int:
    """Store posted mails with one commit, durable on return; of how many, too large, only the beginning was kept."""
    arrived = [each for mail in posted if len(mail.raw) <= taking.LARGEST for each in _route(hook, mail)]
    if arrived:
        raw_mail.store(arrived, now_us)
    large = [mail for mail in posted if len(mail.raw) > taking.LARGEST]
    for mail in large:
        leave_behind(hook, mail.raw, len(mail.raw), now_us)
    return len(large)


@transaction.atomic
def leave_behind(hook: "MailHook", raw: bytes, size: int, now_us: int) -> None:
    """Keep the beginning of what is too large to be kept, in quarantine with the reason."""
    most = taking.LARGEST // 1_048_576
    why = f"{hook.provider} posted {size / 1_048_576:.1f} MB; {most} MB are kept. Ask the sender to send it another way"
    _set_aside(hook, raw[:BEGINNING], why, now_us)


@transaction.atomic
def keep_unread(hook: "MailHook", body: bytes, problem: str, now_us: int) -> None:
    """Keep what a provider posted and we could not read, in quarantine: whole, or what of it can be kept."""
    cut = f" (the first {taking.LARGEST} bytes of {len(body)})" if len(body) > taking.LARGEST else ""
    _set_aside(hook, body[: taking.LARGEST], problem + cut, now_us)


def _set_aside(hook: "MailHook", body: bytes, why: str, now_us: int) -> None:
    held = Envelope(None, (), "webhook", hook.team_id, hook.shop_id)
    raw_id = raw_mail.store(taking.route(held, body), now_us)[0]
    raw_mail.quarantine(raw_id, why, now_us)


def _route(hook: "MailHook", mail: Posted) -> "list[Arrived]":
    """The teams of this shop that the mail was written to; another shop's address leads to the door's own team."""
    told = Envelope(mail.mail_from, mail.recipients, "webhook")
    try:
        mine = [each for each in taking.route(told, mail.raw) if each.shop_id == hook.shop_id]
    except UnknownRecipient:
        mine = []
    held = Envelope(mail.mail_from, mail.recipients, "webhook", hook.team_id, hook.shop_id)
    return mine or taking.route(held, mail.raw)
