"""What panels report on the system itself: how often they had to come back, how long an answer took to arrive.

Added up per shop and local day. It is what browsers say of themselves, so single reports are bounded.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from kizuna.conversations.models import SystemReport

CLASSES = frozenset({"50", "100", "200", "500", "1000", "2000", "5000", "60000", "inf"})
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Report:
    """What one panel counted since its last report."""

    chats: int = 0
    reconnects: int = 0
    failures: int = 0
    delivery_ms: Mapping[str, int] = field(default_factory=dict)


def add(shop_id: int, day: int, told: Report) -> None:
    """Add a report to the day; classes of time that are none of ours are left out."""
    SystemReport.objects.get_or_create(shop_id=shop_id, day=day)
    row = SystemReport.objects.select_for_update().get(shop_id=shop_id, day=day)
    row.chats += min(told.chats, MOST)
    row.reconnects += min(told.reconnects, MOST)
    row.failures += min(told.failures, MOST)
    counted = Counter(row.delivery_ms)
    counted.update({name: min(number, MOST) for name, number in told.delivery_ms.items() if name in CLASSES})
    row.delivery_ms = dict(counted)
    row.save()
