"""The stages of handling a wish, one transaction each: what moves it, what is promised, what follows in other rooms.

forwarded, understood (what we learned is confirmed, or there was a second turn), accepted within what the shop can
do or declined with the nearest thing possible, in work, fulfilled, confirmed. The identities are locked, then the wish.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from kizuna.conversations import threads, wish_kinds, wish_work, wishes
from kizuna.conversations.threads import Author, Direction, Kind
from kizuna.conversations.wishes import Actor, Source, Stage
from kizuna.customers import links
from kizuna.flows import investing, learning, surveys
from kizuna.flows.investing import Goods
from kizuna.flows.learning import Learned, LessonSource
from kizuna.flows.wishes import happened, telling
from kizuna.privileges import capabilities, catalogue
from kizuna.privileges.capabilities import Asked
from kizuna.science import periods
from kizuna.shops import hours
from kizuna.shops.tenants import Refused

if TYPE_CHECKING:
    from kizuna.conversations.models import ServiceRequest
    from kizuna.shops.models import Person, Shop

LONGEST_WORDS = 5000
LONGEST_LESSON = 500


@dataclass(frozen=True, slots=True)
class Understanding:
    """What we learned of the wish; `confirmed` where the customer said that it is so."""

    learned: str = ""
    confirmed: bool = False
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What is promised: a day (None: as soon as the lead time or the service level says) and how many units of what."""

    day: date | None = None
    capability_id: int | None = None
    units: int = 1
    tell: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it cannot be, kindly, and the nearest thing that can."""

    reason: str
    nearest: str = ""
    tell: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, what goods or discount it took beyond the minutes, and what the customer is told."""

    words: str = ""
    spent_minor: int = 0
    spent_as: str = "goods"
    tell: str = ""


@transaction.atomic
def forward(
    shop: "Shop", public_id: UUID | str, department_id: int | None, person: "Person | None", now: datetime
) -> "ServiceRequest":
    """Give a wish to a department; one that was declined or withdrawn begins anew."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    if wish.stage in (Stage.DECLINED, Stage.WITHDRAWN):
        wishes.move(wish, Stage.FORWARDED, actor, now_us)
    elif wish.stage not in wishes.OPEN:
        raise wishes.WrongStage(wish, Stage.FORWARDED)
    if department_id != wish.department_id:
        before = wish.department.name if wish.department else ""
        wish_work.give_to(wish, department_id)
        after = wish.department.name if wish.department else ""
        wishes.note(wish, "department", actor, now_us, before=before, after=after)
    return _done(shop, wish, now_us)


@transaction.atomic
def understand(
    shop: "Shop", public_id: UUID | str, what: Understanding, person: "Person | None", now: datetime
) -> "ServiceRequest":
    """Keep what we learned; the wish is understood once the customer confirms it or there was a second turn.

    Until then it waits for the customer, and its clock stands. Without a person the customer confirms it themselves.
    """
    wish, actor, now_us = _locked(shop, public_id, person, now)
    if wish.stage != Stage.FORWARDED:
        raise wishes.WrongStage(wish, Stage.UNDERSTOOD)
    learned = what.learned.strip()
    if len(learned) > LONGEST_WORDS:
        raise Refused("learned", f"use at most {LONGEST_WORDS} characters")
    wish.learned = learned or wish.learned or wish.text[:LONGEST_WORDS]
    wish.confirmed_by_customer = wish.confirmed_by_customer or what.confirmed or person is None
    if wish.confirmed_by_customer or has_second_turn(wish):
        _become_understood(shop, wish, actor, now_us)
    else:
        wishes.keep(wish, now_us)
        wishes.wait(wish, actor, now_us, "for their word on what we understood")
    telling.tell(shop, wish, what.ask, person, now)
    return _done(shop, wish, now_us)


@transaction.atomic
def accept(
    shop: "Shop", public_id: UUID | str, what: Acceptance, person: "Person | None", now: datetime
) -> "ServiceRequest":
    """Promise a wish for a day within what the shop can do.

    Raises privileges.capabilities.Beyond (with the honest next day and what lies nearest) where the week has no room,
    wish_work.NotYet while an approval is missing, WrongStage, Refused with the field.
    """
    wish, actor, now_us = _locked(shop, public_id, person, now)
    if wish.stage != Stage.UNDERSTOOD:
        raise wishes.WrongStage(wish, Stage.ACCEPTED)
    wish_work.check_approved(wish)
    if what.capability_id is not None and catalogue.find(shop.pk, what.capability_id) is None:
        raise Refused("capability", "there is no such entry in what we can do")
    wish.capability_id = what.capability_id or wish.capability_id
    wish.units = what.units
    wish.promised_us = _promise(shop, wish, what, now_us)
    wish.within_capability = True
    wishes.move(wish, Stage.ACCEPTED, actor, now_us)
    wish.due_us = wish.promised_us
    wishes.keep(wish, now_us)
    day = hours.read(shop).local_day(wish.promised_us)
    happened.record(shop, wish, "Wish Accepted", now_us, {"promised": day.isoformat()})
    happened.tell_thread(shop, wish, f"Wish accepted for {day.isoformat()}: {wish.title}", actor.person_id, now_us)
    telling.tell(shop, wish, what.tell, person, now)
    return _done(shop, wish, now_us)


@transaction.atomic
def decline(
    shop: "Shop", public_id: UUID | str, what: Refusal, person: "Person | None", now: datetime
) -> "ServiceRequest":
    """Decline a wish kindly, with the nearest thing possible; what was promised of it is free again."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    if not what.reason.strip():
        raise Refused("reason", "say why, in words the customer may read")
    wish.reason, wish.nearest = what.reason.strip()[:2000], what.nearest.strip()[:2000]
    wishes.move(wish, Stage.DECLINED, actor, now_us, wish.reason)
    capabilities.release(shop.pk, wish.public_id, now_us)
    happened.record(shop, wish, "Wish Declined", now_us, {"reason": wish.reason, "nearest": wish.nearest})
    happened.tell_thread(shop, wish, f"Wish declined: {wish.title}", actor.person_id, now_us)
    telling.tell(shop, wish, what.tell, person, now)
    return _done(shop, wish, now_us)


@transaction.atomic
def withdraw(
    shop: "Shop", public_id: UUID | str, reason: str, person: "Person | None", now: datetime
) -> "ServiceRequest":
    """Let the customer take a wish back; what was promised of it is free again."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    wish.reason = reason.strip()[:2000]
    wishes.move(wish, Stage.WITHDRAWN, actor, now_us, wish.reason)
    capabilities.release(shop.pk, wish.public_id, now_us)
    happened.tell_thread(shop, wish, f"Wish withdrawn: {wish.title}", actor.person_id, now_us)
    return _done(shop, wish, now_us)


@transaction.atomic
def start(shop: "Shop", public_id: UUID | str, person: "Person | None", now: datetime) -> "ServiceRequest":
    """Begin the work on an accepted wish, or take up one again that was not fulfilled as wished."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    wishes.move(wish, Stage.IN_WORK, actor, now_us)
    if wish.assignee_id is None and person is not None:
        wish.assignee_id = person.pk
        wishes.keep(wish, now_us)
    return _done(shop, wish, now_us)


@transaction.atomic
def fulfil(
    shop: "Shop", public_id: UUID | str, outcome: "Outcome | str", person: "Person | None", now: datetime
) -> "ServiceRequest":
    """Note that a wish is fulfilled, and let follow what does: the fact, the investment, the stage, the survey."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    came = Outcome(outcome) if isinstance(outcome, str) else outcome
    wish.outcome = came.words.strip()[:LONGEST_WORDS]
    wishes.move(wish, Stage.FULFILLED, actor, now_us)
    kept = wish.promised_us is None or now_us <= wish.promised_us
    happened.record(shop, wish, "Wish Fulfilled", now_us, {"kept": kept, "outcome": wish.outcome[:300]})
    happened.tell_thread(shop, wish, f"Wish fulfilled: {wish.title}", actor.person_id, now_us)
    if came.spent_minor and wish.identity_id is not None:
        goods = Goods(wish.identity_id, wish.pk, came.spent_minor, came.spent_as, wish.conversation_id, f"{now_us}")
        investing.book_goods(shop, goods, now)
    telling.tell(shop, wish, came.tell, person, now)
    surveys.ask_after_wish(shop, wish, now)
    return _done(shop, wish, now_us)


@transaction.atomic
def confirm(shop: "Shop", public_id: UUID | str, person: "Person | None", now: datetime) -> "ServiceRequest":
    """Note that the customer confirms it; without a person they do so themselves."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    wishes.move(wish, Stage.CONFIRMED, actor, now_us)
    happened.record(shop, wish, "Wish Confirmed", now_us)
    return _done(shop, wish, now_us)


@transaction.atomic
def reorder(
    shop: "Shop", public_id: UUID | str, own_priority: int | None, person: "Person | None", now: datetime
) -> None:
    """Keep where the customer puts a wish among theirs: 1 is the most important."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    if own_priority is not None and not 1 <= own_priority <= 999:
        raise Refused("own_priority", "must lie between 1 and 999")
    if own_priority != wish.own_priority:
        before, after = wish.own_priority or "", own_priority or ""
        wishes.note(wish, "own_priority", actor, now_us, before=before, after=after)
        wish.own_priority = own_priority
        wishes.keep(wish, now_us)
        happened.publish(shop, wish)


def heard(shop: "Shop", conversation_id: int, now_us: int) -> None:
    """Let wishes of a conversation go on that waited for the customer, who wrote; inside the caller's transaction.

    One whose learning waited for a second turn is understood by it.
    """
    actor = Actor(by="customer")
    for waiting in wishes.list_waiting(shop.pk, conversation_id):
        wish = wishes.lock(shop.pk, waiting.public_id)
        if wish.stage == Stage.FORWARDED and wish.learned and has_second_turn(wish):
            _become_understood(shop, wish, actor, now_us)
        elif wishes.go_on(hours.read(shop), wish, actor, now_us):
            wishes.keep(wish, now_us)
        happened.publish(shop, wish)


def has_second_turn(wish: "ServiceRequest") -> bool:
    """Say whether both sides have written about it: their wish, a person's answer, and their word after that."""
    if wish.conversation_id is None:
        return False
    since = wish.message.number if wish.message else 0
    answered = False
    for message in threads.list_messages(wish.shop_id, wish.conversation_id, since):
        if message.kind != Kind.MESSAGE or message.is_automatic:
            continue
        if message.direction == Direction.OUT and message.author == Author.PERSON:
            answered = True
        elif answered and message.direction == Direction.IN:
            return True
    return False


def _become_understood(shop: "Shop", wish: "ServiceRequest", actor: Actor, now_us: int) -> None:
    """Move it, and keep what was learned as knowledge of the customer, with the message that it came from."""
    if wish.identity_id is not None:
        source = LessonSource.CUSTOMER if wish.source == Source.PORTAL else LessonSource.MESSAGE
        source = source if wish.message_id or wish.source == Source.PORTAL else LessonSource.OPERATOR
        told = Learned(wish.identity_id, "want", wish.learned[:LONGEST_LESSON], wish.message_id, source)
        view = learning.learn(shop, told, None, now_us)
        owner = links.customers_of(shop.pk, [wish.identity_id]).get(wish.identity_id)
        if wish.confirmed_by_customer and owner is not None:
            learning.confirm(shop, owner, view.public_id, None, now_us)
    words = "confirmed by the customer" if wish.confirmed_by_customer else "by a second turn"
    wishes.move(wish, Stage.UNDERSTOOD, actor, now_us, words)


def _promise(shop: "Shop", wish: "ServiceRequest", what: Acceptance, now_us: int) -> int:
    """The end of the promised day: of the entry of the catalogue, or else of the day given or of the service level."""
    schedule = hours.read(shop)
    if wish.capability_id is not None:
        asked = Asked(wish.public_id, what.units, what.day)
        return schedule.end_of(capabilities.promise(shop.pk, wish.capability_id, asked, now_us).day)
    if what.day is None:
        return schedule.add(now_us, wish_kinds.minutes_of_wish(wish))
    today = schedule.local_day(now_us)
    if not 0 <= (what.day - today).days <= 7 * capabilities.WEEKS_AHEAD:
        raise Refused("day", "must be today or later, and within two years")
    return schedule.end_of(what.day)


def _locked(
    shop: "Shop", public_id: UUID | str, person: "Person | None", now: datetime
) -> "tuple[ServiceRequest, Actor, int]":
    links.lock(shop.pk)
    actor = Actor(by="customer") if person is None else Actor(person.pk)
    return wishes.lock(shop.pk, public_id), actor, periods.epoch_us(now)


def _done(shop: "Shop", wish: "ServiceRequest", now_us: int) -> "ServiceRequest":
    if wish.source == Source.MACHINE:
        happened.express(shop, wish, now_us)
    happened.follow(shop, wish, now_us)
    return wish
