"""A wish is taken up: from a message, a form, the premium site or the API, by a person or recognised by the machine.

One transaction each; the same token is the same wish. What happens to it afterwards is in handling and working.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.tasks import task

from kizuna.conversations import teams, threads, wish_kinds, wish_recognition, wish_work, wishes
from kizuna.conversations.threads import Author, Direction, Kind
from kizuna.conversations.wish_recognition import LEAST, Proposal, Recognised
from kizuna.conversations.wishes import Actor, Opening, Priority, Source
from kizuna.customers import links
from kizuna.flows.dialogue import news
from kizuna.flows.wishes import handling, happened, teaching
from kizuna.jobs import queue
from kizuna.privileges import catalogue
from kizuna.science import periods
from kizuna.shops import hours, tenants
from kizuna.shops.tenants import Refused

if TYPE_CHECKING:
    from kizuna.conversations.models import Message, ServiceRequest
    from kizuna.shops.models import Person, Shop

LONGEST_TEXT = 10_000
MOST_OWN = 999
SHORTEST = 12
"""Letters that a message needs to hold a wish that could be recognised."""


@dataclass(frozen=True, slots=True)
class NewWish:
    """A wish as somebody told it; `token` makes telling it twice one wish, a `day` is the date they chose."""

    identity_id: int | None
    text: str
    source: str
    kind_id: int | None = None
    conversation_id: int | None = None
    message_id: int | None = None
    capability_id: int | None = None
    own_priority: int | None = None
    priority: int = Priority.NORMAL
    department_id: int | None = None
    title: str = ""
    token: str = ""
    day: date | None = None


@transaction.atomic
def open_wish(shop: "Shop", new: NewWish, person: "Person | None", now: datetime) -> "ServiceRequest":
    """Take up a wish with its due time, the steps of its kind and the fact that it was expressed; once per token.

    Raises Refused with the field that is to blame.
    """
    links.lock(shop.pk)
    new = _complete(shop, new)
    _check(shop, new)
    now_us = periods.epoch_us(now)
    actor = actor_of(new.source, person)
    wish, is_new = wishes.open_wish(hours.read(shop), shop.pk, _opening(shop, new), actor, now_us)
    if is_new:
        wish_work.add_usual_steps(wish, now_us)
        if new.source != Source.MACHINE:
            happened.express(shop, wish, now_us)
        happened.tell_thread(shop, wish, f"Wish taken up: {wish.title}", actor.person_id, now_us)
        happened.follow(shop, wish, now_us)
    return wish


@transaction.atomic
def suggest(shop: "Shop", message_id: int, now: datetime) -> None:
    """Look at a new message of a customer: wishes that waited for it go on, and what it seems to hold is proposed.

    Where nothing was learned yet, that happens first, in the slow lane, and the message is looked at afterwards.
    """
    message = threads.find_message(shop.pk, message_id)
    if message is None or not _is_from_customer(message):
        return
    now_us = periods.epoch_us(now)
    links.lock(shop.pk)
    handling.heard(shop, message.conversation_id, now_us)
    if len(message.text.strip()) < SHORTEST:
        return
    found = wish_recognition.recognise(shop.pk, message.text)
    if found is None:
        queue.enqueue_once(look_later, f"wishes-look:{message.pk}", shop_id=shop.pk, message_id=message.pk)
    else:
        _propose(shop, message, found, now)


def look_soon(shop: "Shop", message: "Message") -> None:
    """Let a customer's message be looked at in the slow lane, once, inside the caller's transaction."""
    if _is_from_customer(message) and len(message.text.strip()) >= SHORTEST:
        queue.enqueue_once(look_later, f"wishes-look:{message.pk}", shop_id=shop.pk, message_id=message.pk)


@task(queue_name="slow")
def look_later(shop_id: int, message_id: int) -> None:
    """Look at a message; what somebody has taken up or dismissed meanwhile stays so. The page is told."""
    shop = tenants.get_shop_by_id(shop_id)
    message = threads.find_message(shop_id, message_id)
    if message is None or getattr(message, "wish_proposal", None) is not None:
        return
    if wish_recognition.find_newest(shop_id) is None:
        teaching.learn.func(shop_id=shop_id, now_us=message.stored_us)
    found = wish_recognition.recognise(shop_id, message.text)
    if found is not None:
        with transaction.atomic():
            _propose(shop, message, found, periods.instant_at(message.stored_us))
            news.tell(shop_id, message.conversation_id)


def actor_of(source: str, person: "Person | None") -> Actor:
    """Say who acts where a person of the shop, the customer on the premium site, or the machine may."""
    if person is not None:
        return Actor(person.pk)
    return Actor(by="machine" if source == Source.MACHINE else "customer")


def _propose(shop: "Shop", message: "Message", found: Recognised, now: datetime) -> None:
    now_us = periods.epoch_us(now)
    rules = wish_kinds.rules_of(shop.pk)
    if found.chance < LEAST:
        wish_recognition.note(message, found, Proposal.NOTHING, None, now_us)
    elif rules.opens_by_itself and found.chance >= rules.least_chance and _can_open(message):
        new = NewWish(None, "", Source.MACHINE, message_id=message.pk, kind_id=found.kind_id)
        wish = open_wish(shop, new, None, now)
        wish_recognition.note(message, found, Proposal.OPENED, wish.pk, now_us)
    else:
        wish_recognition.note(message, found, Proposal.PROPOSED, None, now_us)


def _can_open(message: "Message") -> bool:
    return message.identity_id is not None or message.conversation.identity_id is not None


def _is_from_customer(message: "Message") -> bool:
    spoken = message.direction == Direction.IN and message.kind == Kind.MESSAGE
    return spoken and message.author == Author.CUSTOMER and not message.is_automatic


def _complete(shop: "Shop", new: NewWish) -> NewWish:
    """Fill in from the message what was not said: its conversation, its customer, its words."""
    if new.message_id is not None:
        message = threads.find_message(shop.pk, new.message_id)
        if message is None:
            raise Refused("message", "there is no such message")
        new = replace(
            new,
            conversation_id=new.conversation_id or message.conversation_id,
            text=new.text or message.text[:LONGEST_TEXT],
            token=new.token or f"message-{message.public_id}",
            identity_id=new.identity_id or _who_wrote(message),
        )
    if new.conversation_id is not None:
        conversation = threads.find(shop.pk, new.conversation_id)
        if conversation is None:
            raise Refused("conversation", "there is no such conversation")
        new = replace(new, conversation_id=conversation.pk, identity_id=new.identity_id or conversation.identity_id)
    return new


def _who_wrote(message: "Message") -> int | None:
    return message.identity_id if message.direction == Direction.IN else None


def _check(shop: "Shop", new: NewWish) -> None:
    if not new.text.strip():
        raise Refused("text", "say what they wish")
    if len(new.text) > LONGEST_TEXT or "\x00" in new.text:
        raise Refused("text", f"use at most {LONGEST_TEXT} characters, and no NUL")
    if new.source not in Source.values:
        raise Refused("source", f"must be one of {', '.join(Source.values)}")
    if new.identity_id is None:
        raise Refused("customer", "a wish belongs to a customer: say whose it is")
    if not links.customers_of(shop.pk, [new.identity_id]):
        raise Refused("customer", "there is no such customer")
    if new.kind_id is not None and wish_kinds.find(shop.pk, new.kind_id) is None:
        raise Refused("kind", "there is no such kind of wish")
    if new.capability_id is not None and catalogue.find(shop.pk, new.capability_id) is None:
        raise Refused("capability", "there is no such entry in what we can do")
    if new.department_id is not None and new.department_id not in {team.pk for team in teams.list_teams(shop.pk)}:
        raise Refused("department", "there is no such department")
    if new.priority not in Priority.values:
        raise Refused("priority", "must be 1 (low) to 4 (urgent)")
    if new.own_priority is not None and not 1 <= new.own_priority <= MOST_OWN:
        raise Refused("own_priority", f"must lie between 1 and {MOST_OWN}")


def _opening(shop: "Shop", new: NewWish) -> Opening:
    identity_id = new.identity_id
    owner = None if identity_id is None else links.customers_of(shop.pk, [identity_id]).get(identity_id)
    return Opening(
        text=new.text.replace("\x00", ""),
        source=new.source,
        identity_id=identity_id,
        customer_id=owner,
        conversation_id=new.conversation_id,
        message_id=new.message_id,
        kind_id=new.kind_id,
        department_id=new.department_id,
        capability_id=new.capability_id,
        priority=new.priority,
        own_priority=new.own_priority,
        title=new.title,
        token=new.token[:80],
    )
