"""Who moved between segments and why, newest first and counted; paths.py writes what is read here."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from itertools import batched
from uuid import UUID

from django.db.models import Count

from kizuna.relationships.models import Move, Standing
from kizuna.tables.rows import of_shop

_IN_ONE_QUERY = 5_000


@dataclass(frozen=True)
class MoveView:
    """One move with what a page shows of the customer."""

    public_id: UUID
    label: str
    at_us: int
    from_segment: str
    to_segment: str
    cause: str
    net_profit_minor: int | None
    rf: float | None


def list_moves(shop_id: int, since_us: int, limit: int, left: str = "") -> list[MoveView]:
    """List the newest moves since an instant; `left` keeps those who left that segment."""
    rows = Move.objects.filter(shop_id=shop_id, at_us__gt=since_us).order_by("-at_us", "-pk")
    if left:
        rows = rows.filter(from_segment=left)
    moves = list(rows[:limit])
    standings = Standing.objects.filter(shop_id=shop_id).select_related("customer")
    by_id = standings.in_bulk([move.customer_id for move in moves])
    return [_view(move, by_id[move.customer_id]) for move in moves if move.customer_id in by_id]


def count_moves(shop_id: int, since_us: int) -> dict[tuple[str, str], int]:
    """Count the moves since an instant per pair of segments."""
    rows = Move.objects.filter(shop_id=shop_id, at_us__gt=since_us).order_by()
    return {(a, b): n for a, b, n in rows.values_list("from_segment", "to_segment").annotate(n=Count("pk"))}


def arrivals(shop_id: int, customer_ids: Collection[int], segment: str) -> dict[int, list[int]]:
    """Read when customers came into a segment, ascending."""
    found: dict[int, list[int]] = defaultdict(list)
    for part in batched(customer_ids, _IN_ONE_QUERY):
        rows = of_shop(Move.objects.filter(customer_id__in=part, to_segment=segment), shop_id)
        for customer_id, at_us in rows.order_by("at_us").values_list("customer_id", "at_us"):
            found[customer_id].append(at_us)
    return dict(found)


def _view(move: Move, standing: Standing) -> MoveView:
    return MoveView(
        public_id=standing.customer.public_id,
        label=standing.label,
        at_us=move.at_us,
        from_segment=move.from_segment,
        to_segment=move.to_segment,
        cause=move.cause,
        net_profit_minor=standing.net_profit_minor,
        rf=standing.rf,
    )
