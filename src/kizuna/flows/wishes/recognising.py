"""What people say of recognised wishes: taken up, dismissed (and taken back if it was opened by itself), the setting.

Recognising itself is in opening, learning from these answers in teaching.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import threads, wish_kinds, wish_recognition, wishes
from kizuna.conversations.wish_recognition import Proposal
from kizuna.conversations.wishes import Source, Stage
from kizuna.flows.wishes import happened, opening
from kizuna.flows.wishes.opening import NewWish
from kizuna.science import periods
from kizuna.shops import audit
from kizuna.shops.tenants import NotThere, Refused

if TYPE_CHECKING:
    from kizuna.conversations.models import Message, ServiceRequest
    from kizuna.shops.models import Person, Shop


@transaction.atomic
def take(
    shop: "Shop", message_id: int, person: "Person", now: datetime, kind_id: int | None = None
) -> "ServiceRequest":
    """Take up what was recognised in a message, or what only a person saw in it; both are learned from."""
    message = _get(shop, message_id)
    proposal = getattr(message, "wish_proposal", None)
    kind = kind_id if kind_id is not None or proposal is None else proposal.kind_id
    new = NewWish(None, "", Source.MESSAGE, message_id=message.pk, kind_id=kind)
    wish = opening.open_wish(shop, new, person, now)
    wish_recognition.decide(message, Proposal.TAKEN, person.pk, periods.epoch_us(now), wish.pk)
    return wish


@transaction.atomic
def dismiss(shop: "Shop", message_id: int, person: "Person", now: datetime) -> None:
    """Say that a message holds no wish; one that was opened by itself, and nobody worked on, is taken back."""
    message = _get(shop, message_id)
    proposal = getattr(message, "wish_proposal", None)
    opened = proposal.wish if proposal is not None else None
    if opened is not None and opened.source == Source.MACHINE:
        if opened.stage != Stage.FORWARDED or opened.learned:
            raise Refused("message", "somebody works on this wish already: decline it or note that it was withdrawn")
        wish = wishes.lock(shop.pk, opened.public_id)
        happened.publish(shop, wish)
        wish.delete()
    wish_recognition.decide(message, Proposal.DISMISSED, person.pk, periods.epoch_us(now))


@transaction.atomic
def change_rules(
    shop: "Shop", opens_by_itself: bool, least_chance: float, person: "Person | None", now: datetime
) -> None:
    """Decide whether wishes are opened by themselves, and from which chance on. Raises Refused."""
    before = wish_kinds.rules_of(shop.pk)
    was = {"opens_by_itself": before.opens_by_itself, "least_chance": before.least_chance}
    wish_kinds.set_rules(shop.pk, opens_by_itself, least_chance)
    after = {"opens_by_itself": opens_by_itself, "least_chance": least_chance}
    if was != after:
        audit.record(shop, person, "wish_rules_changed", "recognition of wishes", was, after, now)


def _get(shop: "Shop", message_id: int) -> "Message":
    message = threads.find_message(shop.pk, message_id)
    if message is None:
        raise NotThere("message", "there is no such message")
    return message
