"""Answers in chats that nobody reads in the panel: gathered into one mail after a quiet stretch.

Operators write in lines, as one does in a chat; a mail for each of them would be a flood. Whoever has read the lines in
the panel meanwhile, or gave no address, gets no mail at all.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.tasks import task

from kizuna.conversations import composing, threads
from kizuna.conversations.live import continuing, state, storing
from kizuna.flows.mail_out import sending
from kizuna.flows.mail_out.sending import Terms
from kizuna.jobs import queue
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.conversations.models import ChatState, Conversation, Message
    from kizuna.shops.models import Shop

QUIET_US = 120_000_000
"""How long an operator must have said nothing more before what they said goes by mail."""
LONGEST_US = 600_000_000
"""How long the first line waits at most, however many follow it."""
GIVES_UP_US = periods.DAY_US
"""A panel that stays open and unread for so long is looked at no more."""


def answered(conversation: "Conversation", message: "Message", row: "ChatState") -> None:
    """Plan a look at an operator's words for who may not be reading them; in the caller's transaction."""
    mailed = bool(message.recipients.get("to"))
    if row.read_number < message.number and not mailed and composing.is_address(row.email):
        _look_at(conversation, message.at_us + QUIET_US)


@task()
def mail_unread(shop_id: int, conversation_id: int, now_us: int) -> None:
    """Mail what was not read in time. Repeat-safe: what goes by mail is not mailed again."""
    mail_what_waits(tenants.get_shop_by_id(shop_id), conversation_id, periods.instant_at(now_us))


@transaction.atomic
def mail_what_waits(shop: "Shop", conversation_id: int, now: datetime) -> int:
    """Mail the answers of a chat that nobody has read, all in one, once they are due; returns how many those are."""
    conversation = threads.lock(shop.pk, conversation_id)
    row = state.lock(conversation_id)
    waiting = [] if row is None else continuing.list_unread(row)
    if row is None or not waiting:
        return 0
    now_us = periods.epoch_us(now)
    due_us = _due_us(waiting, row)
    if due_us > now_us:
        if now_us - waiting[-1].at_us < GIVES_UP_US:
            _look_at(conversation, due_us)
        return 0
    address = continuing.mail_to(conversation, now_us)
    if not address:
        return 0
    for lines in storing.batches(waiting):
        for each in lines:
            storing.address(each, address)
        *earlier, last = [each.pk for each in lines]
        sending.queue(shop, last, Terms(gathers=earlier), now)
    return len(waiting)


def _due_us(waiting: "list[Message]", row: "ChatState") -> int:
    """When lines go by mail: after a quiet stretch, and not before the panel is gone where they may still read it."""
    quiet_us = min(waiting[-1].at_us + QUIET_US, waiting[0].at_us + LONGEST_US)
    if row.by_mail_since_us is not None:
        return quiet_us
    return max(quiet_us, row.visitor_seen_us + continuing.AWAY_US)


def _look_at(conversation: "Conversation", at_us: int) -> None:
    """One look waits per chat, the earliest; it plans the next itself."""
    later = mail_unread.using(run_after=periods.instant_at(at_us))
    key = f"chat-unread:{conversation.pk}"
    queue.enqueue_once(later, key, shop_id=conversation.shop_id, conversation_id=conversation.pk, now_us=at_us)
