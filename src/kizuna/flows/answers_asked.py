"""Learning from chats what is asked: their first words are searched for as a visitor would, and noted once each.

What was noted is forgotten after a while (knowledge.asked), and with the customer who asked to be erased.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations.live import first_words
from kizuna.flows import suggestions
from kizuna.jobs import standing
from kizuna.knowledge import articles, asked
from kizuna.science import periods, stems
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@standing.every("answers.asked", seconds=300)
def note_chats(now: datetime) -> None:
    """Note the questions of the last day's chats, in every shop."""
    since_us = periods.epoch_us(now) - periods.DAY_US
    for shop_id in first_words.list_shops(since_us):
        note_shop(tenants.get_shop_by_id(shop_id), since_us)


@transaction.atomic
def note_shop(shop: "Shop", since_us: int) -> int:
    """Note the questions of a shop's chats since an instant, each once; greetings are none. Returns how many."""
    began = first_words.list_since(shop.pk, since_us)
    known = asked.known_chats(shop.pk, [each.conversation_id for each in began])
    noted = 0
    for each in began:
        if each.conversation_id in known:
            continue
        language = articles.short_of(each.language or suggestions.guess_language(shop, each.text))
        if stems.stems_of(each.text, language):
            found = len(articles.search(shop.pk, each.text, language))
            asked.note_chat(shop.pk, each.conversation_id, each.text, language, found, each.at_us)
            noted += 1
    return noted


@standing.every("answers.prune", cron="23 3 * * *")
def _prune(now: datetime) -> None:
    with transaction.atomic():
        asked.prune(periods.epoch_us(now))
