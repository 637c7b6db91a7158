"""Who is inside a selection on the portfolio, now or at a past snapshot, as the list beside it shows them.

A selection over a snapshot (a past day, or the density of a big shop) reads its columns; names are today's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from kizuna.relationships import lists, snapshots
from kizuna.relationships.lists import Dot, Filters
from kizuna.relationships.selection import Shape, inside, parse_shape

if TYPE_CHECKING:
    from kizuna.relationships.lists import SegmentTotal
    from kizuna.relationships.snapshots import SnapshotView
    from kizuna.shops.models import Shop
    from kizuna.web.console.pages.filters import ListState

SHOWN = 60
MOST_DOTS = 4_000
MOST_EXPORTED = 5_000


@dataclass(frozen=True)
class Listed:
    """A selection: who (at most SHOWN), how many in all, what they bring, and the address of their export."""

    title: str
    dots: Sequence[Dot]
    customers: int
    net_profit_minor: int
    export: str
    selected: bool = True


def list_first(
    shop: "Shop", state: "ListState", past: "SnapshotView | None", totals: "Mapping[str, SegmentTotal]"
) -> Listed:
    """What stands beside the picture before anything is selected: the top of what is shown."""
    if past is not None:
        columns = snapshots.columns(past)
        kept = _kept(shop, columns, state)
        profit = int(columns.net_profit[kept].sum())
        return Listed(
            "Highest net profit then", dots_then(shop, past, state, SHOWN), int(kept.sum()), profit, "", False
        )
    filters = state.filters if state.active else Filters(segments=("A",))
    if filters == Filters(segments=filters.segments):
        mine = {letter: total for letter, total in totals.items() if letter in filters.segments}
    else:
        mine = lists.segment_totals(shop.pk, filters)
    return Listed(
        title="Highest net profit" if state.active else "Most valuable customers",
        dots=lists.list_dots(shop.pk, filters, SHOWN),
        customers=sum(total.customers for total in mine.values()),
        net_profit_minor=sum(total.net_profit_minor for total in mine.values()),
        export=state.query if state.active else urlencode({"segment": "A"}),
        selected=False,
    )


def list_ids(shop: "Shop", texts: Sequence[str]) -> Listed:
    """List the customers picked one by one; raises ValueError for what is no id."""
    found = lists.list_places(shop.pk, [UUID(text) for text in texts[:SHOWN]])
    export = urlencode([("id", text) for text in texts[:SHOWN]])
    return Listed("Selected", found, len(found), sum(dot.net_profit_minor for dot in found), export)


def list_inside(shop: "Shop", state: "ListState", columns_of: "SnapshotView | None", shape: str, past: bool) -> Listed:
    """List who is inside a drawn shape, over a snapshot or today's dots; raises ValueError for a bad shape."""
    corners = parse_shape(shape)
    export = "" if past else f"{state.query}&{urlencode({'shape': shape})}".lstrip("&")
    if columns_of is None:
        dots = _dots_inside(shop, state, corners)
        profit = sum(dot.net_profit_minor for dot in dots)
        return Listed("Inside your selection", dots[:SHOWN], len(dots), profit, export)
    columns = snapshots.columns(columns_of)
    kept = _kept(shop, columns, state) & inside(corners, columns.rf, columns.net_profit.astype(np.float64))
    dots = _named(shop, columns, kept, SHOWN)
    return Listed("Inside your selection", dots, int(kept.sum()), int(columns.net_profit[kept].sum()), export)


def find_inside(shop: "Shop", state: "ListState", columns_of: "SnapshotView | None", shape: str) -> list[int]:
    """Find the customers inside a shape for an export, most profitable first."""
    corners = parse_shape(shape)
    if columns_of is None:
        return lists.find_ids(shop.pk, [dot.public_id for dot in _dots_inside(shop, state, corners)])
    columns = snapshots.columns(columns_of)
    kept = _kept(shop, columns, state) & inside(corners, columns.rf, columns.net_profit.astype(np.float64))
    return [int(pk) for pk in columns.customer_id[_top(columns, kept, MOST_EXPORTED)]]


def dots_then(shop: "Shop", past: "SnapshotView", state: "ListState", most: int) -> list[Dot]:
    """The places a snapshot gives the customers with the highest net profit of that day."""
    columns = snapshots.columns(past)
    return _named(shop, columns, _kept(shop, columns, state), most)


def _dots_inside(shop: "Shop", state: "ListState", corners: Shape) -> list[Dot]:
    dots = lists.list_dots(shop.pk, state.filters, MOST_DOTS)
    rf = np.array([dot.rf for dot in dots], dtype=np.float64)
    profit = np.array([dot.net_profit_minor for dot in dots], dtype=np.float64)
    return [dots[place] for place in np.flatnonzero(inside(corners, rf, profit))]


def _kept(shop: "Shop", columns: snapshots.SnapshotColumns, state: "ListState") -> NDArray[np.bool_]:
    letters = [letter for letter in state.segments if letter in "ABCD"]
    kept: NDArray[np.bool_] = np.isin(columns.shown, letters) if letters else columns.shown != ""
    if state.filters.customer_ids is not None:
        kept &= np.isin(columns.customer_id, state.filters.customer_ids)
    if state.filters.country:
        kept &= np.isin(columns.customer_id, lists.ids_in_country(shop.pk, state.filters.country))
    return kept


def _top(columns: snapshots.SnapshotColumns, kept: NDArray[np.bool_], most: int) -> NDArray[np.intp]:
    places = np.flatnonzero(kept)
    if len(places) > most:
        places = places[np.argpartition(-columns.net_profit[places], most - 1)[:most]]
    return places[np.argsort(-columns.net_profit[places], kind="stable")]


def _named(shop: "Shop", columns: snapshots.SnapshotColumns, kept: NDArray[np.bool_], most: int) -> list[Dot]:
    places = _top(columns, kept, most)
    names = lists.names_of(shop.pk, columns.customer_id[places].tolist())
    dots = []
    for place in places:
        named = names.get(int(columns.customer_id[place]))
        if named is not None:
            letter, rf = str(columns.shown[place]), float(columns.rf[place])
            dots.append(Dot(named[0], named[1], letter, rf, int(columns.net_profit[place])))
    return dots
