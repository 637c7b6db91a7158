"""Chats that are over, taken in as rows at once: from another system, or from a simulated year.

Nothing follows from them here: no mail, no fact, no routing. A chat that is known by its key is left as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kizuna.conversations import search
from kizuna.conversations.models import (
    Author,
    Channel,
    ChatInvitation,
    ChatState,
    Conversation,
    Direction,
    InvitationRule,
    Kind,
    Message,
    ProfileMark,
    Seat,
    Spell,
    State,
    SystemReport,
    Turn,
    TurnState,
)
from kizuna.tables import public_ids

_PREVIEW = 200


@dataclass(frozen=True, slots=True)
class PastLine:
    """Something said: by the customer (no person), or by a person of the shop; or what happened, where so named."""

    at_us: int
    text: str
    person_id: int | None = None
    happening: str = ""


@dataclass(frozen=True, slots=True)
class PastTurn:
    """The wait and the service of a chat."""

    state: str
    end: str
    ended_us: int
    served_us: int | None = None
    answered_us: int | None = None


@dataclass(frozen=True, slots=True)
class PastChat:
    """A chat as it went; `key` names it for ever, `closed_us` is None where it waits for an answer still."""

    key: str
    team_id: int
    identity_id: int
    customer_id: int | None
    subject: str
    language: str
    lines: Sequence[PastLine]
    turn: PastTurn
    person_id: int | None = None
    closed_us: int | None = None
    name: str = ""
    email: str = ""
    by_mail_since_us: int | None = None
    context: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastInvitation:
    """A moment at which a rule would invite; `conversation_id` is what began by it."""

    visitor_key: str
    identity_id: int | None
    client_id: str
    at_us: int
    held: bool
    accepted_us: int | None = None
    conversation_id: int | None = None


@dataclass(frozen=True, slots=True)
class PastSpell:
    """How long somebody sat in which state."""

    person_id: int
    state: str
    from_us: int
    to_us: int


def take_in(shop_id: int, chats: Sequence[PastChat]) -> dict[str, int]:
    """Store chats that are not known yet; the conversation of each key, known or new."""
    keys = {f"{chat.key}-0": chat.key for chat in chats}
    rows = Message.objects.filter(shop_id=shop_id, client_id__in=keys).values_list("client_id", "conversation_id")
    known = {keys[client_id]: talk for client_id, talk in rows}
    new = [chat for chat in chats if chat.key not in known]
    talks = Conversation.objects.bulk_create([_conversation(shop_id, chat) for chat in new])
    made = list(zip(new, talks, strict=True))
    said = [each for chat, talk in made for each in _messages(shop_id, chat, talk)]
    Message.objects.bulk_create(said)
    search.index_many(each for each in said if each.kind == Kind.MESSAGE)
    Turn.objects.bulk_create(_turn(shop_id, chat, talk) for chat, talk in made)
    ChatState.objects.bulk_create(_state(chat, talk) for chat, talk in made)
    return {**known, **{chat.key: talk.pk for chat, talk in made}}


def take_in_invitations(shop_id: int, told: Sequence[PastInvitation]) -> None:
    """Store invitations by rule; known ones stay as they are."""
    rule = InvitationRule.objects.filter(shop_id=shop_id).order_by("place", "id").first()
    ChatInvitation.objects.bulk_create(
        (
            ChatInvitation(
                shop_id=shop_id,
                visitor_key=each.visitor_key,
                identity_id=each.identity_id,
                rule=rule,
                held=each.held,
                client_id=each.client_id,
                at_us=each.at_us,
                accepted_us=each.accepted_us,
                conversation_id=each.conversation_id,
            )
            for each in told
        ),
        ignore_conflicts=True,
    )


def take_in_spells(shop_id: int, told: Sequence[PastSpell]) -> None:
    """Store how long people sat, and their seats; nothing where spells of before are known."""
    if not told or Spell.objects.filter(shop_id=shop_id, from_us__lte=min(each.from_us for each in told)).exists():
        return
    for person_id in sorted({each.person_id for each in told}):
        Seat.objects.get_or_create(shop_id=shop_id, person_id=person_id)
    Spell.objects.bulk_create(
        Spell(shop_id=shop_id, person_id=each.person_id, state=each.state, from_us=each.from_us, to_us=each.to_us)
        for each in told
    )


def take_in_marks(shop_id: int, told: Mapping[int, tuple[int, tuple[bool | None, ...], int]]) -> None:
    """Store what operators said of the profiles before them: {conversation: (person, four marks, when)}."""
    ProfileMark.objects.bulk_create(
        (
            ProfileMark(
                shop_id=shop_id,
                conversation_id=talk,
                person_id=person,
                complete=marks[0],
                correct=marks[1],
                consistent=marks[2],
                relevant=marks[3],
                at_us=at_us,
            )
            for talk, (person, marks, at_us) in told.items()
        ),
        ignore_conflicts=True,
    )


def take_in_reports(shop_id: int, told: Mapping[int, tuple[int, int, int, dict[str, int]]]) -> None:
    """Store panels' reports on the system: {local day: (chats, reconnects, failures, delivery classes)}."""
    SystemReport.objects.bulk_create(
        (
            SystemReport(shop_id=shop_id, day=day, chats=chats, reconnects=again, failures=failed, delivery_ms=classes)
            for day, (chats, again, failed, classes) in told.items()
        ),
        ignore_conflicts=True,
    )


def list_visitors(shop_id: int, most: int) -> dict[str, int]:
    """List the browsers that were invited last, {visitor key: identity}."""
    rows = ChatInvitation.objects.filter(shop_id=shop_id).exclude(identity=None).order_by("-at_us")
    return {key: identity for key, identity in rows.values_list("visitor_key", "identity_id")[:most] if identity}


def list_open(shop_id: int, begins: str) -> list[Conversation]:
    """List the open chats whose subject begins so."""
    rows = Conversation.objects.filter(shop_id=shop_id, channel=Channel.CHAT, state__in=(State.OPEN, State.SNOOZED))
    return list(rows.filter(subject__startswith=begins).order_by("id")[:100])


def _conversation(shop_id: int, chat: PastChat) -> Conversation:
    said = [line for line in chat.lines if not line.happening]
    heard = [line.at_us for line in said if line.person_id is None]
    answered = [line.at_us for line in said if line.person_id is not None]
    waits = chat.closed_us is None and said[-1].person_id is None
    return Conversation(
        shop_id=shop_id,
        public_id=public_ids.make(said[0].at_us),
        team_id=chat.team_id,
        identity_id=chat.identity_id,
        customer_id=chat.customer_id,
        channel=Channel.CHAT,
        state=State.OPEN if chat.closed_us is None else State.CLOSED,
        subject=chat.subject,
        preview=" ".join(said[-1].text.split())[:_PREVIEW],
        assignee_id=chat.person_id,
        awaits_us=waits,
        opened_us=said[0].at_us,
        last_message_us=said[-1].at_us,
        last_inbound_us=max(heard, default=None),
        waiting_since_us=heard[-1] if waits else None,
        first_inbound_us=min(heard, default=None),
        first_response_us=min(answered, default=None),
        closed_us=chat.closed_us,
        last_number=len(chat.lines),
    )


def _messages(shop_id: int, chat: PastChat, talk: Conversation) -> list[Message]:
    return [
        Message(
            shop_id=shop_id,
            public_id=public_ids.make(line.at_us),
            conversation=talk,
            number=place + 1,
            kind=Kind.HAPPENING if line.happening else Kind.MESSAGE,
            direction=Direction.WITHIN if line.happening else Direction.OUT if line.person_id else Direction.IN,
            channel=Channel.CHAT,
            author=Author.PERSON if line.person_id else Author.MACHINE if line.happening else Author.CUSTOMER,
            person_id=line.person_id,
            identity_id=None if line.person_id or line.happening else chat.identity_id,
            text=line.text,
            at_us=line.at_us,
            stored_us=line.at_us,
            client_id=f"{chat.key}-{place}",
            remarks={"happening": line.happening} if line.happening else {},
        )
        for place, line in enumerate(chat.lines)
    ]


def _turn(shop_id: int, chat: PastChat, talk: Conversation) -> Turn:
    entered_us = chat.lines[0].at_us
    served = chat.turn.served_us is not None
    return Turn(
        shop_id=shop_id,
        conversation=talk,
        team_id=chat.team_id,
        state=TurnState(chat.turn.state),
        language=chat.language,
        waited_since_us=entered_us,
        entered_us=entered_us,
        person_id=chat.person_id if served else None,
        served_us=chat.turn.served_us,
        answered_us=chat.turn.answered_us,
        ended_us=chat.turn.ended_us,
        end=chat.turn.end,
    )


def _state(chat: PastChat, talk: Conversation) -> ChatState:
    last = len(chat.lines)
    return ChatState(
        conversation=talk,
        language=chat.language,
        delivered_number=last,
        read_number=last,
        seen_number=last,
        followed_number=last,
        visitor_seen_us=chat.turn.ended_us,
        name=chat.name,
        email=chat.email,
        by_mail_since_us=chat.by_mail_since_us,
        context=dict(chat.context),
    )
