"""The rows of an inbox list: each conversation with its customer, what it is about and how long they wait.

Composed from the page's rows of several rooms; nothing is read per row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kizuna.conversations import queues
from kizuna.conversations.queues import Asked
from kizuna.conversations.threads import Channel
from kizuna.relationships import handful

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.relationships.models import Standing
    from kizuna.shops.models import Shop

CHANNEL_ICONS = {
    Channel.EMAIL: "mail",
    Channel.CHAT: "chat",
    Channel.PHONE: "phone",
    Channel.FAX: "fax",
    Channel.POST: "post",
    Channel.IN_PERSON: "handshake",
    Channel.PORTAL: "star",
}
LONG_WAIT_US = 8 * 3_600_000_000
VERY_LONG_WAIT_US = 24 * 3_600_000_000


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    conversation: "Conversation"
    standing: "Standing | None"
    who: str
    tags: Sequence[str]
    wait: str
    tone: str
    icon: str
    trouble: str

    @property
    def segment(self) -> str:
        """The customer's segment as shown."""
        return self.standing.segment if self.standing else ""


@dataclass(frozen=True)
class Listed:
    """A page of rows, where the next begins, and whether an order looked at a part of the view only."""

    rows: list[Row]
    following: str
    partly: bool = False


def read(shop: "Shop", asked: Asked, order: str, after: str, now_us: int) -> Listed:
    """Read a page of a list in one of the room's orders, or by who must be retained."""
    if order != "retain":
        page = queues.list_page(shop.pk, asked, after)
        return Listed(dress(shop, page.rows, now_us), page.following)
    candidates = queues.list_candidates(shop.pk, asked)
    ranks = handful.ranks(shop.pk, {customer for _, customer, _ in candidates if customer is not None})
    last = (9, 0.0)
    ordered = sorted(candidates, key=lambda each: (ranks.get(each[1] or 0, last), each[2], each[0]))
    start = int(after) if after.isdecimal() and len(after) < 6 else 0
    shown = [pk for pk, _, _ in ordered[start : start + queues.PAGE]]
    following = str(start + queues.PAGE) if len(ordered) > start + queues.PAGE else ""
    rows = dress(shop, queues.list_by_ids(shop.pk, shown), now_us)
    return Listed(rows, following, len(candidates) == queues.MOST_CANDIDATES)


def dress(shop: "Shop", conversations: "Sequence[Conversation]", now_us: int) -> list[Row]:
    """Give each conversation what its line shows."""
    customers = {each.customer_id for each in conversations if each.customer_id is not None}
    standings = handful.find(shop.pk, customers)
    tags = queues.tags_of([each.pk for each in conversations])
    troubles = queues.troubles_of([each.pk for each in conversations])
    writers = queues.who_wrote([each.pk for each in conversations if each.customer_id not in standings])
    rows = []
    for each in conversations:
        standing = standings.get(each.customer_id or 0)
        waited = now_us - each.waiting_since_us if each.waiting_since_us else 0
        rows.append(
            Row(
                each,
                standing,
                (standing.label if standing else "") or writers.get(each.pk, "") or "Unknown sender",
                tags.get(each.pk, ()),
                wait_words(waited) if each.waiting_since_us else "",
                "bad" if waited > VERY_LONG_WAIT_US else "warn" if waited > LONG_WAIT_US else "",
                CHANNEL_ICONS[Channel(each.channel)],
                troubles.get(each.pk, ""),
            )
        )
    return rows


def wait_words(waited_us: int) -> str:
    """Write how long somebody has waited, in one short unit."""
    minutes = waited_us // 60_000_000
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // 1440} days"
