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


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail as a provider tells it."""

    raw: bytes
    mail_from: str | None
    recipients: tuple[str, ...]


@transaction.atomic
def take_posted(hook: "MailHook", posted: Sequence[Posted], now_us: int) -> list[int]:
    """Store posted mails with one commit; their ids. Durable on return; raises TooLarge."""
    arrived = [each for mail in posted for each in _route(hook, mail)]
    return raw_mail.store(arrived, now_us) if arrived else []


@transaction.atomic
def keep_unread(hook: "MailHook", body: bytes, problem: str, now_us: int) -> None:
    """Keep what a provider posted and we could not read, whole, in quarantine."""
    held = Envelope(None, (), "webhook", hook.team_id, hook.shop_id)
    raw_id = raw_mail.store(taking.route(held, body[: taking.LARGEST]), now_us)[0]
    raw_mail.quarantine(raw_id, problem, now_us)


def _route(hook: "MailHook", mail: Posted) -> "list[Arrived]":
    """The teams of this shop that the mail was written to; another shop's address leads to the door's own team."""
    told = Envelope(mail.mail_from, mail.recipients, "webhook")
    try:
        mine = [each for each in taking.route(told, mail.raw) if each.shop_id == hook.shop_id]
    except UnknownRecipient:
        mine = []
    held = Envelope(mail.mail_from, mail.recipients, "webhook", hook.team_id, hook.shop_id)
    return mine or taking.route(held, mail.raw)
