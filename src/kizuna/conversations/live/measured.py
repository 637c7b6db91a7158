"""What is measured of the live operator, as rows without words: conversations, entries, turns, spells at work.

Read-only and by period; nothing here knows what a good figure is. Invitations, marks and the system's own reports are
read in quality.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from uuid import UUID

from django.db.models import Q

from kizuna.conversations.models import (
    Author,
    Channel,
    Conversation,
    Direction,
    Kind,
    Message,
    SeatState,
    ServiceRequest,
    Spell,
    State,
    Turn,
    TurnState,
    WishProposal,
)
from kizuna.science.response_times import Act, Entry, TurnSpan
from kizuna.tables.rows import of_shop

_IN_ONE_QUERY = 2_000
_AT_WORK = (SeatState.AVAILABLE, SeatState.BUSY, SeatState.WRAP_UP)
_ENDS = (State.CLOSED.value, State.SPAM.value)


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation that a customer began, or was invited to; `kind_id` is the kind of wish it was about, if any."""

    id: int
    channel: str
    identity_id: int | None
    opened_us: int
    closed_us: int | None
    kind_id: int | None = None
    wishes: int = 0


@dataclass(frozen=True, slots=True)
class WorkSpell:
    """A stretch in which somebody was at work for chats."""

    person_id: int
    from_us: int
    to_us: int


def list_talks(shop_id: int, channels: Collection[str], from_us: int, to_us: int) -> list[Talk]:
    """List the conversations opened in (from, to], with what they were about; merged ones and spam are left out."""
    rows = Conversation.objects.filter(
        shop_id=shop_id, channel__in=list(channels), opened_us__gt=from_us, opened_us__lte=to_us, merged_into=None
    ).exclude(state=State.SPAM)
    columns = ("id", "channel", "identity_id", "opened_us", "closed_us")
    found = [Talk(*row) for row in rows.order_by("opened_us", "id").values_list(*columns).iterator(_IN_ONE_QUERY)]
    about = _kinds(shop_id, [each.id for each in found])
    return [
        replace(each, kind_id=about[each.id][0], wishes=about[each.id][1]) if each.id in about else each
        for each in found
    ]


def first_chat_us(shop_id: int) -> int | None:
    """Find when the first chat of a shop was opened: what was before is the time before the panel."""
    rows = Conversation.objects.filter(shop_id=shop_id, channel=Channel.CHAT).order_by("opened_us")
    return rows.values_list("opened_us", flat=True).first()


def list_answered(shop_id: int, from_us: int) -> list[tuple[UUID, int, int]]:
    """List the chats opened since an instant that a person answered: address, whose, and when first."""
    rows = Conversation.objects.filter(shop_id=shop_id, channel=Channel.CHAT, opened_us__gte=from_us, merged_into=None)
    rows = rows.exclude(first_response_us=None).exclude(identity=None).order_by("first_response_us")
    return [
        (public_id, identity, at_us)
        for public_id, identity, at_us in rows.values_list("public_id", "identity_id", "first_response_us")
        if identity is not None and at_us is not None
    ]


def entries_of(shop_id: int, conversation_ids: Iterable[int]) -> Iterator[tuple[int, list[Entry]]]:
    """Read what was said, conversation by conversation in their order; machines are marked, notes left out."""
    for part in batched(conversation_ids, _IN_ONE_QUERY):
        rows = of_shop(Message.objects.filter(conversation_id__in=part), shop_id)
        rows = rows.filter(Q(kind=Kind.MESSAGE) | Q(kind=Kind.HAPPENING)).order_by("conversation_id", "number")
        columns = ("conversation_id", "kind", "direction", "author", "is_automatic", "at_us", "person_id")
        said: dict[int, list[Entry]] = defaultdict(list)
        for talk, kind, direction, author, automatic, at_us, person, remarks in rows.values_list(*columns, "remarks"):
            act = _happened(remarks) if kind == Kind.HAPPENING else _said(direction, author, automatic=automatic)
            if act is not None:
                said[talk].append(Entry(act, at_us, person or 0))
        yield from said.items()


def turns_of(shop_id: int, conversation_ids: Iterable[int]) -> dict[int, list[TurnSpan]]:
    """Read the turns of chats in the order of their entering."""
    found: dict[int, list[TurnSpan]] = defaultdict(list)
    columns = ("conversation_id", "waited_since_us", "entered_us", "served_us", "answered_us", "ended_us")
    for part in batched(conversation_ids, _IN_ONE_QUERY):
        rows = of_shop(Turn.objects.filter(conversation_id__in=part), shop_id).order_by("entered_us", "id")
        for talk, since, entered, served, answered, ended, end, state, person in rows.values_list(
            *columns, "end", "state", "person_id"
        ):
            found[talk].append(TurnSpan(since, entered, served, answered, ended, _end(end, state), person or 0))
    return dict(found)


def list_spells(shop_id: int, from_us: int, to_us: int) -> list[WorkSpell]:
    """List when operators were at work for chats, cut to (from, to]; being away or offline is no work."""
    rows = Spell.objects.filter(shop_id=shop_id, state__in=_AT_WORK, from_us__lt=to_us)
    rows = rows.filter(Q(to_us=None) | Q(to_us__gt=from_us)).order_by("from_us", "id")
    return [
        WorkSpell(person, max(began, from_us), min(to_us if ended is None else ended, to_us))
        for person, began, ended in rows.values_list("person_id", "from_us", "to_us")
    ]


def _kinds(shop_id: int, conversation_ids: Sequence[int]) -> dict[int, tuple[int | None, int]]:
    """By conversation: the kind of its first wish, else what the machine recognised first; and how many wishes."""
    found: dict[int, tuple[int | None, int]] = {}
    for part in batched(conversation_ids, _IN_ONE_QUERY):
        seen = of_shop(WishProposal.objects.filter(message__conversation_id__in=part), shop_id).exclude(kind=None)
        for talk, kind in seen.order_by("id").values_list("message__conversation_id", "kind_id"):
            found.setdefault(talk, (kind, 0))
        wishes = of_shop(ServiceRequest.objects.filter(conversation_id__in=part), shop_id).order_by("id")
        for talk, kind in wishes.values_list("conversation_id", "kind_id"):
            before, number = found.get(talk or 0, (None, 0))
            found[talk or 0] = (before if number else kind or before, number + 1)
    return found


def _said(direction: str, author: str, *, automatic: bool) -> Act | None:
    if direction == Direction.IN:
        return Act.MACHINE if automatic else Act.HEARD
    if direction == Direction.OUT:
        return Act.ANSWERED if author == Author.PERSON and not automatic else Act.MACHINE
    return None


def _happened(remarks: dict[str, object]) -> Act | None:
    return Act.ENDED if remarks.get("happening") in _ENDS else None


def _end(end: str, state: str) -> str:
    """How a turn ended in words that one can count by: what it says, else what its state means."""
    if state in (TurnState.ABANDONED, TurnState.DEFERRED):
        return str(state)
    return end
