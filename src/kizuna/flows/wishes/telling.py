"""Telling the customer what becomes of their wish: in its conversation, as an answer of the person who handles it.

The words are the person's; the console offers beginnings in the customer's language. Without a conversation, or where
the customer acts themselves, nothing is sent.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.conversations import desk
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Reply
from kizuna.science import periods
from kizuna.shops.tenants import Refused

if TYPE_CHECKING:
    from kizuna.conversations.models import ServiceRequest
    from kizuna.shops.models import Person, Shop


def tell(shop: "Shop", wish: "ServiceRequest", text: str, person: "Person | None", now: datetime) -> bool:
    """Write to the customer in the wish's conversation; False where there is nothing to say or nowhere to say it.

    Raises Refused where it cannot be sent, so that nothing else of the deed happens either.
    """
    if person is None or wish.conversation_id is None or not text.strip():
        return False
    token = f"wish-{wish.public_id.hex[-12:]}-{wish.stage}-{periods.epoch_us(now)}"
    try:
        writing.reply(shop, wish.conversation_id, Reply(text.strip(), client_id=token[:64]), person, now)
    except desk.Refused as refusal:
        raise Refused("tell", str(refusal)) from None
    return True
