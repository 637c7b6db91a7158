"""When nobody can answer a chat now: it becomes a request with the dialogue attached and goes on by mail.

It stays the same conversation: answers from any page go out by mail and into the panel, the customer's mail comes back
into it. The address is what somebody typed: it is used for this chat and links nobody to a profile. What the machine
writes there carries no words of the visitor, so that nobody can send theirs to strangers through us.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format

from kizuna.conversations import composing, desk, threads, wish_recognition
from kizuna.conversations.live import continuing, mail_brake, turns
from kizuna.conversations.live.continuing import Contact
from kizuna.conversations.live.turns import TurnState
from kizuna.conversations.threads import Author, Direction, NewMessage
from kizuna.conversations.wishes import Source
from kizuna.customers import links
from kizuna.flows.dialogue import news, writing
from kizuna.flows.live import news as live_news
from kizuna.flows.mail_out import sending
from kizuna.flows.mail_out.sending import Notice
from kizuna.flows.wishes import opening
from kizuna.flows.wishes.opening import NewWish
from kizuna.html import words
from kizuna.html.words import say
from kizuna.science import periods
from kizuna.shops import hours
from kizuna.shops.tenants import Refused

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation, Message, ServiceRequest
    from kizuna.shops.models import Shop

__all__ = ["Refused"]

NO_HOURS, OVERFLOW, LEFT = "no_hours", "overflow", "left"
REASONS = (NO_HOURS, OVERFLOW, LEFT)
LONGEST_TEXT = 10_000
DAY_FORMATS = {"en": "l, F j", "de": "l, j. F"}
SURE = 0.6
"""How sure the recogniser must be of a kind of wish to send it to that kind's department at once."""
BRAKE_US = 180 * 60_000_000
MOST_CONFIRMATIONS, MOST_TRANSCRIPTS = 3, 3


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a person answers now; if not, when work begins next (None: it has begun, but nobody is seated)."""

    is_open: bool
    in_hours: bool
    opens_us: int | None

    @property
    def is_over(self) -> bool:
        """Whether nobody answers and nobody is to come before work begins again."""
        return not (self.is_open or self.in_hours)


@dataclass(frozen=True, slots=True)
class Deferral:
    """What a visitor leaves: who they are, where the answer goes, their words, and why it could not be now."""

    name: str
    email: str
    text: str
    reason: str = NO_HOURS
    client_id: str = ""


def availability(shop: "Shop", now: datetime) -> Availability:
    """Say whether a person can answer now: whoever sits at the desk does, also outside the hours that are promised."""
    now_us = periods.epoch_us(now)
    opens_us = hours.read(shop).add(now_us, 0)
    in_hours = opens_us == now_us
    seated = continuing.anybody_seated(shop.pk, now_us)
    return Availability(seated, in_hours, None if in_hours or seated else opens_us)


def say_when(shop: "Shop", language: str, timezone: str, now: datetime) -> str:
    """Say in the visitor's words and time zone when a person will be there."""
    found = availability(shop, now)
    spoken = words.choose([language], words.LANGUAGES)
    if found.opens_us is None:
        return say(spoken, "A person of ours answers you by mail as soon as one is free.")
    opens = periods.instant_at(found.opens_us).astimezone(_zone(timezone, shop.timezone))
    with translation.override(spoken):
        day, hour = date_format(opens, DAY_FORMATS.get(spoken, "l j F")), date_format(opens, "H:i")
    zone = opens.tzname() or str(opens.tzinfo)
    return say(spoken, "A person of ours will be there on {day}, {hour} ({zone}).", day=day, hour=hour, zone=zone)


@transaction.atomic
def defer(shop: "Shop", conversation_id: int, told: Deferral, now: datetime) -> "ServiceRequest":
    """Let a chat go on by mail and make its dialogue a request; while that is open, it stays the same request.

    One that was closed goes on in the chat that the visitor opened since: they have one at a time. Raises Refused with
    the field that is to blame, threads.NotThere.
    """
    contact = _read(told)
    links.lock(shop.pk)  # before the conversation's: the facts of a wish take them in this order too
    conversation = _lock_living(shop, conversation_id)
    now_us = periods.epoch_us(now)
    _say(shop, conversation, told, now)
    brought = _list_brought(conversation)
    if not _text_of(brought):
        raise Refused("text", "write what it is about")
    before = continuing.find_state(conversation.pk)
    wish = continuing.find_request(conversation)
    confirms = wish is None or before is None or before.email != contact.email
    state = continuing.begin(conversation, contact, now_us)
    continuing.defer_turn(conversation, told.reason, now_us)
    if wish is None:
        wish = opening.open_wish(shop, _wish_of(shop, conversation, brought, now_us), None, now)
    if confirms and mail_brake.count_begun(shop.pk, contact.email, now_us - BRAKE_US) <= MOST_CONFIRMATIONS:
        _confirm(shop, conversation, state.language, _timezone_of(state.context), now)
    news.tell(shop.pk, conversation.pk)
    live_news.tell(shop.pk, conversation.pk)
    live_news.tell_desk(shop.pk, "queue")
    return wish


@transaction.atomic
def end_of_hours(shop: "Shop", conversation_id: int, now: datetime) -> bool:
    """Take who still waits when nobody is there any more as a request, and tell them when somebody will be.

    It goes on by mail where an address is known, else in the panel. False where they do not wait. Repeat-safe.
    """
    links.lock(shop.pk)  # before the conversation's, as for any wish
    conversation = threads.lock(shop.pk, conversation_id)
    turn = turns.lock_under_way(conversation.pk)
    if turn is None or turn.state != TurnState.WAITING:
        return False
    now_us = periods.epoch_us(now)
    brought = _list_brought(conversation)
    has_words = bool(_text_of(brought))
    if has_words and continuing.find_request(conversation) is None:
        opening.open_wish(shop, _wish_of(shop, conversation, brought, now_us), None, now)
    by_mail = _go_on_by_mail(shop, conversation, now_us)
    continuing.defer_turn(conversation, NO_HOURS, now_us)
    _say_goodbye(shop, conversation, f"hours-{turn.pk}", now, has_words=has_words, by_mail=by_mail)
    live_news.tell(shop.pk, conversation.pk)
    live_news.tell_desk(shop.pk, "queue")
    return True


@transaction.atomic
def transcript(shop: "Shop", conversation_id: int, email: str, now: datetime) -> bool:
    """Send what was said to an address, for the visitor who asks; False where nothing new was said since the last.

    Only a chat in which a person answered has one, and few times: it must not carry anybody's words to strangers.
    Raises Refused, threads.NotThere.
    """
    contact = _read(Deferral("", email, "-"))
    conversation = threads.lock(shop.pk, conversation_id)
    said = continuing.list_said(conversation.pk)
    if not any(each.author == Author.PERSON for each in said[1:]):  # the first may have been an invitation
        raise Refused("transcript", "there is nothing to send before somebody has answered")
    prefix = f"transcript-{conversation.pk}-"
    key = f"{prefix}{said[-1].number}"
    if mail_brake.count_notices(shop.pk, key):
        return False
    if mail_brake.count_notices(shop.pk, prefix) >= MOST_TRANSCRIPTS:
        raise Refused("transcript", "it was sent often enough")
    state = continuing.find_state(conversation.pk)
    spoken = words.choose([state.language if state else ""], words.LANGUAGES)
    zone = _zone(_timezone_of(state.context) if state else "", shop.timezone)
    with translation.override(spoken):
        day = date_format(periods.instant_at(said[0].at_us).astimezone(zone), "DATE_FORMAT")
    subject = say(spoken, "Our conversation of {day}", day=day)
    text = "\n\n".join([_line(shop, each, spoken, zone) for each in said])
    sending.send_notice(shop, Notice(contact.email, subject, f"{text}\n", key=key), now)
    return True


def _lock_living(shop: "Shop", conversation_id: int) -> "Conversation":
    """Lock a chat, or the one its visitor opened since it was closed."""
    conversation = threads.lock(shop.pk, conversation_id)
    meanwhile = None if conversation.state in desk.LIVING else desk.find_open_chat(conversation)
    return conversation if meanwhile is None else threads.lock(shop.pk, meanwhile.pk)


def _read(told: Deferral) -> Contact:
    """Check what a visitor typed. Raises Refused."""
    if told.reason not in REASONS:
        raise Refused("reason", f"must be one of {', '.join(REASONS)}")
    if len(told.text) > LONGEST_TEXT or "\x00" in told.text:
        raise Refused("text", f"use at most {LONGEST_TEXT} characters, and no NUL")
    try:
        email = composing.check_address(told.email).lower()
    except composing.BadAddress:
        raise Refused("email", "give an e-mail address that we can answer to") from None
    if len(email) > 254:
        raise Refused("email", "give an e-mail address that we can answer to")
    return Contact(composing.clean(told.name)[:200], email)


def _say(shop: "Shop", conversation: "Conversation", told: Deferral, now: datetime) -> None:
    """Store what they leave as their message, once per client id; nothing where they said it in the chat before.

    What follows from their words follows as it does in any chat (flows.live.following).
    """
    if not told.text.strip():
        return
    entry = NewMessage(
        Direction.IN,
        Author.CUSTOMER,
        told.text.strip(),
        periods.epoch_us(now),
        identity_id=conversation.identity_id,
        client_id=told.client_id[:64],
    )
    threads.append(shop.pk, conversation.pk, entry, periods.epoch_us(now))


def _list_brought(conversation: "Conversation") -> "list[Message]":
    """List what the visitor said and sent in a chat."""
    return [each for each in continuing.list_said(conversation.pk) if each.direction == Direction.IN]


def _text_of(brought: "list[Message]") -> str:
    """All that a visitor said, in their words; files that came without words by their names."""
    said = (each.text.strip() or " ".join(_files_of(each)) for each in brought)
    return "\n\n".join(filter(None, said))[:LONGEST_TEXT]


def _files_of(message: "Message") -> list[str]:
    return [f"[{each.name}]" for each in message.attachments.all()]


def _wish_of(shop: "Shop", conversation: "Conversation", brought: "list[Message]", now_us: int) -> NewWish:
    """The request: all that the visitor said and sent, with the dialogue and its files attached."""
    spoken = any(each.text.strip() for each in brought)
    text = _text_of(brought)
    found = wish_recognition.recognise(shop.pk, text) if spoken else None  # a file's name says nothing of the kind
    kind_id = found.kind_id if found is not None and found.kind_chance >= SURE else None
    return NewWish(
        conversation.identity_id,
        text,
        Source.MESSAGE,
        kind_id=kind_id,
        conversation_id=conversation.pk,
        message_id=brought[0].pk,
        token=continuing.token_of(conversation, now_us),
    )


def _confirm(shop: "Shop", conversation: "Conversation", language: str, timezone: str, now: datetime) -> None:
    """Tell them in the panel and by mail that it arrived; the mail's address brings their answer back here."""
    spoken = words.choose([language], words.LANGUAGES)
    text = "\n\n".join(
        (
            say(spoken, "Thank you, your message has reached us."),
            say_when(shop, spoken, timezone, now),
            say(spoken, "You can answer our mail: what you write reaches the same conversation."),
        )
    )
    subject = say(spoken, "We have your message")
    key = f"deferred-{periods.epoch_us(now)}"
    writing.machine(shop, conversation.pk, text, now, client_id=key, subject=subject)


def _go_on_by_mail(shop: "Shop", conversation: "Conversation", now_us: int) -> bool:
    """Let a chat go on by mail to the address its visitor gave before; False where there is none to write to."""
    state = continuing.find_state(conversation.pk)
    if state is None or not composing.is_address(state.email):
        return False
    if state.by_mail_since_us is None:
        if mail_brake.count_begun(shop.pk, state.email, now_us - BRAKE_US) >= MOST_CONFIRMATIONS:
            return False
        continuing.begin(conversation, Contact(state.name, state.email), now_us)
    return True


def _say_goodbye(
    shop: "Shop", conversation: "Conversation", key: str, now: datetime, *, has_words: bool, by_mail: bool
) -> None:
    """Tell who waited that nobody is there: what became of their words, when somebody is, where the answer will be."""
    state = continuing.find_state(conversation.pk)
    spoken = words.choose([state.language if state else ""], words.LANGUAGES)
    lines = [say(spoken, "Nobody of us is here right now.")]
    if has_words:
        lines.append(say(spoken, "Your message is kept as a request, so that it is not forgotten."))
    lines.append(say_when(shop, spoken, _timezone_of(state.context) if state else "", now))
    if by_mail:
        lines.append(say(spoken, "You can answer our mail: what you write reaches the same conversation."))
    elif has_words:
        lines.append(say(spoken, "The answer will stand here. Leave us your e-mail address, and you have it by mail."))
    writing.machine(
        shop, conversation.pk, "\n\n".join(lines), now, client_id=key, subject=say(spoken, "We have your message")
    )


def _line(shop: "Shop", message: "Message", language: str, zone: ZoneInfo) -> str:
    if message.direction == Direction.IN:
        who = say(language, "You")
    else:
        who = message.person.name if message.person is not None and message.person.name else shop.name
    said = "\n".join(filter(None, [message.text, *_files_of(message)]))
    return f"{periods.instant_at(message.at_us).astimezone(zone):%H:%M} {who}:\n{said}"


def _timezone_of(context: object) -> str:
    said = context.get("timezone") if isinstance(context, dict) else None
    return said if isinstance(said, str) else ""


def _zone(wanted: str, otherwise: str) -> ZoneInfo:
    """The visitor's time zone as their browser named it, else the shop's."""
    try:
        return ZoneInfo(wanted) if 0 < len(wanted) <= 60 else ZoneInfo(otherwise)
    except (ValueError, LookupError, OSError):
        return ZoneInfo(otherwise)
