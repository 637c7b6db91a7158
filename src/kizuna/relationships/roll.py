"""The roll: customers in the order of their numbers, for walks through everybody who matches, part by part."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched

from kizuna.relationships.models import Standing
from kizuna.tables.rows import of_shop

PART = 1_000


@dataclass(frozen=True, slots=True)
class RollRow:
    """What lists know of one customer; segment '' while not yet placed."""

    customer_id: int
    label: str
    segment: str
    orders: int
    net_profit_minor: int | None


_NAMES = ("customer_id", "label", "segment", "orders", "net_profit_minor")


def walk(shop_id: int, segments: Sequence[str] = ()) -> Iterator[list[RollRow]]:
    """Walk through the known customers of segments (none named: all), a part at a time."""
    after: int | None = 0
    while after is not None:
        rows = Standing.objects.filter(shop_id=shop_id, known=True, customer_id__gt=after)
        if segments:
            rows = rows.filter(segment__in=segments)
        part = [RollRow(*row) for row in rows.order_by("customer_id").values_list(*_NAMES)[:PART]]
        after = part[-1].customer_id if len(part) == PART else None
        if part:
            yield part


def read(shop_id: int, customer_ids: Collection[int]) -> list[RollRow]:
    """Read the rows of some customers; those without one are absent."""
    found = []
    for part in batched(sorted(set(customer_ids)), PART):
        rows = of_shop(Standing.objects.filter(customer_id__in=part), shop_id)
        found += [RollRow(*row) for row in rows.order_by("customer_id").values_list(*_NAMES)]
    return found
