"""A made-up shop for the warehouse: what truly happened, and the holding that says so in sealed files, tail and tables.

It has what breaks engines: equal instants, pauses of exactly half an hour, moved, stale and erased rows, refunds, names
in many scripts, quotes, and money near 2^52. Everything comes from one seed.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np

from kizuna.warehouse.schema import DATASETS, EV, FACT, ORDER, REFUND, SMALL, Holding, Table

type Row = dict[str, int | str]

START_US = 1_700_000_000_000_000
MINUTE = 60_000_000
DAY_US = 86_400_000_000
SPAN = 90 * DAY_US
PAUSES = (0, 1, 5 * MINUTE, 30 * MINUTE - 1, 30 * MINUTE, 30 * MINUTE + 1, 3 * DAY_US)
SOURCES = ("", "", "", "news", "café.example", "検索", "o'brien", "News", "🛒")
SKUS = ("a", "B", "ä", "鞄", "a'b", "Z z", "🧦", "")
HUGE = 2**52 + 1
MIDDLE = START_US + SPAN // 2
EDGES = (MIDDLE, MIDDLE, MIDDLE - 20 * DAY_US, START_US + 7 + 20 * DAY_US)
"""Instants at which the suite lets periods and steps begin and end, so that much happens just then."""
AROUND = (0, 0, 1, 29 * MINUTE, 30 * MINUTE)
"""How long before the middle the first customers begin to browse."""


@dataclass(frozen=True)
class Traits:
    """How a made shop looks; each part can be left out."""

    customers: int = 30
    sealed: bool = True
    tail: bool = True
    moved: bool = True
    stale: bool = True
    gone: bool = True
    orders: bool = True
    pages: bool = True


@dataclass
class Made:
    """The truth (rows as event and order_line shall give them), and the same as a holding."""

    events: list[Row]
    lines: list[Row]
    holding: Holding
    customer_of: dict[int, int] = field(default_factory=dict)


def make_shop(folder: Path, seed: int = 1, traits: Traits | None = None) -> Made:
    """Make a shop and write its sealed files."""
    traits = traits or Traits()
    rng = random.Random(seed)
    maker = _Maker(rng, traits)
    for customer in range(1, traits.customers + 1):
        maker.live(customer)
    return maker.told(folder)


def as_table(columns: Mapping[str, str], rows: Sequence[Row]) -> Table:
    """Rows as columns in memory."""
    return {
        name: np.array([row[name] for row in rows], dtype=np.int64 if kind == "BIGINT" else object)
        for name, kind in columns.items()
    }


def seal(path: Path, columns: Mapping[str, str], rows: Sequence[Row]) -> Path:
    """Write rows as a Parquet file, as sealing does."""
    with duckdb.connect() as connection:
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"CREATE TABLE sealed ({typed})")
        if rows:
            connection.register("given", dict(as_table(columns, rows)))
            connection.execute(f"INSERT INTO sealed SELECT {', '.join(columns)} FROM given")
        connection.execute(f"COPY (SELECT * FROM sealed ORDER BY customer_id) TO '{path}' (FORMAT parquet)")
    return path


class _Maker:
    def __init__(self, rng: random.Random, traits: Traits) -> None:
        self.rng, self.traits = rng, traits
        self.events: list[Row] = []
        self.lines: list[Row] = []
        self.numbers = {FACT: 0, ORDER: 0, REFUND: 0}
        self.moved: dict[int, int] = {}
        self.gone: list[int] = []

    def live(self, customer: int) -> None:
        """One customer: a user id (10 c), a visitor key (10 c + 1), both first of customer 10 c + 5."""
        rng, user, visitor, first = self.rng, 10 * customer, 10 * customer + 1, 10 * customer + 5
        if self.traits.moved and rng.random() < 0.3:
            other = 10 * rng.randint(1, self.traits.customers) + 5
            self.moved[user] = self.moved[visitor] = other
        elif self.traits.moved and rng.random() < 0.2:
            self.moved[visitor] = 10 * rng.randint(1, self.traits.customers) + 5
        if self.traits.gone and customer > len(AROUND) and rng.random() < 0.2:
            self.gone += rng.choice(([user, visitor], [visitor], [user]))
        if self.traits.pages:
            self._browse(user, visitor, first)
        for name, out in (("Email Sent", 1), ("Email Received", 0), ("Letter Sent", 1), ("Email Link Clicked", 0)):
            for _ in range(rng.randint(0, 4)):
                direction = rng.choice((1, 2)) if name == "Letter Sent" else 1 + out
                more = {"counts_email": int(name == "Email Received"), "direction": direction, "about": 3 - out}
                self._fact(user, first, self._moment(), name=name, channel=2, **more)
        if self.traits.orders:
            for _ in range(rng.choice((0, 1, 1, 2, 3, 9))):
                self._order(user, first)

    def _browse(self, user: int, visitor: int, first: int) -> None:
        rng = self.rng
        at, pages = self._moment(), rng.randint(0, 25)
        if user <= 10 * len(AROUND):
            at, pages = MIDDLE - AROUND[user // 10 - 1], 9
        for _ in range(pages):
            name = rng.choice(("Page Viewed", "Product Clicked", "Product Viewed", "ページ", "Promotion Clicked"))
            page = {"is_page": 1, "visitor_id": visitor, "visitor_customer_id": first}
            self._fact(rng.choice((user, visitor)), first, at, name=name, source=rng.choice(SOURCES), **page)
            at += rng.choice(PAUSES)

    def _moment(self) -> int:
        """Some instant, often one of the edges."""
        return self.rng.choice(EDGES) if self.rng.random() < 0.3 else START_US + self.rng.randrange(SPAN)

    def _fact(self, identity: int, first: int, at: int, **more: int | str) -> Row:
        return self._row(FACT, identity, first, at, **more)

    def _row(self, kind: int, identity: int, first: int, at: int, **more: int | str) -> Row:
        self.numbers[kind] += 1
        row: Row = dict.fromkeys(EV, 0) | {"name": "x", "source": "", "country": "", "channel": 1, "direction": 1}
        row |= {"ev_id": 4 * self.numbers[kind] + kind, "kind": kind, "identity_id": identity, "customer_id": first}
        row |= {"ts_us": at, "day": at // DAY_US, "month": at // (30 * DAY_US), "about": 1} | more
        self.events.append(row)
        return row

    def _order(self, user: int, first: int) -> None:
        rng = self.rng
        earlier = [int(row["ts_us"]) for row in self.events if row["source"]]
        late = rng.choice((0, 0, 7 * DAY_US, 7 * DAY_US + 1))
        at = rng.choice(earlier) + late if earlier and rng.random() < 0.3 else self._moment()
        revenue = rng.choice((0, 1, 995, 12_345, 12_345, 70_000, HUGE))
        more = {"name": "order", "source": rng.choice(SOURCES), "country": rng.choice(("DE", "", "Türkiye"))}
        profit = revenue * rng.randint(-2, 9) // 10
        row = self._row(ORDER, user, first, at, revenue_minor=revenue, profit_minor=profit, **more)
        row["is_purchase"] = int(revenue > 0)
        self._share(row)
        if rng.random() < 0.4:
            back = at + rng.randrange(20 * DAY_US)
            self._row(REFUND, user, first, back, name="refund", revenue_minor=-revenue, profit_minor=-profit)

    def _share(self, order: Row) -> None:
        count = self.rng.randint(1, 4)
        revenue, profit = int(order["revenue_minor"]), int(order["profit_minor"])
        for n in range(count):
            line = {name: order[name] for name in ("ev_id", "identity_id", "customer_id", "ts_us", "day", "month")}
            line |= {"line_id": len(self.lines) + 1, "sku": self.rng.choice(SKUS)}
            line |= {"quantity_e4": self.rng.choice((10_000, 20_000, 5_000, 0, -10_000))}
            line |= {"revenue_minor": revenue if n == 0 else 0, "profit_minor": profit if n == 0 else 0}
            self.lines.append(line)

    def told(self, folder: Path) -> Made:
        """Split what happened into sealed files, tail and small tables."""
        tables: dict[str, Table] = {}
        stale = self._changed_since() if self.traits.sealed and self.traits.tail and self.traits.stale else {}
        files: dict[str, list[Path]] = {}
        for dataset, rows in (("ev", self.events), ("line", self.lines)):
            sealed = [row for row in rows if self.traits.sealed and (not self.traits.tail or int(row["ev_id"]) % 5)]
            late = [row for row in rows if self.traits.tail and row not in sealed]
            late += [row for row in sealed if row["ev_id"] in stale]
            sealed = [{**row, **stale.get(int(row["ev_id"]), {}).get(dataset, {})} for row in sealed]
            half = len(sealed) // 2
            parts = ((0, half), (half, len(sealed))) if self.traits.sealed else ()
            files[dataset] = [
                seal(folder / f"{dataset}-{a}-{b}.parquet", DATASETS[dataset], sealed[a:b]) for a, b in parts
            ]
            tables[f"{dataset}_tail"] = as_table(DATASETS[dataset], late)
        small: dict[str, list[Row]] = {
            "moved": [{"identity_id": a, "customer_id": b} for a, b in self.moved.items()],
            "stale": [{"ev_id": ev_id} for ev_id in stale],
            "gone": [{"identity_id": identity} for identity in self.gone],
            "who": self._who(),
            "product": [{"sku": sku, "category": f"of {sku}"} for sku in SKUS[:4]],
        }
        tables |= {name: as_table(SMALL[name], rows) for name, rows in small.items()}
        return Made(*self._truth(), Holding(files, tables))

    def _changed_since(self) -> dict[int, dict[str, Row]]:
        """Orders that were sealed with other figures: what the sealed row and lines still say."""
        changed = [row for row in self.events if row["kind"] == ORDER and int(row["ev_id"]) % 7 == 0]
        old: Row = {"revenue_minor": 77, "profit_minor": 7, "is_purchase": 1}
        wrong: Row = {"revenue_minor": 77, "sku": "never"}
        return {int(row["ev_id"]): {"ev": old, "line": wrong} for row in changed if int(row["ev_id"]) % 5}

    def _who(self) -> list[Row]:
        customers = [10 * customer + 5 for customer in range(1, self.traits.customers + 1)]
        return [
            {"customer_id": c, "country": ("DE", "", "日本")[c % 3], "segment": "ABCD"[c % 4], "source": SOURCES[c % 9]}
            for c in customers
        ]

    def _truth(self) -> tuple[list[Row], list[Row]]:
        told = []
        for rows in (self.events, self.lines):
            kept = [row for row in rows if row["identity_id"] not in self.gone]
            told.append([{**r, **self._today(r)} for r in kept])
        return told[0], told[1]

    def _today(self, row: Row) -> Row:
        now: Row = {"customer_id": self.moved.get(int(row["identity_id"]), int(row["customer_id"]))}
        if row.get("visitor_id") in self.gone:
            now |= {"visitor_id": 0, "visitor_customer_id": 0}
        elif "visitor_id" in row:
            first = int(row["visitor_customer_id"])
            now["visitor_customer_id"] = self.moved.get(int(row["visitor_id"]), first)
        return now
