"""When a customer answers a dialogue mail: the play stops for them, and what they say is there to be learned.

The conversation opens by itself (conversations.threads). The answer is kept as a want in the customer's own words,
which operators and the customer may correct; whether it is a wish to take up is suggested by flows.wishes.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import joining, threads
from kizuna.customers import links
from kizuna.flows import learning
from kizuna.flows.learning import Learned
from kizuna.knowledge import learned
from kizuna.outreach import targets
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Message
    from kizuna.shops.models import Shop

FEWEST_WORDS = 3


@transaction.atomic
def answered(shop: "Shop", conversation_id: int, message_id: int, now: datetime) -> bool:
    """Note a human answer to a dialogue mail; False where the conversation began otherwise or it was known."""
    message = threads.find_message(shop.pk, message_id)
    if message is None or message.is_automatic or message.direction != threads.Direction.IN:
        return False
    links.lock(shop.pk)
    begun = targets.list_by_conversations(shop.pk, joining.list_joined(shop.pk, conversation_id))
    owner = message.identity_id or (begun[0].identity_id if begun else None)
    if owner is not None:
        _stop(shop, owner)
    # where mails of several plays were merged into one conversation, the answer is to all of them
    answers = [target for target in begun if targets.note_answer(target, message.at_us)]
    if not answers:
        return False
    _learn(shop, answers[0].identity_id, message, now)
    return True


def _stop(shop: "Shop", identity_id: int) -> None:
    """They are talking with us: no play writes to them unless it means people who talk."""
    customer_id = links.customers_of(shop.pk, [identity_id]).get(identity_id)
    if customer_id is not None:
        targets.stop_for(shop.pk, links.identities_of(shop.pk, [customer_id])[customer_id])


def _learn(shop: "Shop", identity_id: int, message: "Message", now: datetime) -> None:
    """Keep what they said as a want, in their words, with the message it came from."""
    said = " ".join(message.text.split())
    if len(said.split()) < FEWEST_WORDS:
        return
    text = said if len(said) <= learned.LONGEST else said[: learned.LONGEST - 1].rsplit(" ", 1)[0] + "…"
    told = Learned(identity_id, learned.LessonKind.WANT, text, message.pk, learned.LessonSource.MESSAGE)
    learning.learn(shop, told, None, periods.epoch_us(now))
