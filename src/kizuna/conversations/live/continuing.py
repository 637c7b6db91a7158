"""How a chat goes on by mail: the address that the visitor gave, since when answers go there, who is seated now.

The address is what somebody typed into a panel: it belongs to its chat alone and is no proof of who they are. Callers
hold the transaction.
"""

from dataclasses import dataclass

from kizuna.conversations import chat_turns, composing
from kizuna.conversations.models import (
    Author,
    Channel,
    ChatState,
    Conversation,
    Direction,
    Kind,
    Message,
    Seat,
    SeatState,
    ServiceRequest,
    Stage,
    Turn,
    TurnState,
)

AWAY_US = 120_000_000
"""A panel not connected for so long does not read: an answer goes by mail as well where an address is known."""
PANEL_ASKS_US = 30 * 60_000_000
"""How long the panel has for asking how a closed chat was before a link does."""
SEAT_FRESH_US = 120_000_000
AT_WORK = (SeatState.AVAILABLE, SeatState.BUSY, SeatState.WRAP_UP)
ENDED = (Stage.FULFILLED, Stage.CONFIRMED, Stage.DECLINED, Stage.WITHDRAWN)
_BEGINS = "chat-"


@dataclass(frozen=True, slots=True)
class Contact:
    """Who the visitor says they are and where it goes on; checked by the caller."""

    name: str
    email: str


def find_state(conversation_id: int) -> ChatState | None:
    """Find how a chat stands beside its conversation; None for what is no chat."""
    return ChatState.objects.filter(conversation_id=conversation_id).first()


def mail_to(conversation: Conversation, now_us: int) -> str:
    """Give the address that an answer to a chat goes to as well; empty where the panel alone is read.

    Empty too where what was typed as an address is none.
    """
    state = find_state(conversation.pk)
    if state is None or not composing.is_address(state.email):
        return ""
    is_away = now_us - state.visitor_seen_us >= AWAY_US
    return state.email if is_away or state.by_mail_since_us is not None else ""


def list_unread(row: ChatState) -> list[Message]:
    """List what people answered in a chat (since it goes on by mail, if it does), neither read nor mailed; in order."""
    rows = Message.objects.filter(conversation_id=row.conversation_id, number__gt=row.read_number)
    rows = rows.filter(kind=Kind.MESSAGE, author=Author.PERSON, channel=Channel.CHAT, direction=Direction.OUT)
    rows = rows.filter(number__lte=row.followed_number, at_us__gte=row.by_mail_since_us or 0)
    return [each for each in rows.order_by("number") if not each.recipients.get("to")]


def begin(conversation: Conversation, contact: Contact, now_us: int) -> ChatState:
    """Let a chat go on by mail from now on."""
    state, _ = ChatState.objects.get_or_create(conversation=conversation)
    state.name, state.email = contact.name[:200] or state.name, contact.email[:254]
    state.by_mail_since_us = now_us
    state.save(update_fields=["name", "email", "by_mail_since_us"])
    return state


def note_mail(conversation: Conversation, now_us: int) -> None:
    """Note that the customer answered a chat by mail: it goes on so, whatever its panel shows."""
    ChatState.objects.filter(conversation=conversation, by_mail_since_us=None).update(by_mail_since_us=now_us)


def find_request(conversation: Conversation) -> ServiceRequest | None:
    """Find the request that a chat became and that is not settled yet."""
    theirs = ServiceRequest.objects.filter(shop_id=conversation.shop_id, conversation=conversation)
    return theirs.filter(token__startswith=_BEGINS).exclude(stage__in=ENDED).order_by("-id").first()


def token_of(conversation: Conversation, now_us: int) -> str:
    """Write the token of the request that a chat becomes at an instant."""
    return f"{_BEGINS}{conversation.public_id.hex}-{now_us}"


def defer_turn(conversation: Conversation, why: str, now_us: int) -> Turn | None:
    """End the turn of a chat because it goes on by mail; one that never had a turn leaves one behind, for staffing."""
    ended = chat_turns.end_of(conversation.pk, why, now_us, TurnState.DEFERRED)
    if ended is None and not Turn.objects.filter(conversation=conversation).exists():
        state = find_state(conversation.pk)
        return Turn.objects.create(
            shop_id=conversation.shop_id,
            conversation=conversation,
            team_id=conversation.team_id,
            state=TurnState.DEFERRED,
            language=state.language if state is not None else "",
            waited_since_us=now_us,
            entered_us=now_us,
            ended_us=now_us,
            end=why,
        )
    return ended


def anybody_seated(shop_id: int, now_us: int) -> bool:
    """Whether somebody of the shop is at work: available, busy or wrapping up, with a console that is alive."""
    seats = Seat.objects.filter(shop_id=shop_id, state__in=AT_WORK, seen_us__gte=now_us - SEAT_FRESH_US)
    return seats.exists()


def plan_asking(conversation: Conversation, due_us: int | None) -> None:
    """Let a link ask how a chat was at an instant, or never."""
    ChatState.objects.filter(conversation=conversation).update(ask_due_us=due_us)


def list_to_ask(now_us: int, most: int) -> list[Conversation]:
    """List the chats of every shop whose visitors are asked by a link now."""
    due = ChatState.objects.filter(ask_due_us__lte=now_us).select_related("conversation").order_by("ask_due_us")
    return [each.conversation for each in due[:most]]


def list_said(conversation_id: int) -> list[Message]:
    """List what both sides said in a chat, in its order, with their files; no notes, no happenings."""
    said = Message.objects.filter(conversation_id=conversation_id, kind=Kind.MESSAGE)
    said = said.filter(direction__in=[Direction.IN, Direction.OUT])
    return list(said.select_related("person").prefetch_related("attachments").order_by("number"))
