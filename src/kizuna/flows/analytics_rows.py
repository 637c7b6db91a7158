"""Facts, orders, lines and refunds as rows of the warehouse: what sealing writes and what the tail shows.

The columns are warehouse.schema; reading is tracking.portions and sales.portions, whose it was customers.links.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from kizuna.customers import links
from kizuna.sales import portions as sold
from kizuna.sales.portions import Orders, Refunds
from kizuna.tracking import portions as journal
from kizuna.tracking.portions import Facts
from kizuna.warehouse.schema import DATASETS, FACT, ORDER, REFUND, Column, Table

type Ints = NDArray[np.int64]
type Portion = Mapping[str, Table]
"""Rows of either dataset that belong together."""

_IN, _OF = 1, 1


def facts(shop_id: int, after_id: int, upto_id: int | None) -> Iterator[tuple[int, Portion]]:
    """Read facts with ids in (after, upto] as rows; with each portion the last id of it."""
    for portion in journal.read(shop_id, after_id, upto_id):
        yield int(portion.numbers["id"][-1]), {"ev": _fact_rows(shop_id, portion)}


def orders(shop_id: int, after_id: int, upto_id: int | None) -> Iterator[tuple[int, Portion]]:
    """Read orders with ids in (after, upto] as rows, with their lines."""
    for portion in sold.read_orders(shop_id, after_id, upto_id):
        if len(portion):
            yield int(portion.numbers["id"][-1]), _order_rows(shop_id, portion)


def refunds(shop_id: int, after_id: int, upto_id: int | None) -> Iterator[tuple[int, Portion]]:
    """Read refunds with ids in (after, upto] as rows."""
    for portion in sold.read_refunds(shop_id, after_id, upto_id):
        if len(portion):
            yield int(portion.numbers["id"][-1]), {"ev": _refund_rows(shop_id, portion)}


def again(shop_id: int, ev_ids: Ints) -> Iterator[Portion]:
    """Read orders and refunds as they are now, those of them that still are."""
    for portion in sold.find_orders(shop_id, (ev_ids[ev_ids % 4 == ORDER] // 4).tolist()):
        yield _order_rows(shop_id, portion)
    for returned in sold.find_refunds(shop_id, (ev_ids[ev_ids % 4 == REFUND] // 4).tolist()):
        yield {"ev": _refund_rows(shop_id, returned)}


def without(portion: Portion, erased: Ints, from_us: int | None) -> Portion:
    """Leave out the rows of erased identities, as whose or as the visitor key, and those before an instant."""
    left: dict[str, Table] = {}
    for dataset, table in portion.items():
        stays = np.isin(table["identity_id"], erased, invert=True)
        if "visitor_id" in table:
            stays &= np.isin(table["visitor_id"], erased, invert=True)
        if from_us is not None:
            stays &= np.asarray(table["ts_us"] >= from_us)
        kept: dict[str, Column] = {}
        for name, column in table.items():
            kept[name] = column[stays]
        left[dataset] = kept
    return left


def gather(portions: Iterator[Portion]) -> dict[str, dict[str, Column]]:
    """Put portions together into one table per dataset, without rows where there are none."""
    parts: dict[str, list[Table]] = {dataset: [_nothing(dataset)] for dataset in DATASETS}
    for portion in portions:
        for dataset, table in portion.items():
            parts[dataset].append(table)
    return {
        dataset: {name: np.concatenate([table[name] for table in tables]) for name in DATASETS[dataset]}
        for dataset, tables in parts.items()
    }


def _nothing(dataset: str) -> Table:
    numbers, texts = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.object_)
    return {name: numbers if kind == "BIGINT" else texts for name, kind in DATASETS[dataset].items()}


def _fact_rows(shop_id: int, portion: Facts) -> Table:
    said, texts = portion.numbers, portion.texts
    nobody = np.zeros(len(portion), dtype=np.int64)
    customer, visitor_customer = _first_customers(shop_id, said["identity_id"], said["visitor_id"])
    return {
        **_row(said, FACT, said["happened_us"], customer),
        "visitor_id": said["visitor_id"],
        "visitor_customer_id": visitor_customer,
        "name": texts["name"],
        "channel": said["channel"],
        "direction": said["direction"],
        "about": said["about"],
        "is_page": said["is_page_activity"],
        "counts_email": said["counts_email"],
        "is_purchase": nobody,
        "source": texts["came_from"],
        "country": _text(len(portion), ""),
        "revenue_minor": nobody,
        "profit_minor": nobody,
    }


def _order_rows(shop_id: int, portion: Orders) -> Portion:
    said, lines = portion.numbers, portion.lines
    customer = _first_customers(shop_id, said["identity_id"])[0]
    ev = {
        **_row(said, ORDER, said["placed_us"], customer),
        **_sale(len(portion), "order"),
        "is_purchase": said["is_purchase"],
        "country": portion.country,
        "revenue_minor": said["revenue_minor"],
        "profit_minor": said["net_profit_minor"],
    }
    order = np.searchsorted(said["id"], lines["order_id"])
    line: dict[str, Column] = {
        name: ev[name][order] for name in ("identity_id", "customer_id", "ts_us", "day", "month")
    }
    line |= {
        "line_id": lines["id"],
        "ev_id": 4 * lines["order_id"] + ORDER,
        "sku": portion.sku,
        "quantity_e4": lines["quantity_e4"],
        "revenue_minor": lines["revenue_minor"],
        "profit_minor": lines["net_profit_minor"],
    }
    return {"ev": ev, "line": line}


def _refund_rows(shop_id: int, portion: Refunds) -> Table:
    said = portion.numbers
    customer = _first_customers(shop_id, said["identity_id"])[0]
    return {
        **_row(said, REFUND, said["refunded_us"], customer),
        **_sale(len(portion), "refund"),
        "is_purchase": np.zeros(len(portion), dtype=np.int64),
        "country": _text(len(portion), ""),
        "revenue_minor": -said["revenue_minor"],
        "profit_minor": said["net_profit_minor"],
    }


def _row(said: Mapping[str, Ints], kind: int, ts_us: Ints, customer: Ints) -> dict[str, Column]:
    return {
        "ev_id": 4 * said["id"] + kind,
        "kind": np.full(len(ts_us), kind, dtype=np.int64),
        "identity_id": said["identity_id"],
        "customer_id": customer,
        "ts_us": ts_us,
        "day": said["day"],
        "month": said["month"],
    }


def _sale(count: int, name: str) -> dict[str, Column]:
    """What an order or refund says nothing of: it is the customer's, and its way and place are the journal's."""
    nothing = np.zeros(count, dtype=np.int64)
    return {
        **dict.fromkeys(("visitor_id", "visitor_customer_id", "channel", "is_page", "counts_email"), nothing),
        "name": _text(count, name),
        "direction": np.full(count, _IN, dtype=np.int64),
        "about": np.full(count, _OF, dtype=np.int64),
        "source": _text(count, ""),
    }


def _text(count: int, word: str) -> NDArray[np.object_]:
    return np.full(count, word, dtype=np.object_)


def _first_customers(shop_id: int, *owners: Ints) -> list[Ints]:
    """The first customer of each identity; 0 of identity 0, which is nobody, and of one that is no longer known."""
    asked = np.unique(np.concatenate(owners))
    first = links.first_customers(shop_id, asked[asked != 0].tolist())
    known = np.array([first.get(number, 0) for number in asked.tolist()], dtype=np.int64)
    return [known[np.searchsorted(asked, each)] for each in owners]
