"""What follows from a customer's own words, on whatever channel they came: mail, the premium site, a form.

Wishes that waited for them go on, a dialogue mail has its answer, their stage is reckoned anew; what a mail seems to
hold is proposed as a wish, later in the slow lane (on the premium site customers say so themselves). The door has
stored the message and told it as a fact before; machines' messages are not words.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.conversations.threads import Channel
from kizuna.customers import links
from kizuna.flows import stages
from kizuna.flows.outreach import answering
from kizuna.flows.wishes import handling, opening
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Message
    from kizuna.shops.models import Shop


def hear(shop: "Shop", message: "Message", now: datetime) -> None:
    """Let follow what a stored message of a customer brings; inside the caller's transaction, once per message."""
    if message.is_automatic:
        return
    now_us = periods.epoch_us(now)
    handling.heard(shop, message.conversation_id, now_us)
    answering.answered(shop, message.conversation_id, message.pk, now)
    if message.channel == Channel.EMAIL:
        opening.look_soon(shop, message)
    if message.identity_id is not None:
        owners = links.customers_of(shop.pk, [message.identity_id])
        stages.review(shop, list(owners.values()), now_us)
