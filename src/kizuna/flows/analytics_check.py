"""The warehouse compared with the database: counts and sums of every kind of row, exactly, differences in words.

Both are read as one state; what was erased or is older than the shop keeps is in neither. Nothing is mended here:
rebuilding does that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kizuna.customers import links
from kizuna.flows import analytics
from kizuna.sales import portions as sold
from kizuna.tables import moments
from kizuna.tracking import portions as journal
from kizuna.warehouse import engines, erasure, segments, shelves
from kizuna.warehouse.engines.session import Options, Session
from kizuna.warehouse.schema import FACT, ORDER, REFUND

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

type Sums = Mapping[str, int]

_EVENT_TEXTS = ("name", "source", "country")
_LINE_TEXTS = ("sku",)
_WORDS = {"rows": "the number of rows", "seconds": "the sum of the instants"}


@dataclass
class Report:
    """What was compared, rows by kind, and what differed in words."""

    rows: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Nothing differed."""
        return not self.differences


def verify(shop: "Shop") -> Report:
    """Compare what a shop's warehouse says with what the database says; writes nothing."""
    report = Report()
    with moments.one_state():
        try:
            holding = analytics.hold(shop)
        except segments.FilesMissing as missing:
            return Report(differences=[str(missing)])
        if damaged := segments.list_damaged(shop.pk):
            return Report(differences=damaged)
        from_us = shelves.shelf_of(shop.pk).kept_from_us
        part = (shop.pk, from_us, erasure.list_erased(shop.pk).tolist())
        told = {
            "facts": journal.sums(*part),
            "orders": sold.order_sums(*part),
            "refunds": sold.refund_sums(*part),
            "order lines": sold.line_sums(*part),
        }
        owners = links.columns(shop.pk, None)
    with engines.open_engine("duckdb", holding, Options(memory="1GB")) as session:
        for number, (name, sums) in enumerate(told.items()):
            where = f"kind = {(FACT, ORDER, REFUND)[number]}" if name != "order lines" else "1 = 1"
            table, texts = ("order_line", _LINE_TEXTS) if name == "order lines" else ("event", _EVENT_TEXTS)
            _compare(report, name, sums, _sums(session, table, (sums, texts), _since(where, from_us)))
        _compare_owners(report, session, owners, from_us)
        _compare_shares(report, session, from_us)
    return report


def _since(where: str, from_us: int | None) -> str:
    return where if from_us is None else f"{where} AND ts_us >= {int(from_us)}"


def _sums(session: Session, table: str, columns: tuple[Sums, Sequence[str]], where: str) -> Sums:
    asked, texts = columns
    named = {name: name for name in asked if name != "rows"} | {name: f"LENGTH({name})" for name in texts}
    named = {name: sql for name, sql in named.items() if name in asked}
    if "seconds" in named:
        named["seconds"] = "ts_us // 1000000"
    added = ", ".join(f"CAST(COALESCE(SUM({sql}), 0) AS BIGINT) AS {name}" for name, sql in named.items())
    statement = f"SELECT COUNT(*) AS rows, {added} FROM {table} WHERE {where}"  # noqa: S608
    found = session.ask(statement, dict.fromkeys(("rows", *named), "BIGINT"))
    return {name: int(column[0]) for name, column in found.items()}


def _compare(report: Report, name: str, told: Sums, found: Sums) -> None:
    report.rows[name] = told["rows"]
    for what, number in told.items():
        if found[what] != number:
            words = _WORDS.get(what, f"the sum of {what}")
            report.differences.append(f"{name}: {words} is {found[what]:,}, in the database {number:,}")
            if what == "rows":
                return


def _compare_owners(
    report: Report, session: Session, owners: tuple[links.Ints, links.Ints], from_us: int | None
) -> None:
    statement = (
        "SELECT identity_id, MIN(customer_id) AS least, MAX(customer_id) AS most"  # noqa: S608
        f" FROM event WHERE {_since('1 = 1', from_us)} GROUP BY identity_id"
    )
    found = session.ask(statement, dict.fromkeys(("identity_id", "least", "most"), "BIGINT"))
    identity, customer = owners
    order = np.argsort(identity)
    identity, customer = identity[order], customer[order]
    place = np.minimum(np.searchsorted(identity, found["identity_id"]), max(len(identity) - 1, 0))
    if not len(identity):
        wrong = len(found["identity_id"])
    else:
        right = (identity[place] == found["identity_id"]) & (customer[place] == found["least"])
        wrong = int(np.count_nonzero(~(right & (customer[place] == found["most"]))))
    if wrong:
        among = f"{wrong:,} of {len(found['identity_id']):,} identities"
        report.differences.append(f"under another customer than in the database: the rows of {among}")


def _compare_shares(report: Report, session: Session, from_us: int | None) -> None:
    statement = (
        "SELECT COUNT(*) AS wrong FROM (SELECT ev_id, SUM(revenue_minor) AS revenue, SUM(profit_minor) AS profit"  # noqa: S608
        f" FROM order_line WHERE {_since('1 = 1', from_us)} GROUP BY ev_id) AS shared LEFT JOIN event AS e"
        " ON e.ev_id = shared.ev_id"
        " WHERE e.ev_id IS NULL OR e.revenue_minor <> shared.revenue OR e.profit_minor <> shared.profit"
    )
    wrong = int(session.ask(statement, {"wrong": "BIGINT"})["wrong"][0])
    if wrong:
        report.differences.append(f"the lines of {wrong:,} orders do not add up to them")
