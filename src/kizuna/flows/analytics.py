"""The warehouse of a shop as one holds it for a question: sealed files, the tail that is not sealed yet, small tables.

Together they say what the database says, whatever is sealed. Sealing is flows.analytics_sealing; compaction, retention,
erasure and rebuilding are flows.analytics_upkeep.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from kizuna.customers import columns as customers
from kizuna.customers import links
from kizuna.flows import analytics_rows as rows
from kizuna.flows.analytics_rows import Portion
from kizuna.flows.analytics_sealing import READERS, Busy, seal
from kizuna.relationships import standings
from kizuna.sales import portions as sold
from kizuna.sales import products
from kizuna.science import periods
from kizuna.tables import moments
from kizuna.tracking import portions as journal
from kizuna.warehouse import corrections, engines, erasure, segments, shelves
from kizuna.warehouse.face import Warehouse
from kizuna.warehouse.schema import DATASETS, ORDER, REFUND, Column, Holding
from kizuna.warehouse.segments import Marks

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

__all__ = ["Busy", "Status", "ask", "hold", "is_due", "seal", "status"]

SEAL_AT = 50_000
SEAL_AFTER_US = periods.DAY_US


@dataclass(frozen=True, slots=True)
class Status:
    """How a shop's warehouse stands; instants None where nothing happened yet."""

    segments: int
    retired: int
    rows: int
    bytes: int
    tail: int
    stale: int
    erasing: int
    sealed_us: int | None
    kept_from_us: int | None
    rebuilding: bool


def hold(shop: "Shop", as_of_us: int | None = None) -> Holding:
    """Read all that an engine needs of a shop, as one state of the database: sealed files, the tail, small tables.

    as_of_us: whose customer everybody was at that instant; None: now. Raises segments.FilesMissing.
    """
    with moments.one_state():
        gone = erasure.list_waiting(shop.pk)
        shelf = shelves.shelf_of(shop.pk)
        listed = segments.paths_of(shop.pk, segments.list_segments(shop.pk))
        stale = _sealed_only(corrections.list_changed(shop.pk), shelf.marks)
        erased = erasure.list_erased(shop.pk)
        tail = rows.gather(
            rows.without(each, erased, shelf.kept_from_us) for each in _tail(shop.pk, shelf.marks, stale)
        )
        moved = links.moved(shop.pk, as_of_us)
        small = _small(shop.pk)
    return Holding(
        files=listed,
        tables={
            **{f"{dataset}_tail": tail[dataset] for dataset in DATASETS},
            "moved": {"identity_id": moved[0], "customer_id": moved[1]},
            "stale": {"ev_id": stale},
            "gone": {"identity_id": gone},
            **small,
        },
    )


@contextmanager
def ask(shop: "Shop", as_of_us: int | None = None) -> Iterator[Warehouse]:
    """Open a shop's warehouse on the engine of the installation, to be asked named questions."""
    name, options = engines.configured()
    with engines.open_engine(name, hold(shop, as_of_us), options) as session:
        yield Warehouse(session)


def is_due(shop: "Shop", now_us: int) -> bool:
    """Tell whether a shop is to be sealed: the tail is long, or there is one and a day has passed."""
    shelf = shelves.shelf_of(shop.pk)
    waiting = _count_tail(shop.pk, shelf.marks)
    return waiting >= SEAL_AT or (waiting > 0 and now_us - (shelf.sealed_us or 0) >= SEAL_AFTER_US)


def status(shop: "Shop") -> Status:
    """Tell how a shop's warehouse stands; the tail is counted as far as it matters."""
    shelf, listed = shelves.shelf_of(shop.pk), segments.list_segments(shop.pk)
    return Status(
        segments=len(listed),
        retired=segments.count_retired(shop.pk),
        rows=sum(sum(each.rows.values()) for each in listed),
        bytes=sum(sum(each.bytes.values()) for each in listed),
        tail=_count_tail(shop.pk, shelf.marks),
        stale=len(_sealed_only(corrections.list_changed(shop.pk), shelf.marks)),
        erasing=len(erasure.list_waiting(shop.pk)),
        sealed_us=shelf.sealed_us,
        kept_from_us=shelf.kept_from_us,
        rebuilding=shelf.rebuilding is not None,
    )


def _tail(shop_id: int, marks: Marks, stale: "rows.Ints") -> Iterator[Portion]:
    later = (read(shop_id, getattr(marks, kind), None) for kind, read in READERS.items())
    yield from (portion for _, portion in chain.from_iterable(later))
    yield from rows.again(shop_id, stale)


def _sealed_only(ev_ids: "rows.Ints", marks: Marks) -> "rows.Ints":
    """Of what changed, what is sealed: the rest is in the tail, which says it right."""
    number, kind = ev_ids // 4, ev_ids % 4
    sealed = ((kind == ORDER) & (number <= marks.order)) | ((kind == REFUND) & (number <= marks.refund))
    return np.compress(sealed, ev_ids)


def _count_tail(shop_id: int, marks: Marks) -> int:
    facts = journal.count_after(shop_id, marks.fact, SEAL_AT)
    return facts + sold.count_after(shop_id, marks.order, marks.refund, SEAL_AT)


def _small(shop_id: int) -> dict[str, dict[str, Column]]:
    people = customers.everybody(shop_id)
    placed = standings.segments(shop_id)
    segment = np.array([placed.get(number, "") for number in people.customer_id.tolist()], dtype=np.object_)
    kept = products.categories(shop_id)
    return {
        "who": {
            "customer_id": people.customer_id,
            "country": people.country,
            "segment": segment,
            "source": people.source,
        },
        "product": {
            "sku": np.array(list(kept), dtype=np.object_),
            "category": np.array(list(kept.values()), dtype=np.object_),
        },
    }
