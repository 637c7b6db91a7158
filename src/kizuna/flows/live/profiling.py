"""An operator says by one tap whether the profile they were shown is any good: the system's information quality.

Only what is counted in the report of the live operator; nothing about the customer changes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations.desk import Refused
from kizuna.conversations.live import profile_marks
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation, ProfileMark
    from kizuna.shops.models import Person, Shop

__all__ = ["Refused"]


@transaction.atomic
def mark(
    shop: "Shop", conversation: "Conversation", person: "Person", said: Mapping[str, bool | None], now: datetime
) -> "ProfileMark":
    """Keep what somebody said of the profile beside a chat; what they name anew replaces. Raises Refused."""
    if not said or any(part not in profile_marks.PARTS for part in said):
        raise Refused("say whether it is complete, correct, consistent or relevant")
    return profile_marks.keep(shop.pk, conversation.pk, person.pk, said, periods.epoch_us(now))
