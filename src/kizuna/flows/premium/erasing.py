"""Erasing a customer who asks for it (model, section 9): names, words, mail and facts go, everywhere and at once.

Orders stay under a random key, because books must; suppression keeps a keyed hash, so that nobody writes again; the
audit log keeps numbers only. Files of the warehouse are written anew by its own job.
"""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from kizuna.conversations import attachments, wish_recognition
from kizuna.conversations import erasing as dialogue
from kizuna.conversations.live import erasing as live
from kizuna.customers import erasing as people
from kizuna.customers import links, profiles
from kizuna.flows import analytics_upkeep, placing, restating, stages
from kizuna.flows.wishes import teaching
from kizuna.knowledge import answers, asked, learned
from kizuna.outreach import suppression
from kizuna.outreach.suppression import Reason, Scope
from kizuna.privileges import capabilities, entrance
from kizuna.relationships import referrals, stocks
from kizuna.relationships.stocks import StockColumns
from kizuna.science import periods
from kizuna.science.stocks import NO_PURCHASE
from kizuna.shops import audit, sources
from kizuna.tracking import erasing as tracking
from kizuna.tracking import inbox

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

ERASED = "erased"


class NotThere(LookupError):
    """There is no such customer any more."""


@transaction.atomic
def erase(shop: "Shop", customer_id: int, person: "Person | None", now: datetime) -> None:
    """Erase a customer, for good. Raises NotThere."""
    now_us = periods.epoch_us(now)
    tracking.hold_waiting()
    links.lock(shop.pk)
    customer = profiles.find_by_id(shop.pk, customer_id)
    identity_ids = links.identities_of(shop.pk, [customer_id])[customer_id]
    if customer is None or not identity_ids:
        raise NotThere(str(customer_id))
    addresses = people.list_addresses(shop.pk, customer_id)
    keys = [each.key for each in profiles.list_identities(shop.pk, customer_id)]
    for address in addresses:
        suppression.suppress(shop.pk, address, Reason.ERASED, Scope.ALL, now_us)
        suppression.forget_address(shop.pk, address)
    for wish in dialogue.list_wish_ids(shop.pk, identity_ids):
        capabilities.release(shop.pk, wish, now_us)
    asked.erase(shop.pk, dialogue.list_talk_ids(shop.pk, identity_ids), keys)
    live.erase(shop.pk, identity_ids, keys, addresses)
    if dialogue.has_taught(shop.pk, identity_ids) and wish_recognition.forget(shop.pk):
        teaching.learn_now(shop, now)
    files = dialogue.erase(shop.pk, identity_ids, addresses)
    learned.erase(shop.pk, identity_ids)
    answers.erase(shop.pk, identity_ids)
    entrance.erase(shop.pk, identity_ids)
    tracking.erase(shop.pk, identity_ids, [*keys, *addresses])
    people.erase(shop.pk, customer_id, identity_ids)
    _restate(shop.pk, identity_ids)
    analytics_upkeep.erase(shop, identity_ids, now)
    referrals.erase(shop.pk, identity_ids)
    placing.place(shop, [customer_id], ERASED, now_us)
    stages.review(shop, [customer_id], now_us)
    known_as = {*keys, *addresses}
    tracking.erase_waiting(inbox.open_inbox(), {each.pk for each in sources.list_sources(shop)}, known_as)
    audit.record(shop, person, "customer_erased", f"customer {customer.public_id}", None, None, now)
    transaction.on_commit(partial(attachments.remove_bytes, files, now_us))


def _restate(shop_id: int, identity_ids: list[int]) -> None:
    """Visits and mail are gone, orders are not: stocks say so."""
    owners = np.array(sorted(identity_ids), dtype=np.int64)
    nothing = np.zeros((len(owners), 5))
    stocks.restate(
        shop_id, StockColumns(owners, np.full(len(owners), NO_PURCHASE), {"V": nothing, "E": nothing.copy()})
    )
    restating.restate(shop_id, identity_ids)
