"""Who sits at the live desk: what they chose, how many chats they have and could take, and how long they sat.

Each change of state ends one spell and begins the next; operator hours are sums of spells. Callers hold the
transaction and say when a console was last heard of; what follows a change is decided in flows.live.presence.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kizuna.conversations.live.queue_terms import GONE_US
from kizuna.conversations.models import Seat, SeatState, Spell, TeamMember, Turn, TurnState

if TYPE_CHECKING:
    from kizuna.shops.models import Person

__all__ = ["SeatState"]

MOST_AT_ONCE = 20
_TAKES = (SeatState.AVAILABLE, SeatState.WRAP_UP)


@dataclass(frozen=True, slots=True)
class Sitting:
    """One operator as the queue sees them."""

    person: "Person"
    state: str
    since_us: int
    seen_us: int
    used_us: int
    capacity: int
    chats: int
    languages: Sequence[str]
    skills: Sequence[str]
    team_ids: frozenset[int]
    last_given_us: int
    wrap_up_until_us: int | None

    @property
    def takes(self) -> bool:
        """Whether chats are given to them at all now."""
        return self.state in _TAKES

    @property
    def free(self) -> int:
        """How many more chats they could take now; one being wrapped up keeps its place."""
        kept = 1 if self.state == SeatState.WRAP_UP else 0
        return max(0, self.capacity - self.chats - kept) if self.takes else 0

    def speaks(self, language: str) -> bool:
        """Whether they answer in a language; no list means every language."""
        wanted = language.lower().split("-")[0]
        return not wanted or not self.languages or wanted in (each.lower().split("-")[0] for each in self.languages)


def list_seats(shop_id: int) -> list[Sitting]:
    """List everybody who ever sat at the live desk, those there now first."""
    rows = list(Seat.objects.filter(shop_id=shop_id).select_related("person").order_by("person_id"))
    chats = count_chats(shop_id)
    teams: dict[int, set[int]] = {}
    for person_id, team_id in TeamMember.objects.filter(
        team__shop_id=shop_id, person_id__in=[row.person_id for row in rows]
    ).values_list("person_id", "team_id"):
        teams.setdefault(person_id, set()).add(team_id)
    found = [_sitting(row, chats[row.person_id], teams.get(row.person_id, set())) for row in rows]
    return sorted(found, key=lambda each: (each.state == SeatState.OFFLINE, each.person.name, each.person.pk))


def find(shop_id: int, person_id: int) -> Seat | None:
    """Find somebody's seat."""
    return Seat.objects.filter(shop_id=shop_id, person_id=person_id).first()


def ensure(shop_id: int, person_id: int) -> Seat:
    """Find somebody's seat under its lock, or make it."""
    Seat.objects.get_or_create(shop_id=shop_id, person_id=person_id)
    return Seat.objects.select_for_update().get(shop_id=shop_id, person_id=person_id)


def count_chats(shop_id: int) -> Counter[int]:
    """Count the chats each person has now."""
    rows = Turn.objects.filter(shop_id=shop_id, state=TurnState.SERVED, person__isnull=False)
    return Counter(person_id for person_id in rows.values_list("person_id", flat=True) if person_id is not None)


def has_place(seat: Seat) -> bool:
    """Say whether one more chat may be given to a locked seat by itself."""
    kept = 1 if seat.state == SeatState.WRAP_UP else 0
    chats = Turn.objects.filter(shop_id=seat.shop_id, person_id=seat.person_id, state=TurnState.SERVED).count()
    return seat.state in _TAKES and chats + kept < seat.capacity


def free_places(shop_id: int) -> int:
    """Count the chats that could be given now."""
    return sum(each.free for each in list_seats(shop_id))


def set_state(seat: Seat, state: str, now_us: int) -> bool:
    """Let a locked seat be in a state from an instant on; False where it is already. The spell before ends then."""
    if state != SeatState.WRAP_UP:
        seat.wrap_up_until_us = None
    changed = seat.state != state
    if changed:
        at_us = max(now_us, seat.since_us)
        open_spell = Spell.objects.filter(shop_id=seat.shop_id, person_id=seat.person_id, to_us=None)
        open_spell.update(to_us=at_us)
        seat.state, seat.since_us = state, at_us
        if state != SeatState.OFFLINE:
            Spell.objects.create(shop_id=seat.shop_id, person_id=seat.person_id, state=state, from_us=at_us)
    seat.save()
    return changed


def list_at_work() -> list[Seat]:
    """List the seats of every shop that are not offline."""
    return list(Seat.objects.exclude(state=SeatState.OFFLINE).order_by("shop_id", "person_id"))


def is_gone(seen_us: int, now_us: int) -> bool:
    """Say whether a console has not been heard of for so long that it must be closed."""
    return now_us - seen_us > GONE_US


def list_spells(shop_id: int, from_us: int, to_us: int) -> list[Spell]:
    """List how long who sat in which state, of every spell that touches a stretch of time."""
    rows = Spell.objects.filter(shop_id=shop_id, from_us__lt=to_us).exclude(to_us__lte=from_us)
    return list(rows.order_by("from_us", "id"))


def _sitting(row: Seat, chats: int, team_ids: Iterable[int]) -> Sitting:
    return Sitting(
        person=row.person,
        state=row.state,
        since_us=row.since_us,
        seen_us=row.seen_us,
        used_us=row.used_us,
        capacity=row.capacity,
        chats=chats,
        languages=tuple(row.languages),
        skills=tuple(row.skills),
        team_ids=frozenset(team_ids),
        last_given_us=row.last_given_us,
        wrap_up_until_us=row.wrap_up_until_us,
    )
