"""Asking how a chat was: in the panel when it ends, by a link where the panel is gone, and taking the answers.

Satisfaction, trust, and whether they felt answered by the company itself (knowledge.questions). Answers are facts of
the visitor's identity; one chat is asked and answered once, on whichever way comes first.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import threads
from kizuna.conversations.live import continuing
from kizuna.conversations.threads import Author, Channel
from kizuna.customers import links
from kizuna.flows import surveys
from kizuna.flows.surveys import Answered, Invitee, Refused
from kizuna.jobs import standing
from kizuna.knowledge.surveys import AskView
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.shops.models import Shop

__all__ = ["Answered", "Refused"]

AT_ONCE = 50
CHANNEL = "panel"
AGAIN_US = 3_600_000_000
"""After how long a chat that could not be asked about is tried again, so that it keeps nobody else waiting."""
_log = logging.getLogger(__name__)


def ask(shop: "Shop", conversation: "Conversation", now: datetime) -> AskView | None:
    """Ask how an ended chat was, in its panel; None where nobody of us answered, or nobody knows whom to ask.

    Inside the transaction that closes the chat; once per chat.
    """
    if conversation.channel != Channel.CHAT or conversation.identity_id is None:
        return None
    said = [each.author for each in continuing.list_said(conversation.pk)]
    asked = said.index(Author.CUSTOMER) if Author.CUSTOMER in said else len(said)
    if Author.PERSON not in said[asked:]:  # an invitation by hand stands before what the visitor asked
        return None
    return surveys.ask_after_conversation(shop, conversation, now)


@transaction.atomic
def answer(shop: "Shop", conversation_id: int, answers: Mapping[str, str], now: datetime) -> AskView:
    """Take what was answered in the panel, {"satisfaction": "5", "trust": "4", "company": "5", "words": "..."}.

    Raises Answered, Refused, threads.NotThere.
    """
    links.lock(shop.pk)  # before the conversation's: the facts of an answer take them in this order too
    conversation = threads.lock(shop.pk, conversation_id)
    asked = ask(shop, conversation, now)
    if asked is None:
        raise Refused("answers", "there is nothing to rate yet")
    continuing.plan_asking(conversation, None)
    return surveys.answer_ask(shop, asked, {key: str(said) for key, said in answers.items()}, CHANNEL, now)


@standing.pump("live.ask", interval_s=60.0)
def remind(now: datetime) -> bool:
    """Write to those whose panel was gone before they could answer, with a link; True where more waits."""
    now_us = periods.epoch_us(now)
    due = continuing.list_to_ask(now_us, AT_ONCE)
    for conversation in due:
        try:
            _remind(conversation, now)
        except Exception:
            _log.exception("nobody could be asked how chat %d was", conversation.pk)
            _put_off(conversation, now_us + AGAIN_US)
    return len(due) == AT_ONCE


@transaction.atomic
def _remind(found: "Conversation", now: datetime) -> None:
    shop = tenants.get_shop_by_id(found.shop_id)
    conversation = threads.lock(found.shop_id, found.pk)
    state = continuing.find_state(conversation.pk)
    if state is None or state.ask_due_us is None:
        return  # opened again or answered since
    continuing.plan_asking(conversation, None)
    asked = ask(shop, conversation, now)
    if asked is not None and asked.answered_us is None:
        to = state.email if state.by_mail_since_us is not None else ""
        surveys.invite(shop, asked, Invitee(to, state.language), now)


@transaction.atomic
def _put_off(found: "Conversation", due_us: int) -> None:
    conversation = threads.lock(found.shop_id, found.pk)
    state = continuing.find_state(conversation.pk)
    if state is not None and state.ask_due_us is not None:
        continuing.plan_asking(conversation, due_us)
