"""Contacts by live operator as the first further indicator (model, section 2): one fact for each chat that was served.

Every shop has it without being asked, at weight zero until its owner gives it one. Facts are told as chats are
answered; a sweep tells what is missing, so that history counts from the first chat on.
"""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.tasks import task

from kizuna.conversations.live import measured
from kizuna.flows import criterion, happenings
from kizuna.flows.happenings import Happening
from kizuna.jobs import queue, standing
from kizuna.relationships import indicators
from kizuna.relationships.indicators import IndicatorDraft
from kizuna.science import periods
from kizuna.shops import tenants
from kizuna.tracking import columns, plan

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

NAME = "live-operator"
DRAFT = IndicatorDraft(NAME, "Contacts by live operator", (plan.LIVE_CONTACT,), weight=0.0)
RECENT_US = 40 * periods.DAY_US
_LOOK_S = 900.0
_TOGETHER = 500


def tell(shop: "Shop", public_id: UUID, identity_id: int, at_us: int, now_us: int) -> bool:
    """Tell that a live operator served a customer in a chat; False where it was told. In the caller's transaction."""
    return happenings.record(shop, _happening(public_id, identity_id, at_us), now_us)


def tell_missing(shop: "Shop", from_us: int, now: datetime) -> int:
    """Tell of every answered chat opened since an instant that was not told of; says how many. Repeat-safe."""
    told = columns.message_ids(shop.pk, plan.LIVE_CONTACT, from_us)
    missing = [each for row in measured.list_answered(shop.pk, from_us) if (each := _happening(*row)).key not in told]
    count = 0
    for start in range(0, len(missing), _TOGETHER):
        with transaction.atomic():
            count += happenings.record_all(shop, missing[start : start + _TOGETHER], periods.epoch_us(now))
    return count


@transaction.atomic
def ensure(shop: "Shop", now: datetime) -> bool:
    """Register the indicator where a shop has none, with its history to follow as a job; False where it has."""
    if not indicators.list_shops_without(NAME, [shop.pk]):
        return False
    criterion.register_indicator(shop, DRAFT, None, now)
    now_us = periods.epoch_us(now)
    queue.enqueue_once(tell_history, f"live_contacts:{shop.pk}", shop_id=shop.pk, from_us=0, now_us=now_us)
    return True


@task(queue_name="slow")
def tell_history(shop_id: int, from_us: int, now_us: int) -> None:
    """Tell of the answered chats of a shop that were not told of."""
    tell_missing(tenants.get_shop_by_id(shop_id), from_us, periods.instant_at(now_us))


@standing.every("live_contacts.register", seconds=_LOOK_S)
def register_everywhere(now: datetime) -> None:
    """Give the indicator to every shop that has none yet."""
    shops = {shop.pk: shop for shop in tenants.list_shops()}
    for shop_id in sorted(indicators.list_shops_without(NAME, shops)):
        ensure(shops[shop_id], now)


@standing.every("live_contacts.sweep", cron="41 2 * * *")
def sweep(now: datetime) -> None:
    """Look for answered chats of late that nobody told of, in every shop."""
    now_us = periods.epoch_us(now)
    for shop in tenants.list_shops():
        key, from_us = f"live_contacts:{shop.pk}", now_us - RECENT_US
        with transaction.atomic():
            queue.enqueue_once(tell_history, key, shop_id=shop.pk, from_us=from_us, now_us=now_us)


def _happening(public_id: UUID, identity_id: int, at_us: int) -> Happening:
    told = {"conversation_id": str(public_id)}
    return Happening(plan.LIVE_CONTACT, identity_id, at_us, f"live-contact-{public_id}", told)
