"""What a mail tells about another one of ours: it bounced, arrived, was called spam, or was one too many.

Only what names a mail of ours has an effect (flows.mail_out.delivery asks for the recipient too): anybody can write a
bounce, and must not silence a customer with it.
"""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from kizuna.conversations import mail_ids, outgoing
from kizuna.conversations.mail.parsed import Failure, ParsedMail, Report, Verdict
from kizuna.flows.mail_out import delivery
from kizuna.flows.mail_out.delivery import Bounce
from kizuna.outreach import suppression
from kizuna.outreach.suppression import Reason, Scope
from kizuna.science import periods

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kizuna.conversations.outgoing import Outgoing
    from kizuna.shops.models import Shop

_NOTHING = {"relayed", "expanded"}
_HARMLESS = {"not-spam", "auth-failure", "opt-out-list"}


def follow_report(shop: "Shop", mail: ParsedMail, recipients: "Iterable[str]", now: datetime) -> "Outgoing | None":
    """Let a bounce or complaint have its effect; the mail of ours that it is about, None where it is none."""
    report = mail.report
    if report is None:
        return None
    outgoing_id = _named_by(recipients)
    if not _names(report, outgoing_id):
        return None
    row = outgoing.find(shop.pk, outgoing_id=outgoing_id, mail_id=report.message_id)
    if row is None:
        return None
    for failure in report.failures:
        if mail.verdict == Verdict.COMPLAINT:
            if report.feedback not in _HARMLESS:
                told = delivery.Mail(failure.address, None, row.pk)
                delivery.complained(shop, told, now)
        else:
            _follow(shop, row.pk, failure, now)
    return row


def stop_marketing(shop: "Shop", address: str, raw_id: str, now: datetime) -> None:
    """Do as somebody asked who wrote 'unsubscribe': no more dialogue or marketing mail."""
    evidence = {"mail_in": raw_id}
    suppression.suppress(shop.pk, address, Reason.UNSUBSCRIBED, Scope.MARKETING, periods.epoch_us(now), evidence)


def _follow(shop: "Shop", outgoing_id: int, failure: Failure, now: datetime) -> None:
    if failure.action in _NOTHING:
        return
    if failure.action == "delivered":
        delivery.delivered(shop, delivery.Mail(failure.address, None, outgoing_id), now)
        return
    if failure.action == "delayed":
        return  # the other server goes on trying, and says so again when it gives up
    words = failure.detail[:500]
    known = replace(failure, detail=words)
    bounce = Bounce(None, known.address, known.hard, known.code[:12], known.detail, outgoing_id)
    delivery.bounced(shop, bounce, now)


def _named_by(recipients: "Iterable[str]") -> int | None:
    """The mail whose own bounce address this report came to."""
    found = (mail_ids.read_bounce_address(settings.SECRET_KEY, each) for each in recipients)
    return next((each for each in found if each is not None), None)


def _names(report: Report, outgoing_id: int | None) -> bool:
    return outgoing_id is not None or mail_ids.is_ours(settings.SECRET_KEY, report.message_id)
