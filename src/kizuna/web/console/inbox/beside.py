"""The customer beside their conversation: who they are, what they wish for, what we have learned, what was invested.

Composed from the rooms that know; what there is nothing of is left out.
"""

from typing import TYPE_CHECKING

from kizuna.conversations import attention, queues, wishes
from kizuna.conversations.live import keys
from kizuna.conversations.threads import Channel
from kizuna.customers import links
from kizuna.privileges import tiers
from kizuna.relationships import handful, investments, stages
from kizuna.sales import timeline
from kizuna.web.console.inbox import rows
from kizuna.web.console.pages.words import segment_words

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.shops.models import Shop

FEW = 4
STAGES = {
    0: "known",
    1: "forwards needs and wants",
    2: "learning relation",
    3: "commitment",
    4: "retention",
    5: "recommends you",
}


def read(shop: "Shop", conversation: "Conversation") -> dict[str, object]:
    """Read everything the column shows."""
    told: dict[str, object] = {
        "under_way": attention.list_under_way(conversation.pk),
        "booked": [
            each for each in investments.list_of_conversation(shop.pk, conversation.pk) if each.kind == "minutes"
        ],
    }
    if conversation.customer_id is None:
        return told
    customer_id = conversation.customer_id
    ids = links.identities_of(shop.pk, [customer_id])[customer_id]
    standing = handful.find(shop.pk, [customer_id]).get(customer_id)
    stage = stages.find(shop.pk, customer_id)
    invested, minutes, _ = investments.total_of(shop.pk, ids)
    others = [each for each in queues.list_of_customer(shop.pk, customer_id, FEW + 1) if each.pk != conversation.pk]
    return told | {
        "vouched": bool(keys.list_vouched(shop.pk, [conversation.identity_id or 0])),
        "standing": standing,
        "words": segment_words(standing.segment if standing else ""),
        "stage": stage if stage is not None and stage.stage else None,
        "stage_words": STAGES.get(stage.stage, "") if stage else "",
        "tier": tiers.tier_of(shop.pk, customer_id),
        "orders": timeline.list_orders(shop.pk, ids, None, FEW)[:FEW],
        "wishes": wishes.list_open(shop.pk, ids)[:6],
        "invested": invested,
        "invested_minutes": round(minutes),
        "others": [(each, rows.CHANNEL_ICONS[Channel(each.channel)]) for each in others[:FEW]],
    }
