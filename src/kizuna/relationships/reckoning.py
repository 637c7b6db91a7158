"""The full recompute in arrays: visits cut and stocks summed anew from facts, and how stored ones differ.

Two sums of the same facts in another order agree to 1e-12 of the sum of |w| (model, section 2); everything counted in
integers agrees exactly. Reading and writing are flows.recompute's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kizuna.relationships.population import Events, FactColumns
from kizuna.relationships.stocks import SUMMED, StockColumns
from kizuna.science import stocks, visits

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]
type VisitRows = tuple[Ints, Ints, Ints, Ints]

TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What the facts of some identities come to; absolute: the sums of |w|, which measure rounding.

    visits: (identity, first, last, pages) ordered by identity and time.
    """

    stocks: StockColumns
    absolute: Mapping[str, Floats]
    indicators: Mapping[str, Floats]
    visits: VisitRows


def reckon(identity_id: Ints, facts: FactColumns, activity: Events) -> Reckoned:
    """Reckon visits and stocks of identities (ascending) from facts and page activity that are all theirs."""
    cut = visits.sessionise(*activity)
    count = len(identity_id)
    last = np.full(count, stocks.NO_PURCHASE)
    np.maximum.at(last, np.searchsorted(identity_id, facts.purchases[0]), facts.purchases[1])
    owner, happened, weight = facts.money
    money = np.searchsorted(identity_id, owner)
    sums = {
        "F": _counted(identity_id, facts.purchases),
        "M": stocks.accumulate(money, happened, weight, count),
        "V": _counted(identity_id, (cut[0], cut[1])),
        "E": _counted(identity_id, facts.emails),
    }
    spent = sums["M"] if (weight >= 0).all() else stocks.accumulate(money, happened, np.abs(weight), count)
    further = {name: _counted(identity_id, events) for name, events in facts.indicators.items()}
    return Reckoned(StockColumns(identity_id, last, sums), {**sums, "M": spent}, further, cut)


def differing(stored: StockColumns, reckoned: Reckoned) -> dict[str, Bools]:
    """Per factor, which identities are stored otherwise than their facts say; both in the same rows."""
    found = {"R": stored.last_purchase_us != reckoned.stocks.last_purchase_us}
    for name in SUMMED:
        found[name] = apart(stored.sums[name], reckoned.stocks.sums[name], reckoned.absolute[name])
    return found


def apart(stored: Floats, reckoned: Floats, absolute: Floats) -> Bools:
    """Which rows of five sums differ by more than rounding: 1e-12 of the sum of |w|."""
    result: Bools = (np.abs(stored - reckoned) > TOLERANCE * absolute).any(axis=1)
    return result


def aligned(stored: StockColumns, identity_id: Ints) -> StockColumns:
    """Stored stocks in the rows of these identities (ascending, all stored ones among them); missing ones are zero."""
    rows = np.searchsorted(identity_id, stored.identity_id)
    last = np.full(len(identity_id), stocks.NO_PURCHASE)
    last[rows] = stored.last_purchase_us
    return StockColumns(
        identity_id, last, {name: spread(sums, rows, len(identity_id)) for name, sums in stored.sums.items()}
    )


def spread(sums: Floats, rows: NDArray[np.intp], count: int) -> Floats:
    """Sums put into these rows of `count`, zero elsewhere."""
    whole = np.zeros((count, len(stocks.HALF_LIVES)))
    whole[rows] = sums
    return whole


def chosen(columns: StockColumns, rows: Bools) -> StockColumns:
    """Some rows of stock columns."""
    return StockColumns(
        columns.identity_id[rows],
        columns.last_purchase_us[rows],
        {name: sums[rows] for name, sums in columns.sums.items()},
    )


def differing_visits(stored: VisitRows, reckoned: VisitRows) -> int:
    """How many visits are stored but should not be, or should be but are not."""
    mine = _sorted(stored)
    if len(mine[0]) == len(reckoned[0]) and all((a == b).all() for a, b in zip(mine, reckoned, strict=True)):
        return 0
    one = set(zip(*(column.tolist() for column in mine), strict=True))
    other = set(zip(*(column.tolist() for column in reckoned), strict=True))
    return len(one ^ other) + abs(len(mine[0]) - len(one))


def _counted(identity_id: Ints, events: Events) -> Floats:
    owner, happened = events
    return stocks.accumulate(np.searchsorted(identity_id, owner), happened, np.ones(len(owner)), len(identity_id))


def _sorted(rows: VisitRows) -> VisitRows:
    order = np.lexsort((rows[1], rows[0]))
    first, second, third, fourth = (column[order] for column in rows)
    return first, second, third, fourth
