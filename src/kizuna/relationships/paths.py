"""Paths over the portfolio: the points a customer passed, and every move from one shown segment to another.

A point is kept when the segment changed or the place moved visibly, so that a path can be drawn without keeping every
day of everybody. Snapshots hold the whole portfolio of an instant; lists of moves are relationships.lists.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

from django.db import connection

from kizuna.relationships.models import Move, Place
from kizuna.tables import rows as rows_of

VISIBLE_RF = 0.02
VISIBLE_SHARE_OF_CUT = 0.05
RECONSTRUCTED = "reconstructed"
_IDS_PER_QUERY = 5_000


@dataclass(frozen=True, slots=True)
class Point:
    """Where a customer was at an instant."""

    customer_id: int
    at_us: int
    rf: float
    net_profit_minor: int
    z: Mapping[str, float]
    segment: str


@dataclass(frozen=True, slots=True)
class Step:
    """A move from one shown segment to another; '' stands for not placed."""

    customer_id: int
    at_us: int
    from_segment: str
    to_segment: str
    cause: str


def moved_visibly(point: Point, last: Point | None, cut_net_profit_minor: int | None) -> bool:
    """Whether a point deserves to be kept after the last one kept of the same customer."""
    if last is None or point.segment != last.segment or abs(point.rf - last.rf) >= VISIBLE_RF:
        return True
    least = VISIBLE_SHARE_OF_CUT * (cut_net_profit_minor or 0)
    change = abs(point.net_profit_minor - last.net_profit_minor)
    return change > 0 and change >= least


def last_points(shop_id: int, customer_ids: Iterable[int]) -> dict[int, Point]:
    """The newest point kept of each customer; read in one pass, so that PostgreSQL needs no statistics to be quick."""
    found = {}
    for some in batched(sorted(set(customer_ids)), _IDS_PER_QUERY):
        places = ", ".join(["%s"] * len(some))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT customer_id, at_us, rf, net_profit_minor, segment FROM (SELECT place.*, ROW_NUMBER() OVER"  # noqa: S608
                " (PARTITION BY customer_id ORDER BY at_us DESC, id DESC) AS age FROM relationships_place AS place"
                f" WHERE shop_id = %s AND customer_id IN ({places})) AS aged WHERE age = 1",
                [shop_id, *some],
            )
            found.update({row[0]: Point(row[0], row[1], row[2], row[3], {}, row[4]) for row in cursor.fetchall()})
    return found


def list_points(shop_id: int, customer_ids: Sequence[int], since_us: int = 0) -> list[Point]:
    """The path of a customer in order of time."""
    rows = Place.objects.filter(shop_id=shop_id, customer_id__in=customer_ids, at_us__gte=since_us)
    return [
        Point(row.customer_id, row.at_us, row.rf, row.net_profit_minor, row.z, row.segment)
        for row in rows.order_by("at_us", "id")
    ]


def record(shop_id: int, points: Sequence[Point], steps: Sequence[Step]) -> None:
    """Store points and moves."""
    rows_of.insert(
        "relationships_place",
        ("shop_id", "customer_id", "at_us", "rf", "net_profit_minor", "z", "segment"),
        [
            (
                shop_id,
                each.customer_id,
                each.at_us,
                each.rf,
                each.net_profit_minor,
                json.dumps(dict(each.z)),
                each.segment,
            )
            for each in points
        ],
    )
    rows_of.insert(
        "relationships_move",
        ("shop_id", "customer_id", "at_us", "from_segment", "to_segment", "cause"),
        [
            (shop_id, each.customer_id, each.at_us, each.from_segment, each.to_segment, each.cause[:80])
            for each in steps
        ],
    )


def forget_reconstructed(shop_id: int, instants: Sequence[int]) -> None:
    """Delete the points and moves that reconstructed snapshots of these instants had left."""
    for some in batched(instants, _IDS_PER_QUERY):
        Place.objects.filter(shop_id=shop_id, at_us__in=some).delete()
        Move.objects.filter(shop_id=shop_id, at_us__in=some, cause=RECONSTRUCTED).delete()


def join_history(shop_id: int, shown: Mapping[int, str], since_us: int) -> None:
    """Let the first live moves begin where reconstructed history ended: {customer: segment shown last}."""
    first = Move.objects.filter(shop_id=shop_id, at_us__gt=since_us, from_segment="").exclude(cause=RECONSTRUCTED)
    idle, changed = [], []
    for move in first:
        segment = shown.get(move.customer_id, "")
        if segment == move.to_segment:
            idle.append(move.pk)
        elif segment:
            move.from_segment = segment
            changed.append(move)
    for some in batched(idle, _IDS_PER_QUERY):
        Move.objects.filter(shop_id=shop_id, pk__in=some).delete()
    Move.objects.bulk_update(changed, ["from_segment"], batch_size=500)


def last_steps(shop_id: int) -> dict[int, Step]:
    """The newest move of every customer of the shop."""
    rows = Move.objects.filter(shop_id=shop_id).order_by("at_us", "id")
    values = rows.values_list("customer_id", "at_us", "from_segment", "to_segment", "cause")
    return {row[0]: Step(*row) for row in values.iterator(chunk_size=10_000)}
