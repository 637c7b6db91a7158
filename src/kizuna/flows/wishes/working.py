"""Work within a wish, one transaction each: who does it, its kind and priority, steps, comments, approvals, the clock.

The stages of handling are in handling.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from kizuna.conversations import wish_kinds, wish_work, wishes
from kizuna.conversations.wishes import OPEN, Actor, Priority
from kizuna.flows.wishes import happened
from kizuna.science import periods
from kizuna.shops import hours, members
from kizuna.shops.tenants import Refused

if TYPE_CHECKING:
    from kizuna.conversations.models import ServiceRequest, WishStep
    from kizuna.shops.models import Person, Shop


@dataclass(frozen=True, slots=True)
class Particulars:
    """What people may set on a wish at any time."""

    title: str
    kind_id: int | None
    department_id: int | None
    priority: int
    assignee_id: int | None


@transaction.atomic
def change(
    shop: "Shop", public_id: UUID | str, new: Particulars, person: "Person | None", now: datetime
) -> "ServiceRequest":
    """Set title, kind, department, priority and person; a new kind or priority gives a new due time."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    _check(shop, new)
    before, told = (wish.kind_id, wish.department_id, wish.priority), _told(wish)
    wish.title, wish.priority = new.title.strip(), new.priority
    wish.kind = wish_kinds.find(shop.pk, new.kind_id)
    wish.assignee_id = new.assignee_id
    wish_work.give_to(wish, new.department_id)
    for (what, old), value in zip(told.items(), _told(wish).values(), strict=True):
        if old != value:
            wishes.note(wish, what, actor, now_us, before=old, after=value)
    if before != (wish.kind_id, wish.department_id, wish.priority) and wish.promised_us is None and wish.due_us:
        schedule = hours.read(shop)
        spent = schedule.working_us(wish.forwarded_us, now_us) // hours.MINUTE_US
        left = wish_kinds.minutes_of_wish(wish) - (spent - wishes.waited_minutes(wish))
        wish.due_us = schedule.add(now_us, left) if left > 0 else now_us
    wishes.keep(wish, now_us)
    happened.publish(shop, wish)
    return wish


@transaction.atomic
def hold(shop: "Shop", public_id: UUID | str, words: str, person: "Person | None", now: datetime) -> None:
    """Let the clock stand because we wait for the customer."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    if wish.stage not in OPEN:
        raise Refused("stage", "only a wish in hand can wait for the customer")
    wishes.wait(wish, actor, now_us, words.strip()[:500])
    happened.publish(shop, wish)


@transaction.atomic
def go_on(shop: "Shop", public_id: UUID | str, person: "Person | None", now: datetime) -> None:
    """Let the clock run again."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    if wishes.go_on(hours.read(shop), wish, actor, now_us):
        wishes.keep(wish, now_us)
        happened.publish(shop, wish)


@transaction.atomic
def add_step(
    shop: "Shop", public_id: UUID | str, title: str, department_id: int | None, person: "Person | None", now: datetime
) -> "WishStep":
    """Add a step for a department."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    step = wish_work.add_step(wish, title, department_id, actor, now_us)
    happened.publish(shop, wish)
    return step


@transaction.atomic
def start_step(
    shop: "Shop", public_id: UUID | str, step: UUID | str, person: "Person | None", now: datetime
) -> "WishStep":
    """Begin a step as one's own."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    found = wish_work.get_step(wish, step)
    if wish_work.start_step(found, hours.read(shop), actor, now_us):
        happened.publish(shop, wish)
    return found


@transaction.atomic
def finish_step(
    shop: "Shop", public_id: UUID | str, step: UUID | str, result: str, person: "Person | None", now: datetime
) -> "WishStep":
    """End a step with what came of it; the others read it in the conversation."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    found = wish_work.get_step(wish, step)
    if wish_work.finish_step(found, result, hours.read(shop), actor, now_us):
        words = f"Done: {found.title}" + (f". {found.result}" if found.result else "")
        happened.tell_thread(shop, wish, words, actor.person_id, now_us)
        happened.publish(shop, wish)
    return found


@transaction.atomic
def comment(shop: "Shop", public_id: UUID | str, text: str, person: "Person | None", now: datetime) -> None:
    """Write something to the others about a wish."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    wish_work.comment(wish, text, actor, now_us)
    happened.publish(shop, wish)


@transaction.atomic
def ask_approval(shop: "Shop", public_id: UUID | str, question: str, person: "Person | None", now: datetime) -> None:
    """Ask somebody with the say whether the shop should do it."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    wish_work.ask_approval(wish, question, actor, now_us)
    happened.publish(shop, wish)


@transaction.atomic
def answer_approval(
    shop: "Shop", public_id: UUID | str, is_granted: bool, answer: str, person: "Person | None", now: datetime
) -> None:
    """Answer what was asked."""
    wish, actor, now_us = _locked(shop, public_id, person, now)
    wish_work.answer_approval(wish, is_granted, answer, actor, now_us)
    happened.publish(shop, wish)


def _check(shop: "Shop", new: Particulars) -> None:
    if not 1 <= len(new.title.strip()) <= wishes.LONGEST_TITLE:
        raise Refused("title", f"give a title of 1 to {wishes.LONGEST_TITLE} characters")
    if new.priority not in Priority.values:
        raise Refused("priority", "must be 1 (low) to 4 (urgent)")
    if new.kind_id is not None and wish_kinds.find(shop.pk, new.kind_id) is None:
        raise Refused("kind", "there is no such kind of wish")
    if new.assignee_id is not None and new.assignee_id not in {each.person_id for each in members.list_members(shop)}:
        raise Refused("assignee", "this person does not work for the shop")


def _locked(
    shop: "Shop", public_id: UUID | str, person: "Person | None", now: datetime
) -> "tuple[ServiceRequest, Actor, int]":
    actor = Actor(by="machine") if person is None else Actor(person.pk)
    return wishes.lock(shop.pk, public_id), actor, periods.epoch_us(now)


def _told(wish: "ServiceRequest") -> dict[str, str]:
    """What the history says of each particular, in words that outlive what they name."""
    return {
        "title": wish.title,
        "kind": wish.kind.name if wish.kind else "",
        "department": wish.department.name if wish.department else "",
        "priority": str(Priority(wish.priority).label),
        "person": (wish.assignee.name or wish.assignee.email) if wish.assignee else "",
    }
