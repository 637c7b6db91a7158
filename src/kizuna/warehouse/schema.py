"""What the warehouse stores and what an engine is given: the columns of every table, and a shop's holding.

Two datasets are sealed into Parquet, `ev` (facts, orders, refunds) and `line` (order lines); the small tables come with
each holding from the database. Every column is NOT NULL; whole numbers are BIGINT, the rest is text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

type Column = NDArray[np.int64] | NDArray[np.object_]
type Table = Mapping[str, Column]

FACT, ORDER, REFUND = 0, 1, 2
"""Column `kind` of ev; a row's ev_id is 4 * (its id in its own table) + kind."""

EV: Mapping[str, str] = {
    "ev_id": "BIGINT",
    "kind": "BIGINT",
    "identity_id": "BIGINT",
    "customer_id": "BIGINT",
    "visitor_id": "BIGINT",
    "visitor_customer_id": "BIGINT",
    "ts_us": "BIGINT",
    "day": "BIGINT",
    "month": "BIGINT",
    "name": "TEXT",
    "channel": "BIGINT",
    "direction": "BIGINT",
    "about": "BIGINT",
    "is_page": "BIGINT",
    "counts_email": "BIGINT",
    "is_purchase": "BIGINT",
    "source": "TEXT",
    "country": "TEXT",
    "revenue_minor": "BIGINT",
    "profit_minor": "BIGINT",
}
"""customer_id is the identity's first customer and never changes: `moved` says who went elsewhere.

visitor_*: of page activity, the visitor key and its first customer, else 0. day, month: shop-local indices.
name: of a fact its event name, else 'order' or 'refund'. source: campaign source, else host of the referrer, else ''.
country: of orders where they went, else ''. Refunds carry negative revenue. Flags are 0 or 1.
"""

LINE: Mapping[str, str] = {
    "line_id": "BIGINT",
    "ev_id": "BIGINT",
    "identity_id": "BIGINT",
    "customer_id": "BIGINT",
    "ts_us": "BIGINT",
    "day": "BIGINT",
    "month": "BIGINT",
    "sku": "TEXT",
    "quantity_e4": "BIGINT",
    "revenue_minor": "BIGINT",
    "profit_minor": "BIGINT",
}
"""ev_id: of its order. The order's revenue and net profit are shared out over its lines and add up exactly."""

SMALL: Mapping[str, Mapping[str, str]] = {
    "moved": {"identity_id": "BIGINT", "customer_id": "BIGINT"},
    "stale": {"ev_id": "BIGINT"},
    "gone": {"identity_id": "BIGINT"},
    "who": {"customer_id": "BIGINT", "country": "TEXT", "segment": "TEXT", "source": "TEXT"},
    "product": {"sku": "TEXT", "category": "TEXT"},
}
"""moved: identities whose customer is not their first. stale: sealed rows that the tail says anew. gone: erased."""

DATASETS: Mapping[str, Mapping[str, str]] = {"ev": EV, "line": LINE}


@dataclass(frozen=True)
class Holding:
    """All that an engine reads of one shop: sealed files per dataset, and tables in memory.

    tables holds `ev_tail` and `line_tail` (columns as the dataset) and every small table, each possibly empty.
    """

    files: Mapping[str, Sequence[Path]]
    tables: Mapping[str, Table]
