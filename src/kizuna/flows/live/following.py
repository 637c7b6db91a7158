"""What follows from words in a chat: found by search, told as facts, heard as wishes, booked, mailed to who has left.

Apart from the wire, because a visitor waits for none of it. One chat and one transaction at a time; a chat is behind
until everything followed, so a worker killed in between does it again, and telling a fact again changes nothing.
"""

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import drafts, search, threads
from kizuna.conversations.live import continuing, shown, state, turns
from kizuna.conversations.threads import Author, Channel, Direction, Kind, State
from kizuna.customers import links
from kizuna.flows import happenings, hearing, investing, live_contacts, stages
from kizuna.flows.dialogue import news as inbox_news
from kizuna.flows.happenings import Happening
from kizuna.flows.live import deferring, routing, unread
from kizuna.flows.wishes import opening
from kizuna.jobs import standing
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.conversations.models import ChatState, Conversation, Message
    from kizuna.shops.models import Shop

AT_ONCE = 50
ENTRIES_AT_ONCE = 200
_log = logging.getLogger(__name__)


@standing.pump("live.follow", interval_s=0.5)
def follow(now: datetime) -> bool:
    """Follow what was said; True where more waits. A chat that fails is tried again after the others."""
    behind = state.list_behind(AT_ONCE)
    done = 0
    for shop_id, conversation_id in behind:
        try:
            follow_one(tenants.get_shop_by_id(shop_id), conversation_id, now)
            done += 1
        except Exception:
            _log.exception("what was said in chat %d could not be followed", conversation_id)
    return done == AT_ONCE


@transaction.atomic
def follow_one(shop: "Shop", conversation_id: int, now: datetime) -> int:
    """Follow what was said in a chat since it was followed last; returns how many entries that were."""
    links.lock(shop.pk)  # before the conversation's: facts take them in this order too
    conversation = threads.lock(shop.pk, conversation_id)
    row = state.lock(conversation_id)
    if row is None:
        return 0
    entries = shown.list_after(conversation.pk, row.followed_number, ENTRIES_AT_ONCE)
    for message in entries:
        if message.kind == Kind.MESSAGE and message.channel == Channel.CHAT:  # mails were followed when they came
            _follow(shop, conversation, message, row, now)
    upto = entries[-1].number if entries else row.followed_number
    state.note_followed(row, upto, is_behind=upto < conversation.last_number)
    if entries:
        if entries[-1].direction == Direction.IN and entries[-1].channel == Channel.CHAT:
            _wait(shop, conversation, row, entries[-1].at_us, now)
        inbox_news.tell(shop.pk, conversation.pk, number=upto)
    return len(entries)


def _follow(shop: "Shop", conversation: "Conversation", message: "Message", row: "ChatState", now: datetime) -> None:
    search.index(message)
    inbound = message.direction == Direction.IN
    if message.identity_id is not None and (inbound or message.author == Author.PERSON):
        told = {"conversation_id": str(conversation.public_id)}
        name = "Chat Message Received" if inbound else "Chat Message Sent"
        fact = Happening(name, message.identity_id, message.at_us, f"chat-{message.public_id}", told)
        happenings.record(shop, fact, periods.epoch_us(now))
    if inbound:
        hearing.hear(shop, message, now)
        opening.look_soon(shop, message)
    elif message.author == Author.PERSON:
        _answered(shop, conversation, message, row, now)


def _answered(shop: "Shop", conversation: "Conversation", message: "Message", row: "ChatState", now: datetime) -> None:
    """An operator's words: what they cost, the stage they bring, and by mail too where nobody reads the panel."""
    now_us = periods.epoch_us(now)
    investing.book_message(shop, message.pk, message.channel, now)
    if conversation.identity_id is not None and conversation.first_response_us == message.at_us:
        live_contacts.tell(shop, conversation.public_id, conversation.identity_id, message.at_us, now_us)
    if message.person_id is not None:
        drafts.drop_before(shop.pk, conversation.pk, message.person_id, message.at_us)
    if conversation.customer_id is not None:
        stages.review(shop, [conversation.customer_id], now_us)
    unread.answered(conversation, message, row)


def _wait(shop: "Shop", conversation: "Conversation", row: "ChatState", at_us: int, now: datetime) -> None:
    """Who writes again after their turn ended waits again; where it became a request, once somebody is there."""
    if conversation.state != State.OPEN or turns.find_under_way(conversation.pk) is not None:
        return
    there = deferring.availability(shop, now)
    if row.by_mail_since_us is not None:
        waits = at_us > row.by_mail_since_us and there.is_open
    else:
        waits = not there.is_over or continuing.find_request(conversation) is None
    if waits:
        routing.enter(shop, conversation, now)
