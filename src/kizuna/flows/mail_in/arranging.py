"""How a shop's mail comes in: mailboxes to fetch, doors for providers, whose word about senders counts, fax and scan
addresses. Every change is in the audit log; secrets never are.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from kizuna.conversations import mail_terms, mailboxes, teams
from kizuna.conversations.mail.headers import clean_address
from kizuna.conversations.mailboxes import Access
from kizuna.shops import audit, tenants

if TYPE_CHECKING:
    from uuid import UUID

    from kizuna.conversations.models import Mailbox, MailHook
    from kizuna.shops.models import Person, Shop

MOST_ADDRESSES = 50
FEWEST_DAYS, MOST_DAYS = 30, 3650
_HOST = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9.-]{0,250}[a-zA-Z0-9])?|\[?[0-9a-fA-F:]+\]?")


class Refused(tenants.Refused):
    """An arrangement cannot be made as told; `field` names the input to blame."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A shop's terms of incoming mail, as its owner writes them."""

    trusted_receiver: str
    fax_addresses: str
    scan_addresses: str
    raw_days: int = 730


def add_mailbox(shop: "Shop", access: Access, person: "Person | None", now: datetime) -> "Mailbox":
    """Fetch a mailbox for a team from now on. Raises Refused."""
    if not _HOST.fullmatch(access.host):
        raise Refused("host", "name the server, such as imap.example.com")
    if access.security not in mailboxes.SECURITY:
        raise Refused("security", f"must be one of {', '.join(mailboxes.SECURITY)}")
    if not 0 < access.port <= 65_535:
        raise Refused("port", "must lie between 1 and 65535")
    for name in ("username", "password", "folder"):
        told = getattr(access, name)
        if not told.strip() or any(ord(sign) < 32 for sign in told):
            raise Refused(name, "is needed, on one line")
    if access.team_id not in {team.pk for team in teams.list_teams(shop.pk)}:
        raise Refused("team", "is no team of this shop")
    try:
        with transaction.atomic():
            made = mailboxes.add(shop.pk, access)
            told = {"host": access.host, "user": access.username, "folder": access.folder}
            audit.record(shop, person, "mailbox_added", access.username, None, told, now)
    except IntegrityError:
        raise Refused("username", "this folder is fetched for the team already") from None
    return made


@transaction.atomic
def remove_mailbox(shop: "Shop", public_id: "UUID", person: "Person | None", now: datetime) -> None:
    """Fetch a mailbox no longer; what was fetched stays. Raises mailboxes.NotThere."""
    mailboxes.remove(shop.pk, public_id)
    audit.record(shop, person, "mailbox_removed", str(public_id), None, None, now)


@transaction.atomic
def add_hook(
    shop: "Shop", provider: str, secret: str, team_id: int, person: "Person | None", now: datetime
) -> "MailHook":
    """Open a door for a provider; mail to no other team's address goes to the team. Raises Refused."""
    if not secret.strip():
        raise Refused("secret", "is needed: what comes without the provider's signature is refused")
    if team_id not in {team.pk for team in teams.list_teams(shop.pk)}:
        raise Refused("team", "is no team of this shop")
    made = mailboxes.add_hook(shop.pk, team_id, provider, secret.strip())
    audit.record(shop, person, "mail_door_opened", provider, None, None, now)
    return made


@transaction.atomic
def remove_hook(shop: "Shop", public_id: "UUID", person: "Person | None", now: datetime) -> None:
    """Close a provider's door. Raises mailboxes.NotThere."""
    mailboxes.remove_hook(shop.pk, public_id)
    audit.record(shop, person, "mail_door_closed", str(public_id), None, None, now)


@transaction.atomic
def change_terms(shop: "Shop", terms: Terms, person: "Person | None", now: datetime) -> None:
    """Change a shop's terms of incoming mail. Raises Refused."""
    receiver = terms.trusted_receiver.strip().lower()
    if receiver and not _HOST.fullmatch(receiver):
        raise Refused("trusted_receiver", "name one server, as it stands first in Authentication-Results")
    if terms.raw_days and not FEWEST_DAYS <= terms.raw_days <= MOST_DAYS:
        raise Refused("raw_days", f"{FEWEST_DAYS} to {MOST_DAYS} days, or 0 for ever")
    fax, scan = _addresses("fax_addresses", terms.fax_addresses), _addresses("scan_addresses", terms.scan_addresses)
    before = mail_terms.read(shop.pk)
    after = mail_terms.Kept(receiver, tuple(fax), tuple(scan), terms.raw_days)
    mail_terms.change(shop.pk, after)
    if before != after:
        audit.record(shop, person, "mail_terms_changed", "incoming mail", before.told(), after.told(), now)


def _addresses(field: str, text: str) -> list[str]:
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    found = [clean_address(word) for word in words]
    if "" in found:
        raise Refused(field, f"{words[found.index('')][:60]!r} is no e-mail address")
    if len(found) > MOST_ADDRESSES:
        raise Refused(field, f"at most {MOST_ADDRESSES}")
    return list(dict.fromkeys(found))
