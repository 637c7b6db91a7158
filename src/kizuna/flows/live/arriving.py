"""A visitor arrives at the panel: what it shows them, whose they are, the one chat that is open, invitations.

The door has read and believed the token before. A customer whom the shop vouches for (flows.live.vouching) brings a
user id; everybody else is their visitor key, and their browser is its grip.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from kizuna.conversations import teams, threads
from kizuna.conversations.live import hearsay, invitations, keys, online, panel, shown, state, storing
from kizuna.conversations.live.invitations import Invited
from kizuna.conversations.live.keys import Chat
from kizuna.conversations.live.state import Beginning
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.customers import identity, links
from kizuna.customers.identity import Claims
from kizuna.flows.live import news, panels, routing, telling
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.shops.models import Person, Shop

MOST_SHOWN = 100
MOST_PAST = 20


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the door: a visitor key, the hash of their browser's grip, a user id the shop vouched for."""

    key: str
    grip: str
    user_id: str = ""
    identity_id: int | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """How a chat begins; `client_id` makes its first words once, `invitation` is what made it begin."""

    client_id: str
    text: str = ""
    name: str = ""
    email: str = ""
    language: str = ""
    invitation: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    waits: bool = True


@dataclass(frozen=True, slots=True)
class Opened:
    """The chat that is open now; `is_new` is False where it was open before."""

    chat: Chat
    is_new: bool
    number: int


def hello(shop: "Shop", who: Visitor, now: datetime) -> dict[str, Any]:
    """Describe to a panel that comes up: look and rules, whether a person is there, the open chat, earlier ones."""
    mine = list_identities(shop, who)
    chat = keys.find_open(shop.pk, mine)
    if who.user_id and mine:
        keys.note_vouched(shop.pk, mine, who.grip, periods.epoch_us(now))
    view = panel.read(shop.pk)
    return {
        "panel": panels.for_browser(shop, view, who.key, _find_customer(shop, who)),
        **telling.opening_hours(shop, now),
        "conversation": None if chat is None else telling.describe(shop, chat, MOST_SHOWN, now),
        "history": list_past(shop, who) if who.user_id else [],
        "known": bool(who.user_id),
    }


def list_identities(shop: "Shop", who: Visitor) -> list[int]:
    """List the identities whose chats a browser may have: its own; with a user id only those of that user."""
    names = [who.key, f"{who.key}~{who.identity_id}"[:255], keys.own_key(who.grip)]
    mine = keys.list_identities(shop.pk, names, who.grip)
    if not who.user_id:
        return mine
    theirs = identities_of_user(shop, who)
    return [each for each in mine if each in theirs]


def identities_of_user(shop: "Shop", who: Visitor) -> set[int]:
    """All identities of the customer a user id belongs to."""
    if who.identity_id is None:
        return set()
    owner = links.customers_of(shop.pk, [who.identity_id]).get(who.identity_id)
    return set(links.identities_of(shop.pk, [owner])[owner]) if owner is not None else set()


def list_vouched(shop: "Shop", who: Visitor) -> set[int]:
    """The identities whose chats a user may read on any browser: those of browsers where the shop vouched for them.

    What only an event says belongs to a user is left out, because anybody can send one.
    """
    return keys.list_vouched(shop.pk, identities_of_user(shop, who))


def list_past(shop: "Shop", who: Visitor) -> list[dict[str, Any]]:
    """List the closed chats of a customer whom the shop vouched for."""
    found = keys.list_past(shop.pk, list_vouched(shop, who), MOST_PAST)
    return [
        {
            "id": str(each.public_id),
            "subject": each.subject,
            "closed_at": shown.iso(each.closed_us or each.last_message_us),
            "preview": each.preview,
        }
        for each in found
    ]


@transaction.atomic
def open_chat(shop: "Shop", who: Visitor, told: Opening, now: datetime) -> Opened:
    """Find the visitor's open chat or open one; whoever asks at the same moment gets the same one."""
    now_us = periods.epoch_us(now)
    identity_id = _claim(shop, who, now_us)
    if who.user_id:
        keys.note_vouched(shop.pk, [identity_id], who.grip, now_us)
    chat = keys.lock_open(shop.pk, identity_id)
    is_new = chat is None
    if chat is None:
        chat = _begin(shop, identity_id, told, who.key, now)
    else:
        state.describe(chat.id, told.name, told.email)
    number = chat.last_number
    if told.text.strip():
        words = storing.Words(shop.pk, chat.id, told.client_id, told.text, name=told.name)
        (kept,) = storing.append_many([words], now_us)
        number = kept.message.number if isinstance(kept, storing.Kept) else number
    if told.invitation:
        invitations.accept(shop.pk, told.invitation, chat.id, now_us)
    news.tell(shop.pk, chat.id, opened=is_new)
    if number > chat.last_number:
        news.tell_heads(shop.pk, {chat.id: number})
    return Opened(replace(chat, last_number=max(number, chat.last_number)), is_new, number)


def _find_customer(shop: "Shop", who: Visitor) -> int | None:
    """Whose browser it seems to be: enough to choose what the panel offers, never to show anything of theirs."""
    found = who.identity_id or identity.find_visitors(shop.pk, [who.key]).get(who.key)
    return None if found is None else links.customers_of(shop.pk, [found]).get(found)


def _claim(shop: "Shop", who: Visitor, now_us: int) -> int:
    """Find or make the identity that this browser's chats belong to, under a key that is surely its own."""
    user = who.user_id or None
    if user is None:
        found = _visitor(shop.pk, Claims(now_us, visitor=who.key), now_us)
        if keys.claim(shop.pk, who.key, who.grip, found, now_us):
            return found
    else:
        found = _visitor(shop.pk, Claims(now_us, user=user, visitor=who.key), now_us)
        for name in (who.key, f"{who.key}~{found}"[:255]):
            if keys.claim(shop.pk, name, who.grip, found, now_us):
                return found
    own = keys.own_key(who.grip)
    found = _visitor(shop.pk, Claims(now_us, user=user, visitor=own), now_us)
    keys.claim(shop.pk, own, who.grip, found, now_us)
    return found


def _visitor(shop_id: int, claims: Claims, now_us: int) -> int:
    resolved = identity.resolve(shop_id, [claims], now_us).each[0]
    return resolved.visitor_identity_id or resolved.identity_id


def _begin(shop: "Shop", identity_id: int, told: Opening, visitor_key: str, now: datetime) -> Chat:
    now_us = periods.epoch_us(now)
    owner = links.customers_of(shop.pk, [identity_id]).get(identity_id)
    subject = " ".join(told.text.split())[:60]
    team = teams.ensure_default(shop.pk)
    new = NewConversation(team.pk, Channel.CHAT, subject, identity_id, owner)
    opened = threads.open_conversation(shop.pk, new, now_us)
    state.begin(opened.pk, Beginning(told.language, told.name, told.email, told.context), now_us)
    words, person = invitations.find_words(shop.pk, told.invitation, visitor_key, told.language)
    if words:
        _speak_first(shop, opened, words, person, now_us)
    if told.waits:
        routing.enter(shop, opened, now, person)
    return keys.view(threads.lock(shop.pk, opened.pk))


def _speak_first(shop: "Shop", opened: "Conversation", words: str, person: "Person | None", now_us: int) -> None:
    """Put down the words that the visitor answers; before there is a turn, so that they are no answer to anything."""
    author = Author.MACHINE if person is None else Author.PERSON
    name = shop.name if person is None else person.name
    entry = NewMessage(
        Direction.OUT,
        author,
        words,
        now_us,
        person_id=None if person is None else person.pk,
        identity_id=opened.identity_id,
        from_name=name,
        is_automatic=person is None,
        client_id="invitation",
    )
    threads.append(shop.pk, opened.pk, entry, now_us)


@transaction.atomic
def invite(shop: "Shop", visitor_key: str, text: str, person: "Person", now: datetime) -> bool:
    """Let an operator invite a visitor by hand; False where they have left the pages."""
    now_us = periods.epoch_us(now)
    if not online.note_invited(shop.pk, visitor_key, now_us):
        return False
    client_id = invitations.by_hand(shop.pk, visitor_key, person.pk, text, now_us)
    words = {"words": text[: invitations.LONGEST_WORDS], "by": person.name, "invitation": client_id}
    news.tell_desk(shop.pk, "visitors", invite=visitor_key, told=words)
    return True


@transaction.atomic
def note_hearsay(shop: "Shop", chat: Chat, said: Mapping[str, Any]) -> None:
    """Keep what the page says of the visitor beside their chat."""
    hearsay.keep(shop.pk, chat.id, said)


@transaction.atomic
def note_invited(shop: "Shop", who: Visitor, told: Invited) -> None:
    """Note a moment at which a rule invited a visitor, or would have: held ones of the hold-out show nothing."""
    view = panel.read(shop.pk)
    identity_id = identity.find_visitors(shop.pk, [who.key]).get(who.key)
    held = panel.is_held(shop.pk, who.key, view.holdout_share)
    invitations.note(shop.pk, replace(told, visitor_key=who.key, identity_id=identity_id, held=held))
