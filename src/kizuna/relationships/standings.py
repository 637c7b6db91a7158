"""The one row per customer that lists and the portfolio read: who, what they bought, where they stand and since when.

Here: writing these rows in bulk and reading where customers stood before. What to write is decided in flows.placing
and flows.snapshots; lists over them are relationships.lists.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import batched

from django.db import connection

from kizuna.relationships import bulk
from kizuna.relationships.models import Standing
from kizuna.relationships.population import Placed
from kizuna.tables.rows import of_shop

_TABLE = "relationships_standing"
_IDS_PER_QUERY = 5_000


@dataclass(frozen=True, slots=True)
class Identification:
    """Who the row is about, as lists show it."""

    name: str = ""
    email: str = ""
    label: str = ""
    country: str = ""
    known: bool = False
    last_seen_us: int | None = None


@dataclass(frozen=True, slots=True)
class Bought:
    """What the customer bought in all time."""

    orders: int = 0
    revenue_minor: int = 0
    first_order_us: int | None = None
    last_order_us: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a customer stands at an instant; rf and net profit None and segment '' while not yet placed."""

    as_of_us: int
    stocks: Mapping[str, float]
    z: Mapping[str, float]
    rf: float | None
    net_profit_minor: int | None
    e_cnrr: float | None
    segment: str


@dataclass(frozen=True, slots=True)
class Before:
    """Where a customer stood when last written."""

    rf: float | None
    net_profit_minor: int | None
    segment: str
    segment_since_us: int | None
    previous_segment: str
    as_of_us: int


@dataclass(frozen=True, slots=True)
class Row:
    """A whole row to write; `before` is what it replaces, None for a new customer."""

    customer_id: int
    who: Identification
    bought: Bought
    position: Position
    before: Before | None


_POSITION = (
    ("stocks", "json"),
    ("z", "json"),
    ("rf", "float"),
    ("net_profit_minor", "int"),
    ("e_cnrr", "float"),
    ("segment", "text"),
    ("high_rf", "bool"),
    ("high_net_profit", "bool"),
    ("segment_since_us", "int"),
    ("previous_segment", "text"),
    ("as_of_us", "int"),
)
_WHO = (
    ("name", "text"),
    ("email", "text"),
    ("label", "text"),
    ("country", "text"),
    ("known", "bool"),
    ("last_seen_us", "int"),
)
_BOUGHT = (("orders", "int"), ("revenue_minor", "int"), ("first_order_us", "int"), ("last_order_us", "int"))


def positions(placed: Placed, as_of_us: int) -> dict[int, Position]:
    """Columns of placed customers as one position for each."""
    raw = {name: column.tolist() for name, column in placed.stocks.items()}
    z = {name: column.tolist() for name, column in placed.z.items()}
    rf, profit, segment = placed.rf.tolist(), placed.net_profit.tolist(), placed.segment.tolist()
    ratio = [None] * len(rf) if placed.e_cnrr is None else placed.e_cnrr.tolist()
    return {
        customer: Position(
            as_of_us,
            {name: column[row] for name, column in raw.items()},
            {name: column[row] for name, column in z.items()},
            rf[row],
            profit[row],
            ratio[row],
            segment[row],
        )
        for row, customer in enumerate(placed.customer_id.tolist())
    }


def refresh(shop_id: int, rows: Sequence[Row]) -> None:
    """Write whole rows; one that already speaks of a later instant keeps its own."""
    values = [
        (
            row.customer_id,
            shop_id,
            *(getattr(row.who, name) for name, _ in _WHO),
            *(getattr(row.bought, name) for name, _ in _BOUGHT),
            *_position_values(row.position, row.before),
        )
        for row in rows
    ]
    _write(values, (*_WHO, *_BOUGHT, *_POSITION))


def reposition(shop_id: int, positions: Mapping[int, tuple[Position, Before]]) -> None:
    """Write only where customers stand, for customers who have a row; a later instant keeps its own."""
    sets = ", ".join(f"{name} = %s" for name, _ in _POSITION)
    rows = [
        (*_position_values(position, before), customer_id, shop_id, position.as_of_us)
        for customer_id, (position, before) in sorted(positions.items())
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {_TABLE} SET {sets} WHERE customer_id = %s AND shop_id = %s AND as_of_us <= %s",  # noqa: S608
            rows,
        )


def note_seen(shop_id: int, seen: Mapping[int, int]) -> set[int]:
    """Note when customers were last seen, {customer: instant}; returns those who have no row yet."""
    missing = set(seen)
    for some in batched(sorted(seen), _IDS_PER_QUERY):
        found = of_shop(Standing.objects.filter(customer_id__in=some), shop_id)
        missing.difference_update(found.values_list("customer_id", flat=True))
    rows = [(at_us, customer, shop_id, at_us) for customer, at_us in sorted(seen.items()) if customer not in missing]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {_TABLE} SET last_seen_us = %s WHERE customer_id = %s AND shop_id = %s"  # noqa: S608
                " AND (last_seen_us IS NULL OR last_seen_us < %s)",
                rows,
            )
    return missing


def before(shop_id: int, customer_ids: Iterable[int]) -> dict[int, Before]:
    """Where these customers stood when last written; who has no row is absent."""
    names = [field.name for field in fields(Before)]
    found = {}
    for some in batched(sorted(set(customer_ids)), _IDS_PER_QUERY):
        rows = of_shop(Standing.objects.filter(customer_id__in=some), shop_id)
        found.update({row[0]: Before(*row[1:]) for row in rows.values_list("customer_id", *names)})
    return found


def placed_ids(shop_id: int) -> list[int]:
    """The customers who stand on the portfolio: with an order or a refund."""
    return list(
        Standing.objects.filter(shop_id=shop_id, net_profit_minor__isnull=False)
        .order_by("customer_id")
        .values_list("customer_id", flat=True)
    )


def ids_placed_after(shop_id: int, as_of_us: int) -> list[int]:
    """The customers whose row speaks of a later instant: who was touched since then."""
    rows = Standing.objects.filter(shop_id=shop_id, as_of_us__gt=as_of_us)
    return list(rows.order_by("customer_id").values_list("customer_id", flat=True))


def set_history(shop_id: int, since: Mapping[int, tuple[str, int]]) -> None:
    """Set the previous segment and since when the present one holds, after paths were reconstructed."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {_TABLE} SET previous_segment = %s, segment_since_us = %s"  # noqa: S608
            " WHERE customer_id = %s AND shop_id = %s",
            [(previous, at_us, customer_id, shop_id) for customer_id, (previous, at_us) in sorted(since.items())],
        )


def forget(shop_id: int, customer_ids: Iterable[int]) -> None:
    """Delete the rows of customers who are no more: merged into another."""
    for some in batched(sorted(set(customer_ids)), _IDS_PER_QUERY):
        of_shop(Standing.objects.filter(customer_id__in=some), shop_id).delete()


def _position_values(position: Position, before: Before | None) -> tuple[bulk.Value, ...]:
    since, previous = position.as_of_us if position.segment else None, ""
    if before is not None and before.segment == position.segment:
        since, previous = before.segment_since_us, before.previous_segment
    elif before is not None:
        previous = before.segment
    return (
        json.dumps(dict(position.stocks)),
        json.dumps(dict(position.z)),
        position.rf,
        position.net_profit_minor,
        position.e_cnrr,
        position.segment,
        position.segment in ("A", "C"),
        position.segment in ("A", "B"),
        since,
        previous,
        position.as_of_us,
    )


def _write(values: Sequence[tuple[bulk.Value, ...]], columns: Sequence[tuple[str, str]]) -> None:
    if not values:
        return
    names = ("customer_id", "shop_id", *(name for name, _ in columns))
    kinds = ("int", "int", *(kind for _, kind in columns))
    kept = ", ".join(f"{name} = excluded.{name}" for name, _ in columns)
    statement = bulk.Upsert(
        _TABLE, names, kinds, ("customer_id",), f"{kept} WHERE {_TABLE}.as_of_us <= excluded.as_of_us"
    )
    bulk.write(statement, list(zip(*values, strict=True)))


def segments(shop_id: int) -> dict[int, str]:
    """Read the shown segment of every placed customer of a shop."""
    placed = Standing.objects.filter(shop_id=shop_id).exclude(segment="")
    return dict(placed.values_list("customer_id", "segment").iterator(_IDS_PER_QUERY))


def likelihoods(shop_id: int, customer_ids: Sequence[int]) -> dict[int, float | None]:
    """Read how surely customers are still customers, from the last forecast; None for whom it says nothing."""
    found: dict[int, float | None] = {}
    for some in batched(sorted(set(customer_ids)), _IDS_PER_QUERY):
        rows = of_shop(Standing.objects.filter(customer_id__in=some), shop_id)
        found.update(rows.values_list("customer_id", "still_customer"))
    return found
