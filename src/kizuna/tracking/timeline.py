"""A customer's facts as entries of a time line, newest first; orders come from sales, so transactions stay out.

The flow merges both (flows.timeline); this room knows nothing of orders.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kizuna.tracking.models import About, Channel, Direction, Fact

FOREVER_US = 2**63 - 1
ABOUTS = {"of": About.OF, "for": About.FOR, "by": About.BY}
CHANNELS = {channel.label: channel for channel in Channel}


@dataclass(frozen=True, slots=True)
class Words:
    """What a fact is, in the words that pages show and filters take."""

    about: str
    channel: str
    direction: str


@dataclass(frozen=True, slots=True)
class FactFilters:
    """Which facts to show: kinds (of, for, by the customer), channels, directions; empty shows all."""

    abouts: frozenset[int] = frozenset()
    channels: frozenset[int] = frozenset()
    direction: int | None = None
    with_transactions: bool = False


def list_facts(
    shop_id: int, identity_ids: Sequence[int], filters: FactFilters, before: int | None, limit: int
) -> list[Fact]:
    """List at most about `limit` facts before an instant, newest first.

    Facts of one instant are never parted: the last of them asked for with `before` gives the next portion.
    """
    rows = Fact.objects.filter(shop_id=shop_id, identity_id__in=identity_ids)
    if filters.abouts:
        rows = rows.filter(about__in=filters.abouts)
    if filters.channels:
        rows = rows.filter(channel__in=filters.channels)
    if filters.direction is not None:
        rows = rows.filter(direction=filters.direction)
    if not filters.with_transactions:
        rows = rows.filter(is_transaction=False)
    bound = FOREVER_US if before is None else before
    found = list(rows.filter(happened_us__lt=bound).order_by("-happened_us", "-id")[:limit])
    if len(found) == limit and found:
        shown = [fact.pk for fact in found]
        found += rows.filter(happened_us=found[-1].happened_us).exclude(pk__in=shown).order_by("-id")
    return found


def words_of(fact: Fact) -> Words:
    """Say in words what a fact is."""
    about = next(word for word, value in ABOUTS.items() if value == fact.about)
    return Words(about, Channel(fact.channel).label, Direction(fact.direction).label)
