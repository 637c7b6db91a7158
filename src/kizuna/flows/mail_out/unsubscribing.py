"""The way out of dialogue and marketing mail: the link each carries, what following it does, and the shop's own list.

Opening the link changes nothing (robots open links); the button on its page, or the one click that mail programs offer
(RFC 8058), unsubscribes without log-in.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from kizuna.conversations import composing, mail_ids, outgoing
from kizuna.conversations.mail_ids import Unsubscribe
from kizuna.customers import links
from kizuna.flows import happenings
from kizuna.flows.happenings import Happening
from kizuna.outreach import suppression
from kizuna.outreach.suppression import Reason, Scope
from kizuna.science import periods
from kizuna.shops import audit, tenants

if TYPE_CHECKING:
    from kizuna.conversations.outgoing import Outgoing
    from kizuna.shops.models import Person, Shop


@dataclass(frozen=True, slots=True)
class Link:
    """What a valid link is about, for its page: the shop, and whether it was followed already."""

    shop: "Shop"
    done: bool


def link_of(row: "Outgoing") -> str:
    """Write the unsubscribe link of a mail; it names its first recipient only, by a keyed hash."""
    return f"{settings.PUBLIC_URL}/unsubscribe/{token_of(row)}/"


def token_of(row: "Outgoing") -> str:
    """Sign whom the link of a mail is for."""
    key = suppression.address_key(row.shop_id, row.recipients[0]["address"])
    return mail_ids.make_unsubscribe_token(settings.SECRET_KEY, Unsubscribe(row.shop_id, row.pk, key))


def find_link(token: str) -> Link | None:
    """Find what a link is about; None where it is not ours. Changes nothing."""
    told = mail_ids.read_unsubscribe_token(settings.SECRET_KEY, token)
    shop = tenants.find_shop_by_id(told.shop_id) if told is not None else None
    if told is None or shop is None:
        return None
    return Link(shop, suppression.is_suppressed(shop.pk, told.address_key))


def follow_link(token: str, now: datetime) -> bool:
    """Unsubscribe whom a link is for; following it again changes nothing. False where it is not ours."""
    told = mail_ids.read_unsubscribe_token(settings.SECRET_KEY, token)
    shop = tenants.find_shop_by_id(told.shop_id) if told is not None else None
    if told is None or shop is None:
        return False
    with transaction.atomic():
        links.lock(shop.pk)
        row = outgoing.find(shop.pk, outgoing_id=told.outgoing_id)
        # where the mail is gone the wish is not: what the link carries is enough to keep it
        whom = (told.address_key, "" if row is None else str(row.recipients[0]["address"]))
        identity_id = row.message.conversation.identity_id if row is not None and row.message is not None else None
        _unsubscribe(shop, whom, identity_id, {"by": "link", "mail": row.mail_id if row is not None else ""}, now)
    return True


def asked(shop: "Shop", address: str, identity_id: int | None, evidence: str, now: datetime) -> None:
    """Unsubscribe somebody who asked for it in another way, such as a mail that says nothing else."""
    with transaction.atomic():
        links.lock(shop.pk)
        whom = (suppression.address_key(shop.pk, address), address)
        _unsubscribe(shop, whom, identity_id, {"by": evidence[:200]}, now)


def add_by_hand(shop: "Shop", address: str, scope: Scope, person: "Person", now: datetime) -> bool:
    """Put an address on the list; False where it stands there. Raises composing.BadAddress."""
    known = composing.check_address(address).lower()
    with transaction.atomic():
        added = suppression.suppress(shop.pk, known, Reason.BY_HAND, scope, periods.epoch_us(now), {})
        if added:
            audit.record(shop, person, "suppression_added", "an address", None, {"scope": scope.value}, now)
    return added


def lift(shop: "Shop", suppression_id: int, person: "Person", now: datetime) -> bool:
    """Take an address off the list; False where the shop has no such entry."""
    with transaction.atomic():
        row = suppression.lift(shop.pk, suppression_id, periods.epoch_us(now))
        if row is not None:
            before = {"scope": row.scope, "reason": row.reason}
            audit.record(shop, person, "suppression_lifted", f"entry {row.pk}", before, None, now)
    return row is not None


def _unsubscribe(
    shop: "Shop", whom: tuple[bytes, str], identity_id: int | None, evidence: dict[str, str], now: datetime
) -> None:
    now_us = periods.epoch_us(now)
    new = suppression.suppress_key(shop.pk, whom, Reason.UNSUBSCRIBED, Scope.MARKETING, now_us, evidence)
    if new and identity_id is not None:
        key = f"unsubscribed-{whom[0].hex()[:32]}-{now_us}"
        happenings.record(shop, Happening("Unsubscribed", identity_id, now_us, key, {}), now_us)
