"""The lists of the inbox: which conversations a view holds, in which order, a page at a time, found by index.

A page is found by its key however deep it lies. Orders that need another room's figures are made by the door from a
bounded number of rows (`list_candidates`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from kizuna.conversations.models import (
    Conversation,
    ConversationTag,
    Mention,
    Message,
    SendState,
    State,
    TeamMember,
)
from kizuna.tables.rows import of_shop

PAGE = 40
MOST_CANDIDATES = 2_000
MOST_COUNTED = 100
VIEWS = ("mine", "unassigned", "team", "all", "waiting", "mentions", "snoozed", "closed", "spam")
ORDERS = ("newest", "waiting", "oldest")
FEW = 3_000
_COLUMNS = {
    "newest": ("last_message_us", False),
    "oldest": ("last_message_us", True),
    "waiting": ("waiting_since_us", True),
}
_STATES = {"snoozed": State.SNOOZED, "closed": State.CLOSED, "spam": State.SPAM}


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the inbox is wanted: a view of somebody, narrowed by team, tag, channel, or what a search found."""

    view: str
    person_id: int
    order: str = "newest"
    team_id: int | None = None
    tag: str = ""
    channel: str = ""
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of conversations, and where the next begins; empty: this was the last."""

    rows: list[Conversation]
    following: str


def list_page(shop_id: int, asked: Asked, cursor: str = "", size: int = PAGE) -> Page:
    """List a page of a view; an unreadable cursor begins at the start."""
    column, rising = _COLUMNS[asked.order]
    wanted = _wanted(shop_id, asked)
    if asked.order == "waiting":
        wanted = wanted.filter(waiting_since_us__isnull=False)
    after = _read_cursor(cursor)
    if after is not None:
        way = "gt" if rising else "lt"
        value, pk = after
        wanted = wanted.filter(Q(**{f"{column}__{way}": value}) | Q(**{column: value, f"id__{way}": pk})).filter(
            **{f"{column}__{way}e": value}
        )
    sign = "" if rising else "-"
    rows = list(_with_people(wanted.order_by(f"{sign}{column}", f"{sign}id")[: size + 1]))
    if len(rows) <= size:
        return Page(rows, "")
    last = rows[size - 1]
    return Page(rows[:size], f"{getattr(last, column)}.{last.pk}")


def list_candidates(shop_id: int, asked: Asked) -> list[tuple[int, int | None, int]]:
    """List (conversation, customer, waiting since or last word) of the newest of a view, for an order of the door's."""
    rows = _wanted(shop_id, asked).order_by("-last_message_us", "-id")
    found = rows.values_list("id", "customer_id", "waiting_since_us", "last_message_us")[:MOST_CANDIDATES]
    return [(pk, customer, waiting or last) for pk, customer, waiting, last in found]


def list_by_ids(shop_id: int, ids: Sequence[int]) -> list[Conversation]:
    """List conversations in the order of their numbers given."""
    found = {each.pk: each for each in _with_people(of_shop(Conversation.objects.filter(id__in=ids), shop_id))}
    return [found[each] for each in ids if each in found]


def list_of_customer(shop_id: int, customer_id: int, most: int) -> list[Conversation]:
    """List a customer's conversations, the newest first."""
    theirs = Conversation.objects.filter(shop_id=shop_id, customer_id=customer_id, merged_into=None)
    return list(theirs.order_by("-last_message_us", "-id")[:most])


def find_ids(shop_id: int, public_ids: Sequence[UUID]) -> list[int]:
    """Find the numbers of conversations chosen on a page, in its order; strangers are left out."""
    rows = Conversation.objects.filter(shop_id=shop_id, public_id__in=public_ids, merged_into=None)
    known = dict(rows.values_list("public_id", "id"))
    return [known[each] for each in public_ids if each in known]


def count(shop_id: int, asked: Asked) -> int:
    """Count a view, up to MOST_COUNTED."""
    return _wanted(shop_id, asked).order_by().values("pk")[:MOST_COUNTED].count()


def tags_of(conversation_ids: Collection[int]) -> Mapping[int, list[str]]:
    """Read the tags of conversations."""
    rows = ConversationTag.objects.filter(conversation_id__in=conversation_ids).order_by("conversation_id", "tag__name")
    pairs = rows.values_list("conversation_id", "tag__name")
    return {key: [name for _, name in each] for key, each in groupby(pairs, key=lambda pair: pair[0])}


def troubles_of(conversation_ids: Collection[int]) -> dict[int, str]:
    """Read what went wrong with the last mail to each customer, in the words of its state."""
    sent = Message.objects.filter(conversation_id__in=conversation_ids, outgoing__isnull=False).order_by("number")
    last = {key: SendState(state) for key, state in sent.values_list("conversation_id", "outgoing__state")}
    wrong = (SendState.BOUNCED, SendState.FAILED, SendState.UNCERTAIN)
    return {key: str(state.label) for key, state in last.items() if state in wrong}


def who_wrote(conversation_ids: Collection[int]) -> dict[int, str]:
    """Read by which name or address each conversation's first writer is shown, where no customer is known."""
    first = Message.objects.filter(conversation_id__in=conversation_ids, number=1)
    told = first.values_list("conversation_id", "from_name", "from_address")
    return {key: name or address for key, name, address in told}


def _with_people(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    return rows.select_related("assignee", "team")


def _wanted(shop_id: int, asked: Asked) -> QuerySet[Conversation]:
    few = _few(shop_id, asked)
    if few is not None:
        # looked up by number; the state is wrapped so that its index tempts nobody to walk the whole shop
        wanted = of_shop(Conversation.objects.filter(id__in=few), shop_id).filter(merged_into=None)
        if asked.ids is None and asked.view != "mentions":
            state = _STATES.get(asked.view, State.OPEN)
            wanted = wanted.annotate(bare_state=Concat("state", Value(""))).filter(bare_state=state)
    else:
        wanted = Conversation.objects.filter(
            shop_id=shop_id, state=_STATES.get(asked.view, State.OPEN), merged_into=None
        )
        if asked.tag:
            carrying = ConversationTag.objects.filter(conversation=OuterRef("pk"), tag__name=asked.tag)
            wanted = wanted.filter(Exists(carrying))
    if asked.ids is None:
        wanted = _of_view(wanted, shop_id, asked)
    if asked.team_id is not None:
        wanted = wanted.filter(team_id=asked.team_id)
    return wanted.filter(channel=asked.channel) if asked.channel else wanted


def _of_view(wanted: QuerySet[Conversation], shop_id: int, asked: Asked) -> QuerySet[Conversation]:
    match asked.view:
        case "mine":
            return wanted.filter(assignee_id=asked.person_id)
        case "unassigned":
            return wanted.filter(assignee=None)
        case "team":
            seats = TeamMember.objects.filter(person_id=asked.person_id, team__shop_id=shop_id)
            return wanted.filter(team_id__in=list(seats.values_list("team_id", flat=True)))
        case "waiting":
            return wanted.filter(waiting_since_us__isnull=False)
    return wanted


def _few(shop_id: int, asked: Asked) -> list[int] | None:
    """The numbers of what can be in the view, where that is a handful: found by a search, mentioned, a rare tag."""
    found: set[int] | None = None if asked.ids is None else set(asked.ids)
    if asked.view == "mentions" and asked.ids is None:
        naming = Mention.objects.filter(shop_id=shop_id, person_id=asked.person_id, seen_at=None)
        found = set(naming.order_by("-id").values_list("message__conversation_id", flat=True)[:500])
    if asked.tag:
        carrying = ConversationTag.objects.filter(tag__shop_id=shop_id, tag__name=asked.tag)
        if found is not None:
            carrying = carrying.filter(conversation_id__in=found)
        ids = list(carrying.values_list("conversation_id", flat=True)[: FEW + 1])
        if len(ids) <= FEW:
            found = set(ids)
    return None if found is None else sorted(found)


def _read_cursor(cursor: str) -> tuple[int, int] | None:
    first, _, second = cursor.partition(".")
    return (int(first), int(second)) if first.isdecimal() and second.isdecimal() and len(cursor) < 40 else None
