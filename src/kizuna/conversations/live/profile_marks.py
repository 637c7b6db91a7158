"""What operators say of the profile beside a chat, by one tap: complete, correct, consistent, relevant, or not.

One mark per chat and person, changed as often as they like. Callers hold the transaction.
"""

from collections.abc import Mapping

from kizuna.conversations.live.marks import PARTS
from kizuna.conversations.models import ProfileMark

__all__ = ["PARTS", "find", "keep"]


def keep(
    shop_id: int, conversation_id: int, person_id: int, said: Mapping[str, bool | None], now_us: int
) -> ProfileMark:
    """Keep what somebody said of the parts they named; None takes it back."""
    told = {part: said[part] for part in PARTS if part in said}
    row, _ = ProfileMark.objects.update_or_create(
        conversation_id=conversation_id,
        person_id=person_id,
        defaults={**told, "shop_id": shop_id, "at_us": now_us},
    )
    return row


def find(shop_id: int, conversation_id: int, person_id: int) -> dict[str, bool | None]:
    """Find what somebody said of a chat's profile."""
    row = ProfileMark.objects.filter(shop_id=shop_id, conversation_id=conversation_id, person_id=person_id).first()
    return {part: None if row is None else getattr(row, part) for part in PARTS}
