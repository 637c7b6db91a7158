"""Wishes as rows: opening, locking, moving between the stages of handling, the clock that stands while we wait.

What follows a move in other rooms (facts, promises, investments, words to the customer) is decided in flows.wishes;
lists and boards are in wish_lists, kinds and service levels in wish_kinds, steps and comments in wish_work.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kizuna.conversations import wish_kinds
from kizuna.conversations.models import Priority, ServiceRequest, Source, Stage, Team, WishMove
from kizuna.shops import hours
from kizuna.shops.hours import MINUTE_US, Schedule
from kizuna.shops.tenants import NotThere, Refused
from kizuna.tables import public_ids

__all__ = ["NotThere", "Priority", "Source", "Stage", "Team"]

OPEN = (Stage.FORWARDED, Stage.UNDERSTOOD, Stage.ACCEPTED, Stage.IN_WORK)
ENDED = (Stage.CONFIRMED, Stage.DECLINED, Stage.WITHDRAWN)
AHEAD = {
    Stage.FORWARDED: frozenset({Stage.UNDERSTOOD, Stage.DECLINED, Stage.WITHDRAWN}),
    Stage.UNDERSTOOD: frozenset({Stage.ACCEPTED, Stage.DECLINED, Stage.WITHDRAWN}),
    Stage.ACCEPTED: frozenset({Stage.IN_WORK, Stage.FULFILLED, Stage.DECLINED, Stage.WITHDRAWN}),
    Stage.IN_WORK: frozenset({Stage.FULFILLED, Stage.DECLINED, Stage.WITHDRAWN}),
    Stage.FULFILLED: frozenset({Stage.CONFIRMED, Stage.IN_WORK}),
    Stage.DECLINED: frozenset({Stage.FORWARDED}),
    Stage.WITHDRAWN: frozenset({Stage.FORWARDED}),
    Stage.CONFIRMED: frozenset[Stage](),
}
"""Where a wish may go from each stage; back to the beginning where a customer comes back to it."""

_DATES = {
    Stage.UNDERSTOOD: "understood_us",
    Stage.ACCEPTED: "accepted_us",
    Stage.IN_WORK: "started_us",
    Stage.FULFILLED: "fulfilled_us",
    Stage.CONFIRMED: "confirmed_us",
    Stage.DECLINED: "declined_us",
    Stage.WITHDRAWN: "withdrawn_us",
}
_LATER = ("understood_us", "accepted_us", "promised_us", "started_us", "fulfilled_us", "declined_us", "withdrawn_us")
LONGEST_TITLE = 140


class WrongStage(Refused):
    """The wish does not stand where this could follow; somebody else may have been faster."""

    def __init__(self, wish: ServiceRequest, wanted: Stage) -> None:
        here, there = Stage(wish.stage).label.lower(), wanted.label.lower()
        super().__init__("stage", f"a wish that is {here} cannot become {there}")


@dataclass(frozen=True, slots=True)
class Opening:
    """A wish to store."""

    text: str
    source: str
    identity_id: int | None
    customer_id: int | None = None
    conversation_id: int | None = None
    message_id: int | None = None
    kind_id: int | None = None
    department_id: int | None = None
    capability_id: int | None = None
    priority: int = Priority.NORMAL
    own_priority: int | None = None
    title: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something to a wish: a person of the shop, the customer, or the machine."""

    person_id: int | None = None
    by: str = "person"


@dataclass(frozen=True, slots=True)
class WishDates:
    """What stages of the relationship are reckoned from."""

    public_id: UUID
    forwarded_us: int
    understood_us: int | None
    confirmed_by_customer: bool
    accepted_us: int | None
    promised_us: int | None
    fulfilled_us: int | None
    within_capability: bool | None
    via_portal: bool
    confirmed_us: int | None
    declined_us: int | None
    identity_id: int | None = None
    said_us: int | None = None


def open_wish(schedule: Schedule, shop_id: int, new: Opening, actor: Actor, now_us: int) -> tuple[ServiceRequest, bool]:
    """Store a wish with its due time and the usual steps of its kind; (it, whether it is new): once per token."""
    kind = wish_kinds.find(shop_id, new.kind_id)
    department_id = new.department_id or (kind.department_id if kind else None)
    minutes = wish_kinds.minutes_of(shop_id, kind, department_id, new.priority)
    values: dict[str, Any] = {
        "public_id": public_ids.make(now_us),
        "identity_id": new.identity_id,
        "customer_id": new.customer_id,
        "conversation_id": new.conversation_id,
        "message_id": new.message_id,
        "source": new.source,
        "title": _title(new),
        "text": new.text.strip(),
        "kind": kind,
        "department_id": department_id,
        "capability_id": new.capability_id or (kind.capability_id if kind else None),
        "priority": new.priority,
        "own_priority": new.own_priority,
        "forwarded_us": now_us,
        "stage_since_us": now_us,
        "changed_us": now_us,
        "due_us": schedule.add(now_us, minutes),
    }
    if new.token:
        wish, is_new = ServiceRequest.objects.get_or_create(shop_id=shop_id, token=new.token, defaults=values)
    else:
        wish, is_new = ServiceRequest.objects.create(shop_id=shop_id, **values), True
    if is_new:
        note(wish, "stage", actor, now_us, after=Stage.FORWARDED)
    return wish, is_new


def get(shop_id: int, public_id: UUID | str) -> ServiceRequest:
    """Get a wish with whom and what it concerns. Raises NotThere."""
    among = ("kind", "department", "assignee", "conversation", "message")
    found = ServiceRequest.objects.select_related(*among).filter(shop_id=shop_id, public_id=_uuid(public_id)).first()
    if found is None:
        raise NotThere("wish", "there is no such wish")
    return found


def lock(shop_id: int, public_id: UUID | str) -> ServiceRequest:
    """Lock a wish until the caller's transaction ends. Raises NotThere."""
    wanted = ServiceRequest.objects.select_for_update(of=("self",)).filter(shop_id=shop_id)
    found = wanted.filter(public_id=_uuid(public_id)).first()
    if found is None:
        raise NotThere("wish", "there is no such wish")
    return found


def move(wish: ServiceRequest, to: Stage, actor: Actor, now_us: int, words: str = "") -> None:
    """Move a locked wish to a stage, note it and how long the stage before took. Raises WrongStage.

    The clock runs again if it stood, and ends with the wish.
    """
    if to not in AHEAD[Stage(wish.stage)]:
        raise WrongStage(wish, to)
    schedule = hours.read(wish.shop)
    go_on(schedule, wish, actor, now_us)
    before = wish.stage
    if to == Stage.FORWARDED:
        for name in _LATER:
            setattr(wish, name, None)
        wish.forwarded_us, wish.confirmed_by_customer = now_us, False
        wish.due_us = schedule.add(now_us, wish_kinds.minutes_of_wish(wish))
    elif to in _DATES:
        setattr(wish, _DATES[to], now_us)
    if before == Stage.FULFILLED and to == Stage.IN_WORK:
        wish.fulfilled_us = None
        wish.due_us = schedule.add(now_us, wish_kinds.minutes_of_wish(wish))
    if to not in OPEN:
        wish.due_us = wish.left_minutes = None
    moved = note(wish, "stage", actor, now_us, before=before, after=to, words=words)
    _measure(schedule, wish, moved)
    wish.stage, wish.stage_since_us = to, now_us
    keep(wish, now_us)


def wait(wish: ServiceRequest, actor: Actor, now_us: int, words: str = "") -> None:
    """Let a locked wish's clock stand, because we wait for the customer; again changes nothing."""
    if wish.waits_since_us is None and wish.stage in OPEN:
        schedule = hours.read(wish.shop)
        due = wish.due_us or now_us
        late = -(schedule.working_us(due, now_us) // MINUTE_US)
        wish.left_minutes = late if due < now_us else schedule.working_us(now_us, due) // MINUTE_US
        wish.waits_since_us, wish.due_us = now_us, None
        note(wish, "waits", actor, now_us, words=words)
        keep(wish, now_us)


def go_on(schedule: Schedule, wish: ServiceRequest, actor: Actor, now_us: int) -> bool:
    """Let the clock run again; False where it did not stand. The caller keeps the row."""
    if wish.waits_since_us is None:
        return False
    waited = schedule.working_us(wish.waits_since_us, now_us) // MINUTE_US
    left = wish.left_minutes or 0
    wish.due_us = schedule.add(now_us, left) if left >= 0 else now_us
    wish.waits_since_us = wish.left_minutes = None
    noted = note(wish, "goes_on", actor, now_us)
    noted.waiting_minutes = waited
    noted.save(update_fields=["waiting_minutes"])
    return True


def keep(wish: ServiceRequest, now_us: int) -> None:
    """Store a changed wish."""
    wish.changed_us = now_us
    wish.save()


def note(
    wish: ServiceRequest,
    what: str,
    actor: Actor,
    at_us: int,
    *,
    before: object = "",
    after: object = "",
    words: str = "",
) -> WishMove:
    """Add a line to the history of a wish."""
    return WishMove.objects.create(
        shop_id=wish.shop_id,
        wish=wish,
        at_us=at_us,
        what=what,
        before=str(before)[:80],
        after=str(after)[:80],
        words=words[:500],
        person_id=actor.person_id,
        by=actor.by,
        department_id=wish.department_id,
    )


def waited_minutes(wish: ServiceRequest) -> int:
    """Add up how much working time a wish has waited for the customer."""
    stood = WishMove.objects.filter(wish=wish, what="goes_on", at_us__gte=wish.forwarded_us)
    return sum(stood.values_list("waiting_minutes", flat=True))


def list_open(shop_id: int, identity_ids: Collection[int] | None = None) -> list[ServiceRequest]:
    """List the wishes that are not answered yet, of some identities or of all, the customer's own order first."""
    wanted = ServiceRequest.objects.filter(shop_id=shop_id, stage__in=[*OPEN, Stage.FULFILLED])
    if identity_ids is not None:
        wanted = wanted.filter(identity_id__in=list(identity_ids))
    return list(wanted.select_related("kind", "department", "assignee").order_by("own_priority", "due_us", "id"))


def list_waiting(shop_id: int, conversation_id: int) -> list[ServiceRequest]:
    """List the wishes of a conversation whose clock stands until the customer answers."""
    wanted = ServiceRequest.objects.filter(shop_id=shop_id, conversation_id=conversation_id)
    return list(wanted.exclude(waits_since_us=None).order_by("id"))


def list_of(shop_id: int, identity_ids: Collection[int]) -> list[WishDates]:
    """List the dates of every wish of some identities, in the order they were forwarded.

    When it was first forwarded and understood stands, also where the wish began anew after it was declined.
    """
    wanted = ServiceRequest.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids))
    first = _first_moves(shop_id, identity_ids)
    return [
        WishDates(
            wish.public_id,
            min(wish.forwarded_us, first.get((wish.pk, Stage.FORWARDED), wish.forwarded_us)),
            first.get((wish.pk, Stage.UNDERSTOOD), wish.understood_us),
            wish.confirmed_by_customer,
            wish.accepted_us,
            wish.promised_us,
            wish.fulfilled_us,
            wish.within_capability,
            wish.source == Source.PORTAL,
            wish.confirmed_us,
            wish.declined_us,
            wish.identity_id,
            wish.message.at_us if wish.message else None,
        )
        for wish in wanted.select_related("message").order_by("forwarded_us", "id")
    ]


def _first_moves(shop_id: int, identity_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """When wishes first came to the stages that nothing later takes back."""
    moves = WishMove.objects.filter(shop_id=shop_id, what="stage", after__in=[Stage.FORWARDED, Stage.UNDERSTOOD])
    rows = moves.filter(wish__identity_id__in=list(identity_ids)).order_by("-at_us", "-id")
    return {(wish_id, after): at_us for wish_id, after, at_us in rows.values_list("wish_id", "after", "at_us")}


def _measure(schedule: Schedule, wish: ServiceRequest, moved: WishMove) -> None:
    """How long the stage took that ends with this move, in working minutes, and how much of it was waiting for them."""
    since = wish.stage_since_us
    stood = WishMove.objects.filter(wish=wish, what="goes_on", at_us__gte=since)
    moved.wall_minutes = (moved.at_us - since) // MINUTE_US
    moved.working_minutes = schedule.working_us(since, moved.at_us) // MINUTE_US
    moved.waiting_minutes = min(moved.working_minutes, sum(stood.values_list("waiting_minutes", flat=True)))
    moved.save(update_fields=["wall_minutes", "working_minutes", "waiting_minutes"])


def _title(new: Opening) -> str:
    first = next((line.strip() for line in (new.title or new.text).splitlines() if line.strip()), "")
    return first if len(first) <= LONGEST_TITLE else first[: LONGEST_TITLE - 1].rstrip() + "…"


def _uuid(public_id: UUID | str) -> UUID:
    try:
        return UUID(str(public_id))
    except ValueError:
        raise NotThere("wish", "there is no such wish") from None
