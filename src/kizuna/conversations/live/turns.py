"""Turns of the queue: one wait and one service of a chat each; a transfer or take-back ends one and begins the next.

At most one is under way per conversation (a constraint of the database), and a turn that ended is never changed.
Callers hold the transaction and the conversation's lock; the order of service is science.queue_order.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef

from kizuna.conversations.chat_turns import UNDER_WAY, end_of, give, lock_under_way, note_answer
from kizuna.conversations.live import queue_terms, seats, waits
from kizuna.conversations.models import Conversation, State, Turn, TurnState
from kizuna.science import queue_order, queueing
from kizuna.science.queue_order import Waiting

__all__ = ["TurnState", "end_of", "give", "lock_under_way", "note_answer"]

GONE = "gone"
"""How a turn ended whose visitor's panel was heard of no more."""
_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class NewTurn:
    """How a turn begins; `waited_since_us` is None where the wait begins with it."""

    shop_id: int
    conversation_id: int
    team_id: int | None
    language: str = ""
    skill: str = ""
    wanted_id: int | None = None
    value_minor: int = 0
    worth: float = 0.0
    waited_since_us: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands in the queue: 1 is next; no wait can be told while nobody is there to serve."""

    position: int
    expected_wait_s: int | None


def enter(new: NewTurn, now_us: int) -> Turn:
    """Begin a turn that waits. Raises IntegrityError where one is under way."""
    return Turn.objects.create(
        shop_id=new.shop_id,
        conversation_id=new.conversation_id,
        team_id=new.team_id,
        language=new.language[:20],
        skill=new.skill[:40],
        wanted_id=new.wanted_id,
        value_minor=new.value_minor,
        worth=new.worth,
        waited_since_us=new.waited_since_us or now_us,
        entered_us=now_us,
    )


def find_under_way(conversation_id: int) -> Turn | None:
    """Find the turn of a chat that waits or is served."""
    rows = Turn.objects.filter(conversation_id=conversation_id, state__in=UNDER_WAY)
    return rows.select_related("person").first()


def list_under_way(conversation_ids: Collection[int]) -> list[Turn]:
    """List the turns of chats that wait or are served."""
    rows = Turn.objects.filter(conversation_id__in=conversation_ids, state__in=UNDER_WAY)
    return list(rows.select_related("person"))


def list_waiting(shop_id: int, now_us: int) -> list[Turn]:
    """List who waits, in the order in which they will be served."""
    rows = Turn.objects.filter(shop_id=shop_id, state=TurnState.WAITING)
    found = {row.pk: row for row in rows.select_related("conversation__chat", "wanted", "team").order_by("id")}
    longest_s = queue_terms.read(shop_id).longest_wait_us / _SECOND_US
    line = [Waiting(row.pk, row.worth, row.waited_since_us / _SECOND_US) for row in found.values()]
    return [found[each.key] for each in queue_order.order(line, now_us / _SECOND_US, longest_s)]


def list_served(shop_id: int, person_id: int | None = None) -> list[Turn]:
    """List the chats that are being served, of one person where asked."""
    rows = Turn.objects.filter(shop_id=shop_id, state=TurnState.SERVED)
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    return list(rows.select_related("conversation__chat", "person").order_by("served_us", "id"))


def list_shops_under_way() -> set[int]:
    """Name the shops in which anybody waits or is served."""
    rows = Turn.objects.filter(state__in=UNDER_WAY).order_by()
    return set(rows.values_list("shop_id", flat=True).distinct())


def list_returned(shop_id: int, now_us: int) -> list[Turn]:
    """List the turns of visitors whose panel was gone for a while and is back, and who still wait for a word.

    Only a chat's last turn counts: who came back and left a newer one by their own word does not wait.
    """
    newer = Turn.objects.filter(conversation_id=OuterRef("conversation_id"), pk__gt=OuterRef("pk"))
    gone = Turn.objects.filter(
        shop_id=shop_id,
        entered_us__gte=now_us - queue_terms.RETURNS_US,
        state=TurnState.ABANDONED,
        end=GONE,
        conversation__state=State.OPEN,
        conversation__awaits_us=True,
        conversation__chat__by_mail_since_us=None,
        conversation__chat__visitor_seen_us__gt=F("ended_us") + queue_terms.ABANDONED_US,
    )
    return list(gone.exclude(Exists(newer)).order_by("id"))


def list_left_over(shop_id: int) -> list[Turn]:
    """List the turns under way of chats that were closed, called spam or merged on some other page."""
    rows = Turn.objects.filter(shop_id=shop_id, state__in=UNDER_WAY)
    return [
        turn
        for turn in rows.select_related("conversation")
        if turn.conversation.state in (State.CLOSED, State.SPAM) or turn.conversation.merged_into_id is not None
    ]


def list_passed_over(conversation_ids: Collection[int]) -> set[tuple[int, int]]:
    """Name the (conversation, person) who gave a chat back or had it taken from them."""
    rows = Turn.objects.filter(
        conversation_id__in=conversation_ids, end__in=("taken_back", "given_back"), person__isnull=False
    )
    return {(chat, person) for chat, person in rows.values_list("conversation_id", "person_id") if person is not None}


def find_last_operator(conversation: Conversation) -> int | None:
    """Find who last served this customer by chat; an unknown visitor is told by their identity alone."""
    rows = Turn.objects.filter(shop_id=conversation.shop_id, person__isnull=False)
    if conversation.customer_id is not None:
        rows = rows.filter(conversation__customer_id=conversation.customer_id)
    elif conversation.identity_id is not None:
        rows = rows.filter(conversation__identity_id=conversation.identity_id)
    else:
        return None
    return rows.order_by("-entered_us").values_list("person_id", flat=True).first()


def places(shop_id: int, waiting: Sequence[Turn], now_us: int) -> dict[int, Place]:
    """Say where everybody of a list in order stands and how long it may take, {turn: place}; one reckoning for all."""
    sitting = [each for each in seats.list_seats(shop_id) if each.takes]
    servers, free = sum(each.capacity for each in sitting), sum(each.free for each in sitting)
    rates = waits.read_rates(shop_id, now_us)
    found = {}
    for ahead, turn in enumerate(waiting):
        wait = None
        if servers:
            wait = round(queueing.expected_wait(ahead - free, servers, rates.service_s, rates.patience_s))
        found[turn.pk] = Place(ahead + 1, wait)
    return found


def position(shop_id: int, turn: Turn, now_us: int) -> Place:
    """Say where one stands; somebody who waits no more stands at 0."""
    line = list_waiting(shop_id, now_us)
    return places(shop_id, line, now_us).get(turn.pk, Place(0, 0))
