"""Telling the customer what becomes of their wish: in its conversation, as an answer of the person who handles it.

The words are the person's; the console offers beginnings in the customer's language, whose gaps are filled here.
Without a conversation, or where the customer acts themselves, nothing is sent.
"""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.formats import date_format

from kizuna.conversations import desk
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Reply
from kizuna.html import words
from kizuna.science import periods
from kizuna.shops import hours
from kizuna.shops.tenants import Refused

GAP = re.compile(r"\{\{ *(\w+) *\}\}")

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
        news = Reply(_fill(shop, wish, text), client_id=token[:64], is_news=True)
        writing.reply(shop, wish.conversation_id, news, person, now)
    except desk.Refused as refusal:
        raise Refused("tell", str(refusal)) from None
    return True


def _fill(shop: "Shop", wish: "ServiceRequest", text: str) -> str:
    """Fill {{ title }}, {{ learned }} and {{ day }} as the wish now says; raises Refused where it says nothing."""
    language = words.choose([wish.customer.language if wish.customer else ""], words.LANGUAGES)
    known = {"title": wish.title, "learned": wish.learned}
    if wish.promised_us is not None:
        with translation.override(language):
            known["day"] = date_format(hours.read(shop).local_day(wish.promised_us), "DATE_FORMAT")

    def value(gap: re.Match[str]) -> str:
        said = known.get(gap[1], "")
        if not said:
            raise Refused("tell", f"there is nothing to put in place of {gap[0]}")
        return said

    return GAP.sub(value, text.strip())
