"""What people and the shop itself write: answers, the beginning of a dialogue, notes, automatic answers.

One transaction per call: the entry, its files, the mail on its way, the draft let go. Answers by mail wait for
`UNDO_S` seconds, so that they can be taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import attachments, composing, desk, drafts, joining, recipients, threads
from kizuna.conversations.desk import Refused
from kizuna.conversations.live import continuing
from kizuna.conversations.recipients import Recipients
from kizuna.conversations.threads import Author, Channel, Direction, Kind, NewConversation, NewMessage, State
from kizuna.customers import addresses, links, profiles
from kizuna.customers.identity import IdentityKind
from kizuna.flows import alerts_watch, investing, stages
from kizuna.flows.dialogue import handling, news
from kizuna.flows.mail_out import sending
from kizuna.flows.mail_out.sending import Terms
from kizuna.relationships import investments
from kizuna.science import periods
from kizuna.shops import members

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation, Message
    from kizuna.shops.models import Person, Shop

__all__ = ["Beginning", "Note", "Refused", "Reply", "begin", "machine", "note", "reply", "take_back"]

UNDO_S = 10.0
LONGEST_TEXT = 100_000
MOST_RECIPIENTS = 50
WRITTEN = frozenset({Channel.CHAT, Channel.PORTAL})
"""Channels where the thread itself is what the customer reads; everywhere else an answer is an e-mail.

Of these too a mail tells the customer: on the premium site always, in a chat once its panel is not read any more."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; without `to` it goes to those who take part. `client_id` makes sending it twice one answer.

    `is_news` lets it be told in a chat that somebody else serves: what becomes of a wish answers nobody's question.
    """

    text: str
    html: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    attachment_ids: tuple[int, ...] = ()
    client_id: str = ""
    close: bool = False
    subject: str = ""
    is_news: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A note among ourselves, and whom it names."""

    text: str
    mention_ids: tuple[int, ...] = ()
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A dialogue that the shop begins; `state` BEGUN keeps it out of the inbox until they answer.

    Without `address` it goes to the identity's own, else to the one its customer verified.
    """

    team_id: int
    identity_id: int | None
    subject: str
    text: str
    marketing: bool = False
    state: str = State.OPEN
    html: str = ""
    address: str = ""
    client_id: str = ""


@transaction.atomic
def reply(shop: "Shop", conversation_id: int, told: Reply, person: "Person", now: datetime) -> "Message":
    """Answer the customer. Raises Refused with what is missing, Taken where somebody else serves, threads.NotThere."""
    now_us = periods.epoch_us(now)
    links.lock(shop.pk)
    conversation = threads.lock(shop.pk, conversation_id)
    _check(told.text)
    receivers = _receivers(conversation, told, now_us)
    new = _outgoing(conversation, told, receivers, now_us)
    message, is_new = threads.append(shop.pk, conversation.pk, replace(new, person_id=person.pk), now_us)
    if not is_new:
        return message
    if not told.is_news:
        handling.check_turn(conversation, person)
    if told.attachment_ids:
        try:
            attachments.attach(shop.pk, told.attachment_ids, message.pk, person.pk)
        except attachments.Refused as refusal:
            raise Refused(str(refusal)) from None
    _send(shop, message, Terms(delay_s=UNDO_S), now)
    conversation = threads.lock(shop.pk, conversation.pk)
    if conversation.assignee_id is None:
        desk.give(conversation, person.pk)
    if conversation.state in (State.CLOSED, State.SNOOZED, State.SPAM):
        desk.set_state(conversation, State.OPEN, now_us)
    drafts.drop(shop.pk, conversation.pk, person.pk)
    _follow(shop, conversation, message, now)
    if told.close:
        handling.close(shop, conversation.pk, person, now)
    return message


@transaction.atomic
def note(shop: "Shop", conversation_id: int, told: Note, person: "Person", now: datetime) -> "Message":
    """Write a note that only the shop's people see, and remember whom it names. Raises Refused."""
    _check(told.text)
    now_us = periods.epoch_us(now)
    entry = NewMessage(
        Direction.WITHIN,
        Author.PERSON,
        told.text.strip(),
        now_us,
        kind=Kind.NOTE,
        person_id=person.pk,
        client_id=told.client_id,
    )
    message, is_new = threads.append(shop.pk, conversation_id, entry, now_us)
    if is_new:
        ours = {member.person_id for member in members.list_members(shop)}
        named = [each for each in told.mention_ids if each in ours and each != person.pk]
        desk.mention(message, named)
        alerts_watch.mention(shop, message, named, now)
        drafts.drop(shop.pk, message.conversation_id, person.pk, is_note=True)
        news.tell(shop.pk, message.conversation_id)
    return message


@transaction.atomic
def begin(shop: "Shop", told: Beginning, person: "Person | None", now: datetime) -> "Conversation":
    """Begin a dialogue by mail: the shop writes first. Raises Refused."""
    _check(told.text)
    now_us = periods.epoch_us(now)
    links.lock(shop.pk)
    owners = {} if told.identity_id is None else links.customers_of(shop.pk, [told.identity_id])
    address = told.address or _address_of(shop.pk, owners.get(told.identity_id or 0), told.identity_id)
    if not _addresses([address]):
        raise Refused("there is no e-mail address to write to")
    new = NewConversation(
        told.team_id,
        Channel.EMAIL,
        " ".join(told.subject.split()),
        told.identity_id,
        None if told.identity_id is None else owners.get(told.identity_id),
        told.state,
        None if person is None else person.pk,
    )
    conversation = threads.open_conversation(shop.pk, new, now_us)
    words = Reply(told.text, told.html, to=_addresses([address]), client_id=told.client_id)
    entry = _outgoing(conversation, words, Recipients(words.to), now_us)
    author = Author.MACHINE if person is None else Author.PERSON
    entry = replace(entry, author=author, person_id=None if person is None else person.pk)
    message, _ = threads.append(shop.pk, conversation.pk, entry, now_us)
    delay_s = 0.0 if person is None else UNDO_S
    _send(shop, message, Terms(marketing=told.marketing, delay_s=delay_s), now)
    _follow(shop, conversation, message, now)
    conversation.refresh_from_db()
    return conversation


@transaction.atomic
def machine(
    shop: "Shop", conversation_id: int, text: str, now: datetime, client_id: str = "", subject: str = ""
) -> "Message":
    """Answer automatically: an acknowledgement, the state of a wish. It never counts as a human's answer.

    It goes to who wrote and to nobody they copied: whoever writes to us must not reach others through us.
    """
    _check(text)
    now_us = periods.epoch_us(now)
    conversation = threads.lock(shop.pk, conversation_id)
    words = Reply(text, client_id=client_id, subject=subject)
    new = _outgoing(conversation, words, Recipients(_receivers(conversation, words, now_us).to), now_us)
    new = replace(new, author=Author.MACHINE, is_automatic=True)
    message, is_new = threads.append(shop.pk, conversation.pk, new, now_us)
    if is_new:
        _send(shop, message, Terms(), now)
        news.tell(shop.pk, conversation.pk)
    return message


@transaction.atomic
def take_back(shop: "Shop", message_id: int, person: "Person", now: datetime) -> str:
    """Take back an answer that has not left yet, and keep its words as a draft; returns them. Raises Refused.

    The entry stays in its place as one that was taken back; its files wait with the draft.
    """
    message = threads.find_message(shop.pk, message_id)
    if message is None or message.person_id != person.pk or message.kind != Kind.MESSAGE:
        raise Refused("there is nothing to take back")
    conversation = threads.lock(shop.pk, message.conversation_id)
    if not sending.undo(shop, message.pk, now):
        raise Refused("it is too late: the answer has left")
    now_us = periods.epoch_us(now)
    text = joining.withdraw(message)
    attachments.detach(message)
    drafts.keep(shop.pk, conversation.pk, person.pk, text, now_us)
    if conversation.state == State.CLOSED:
        desk.set_state(conversation, State.OPEN, now_us)
    threads.rebuild(conversation)
    booked = investments.find(shop.pk, "message", str(message.public_id))
    if booked is not None:
        investing.correct(shop, booked.id, investing.Correction(amount_minor=0), person, now)
    news.tell(shop.pk, conversation.pk)
    return text


def _send(shop: "Shop", message: "Message", terms: Terms, now: datetime) -> None:
    """Put an entry that goes by mail into the queue; what is read in the thread itself goes so too, where it can."""
    if message.channel != Channel.EMAIL and not message.recipients.get("to"):
        return
    try:
        sending.queue(shop, message.pk, terms, now)
    except (composing.BadAddress, sending.NoRecipient) as refusal:
        raise Refused(str(refusal)) from None


def _follow(shop: "Shop", conversation: "Conversation", message: "Message", now: datetime) -> None:
    """What follows from a human answer: its cost, the stage of the relationship, open pages told."""
    investing.book_message(shop, message.pk, message.channel, now)
    if conversation.customer_id is not None:
        stages.review(shop, [conversation.customer_id], periods.epoch_us(now))
    news.tell(shop.pk, conversation.pk)


def _check(text: str) -> None:
    if not text.strip():
        raise Refused("write something first")
    if len(text) > LONGEST_TEXT:
        raise Refused(f"at most {LONGEST_TEXT} characters")


def _receivers(conversation: "Conversation", told: Reply, now_us: int) -> Recipients:
    if conversation.channel == Channel.PORTAL and conversation.customer_id is not None:
        known = addresses.address_of(conversation.shop_id, conversation.customer_id)
        return Recipients(_addresses([known]))
    if conversation.channel in WRITTEN:
        return Recipients(_addresses([continuing.mail_to(conversation, now_us)]))
    usual = recipients.of_answer(conversation)
    chosen = Recipients(_addresses(told.to), _addresses(told.cc)) if told.to else usual
    if not chosen.to:
        raise Refused("there is no e-mail address to answer to: add one")
    if len(chosen.to) + len(chosen.cc) > MOST_RECIPIENTS:
        raise Refused(f"at most {MOST_RECIPIENTS} people receive an answer")
    return chosen


def _addresses(told: Sequence[str]) -> tuple[str, ...]:
    kept = [each.strip().lower() for each in told if each.strip()]
    for each in kept:
        local, at, domain = each.rpartition("@")
        if not at or not local or "." not in f"{domain}." or any(sign.isspace() or ord(sign) < 32 for sign in each):
            raise Refused(f"{each[:80]} is no e-mail address")
    return tuple(dict.fromkeys(kept))


def _address_of(shop_id: int, customer_id: int | None, identity_id: int | None) -> str:
    """The identity's own address, else the one seen last of its customer's verified ones."""
    if customer_id is None:
        return ""
    known = [each for each in profiles.list_identities(shop_id, customer_id) if each.kind == IdentityKind.EMAIL]
    own = next((each.value for each in known if each.pk == identity_id), "")
    return own or next((each.value for each in known), "")


def _outgoing(conversation: "Conversation", told: Reply, receivers: Recipients, now_us: int) -> NewMessage:
    return NewMessage(
        Direction.OUT,
        Author.PERSON,
        told.text.strip(),
        now_us,
        channel=conversation.channel if conversation.channel in WRITTEN else Channel.EMAIL,
        html=told.html,
        subject=told.subject or conversation.subject,
        identity_id=conversation.identity_id,
        to=receivers.to,
        cc=receivers.cc,
        client_id=told.client_id,
    )
