"""Wishes on the premium site: a choice from the catalogue with its day at once, or a wish in words; their order.

A wish is taken up by flows.wishes like any other, in a conversation of its own, so that both sides can write about it.
Customers act on their own wishes only: everything is found through their identities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from kizuna.conversations import talks_of, wishes
from kizuna.conversations.wish_work import NotYet
from kizuna.conversations.wishes import NotThere, Source, Stage
from kizuna.flows.premium import writing
from kizuna.flows.premium.writing import Words, Writer
from kizuna.flows.wishes import handling, opening
from kizuna.flows.wishes.handling import Acceptance, Understanding
from kizuna.flows.wishes.opening import NewWish
from kizuna.privileges import capabilities
from kizuna.privileges.capabilities import Beyond
from kizuna.science import periods
from kizuna.shops import hours
from kizuna.shops.tenants import Refused

if TYPE_CHECKING:
    from kizuna.conversations.models import ServiceRequest
    from kizuna.privileges.capabilities import Offer
    from kizuna.shops.models import Shop

MOST_WAITING = 20
__all__ = ["Beyond", "NotThere", "Refused"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer wishes; with an offer it is a choice, for the day they saw."""

    text: str
    token: str = ""
    offer: UUID | None = None
    day: date | None = None
    tier: str = ""


def list_offers(shop: "Shop", tier: str, now_us: int) -> "list[Offer]":
    """List what customers of a tier may choose, each with the first honest day."""
    return capabilities.list_published(shop.pk, tier, now_us)


@transaction.atomic
def wish_for(shop: "Shop", who: Writer, wanted: Wish, now: datetime) -> "ServiceRequest":
    """Take up a wish; a choice is promised for its day at once. Raises Refused, and Beyond where the day is gone."""
    now_us = periods.epoch_us(now)
    _check_patience(shop, who, wanted)
    chosen = None
    if wanted.offer is not None:
        offers = list_offers(shop, wanted.tier, now_us)
        chosen = next((each for each in offers if each.capability.public_id == wanted.offer), None)
        if chosen is None:
            raise Refused("offer", "choose among what we offer")
        if wanted.day is not None and hours.read(shop).next_working_day(wanted.day) != wanted.day:
            raise Refused("day", "choose a day on which we work")
    name = "" if chosen is None else chosen.capability.name
    text = "\n\n".join(part for part in (name, wanted.text.strip()) if part)
    message = writing.write(shop, who, Words(text, name, wanted.token), now)
    new = NewWish(
        who.identity_id,
        text,
        Source.PORTAL,
        message_id=message.pk,
        capability_id=None if chosen is None else chosen.capability.pk,
        title=name,
        token=f"premium-{message.public_id}",
    )
    wish = opening.open_wish(shop, new, None, now)
    if chosen is None or wish.stage != Stage.FORWARDED:
        return wish
    handling.understand(shop, wish.public_id, Understanding(text, confirmed=True), None, now)
    try:
        with transaction.atomic():
            return handling.accept(
                shop, wish.public_id, Acceptance(wanted.day or chosen.day, chosen.capability.pk), None, now
            )
    except NotYet:
        return wish  # somebody of the shop has to agree first; the customer is told when


def _check_patience(shop: "Shop", who: Writer, wanted: Wish) -> None:
    """One customer cannot take everybody's capacity: so many wishes wait for the shop at a time."""
    if wanted.token and talks_of.find_by_token(shop.pk, who.identity_ids, wanted.token[:64]) is not None:
        return
    waiting = [each for each in talks_of.list_wishes(shop.pk, who.identity_ids) if each.stage in wishes.OPEN]
    if len(waiting) >= MOST_WAITING:
        raise Refused("many", f"{MOST_WAITING} wishes wait for us already")


def get(shop: "Shop", identity_ids: Sequence[int], public_id: UUID) -> "ServiceRequest":
    """Get one of a customer's wishes. Raises NotThere."""
    for each in talks_of.list_wishes(shop.pk, identity_ids):
        if each.public_id == public_id:
            return each
    raise NotThere("wish", "there is no such wish")


@transaction.atomic
def put_in_order(shop: "Shop", identity_ids: Sequence[int], order: Sequence[UUID], now: datetime) -> None:
    """Keep the customer's own order of their open wishes; what is not named comes after. Raises NotThere."""
    mine = {each.public_id for each in talks_of.list_wishes(shop.pk, identity_ids)}
    for place, public_id in enumerate(order, start=1):
        if public_id not in mine:
            raise NotThere("wish", "there is no such wish")
        handling.reorder(shop, public_id, place, None, now)


@transaction.atomic
def say_understood(shop: "Shop", identity_ids: Sequence[int], public_id: UUID, now: datetime) -> None:
    """Let the customer say that we understood the wish. Raises NotThere, WrongStage."""
    get(shop, identity_ids, public_id)
    handling.understand(shop, public_id, Understanding(confirmed=True), None, now)


@transaction.atomic
def say_done(shop: "Shop", identity_ids: Sequence[int], public_id: UUID, is_good: bool, now: datetime) -> None:
    """Let the customer say that it is as they wished, or that it is not yet. Raises NotThere, WrongStage."""
    get(shop, identity_ids, public_id)
    if is_good:
        handling.confirm(shop, public_id, None, now)
    else:
        handling.start(shop, public_id, None, now)


@transaction.atomic
def take_back(shop: "Shop", identity_ids: Sequence[int], public_id: UUID, now: datetime) -> None:
    """Let the customer take a wish back. Raises NotThere, WrongStage."""
    get(shop, identity_ids, public_id)
    handling.withdraw(shop, public_id, "taken back by the customer", None, now)
