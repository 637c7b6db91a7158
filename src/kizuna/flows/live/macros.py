"""Macros in a live chat: the same steps as in the inbox, each done as the live desk does it, all of them or none.

An answer is a line of the chat, somebody else or another team means handing on, closing asks how it was and frees the
place. Notes and tags are the inbox's own (flows.dialogue.habits).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import canned, teams, threads
from kizuna.conversations.live import turns
from kizuna.flows.dialogue import habits, handling
from kizuna.flows.dialogue.habits import Step
from kizuna.flows.live import ending, handing, presence, saying
from kizuna.flows.live.handing import Refused, Taken, To
from kizuna.flows.live.saying import Author, Said, Stored
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.shops.models import Person, Shop

__all__ = ["Refused", "Taken"]

SNOOZED = "snoozed"


@dataclass(frozen=True, slots=True)
class Doer:
    """Who runs a macro, and whether they may in a chat that somebody else serves; `client_id` makes it once."""

    person: "Person"
    supervises: bool = False
    client_id: str = ""


@transaction.atomic
def run(shop: "Shop", number: int, conversation_id: int, doer: Doer, now: datetime) -> None:
    """Do all steps of a macro in a chat that is served. Raises Refused, Taken, canned.NotThere, threads.NotThere."""
    macro = canned.get_macro(shop.pk, number)
    conversation = threads.lock(shop.pk, conversation_id)
    turn = turns.lock_under_way(conversation.pk)
    if turn is None or turn.person_id is None:
        raise Refused("nobody has this chat now: take it first")
    if turn.person_id != doer.person.pk and not doer.supervises:
        raise Taken("somebody else has it now")
    for step in habits.steps_of(macro, doer.client_id):
        _do(shop, conversation, step, doer, now)


def _do(shop: "Shop", conversation: "Conversation", step: Step, doer: Doer, now: datetime) -> None:
    person = doer.person
    match step.what:
        case "reply":
            _say(shop, conversation, step, doer, now)
        case "assign":
            _give(shop, conversation, habits.find_person(shop, step.told, person), person, now)
        case "team":
            _hand_to(shop, conversation, step.told, person, now)
        case "snooze":
            ended = ending.end_turn(conversation.pk, SNOOZED, now)
            if ended is not None and ended.person_id is not None:
                presence.wrap_up(shop, ended.person_id, now)
            handling.snooze(shop, conversation.pk, habits.rests_until(shop, step.told, now), person, now)
        case "close":
            ending.close(shop, conversation.pk, person, now)
        case _:
            habits.do(shop, conversation.pk, step, person, now)


def _say(shop: "Shop", conversation: "Conversation", step: Step, doer: Doer, now: datetime) -> None:
    text = habits.words_of(shop, conversation.pk, step.told, doer.person)
    said = Said(
        shop.pk,
        conversation.pk,
        step.key,
        text,
        author=Author.PERSON,
        person_id=doer.person.pk,
        name=doer.person.name or doer.person.email,
        supervises=doer.supervises,
    )
    (outcome,) = saying.store([said], periods.epoch_us(now))
    if not isinstance(outcome, Stored):
        raise Refused("this chat is closed" if outcome.reason == "closed" else "somebody else has it now")


def _give(shop: "Shop", conversation: "Conversation", to: "Person | None", person: "Person", now: datetime) -> None:
    turn = turns.lock_under_way(conversation.pk)
    if turn is None or (to is not None and turn.person_id == to.pk):
        return
    if to is None:
        handing.give_back(shop, conversation.pk, person, now)
    else:
        handing.transfer(shop, conversation.pk, To(to), "", person, now)


def _hand_to(shop: "Shop", conversation: "Conversation", key: str, person: "Person", now: datetime) -> None:
    try:
        handing.transfer(shop, conversation.pk, To(team_public_id=key), "", person, now)
    except (teams.NotThere, ValueError):
        raise Refused(habits.TEAM_GONE) from None
