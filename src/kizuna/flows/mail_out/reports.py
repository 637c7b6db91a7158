"""What a provider reports of sent mail, in its own order and more than once: arrivals, bounces, complaints, reactions.

Opens and clicks are told apart by who made them: mail programs and scanners open and follow everything at once, and a
robot's curiosity is no interest of the customer's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from kizuna.conversations import outgoing
from kizuna.flows.mail_out import delivery, unsubscribing
from kizuna.flows.mail_out.delivery import Bounce, Mail
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.conversations.outgoing import Outgoing
    from kizuna.shops.models import Shop

TOO_SOON_US = {"opened": 2_000_000, "clicked": 10_000_000}
_ROBOT = re.compile(
    r"bot|crawl|spider|scan|preview|prefetch|barracuda|proofpoint|mimecast|ironport|symantec|headless|python|curl|wget"
    r"|java/|go-http|okhttp|libwww",
    re.IGNORECASE,
)
_NAMES = {"opened": "Email Opened", "clicked": "Email Link Clicked"}


@dataclass(frozen=True, slots=True)
class Report:
    """One event as a provider tells it."""

    kind: str
    public_id: str
    provider_id: str
    address: str
    at: datetime | None = None
    detail: str = ""
    reason: str = ""
    link: str = ""
    user_agent: str = ""
    says_machine: bool = False


def take(reports: Sequence[Report], now: datetime) -> int:
    """Take reports; says how many told something of a mail of ours."""
    return sum(_take(report, now) for report in reports)


def is_machine(report: Report, sent_us: int | None) -> bool:
    """Whether a robot opened or followed: it says so, is known as one, shows no name, or was faster than a human."""
    at_us = None if report.at is None else periods.epoch_us(report.at)
    agent = report.user_agent.strip()
    nameless = agent == "Mozilla/5.0"  # how Apple's mail privacy opens everything ahead of its reader
    soon = at_us is not None and sent_us is not None and at_us - sent_us < TOO_SOON_US.get(report.kind, 0)
    return report.says_machine or nameless or soon or bool(_ROBOT.search(agent))


def _take(report: Report, now: datetime) -> bool:
    row = outgoing.find_anywhere(_public_id(report.public_id), report.provider_id)
    if row is None:
        return False
    shop = tenants.get_shop_by_id(row.shop_id)
    mail = Mail(report.address, outgoing_id=row.pk)
    if report.kind in _NAMES:
        return delivery.reacted(shop, mail, _NAMES[report.kind], is_machine(report, row.sent_us), now, report.link)
    return _follow(shop, row, mail, report, now)


def _follow(shop: "Shop", row: "Outgoing", mail: Mail, report: Report, now: datetime) -> bool:
    match report.kind:
        case "delivered":
            return delivery.delivered(shop, mail, now)
        case "complained":
            return delivery.complained(shop, mail, now)
        case "unsubscribed":
            return unsubscribing.follow_link(unsubscribing.token_of(row), now)
        case "bounced" | "rejected" | "failed":
            known = _code(report.detail)
            hard = delivery.is_hard(known) if known else report.reason in ("invalid", "bounced")
            return delivery.bounced(shop, Bounce(None, mail.address, hard, known, report.detail, row.pk), now)
    return False


def _code(detail: str) -> str:
    """The enhanced status code in a server's words, else the plain one."""
    enhanced = re.search(r"\b[45]\.\d{1,3}\.\d{1,3}\b", detail)
    found = enhanced or re.search(r"\b[45]\d\d\b", detail)
    return found[0] if found else ""


def _public_id(text: str) -> UUID | None:
    try:
        return UUID(hex=text)
    except ValueError:
        return None
