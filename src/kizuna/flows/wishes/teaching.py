"""Learning to recognise wishes, in the slow lane: every night where people taught something new, or when asked for.

What is learned from and how well it does is in conversations.wish_recognition.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.tasks import task

from kizuna.conversations import wish_kinds, wish_recognition
from kizuna.jobs import queue, standing
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


def learn_now(shop: "Shop", now: datetime) -> None:
    """Let the recognition learn anew in the slow lane."""
    queue.enqueue_once(learn, f"wishes-learn:{shop.pk}", shop_id=shop.pk, now_us=periods.epoch_us(now))


@task(queue_name="slow")
def learn(shop_id: int, now_us: int) -> None:
    """Learn from the start set and from what the shop's people taught; keeps nothing where there is one label only."""
    with transaction.atomic():
        wish_kinds.ensure_start(shop_id)
    examples = wish_recognition.list_examples(shop_id)
    with transaction.atomic():
        wish_recognition.learn(shop_id, examples, now_us)


@standing.every("wishes.learn", cron="40 2 * * *")
def _learn_every_night(now: datetime) -> None:
    for shop in tenants.list_shops():
        newest = wish_recognition.find_newest(shop.pk)
        if newest is not None and newest.examples != sum(e.is_own for e in wish_recognition.list_examples(shop.pk)):
            learn_now(shop, now)
