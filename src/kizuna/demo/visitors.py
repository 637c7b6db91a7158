"""Simulated visitors of a running demo: a few are on the pages, some wait in the panel, and they say what they are.

They answer once or twice when an operator writes; more of them come while somebody sits at the live desk, none when
work is over. Only in an installation that is a demo; what they say takes the way of any visitor's words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from kizuna.conversations import teams, threads
from kizuna.conversations.live import online, past, state, turns
from kizuna.conversations.live.online import Glance
from kizuna.conversations.live.state import Beginning, Marks
from kizuna.conversations.threads import Author, Channel, Direction, Kind, NewConversation, NewMessage
from kizuna.customers import links
from kizuna.demo import chat_words, kept
from kizuna.demo.chat_words import Talk
from kizuna.demo.simulator_visits import SITE
from kizuna.flows.live import deferring, news, routing
from kizuna.jobs import standing
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.shops.models import Shop

WAITING, WAITING_AT_WORK, ON_PAGES = 2, 5, 9
THINKS_US = 8_000_000
MARK = "Simulated visitor"
SAYS_SO = "is a simulated visitor of this demo: nobody reads the answers"


@dataclass(frozen=True, slots=True)
class _Visitor:
    """A browser of the simulated year, and whose it is."""

    visitor_key: str
    identity_id: int
    customer_id: int | None


@standing.pump("demo.visitors", interval_s=5.0)
def walk(now: datetime) -> bool:
    """Let the simulated visitors of this installation's demo go on; nothing where it is none."""
    home = Path(settings.HOME)
    note = kept.read_note(home) if (home / kept.NOTE).is_file() else None
    shop = None if note is None or not note.talked else tenants.find_shop(note.slug)
    if shop is not None:
        stroll(shop, now)
    return False


def stroll(shop: "Shop", now: datetime) -> None:
    """Let visitors be on the pages, keep those alive who wait, let those speak who were answered, and others come."""
    now_us = periods.epoch_us(now)
    known = past.list_visitors(shop.pk, 4 * ON_PAGES)
    owners = links.customers_of(shop.pk, list(known.values()))
    people = [_Visitor(key, identity, owners.get(identity)) for key, identity in known.items()]
    _look_around(shop, people[:ON_PAGES], now_us)
    chats = past.list_open(shop.pk, MARK)
    state.note({chat.pk: Marks(visitor_seen_us=now_us) for chat in chats})
    for chat in chats:
        _speak(shop, chat, now)
    there = deferring.availability(shop, now)
    wanted = WAITING_AT_WORK if there.is_open else 0 if there.is_over else WAITING
    busy = {chat.identity_id for chat in chats}
    free = [each for each in people if each.identity_id not in busy]
    if len(turns.list_under_way([chat.pk for chat in chats])) < wanted and free:
        _come(shop, free[now_us // 1_000_000 % len(free)], now)


def _look_around(shop: "Shop", people: Sequence[_Visitor], now_us: int) -> None:
    talks = chat_words.ENGLISH
    online.upsert_many(
        [
            Glance(
                shop_id=shop.pk,
                visitor_key=each.visitor_key,
                identity_id=each.identity_id,
                customer_id=each.customer_id,
                url=f"{SITE}{talks[place % len(talks)].page}",
                title=f"{talks[place % len(talks)].subject} (simulated)",
                source="simulated by the demo",
                language="en",
                cart_minor=place % 3 * 2_450,
                currency=shop.currency,
                since_us=now_us - (place * 70 + 20) * 1_000_000,
                page_since_us=now_us - (place * 23 + 5) * 1_000_000,
                seen_us=now_us,
            )
            for place, each in enumerate(people)
        ]
    )


@transaction.atomic
def _come(shop: "Shop", who: _Visitor, now: datetime) -> None:
    """One more opens the panel and asks."""
    now_us = periods.epoch_us(now)
    talk = chat_words.ENGLISH[now_us // 5_000_000 % len(chat_words.ENGLISH)]
    team = teams.ensure_default(shop.pk)
    new = NewConversation(team.pk, Channel.CHAT, f"{MARK}: {talk.subject}", who.identity_id, who.customer_id)
    chat = threads.open_conversation(shop.pk, new, now_us)
    context: dict[str, object] = {"page": {"url": f"{SITE}{talk.page}", "title": talk.subject}}
    state.begin(chat.pk, Beginning(language="en", name=MARK, context=context), now_us)
    line = NewMessage(Direction.WITHIN, Author.MACHINE, SAYS_SO, now_us, kind=Kind.HAPPENING)
    threads.append(shop.pk, chat.pk, line, now_us)
    _say(shop, chat, talk.question, now_us)
    routing.enter(shop, threads.lock(shop.pk, chat.pk), now)


@transaction.atomic
def _speak(shop: "Shop", found: "Conversation", now: datetime) -> None:
    """Answer an operator who wrote some seconds ago: one question more, then thanks."""
    now_us = periods.epoch_us(now)
    chat = threads.lock(shop.pk, found.pk)
    if chat.awaits_us or chat.first_response_us is None or now_us - chat.last_message_us < THINKS_US:
        return
    said = [each for each in threads.list_messages(shop.pk, chat.pk) if each.direction == Direction.IN]
    talk = _talk_of(chat)
    if len(said) == 1:
        _say(shop, chat, talk.further, now_us)
    elif len(said) == 2:
        _say(shop, chat, chat_words.THANKS["en"][0], now_us)


def _talk_of(chat: "Conversation") -> Talk:
    return next((each for each in chat_words.ENGLISH if chat.subject.endswith(each.subject)), chat_words.ENGLISH[0])


def _say(shop: "Shop", chat: "Conversation", text: str, now_us: int) -> None:
    line = NewMessage(Direction.IN, Author.CUSTOMER, text, now_us, identity_id=chat.identity_id, from_name=MARK)
    threads.append(shop.pk, chat.pk, line, now_us)
    news.tell(shop.pk, chat.pk)
