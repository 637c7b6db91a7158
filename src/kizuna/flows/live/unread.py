"""Answers that go by mail as well: at once to who has left the panel, later to who has it open and reads nothing.

A chat that goes on by mail may be served live again; a mail for each line that is being read would be a flood.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.tasks import task

from kizuna.conversations import threads
from kizuna.conversations.live import continuing, state, storing
from kizuna.flows.mail_out import sending
from kizuna.flows.mail_out.sending import Terms
from kizuna.jobs import queue
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.conversations.models import ChatState, Conversation, Message
    from kizuna.shops.models import Shop

WAIT_S = 120
"""How long an open panel has for reading an answer before it goes by mail."""


def answered(shop: "Shop", conversation: "Conversation", message: "Message", row: "ChatState", now: datetime) -> None:
    """Let an operator's words go by mail where nobody reads the panel, or look later; the caller's transaction."""
    address = continuing.mail_to(conversation, periods.epoch_us(now))
    if not address or row.read_number >= message.number or message.recipients.get("to"):
        return
    if periods.epoch_us(now) - row.visitor_seen_us < continuing.AWAY_US:
        _look_at(conversation, message.at_us + WAIT_S * 1_000_000)
    else:
        _mail(shop, message, address, now)


@task()
def mail_unread(shop_id: int, conversation_id: int, now_us: int) -> None:
    """Mail what was not read in time. Repeat-safe: what goes by mail is not mailed again."""
    mail_what_waits(tenants.get_shop_by_id(shop_id), conversation_id, periods.instant_at(now_us))


@transaction.atomic
def mail_what_waits(shop: "Shop", conversation_id: int, now: datetime) -> int:
    """Mail the answers of a chat that nobody has read in time; returns how many."""
    conversation = threads.lock(shop.pk, conversation_id)
    row = state.lock(conversation_id)
    address = continuing.mail_to(conversation, periods.epoch_us(now))
    if row is None or not address:
        return 0
    due_us = periods.epoch_us(now - timedelta(seconds=WAIT_S))
    waiting = continuing.list_unread(row)
    late = [each for each in waiting if each.at_us <= due_us]
    for each in late:
        _mail(shop, each, address, now)
    if len(late) < len(waiting):
        _look_at(conversation, waiting[len(late)].at_us + WAIT_S * 1_000_000)
    return len(late)


def _look_at(conversation: "Conversation", at_us: int) -> None:
    """One look waits per chat, the earliest; it plans the next itself."""
    later = mail_unread.using(run_after=periods.instant_at(at_us))
    key = f"chat-unread:{conversation.pk}"
    queue.enqueue_once(later, key, shop_id=conversation.shop_id, conversation_id=conversation.pk, now_us=at_us)


def _mail(shop: "Shop", message: "Message", address: str, now: datetime) -> None:
    storing.address(message, address)
    sending.queue(shop, message.pk, Terms(), now)
