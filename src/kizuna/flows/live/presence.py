"""Who is there to answer: sitting down, signs of life, a pause, leaving, away by itself.

A console beats every few seconds and says whether it was used since. One that falls silent was closed: its operator is
away from when it was last heard of, so that operator hours stay honest.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations.desk import Refused
from kizuna.conversations.live import queue_terms, seats
from kizuna.conversations.live.seats import SeatState
from kizuna.flows.live import news
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Seat
    from kizuna.shops.models import Person, Shop

__all__ = ["Refused", "SeatState"]

CHOICES = (SeatState.AVAILABLE, SeatState.BUSY, SeatState.AWAY)
MOST_LANGUAGES, MOST_SKILLS = 20, 30


@dataclass(frozen=True, slots=True)
class Abilities:
    """How many chats somebody takes at once, in which languages (none: every), and what else they can."""

    capacity: int
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


@transaction.atomic
def sit(shop: "Shop", person: "Person", now: datetime) -> "Seat":
    """Let somebody take chats from now on. Repeat-safe; who had paused is available again."""
    return _enter(shop, person, SeatState.AVAILABLE, now)


@transaction.atomic
def choose(shop: "Shop", person: "Person", state: str, now: datetime) -> "Seat":
    """Let somebody be available, busy (keeps their chats, takes no more) or away. Raises Refused."""
    if state not in CHOICES:
        raise Refused("choose available, busy or away")
    return _enter(shop, person, state, now)


@transaction.atomic
def beat(shop: "Shop", person: "Person", now: datetime, *, used: bool) -> bool:
    """Note a console's sign of life, and whether it was used since the last; False where they do not sit."""
    now_us = periods.epoch_us(now)
    seat = seats.find(shop.pk, person.pk)
    if seat is None or seat.state == SeatState.OFFLINE:
        return False
    seat = seats.ensure(shop.pk, person.pk)
    seat.seen_us = max(seat.seen_us, now_us)
    seat.used_us = max(seat.used_us, now_us) if used else seat.used_us
    seat.save(update_fields=["seen_us", "used_us"])
    return True


@transaction.atomic
def leave(shop: "Shop", person: "Person", now: datetime) -> None:
    """Let somebody leave the live desk; the pump gives their chats to others as soon as those wait for a word."""
    seat = seats.ensure(shop.pk, person.pk)
    if seats.set_state(seat, SeatState.OFFLINE, periods.epoch_us(now)):
        news.tell_desk(shop.pk, "seats")


@transaction.atomic
def arrange(shop: "Shop", person: "Person", abilities: Abilities, now: datetime) -> "Seat":
    """Settle how many chats somebody takes, in which languages, with which skills. Raises Refused."""
    if not 1 <= abilities.capacity <= seats.MOST_AT_ONCE:
        raise Refused(f"choose between 1 and {seats.MOST_AT_ONCE} chats at once")
    seat = seats.ensure(shop.pk, person.pk)
    seat.capacity = abilities.capacity
    seat.languages = [each.strip().lower()[:20] for each in abilities.languages if each.strip()][:MOST_LANGUAGES]
    seat.skills = [each.strip()[:40] for each in abilities.skills if each.strip()][:MOST_SKILLS]
    seat.save(update_fields=["capacity", "languages", "skills"])
    news.tell_desk(shop.pk, "seats")
    return seat


def wrap_up(shop: "Shop", person_id: int, now: datetime) -> None:
    """Keep the place of a chat that somebody closed taken for a while, inside the caller's transaction."""
    now_us = periods.epoch_us(now)
    pause_us = queue_terms.read(shop.pk).wrap_up_us
    seat = seats.ensure(shop.pk, person_id)
    if pause_us and seat.state in (SeatState.AVAILABLE, SeatState.WRAP_UP):
        seat.wrap_up_until_us = now_us + pause_us
        seats.set_state(seat, SeatState.WRAP_UP, now_us)
    news.tell_desk(shop.pk, "seats")


def settle(shop: "Shop", found: "Seat", now: datetime) -> bool:
    """Let time do its part to a seat: wrapping up ends, an unused console is away, a closed one away, then offline."""
    now_us = periods.epoch_us(now)
    if _due(found, queue_terms.read(shop.pk).away_us, now_us) is None:
        return False
    with transaction.atomic():
        seat = seats.ensure(shop.pk, found.person_id)
        due = _due(seat, queue_terms.read(shop.pk).away_us, now_us)
        if due is None:
            return False
        seats.set_state(seat, *due)
        news.tell_desk(shop.pk, "seats")
    return True


def send_away(shop: "Shop", person_id: int, silent_us: int, now: datetime) -> None:
    """Let somebody who used nothing for so long be away, inside the caller's transaction."""
    now_us = periods.epoch_us(now)
    seat = seats.ensure(shop.pk, person_id)
    if seat.state in (SeatState.AVAILABLE, SeatState.WRAP_UP) and now_us - seat.used_us > silent_us:
        seats.set_state(seat, SeatState.AWAY, now_us)
        news.tell_desk(shop.pk, "seats")


def _enter(shop: "Shop", person: "Person", state: str, now: datetime) -> "Seat":
    now_us = periods.epoch_us(now)
    seat = seats.ensure(shop.pk, person.pk)
    seat.seen_us = seat.used_us = now_us
    seats.set_state(seat, state, now_us)
    news.tell_desk(shop.pk, "seats")
    return seat


def _due(seat: "Seat", away_us: int, now_us: int) -> tuple[str, int] | None:
    """The state time brings a seat into, and from when; None where it stays as it is."""
    if seat.state == SeatState.OFFLINE:
        return None
    if now_us - seat.seen_us > queue_terms.OFFLINE_US:
        return SeatState.OFFLINE, seat.seen_us
    if seat.state == SeatState.AWAY:
        return None
    if seats.is_gone(seat.seen_us, now_us):
        return SeatState.AWAY, seat.seen_us
    if now_us - seat.used_us > away_us:
        return SeatState.AWAY, now_us
    if seat.state == SeatState.WRAP_UP and (seat.wrap_up_until_us or 0) <= now_us:
        return SeatState.AVAILABLE, seat.wrap_up_until_us or now_us
    return None
