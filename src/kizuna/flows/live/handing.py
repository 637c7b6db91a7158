"""Giving a chat to somebody else: to a person or a department with a note, back to the queue, or over to a supervisor.

The visitor never waits anew: their turn keeps its age. Who may take over is asked by the door (action `supervise`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import desk, teams, threads
from kizuna.conversations.live import seats, turns
from kizuna.conversations.live.seats import SeatState
from kizuna.conversations.live.turns import TurnState
from kizuna.conversations.threads import Author, Channel, Direction, Kind, NewMessage, State
from kizuna.flows.live import routing
from kizuna.flows.live.routing import Refused, Taken, Told
from kizuna.science import periods
from kizuna.shops import members

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation, Team, Turn
    from kizuna.shops.models import Person, Shop

__all__ = ["Refused", "Taken", "To"]


@dataclass(frozen=True, slots=True)
class To:
    """To whom a chat goes: a person who sits now, or a team."""

    person: "Person | None" = None
    team_public_id: str = ""


@transaction.atomic
def transfer(shop: "Shop", conversation_id: int, to: To, note: str, person: "Person", now: datetime) -> "Turn":
    """Hand a chat on with a note that says why. Raises Refused, Taken, teams.NotThere, threads.NotThere.

    A person gets it at once, whatever they have already; in a team whoever is free does, the sooner the longer the
    visitor has waited in all.
    """
    if (to.person is None) == (not to.team_public_id):
        raise Refused("choose either a person or a department")
    team = teams.get(shop.pk, to.team_public_id) if to.team_public_id else None
    if to.person is not None:
        _check_there(shop, to.person, now)
    conversation, turn = _lock(shop, conversation_id)
    if turn.state == TurnState.SERVED and turn.person_id != person.pk:
        raise Taken("somebody else has it now")
    if to.person is not None and to.person.pk == turn.person_id:
        raise Refused("they have it already")
    if note.strip():
        _write_note(shop, conversation, note, person, now)
    began = _next(shop, conversation, turn, "transferred", team, now)
    target = to.person.name or to.person.email if to.person is not None else ("" if team is None else team.name)
    routing.note(shop, conversation, Told("transferred", f"goes to {target}"), person, now)
    if to.person is not None:
        routing.hand_over(shop, conversation, began, to.person, now)
    routing.soon(shop, now)
    return began


@transaction.atomic
def take_over(shop: "Shop", conversation_id: int, person: "Person", now: datetime) -> "Turn":
    """Let a supervisor have a chat, whoever has it. Repeat-safe. Raises Refused, threads.NotThere."""
    conversation, turn = _lock(shop, conversation_id)
    if turn.state == TurnState.SERVED and turn.person_id == person.pk:
        return turn
    began = turn if turn.state == TurnState.WAITING else _next(shop, conversation, turn, "taken_over", None, now)
    routing.hand_over(shop, conversation, began, person, now)
    routing.soon(shop, now)
    return began


@transaction.atomic
def give_back(shop: "Shop", conversation_id: int, person: "Person", now: datetime, note: str = "") -> "Turn":
    """Put one's own chat back into the queue with a note; others get it first.

    Raises Refused, Taken, threads.NotThere.
    """
    conversation, turn = _lock(shop, conversation_id)
    if turn.state == TurnState.WAITING:
        return turn
    if turn.person_id != person.pk:
        raise Taken("somebody else has it now")
    if note.strip():
        _write_note(shop, conversation, note, person, now)
    return routing.put_back(shop, conversation, turn, Told("given_back", "went back to the queue"), now)


def _lock(shop: "Shop", conversation_id: int) -> "tuple[Conversation, Turn]":
    conversation = threads.lock(shop.pk, conversation_id)
    if conversation.channel != Channel.CHAT or conversation.state not in (State.OPEN, State.SNOOZED):
        raise Refused("this is no open chat")
    turn = turns.lock_under_way(conversation.pk)
    if turn is None:
        raise Refused("nobody waits in this chat now")
    return conversation, turn


def _next(
    shop: "Shop", conversation: "Conversation", turn: "Turn", end: str, team: "Team | None", now: datetime
) -> "Turn":
    """End a turn and begin the next one, which waits, as old as the visitor's wait."""
    turns.end_of(conversation.pk, end, periods.epoch_us(now))
    if team is not None:
        desk.hand_to(conversation, team.pk)
        turn.skill = ""  # the department was chosen for it
    desk.give(conversation, None)
    return routing.begin_again(shop, conversation, turn, now)


def _check_there(shop: "Shop", person: "Person", now: datetime) -> None:
    """A chat goes only to somebody of the shop who is at the desk."""
    if all(member.person_id != person.pk for member in members.list_members(shop)):
        raise Refused("this person does not work for the shop")
    seat = seats.find(shop.pk, person.pk)
    if seat is None or seat.state in (SeatState.OFFLINE, SeatState.AWAY):
        raise Refused(f"{person.name or person.email} is not at the desk now")
    if seats.is_gone(seat.seen_us, periods.epoch_us(now)):
        raise Refused(f"{person.name or person.email} is not at the desk now")


def _write_note(shop: "Shop", conversation: "Conversation", text: str, person: "Person", now: datetime) -> None:
    now_us = periods.epoch_us(now)
    entry = NewMessage(Direction.WITHIN, Author.PERSON, text[:10_000], now_us, kind=Kind.NOTE, person_id=person.pk)
    threads.append(shop.pk, conversation.pk, entry, now_us)
