"""The portfolio of any instant out of the warehouse: an engine sums stocks and net profit, the rest is as always.

Scores, RF, cuts and segments come from the code of flows.portfolio, so that the same facts give the same places
whichever engine has summed them. Further indicators have names, which no portable question takes:
they come from the journal.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kizuna.customers import links
from kizuna.flows import analytics, portfolio
from kizuna.flows.portfolio import Portfolio, Question
from kizuna.relationships import indicators
from kizuna.relationships.population import Links, Population
from kizuna.science import stocks
from kizuna.tracking import columns as journal
from kizuna.warehouse import engines
from kizuna.warehouse.face import Warehouse

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]


def measure_on(shop: "Shop", engine: str, question: Question) -> Portfolio:
    """Reckon the portfolio on an engine by name; raises engines.EngineMissing where it cannot run."""
    _, options = engines.configured()
    held = analytics.hold(shop, question.as_of_us)
    with engines.open_engine(engine, held, options) as session:
        return measure(shop, Warehouse(session), question)


def measure(shop: "Shop", warehouse: Warehouse, question: Question) -> Portfolio:
    """Reckon the portfolio from a warehouse whose links are those of the question's instant."""
    period = portfolio.period_for(shop, question)
    gained = warehouse.net_profit(*period)
    kept = warehouse.stocks(question.as_of_us, stocks.LANDMARK_US)
    placed: Ints = gained["customer_id"]
    row, known = _places(kept["customer_id"], placed)
    sums = {
        name.upper(): np.column_stack(
            [_taken(kept[f"{name}{half_life}"], row, known, 0.0) for half_life in stocks.HALF_LIVES]
        )
        for name in "fmve"
    }
    sums |= _indicators(shop.pk, question, placed)
    last: Ints = _taken(kept["last_purchase_us"], row, known, stocks.NO_PURCHASE)
    return portfolio.measure_people(question, period, Population(placed, last, sums, gained["net_profit_minor"]))


def _places(customer_id: Ints, wanted: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """The row of each wanted customer among those ascending, and whether there is one."""
    row = np.minimum(np.searchsorted(customer_id, wanted), max(len(customer_id) - 1, 0))
    known = customer_id[row] == wanted if len(customer_id) else np.zeros(len(wanted), dtype=np.bool_)
    return row, known


def _taken[N: (np.int64, np.float64)](
    column: NDArray[N], row: Ints, known: NDArray[np.bool_], absent: float
) -> NDArray[N]:
    taken = np.full(len(row), absent, dtype=column.dtype)
    taken[known] = column[row[known]]
    return taken


def _indicators(shop_id: int, question: Question, placed: Ints) -> dict[str, Floats]:
    """The sums of the further indicators that the criterion weighs."""
    named = [each for each in indicators.list_indicators(shop_id) if each.name in question.criterion.indicators]
    if not named:
        return {}
    held = Links(*links.columns(shop_id, question.as_of_us))
    sums = {}
    for each in named:
        identity, at = journal.indicator_columns(shop_id, each.event_names, each.direction, question.as_of_us)
        row = held.places(identity, placed)
        mine = row >= 0
        sums[each.name] = stocks.accumulate(row[mine], at[mine], np.ones(int(mine.sum())), len(placed))
    return sums
