"""Orders with their lines, and refunds, read in portions for whoever copies them: in the order of ids, or by id.

An order and its lines come from one query, so that they fit together whatever is written meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from kizuna.sales.rows import in_batches
from kizuna.sales.shares import share_order
from kizuna.tables import moments

type Ints = NDArray[np.int64]
type Texts = NDArray[np.object_]

AT_ONCE = 10_000
_ORDERS, _REFUNDS = "sales_order", "sales_refund"
_ORDER_NUMBERS = (
    "id", "identity_id", "placed_us", "day", "month", "is_purchase", "revenue_minor", "net_profit_minor",
)  # fmt: skip
_REFUND_NUMBERS = ("id", "identity_id", "refunded_us", "day", "month", "revenue_minor", "net_profit_minor")
_LINE_NUMBERS = ("id", "order_id", "quantity_e4", "revenue_minor", "net_profit_minor")
_OF_ORDER = ", ".join(f"o.{name}" for name in _ORDER_NUMBERS)
_ORDER_QUERY = (
    f"SELECT {_OF_ORDER}, o.shipping_country, o.goods_cost_minor,"  # noqa: S608
    " l.id, l.sku, l.quantity, l.amount, l.cost_minor"
    f" FROM {_ORDERS} o LEFT JOIN sales_orderline l ON l.order_id = o.id WHERE o.shop_id = %s AND"
)
_REFUND_QUERY = f"SELECT {', '.join(_REFUND_NUMBERS)} FROM {_REFUNDS} WHERE shop_id = %s AND"  # noqa: S608


_SUMMED = {name: name for name in ("identity_id", "day", "month", "revenue_minor")} | {
    "profit_minor": "net_profit_minor"
}


@dataclass(frozen=True, slots=True)
class _Slice:
    """What is added up: of which shop, from which instant on, without whom."""

    shop_id: int
    when: str
    from_us: int | None
    without: Sequence[int]


@dataclass(frozen=True, slots=True)
class Orders:
    """A portion of orders in columns, ascending by id, and of their lines with what each has of revenue and profit."""

    numbers: dict[str, Ints]
    country: Texts
    lines: dict[str, Ints]
    sku: Texts

    def __len__(self) -> int:
        return len(self.numbers["id"])


@dataclass(frozen=True, slots=True)
class Refunds:
    """A portion of refunds in columns, ascending by id; revenue is what was given back, so positive."""

    numbers: dict[str, Ints]

    def __len__(self) -> int:
        return len(self.numbers["id"])


def settled_order_id() -> int:
    """Find up to which id orders are settled: no smaller one can still appear. In a transaction of its own."""
    return moments.settled_id(_ORDERS)


def settled_refund_id() -> int:
    """Find up to which id refunds are settled. In a transaction of its own."""
    return moments.settled_id(_REFUNDS)


def read_orders(shop_id: int, after_id: int, upto_id: int | None) -> Iterator[Orders]:
    """Read the orders of a shop with ids in (after, upto], portion by portion; None: as far as there are any."""
    for first, last in _windows(_ORDERS, shop_id, after_id, upto_id):
        yield _orders(_rows(f"{_ORDER_QUERY} o.id > %s AND o.id <= %s ORDER BY o.id, l.id", [shop_id, first, last]))


def read_refunds(shop_id: int, after_id: int, upto_id: int | None) -> Iterator[Refunds]:
    """Read the refunds of a shop with ids in (after, upto], portion by portion; None: as far as there are any."""
    for first, last in _windows(_REFUNDS, shop_id, after_id, upto_id):
        yield _refunds(_rows(f"{_REFUND_QUERY} id > %s AND id <= %s ORDER BY id", [shop_id, first, last]))


def find_orders(shop_id: int, ids: Sequence[int]) -> Iterator[Orders]:
    """Read the orders of these ids that there are."""
    for part, places in in_batches(ids, 5_000):
        yield _orders(_rows(f"{_ORDER_QUERY} o.id IN ({places}) ORDER BY o.id, l.id", [shop_id, *part]))


def find_refunds(shop_id: int, ids: Sequence[int]) -> Iterator[Refunds]:
    """Read the refunds of these ids that there are."""
    for part, places in in_batches(ids, 5_000):
        yield _refunds(_rows(f"{_REFUND_QUERY} id IN ({places}) ORDER BY id", [shop_id, *part]))


def count_after(shop_id: int, order_id: int, refund_id: int, most: int) -> int:
    """Count the orders and refunds of a shop after these ids, but no further than `most` of each."""
    found = 0
    for table, after in ((_ORDERS, order_id), (_REFUNDS, refund_id)):
        later = f"SELECT 1 FROM {table} WHERE shop_id = %s AND id > %s LIMIT %s"  # noqa: S608
        found += _rows(f"SELECT COUNT(*) FROM ({later}) AS later", [shop_id, after, most])[0][0]  # noqa: S608
    return found


def order_sums(shop_id: int, from_us: int | None, without: Sequence[int]) -> dict[str, int]:
    """Count and add up the orders of a shop from an instant on, without some identities, to compare a copy with."""
    asked = {**_SUMMED, "ev_id": "id * 4 + 1", "seconds": "placed_us / 1000000"}
    asked |= {"is_purchase": "CASE WHEN is_purchase THEN 1 ELSE 0 END", "country": "LENGTH(shipping_country)"}
    return _sums(_ORDERS, asked, _Slice(shop_id, "placed_us", from_us, without))


def refund_sums(shop_id: int, from_us: int | None, without: Sequence[int]) -> dict[str, int]:
    """Count and add up the refunds likewise; revenue is negative here."""
    asked = {**_SUMMED, "ev_id": "id * 4 + 2", "seconds": "refunded_us / 1000000", "revenue_minor": "-revenue_minor"}
    return _sums(_REFUNDS, asked, _Slice(shop_id, "refunded_us", from_us, without))


def line_sums(shop_id: int, from_us: int | None, without: Sequence[int]) -> dict[str, int]:
    """Count and add up the lines of orders likewise."""
    asked = {"line_id": "l.id", "ev_id": "o.id * 4 + 1", "sku": "LENGTH(l.sku)"}
    asked["quantity_e4"] = "CAST(ROUND(l.quantity * 10000) AS BIGINT)"
    joined = "sales_orderline l JOIN sales_order o ON o.id = l.order_id"
    return _sums(joined, asked, _Slice(shop_id, "o.placed_us", from_us, without))


def _sums(tables: str, asked: Mapping[str, str], part: _Slice) -> dict[str, int]:
    columns = ", ".join(f"SUM({sql})" for sql in asked.values())
    among = ",".join(str(int(number)) for number in part.without) or "-1"
    found = _rows(
        f"SELECT COUNT(*), {columns} FROM {tables} WHERE shop_id = %s AND {part.when} >= %s"  # noqa: S608
        f" AND identity_id NOT IN ({among})",
        [part.shop_id, -(2**62) if part.from_us is None else part.from_us],
    )[0]
    return dict(zip(("rows", *asked), (int(each or 0) for each in found), strict=True))


def _windows(table: str, shop_id: int, after_id: int, upto_id: int | None) -> Iterator[tuple[int, int]]:
    """Cut ids into spans of as many rows as are read at once."""
    end = 2**62 if upto_id is None else upto_id
    while after_id < end:
        found = _rows(
            f"SELECT id FROM {table} WHERE shop_id = %s AND id > %s AND id <= %s ORDER BY id LIMIT 1 OFFSET %s",  # noqa: S608
            [shop_id, after_id, end, AT_ONCE - 1],
        )
        last = found[0][0] if found else end
        yield after_id, last
        after_id = last


def _rows(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _orders(rows: list[tuple[Any, ...]]) -> Orders:
    width = len(_ORDER_NUMBERS)
    orders: list[tuple[int, ...]] = []
    countries: list[str] = []
    lines: list[tuple[int, ...]] = []
    skus: list[str] = []
    for number, group in groupby(rows, key=lambda row: row[0]):
        told = list(group)
        head = told[0]
        orders.append(head[:width])
        countries.append(head[width])
        own = [row[width + 2 :] for row in told if row[width + 2] is not None]
        weights = [(_scaled(line[3], 6), line[4]) for line in own]
        shares = share_order(head[6], head[7], head[width + 1], weights)
        for line, (revenue, profit) in zip(own, shares, strict=True):
            lines.append((line[0], number, _scaled(line[2], 4), revenue, profit))
            skus.append(line[1])
    return Orders(
        _columns(_ORDER_NUMBERS, orders),
        np.array(countries, dtype=np.object_),
        _columns(_LINE_NUMBERS, lines),
        np.array(skus, dtype=np.object_),
    )


def _refunds(rows: list[tuple[Any, ...]]) -> Refunds:
    return Refunds(_columns(_REFUND_NUMBERS, rows))


def _columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Ints]:
    table = np.array(rows, dtype=np.int64).reshape(-1, len(names))
    return {name: table[:, place].copy() for place, name in enumerate(names)}


def _scaled(amount: Decimal | float | str, digits: int) -> int:
    """A decimal as the databases give it (SQLite: a float) in whole units of 10 to the minus digits."""
    return round(Decimal(str(amount)).scaleb(digits))
