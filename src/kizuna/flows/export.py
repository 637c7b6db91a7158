"""The portfolio of an instant as a document: JSON with every number in full, or CSV with one line per customer.

Stateless: no snapshot, no hysteresis. Customers stand under the value they are best known by, the richest first.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import numpy as np
from django.db import transaction

from kizuna.customers import links
from kizuna.flows.portfolio import Portfolio
from kizuna.science import periods
from kizuna.science.portfolio import e_cnrr
from kizuna.shops import audit

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

type Record = dict[str, object]


class Output(Protocol):
    """Somewhere to write text to."""

    def write(self, text: str, /) -> object:
        """Write some text."""


def write_json(shop: "Shop", measured: Portfolio, output: Output) -> None:
    """Write the document as JSON, one customer a line."""
    head = json.dumps(_head(shop, measured), ensure_ascii=False)
    lines = (json.dumps(record, ensure_ascii=False, allow_nan=False) for record in _records(shop, measured))
    output.write(f'{head[:-1]}, "customers": [\n')
    for number, line in enumerate(lines):
        output.write(f",\n{line}" if number else line)
    output.write("\n]}\n")


def write_csv(shop: "Shop", measured: Portfolio, output: Output) -> None:
    """Write the customers as CSV; an undefined e-CNRR and a segment not yet given are empty."""
    names = measured.question.criterion.factors
    lines = csv.writer(output, lineterminator="\n")
    stocks, scores = [f"stock_{name}" for name in names], [f"z_{name}" for name in names]
    lines.writerow(["customer", *stocks, *scores, "rf", "net_profit_minor", "e_cnrr", "segment"])
    for record in _records(shop, measured):
        stock, z = record["stocks"], record["z"]
        assert isinstance(stock, dict)
        assert isinstance(z, dict)
        rest = (record["rf"], record["net_profit_minor"], record["e_cnrr"], record["segment"])
        lines.writerow([record["customer"], *stock.values(), *z.values(), *rest])


@transaction.atomic
def note_export(shop: "Shop", person: "Person", told: Mapping[str, object], now: datetime) -> None:
    """Write to the audit log that a person took customers out of the console, and which filters chose them."""
    audit.record(shop, person, "customers_exported", "customers as CSV", None, told, now)


@transaction.atomic
def note_figures_export(shop: "Shop", person: "Person", kind: str, told: Mapping[str, object], now: datetime) -> None:
    """Write to the audit log that a person took figures of the cube out of the console, and which."""
    audit.record(shop, person, "figures_exported", f"figures as {kind}", None, told, now)


def _head(shop: "Shop", measured: Portfolio) -> Record:
    criterion, cuts = measured.question.criterion, measured.cuts
    half_lives = set(criterion.half_lives.values())
    cut = None if cuts.net_profit_minor is None else e_cnrr(cuts.net_profit_minor, cuts.net_gain_minor)
    return {
        "shop": shop.slug,
        "as_of": _instant(measured.question.as_of_us),
        "period": {"from": _instant(measured.period[0]), "to": _instant(measured.period[1])},
        "currency": shop.currency,
        "half_life_days": half_lives.pop() if len(half_lives) == 1 else dict(criterion.half_lives),
        "weights": dict(criterion.weights),
        "net_gain_minor": cuts.net_gain_minor,
        "cuts": {"rf": cuts.rf, "e_cnrr": cut, "n_star": cuts.n_star},
    }


def _records(shop: "Shop", measured: Portfolio) -> Iterator[Record]:
    values = links.strongest_values(shop.pk, measured.question.as_of_us)
    stocks = {name: column.tolist() for name, column in measured.stocks.items()}
    z = {name: column.tolist() for name, column in measured.z.items()}
    customers, profit = measured.customer_id.tolist(), measured.net_profit.tolist()
    ratio = [None] * len(customers) if measured.e_cnrr is None else measured.e_cnrr.tolist()
    rf, segment = measured.rf.tolist(), measured.segment.tolist()
    for row in np.lexsort((measured.customer_id, -measured.net_profit)).tolist():
        yield {
            "customer": values[customers[row]],
            "stocks": {name: column[row] for name, column in stocks.items()},
            "z": {name: column[row] for name, column in z.items()},
            "rf": rf[row],
            "net_profit_minor": profit[row],
            "e_cnrr": ratio[row],
            "segment": segment[row] or None,
        }


def _instant(us: int) -> str:
    return periods.instant_at(us).isoformat().replace("+00:00", "Z")
