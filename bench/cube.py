"""`./run bench cube`: how fast the cube is made and answers, beside the same question to the facts.

The shop is drawn by numpy straight into Parquet, as sealing lays it down. Prints wall and processor time, the size of
the base, and how many times quicker the base answers than the facts do; whether that is enough is for tests to say.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kizuna.warehouse.cube_files import CubeView
    from kizuna.warehouse.schema import Holding, Table

CUSTOMERS, FACTS, DAYS = 500_000, 5_000_000, 730
FIRST_DAY = 20_000
DAY_US = 86_400_000_000
CATEGORIES, SKUS, LINES = 20, 400, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Make a shop in a throw-away home, its base, and ask."""
    parser = argparse.ArgumentParser(prog="./run bench cube", description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--facts", type=int, default=FACTS)
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="kizuna-bench-") as home:
        os.environ["KIZUNA_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kizuna.config.settings")
        import django

        django.setup()
        _run(Path(home), arguments.customers, arguments.facts)
    return 0


def _run(folder: Path, customers: int, facts: int) -> None:
    from kizuna.warehouse import cube, cube_files, engines, rollup
    from kizuna.warehouse.face import Warehouse

    held = _draw(folder, customers, facts)
    path = folder / "cube-1.parquet"
    print(f"{customers:,} customers, {facts:,} facts, of which {facts // 10:,} orders")
    with engines.open_engine("duckdb", held) as session:
        answer = _timed("ask for the cuboid", Warehouse(session).cuboid)
    written = _timed("write the base", lambda: cube.write(answer, held.tables["who"], path))
    print(f"  {written.rows:,} rows, {written.bytes / 1e6:.0f} MB")
    _timed("customer-days for retention", lambda: rollup.purchases(path))
    _answers(path, cube_files.view_of(path, written, (0, 0), None), held)


def _answers(path: Path, view: "CubeView", held: "Holding") -> None:
    from kizuna.flows import explore
    from kizuna.flows.explore import Asked
    from kizuna.warehouse import engines, rollup
    from kizuna.warehouse.rollup import PERIOD, Question

    days = (FIRST_DAY, FIRST_DAY + DAYS)
    calendar = explore._calendar("month", days)
    sums = ("revenue", "profit")

    def asked(measures: tuple[str, ...], axes: tuple[str, ...], **within: tuple[int, ...]) -> Callable[[], object]:
        return lambda: rollup.roll_up(path, Question(measures, axes, days, within, calendar))

    slice_s = _timed_s("slice: revenue by month of one country", asked(sums, (PERIOD,), country=(1,)))
    _timed_s("4 dimensions: revenue, net profit", asked(sums, (PERIOD, "country", "category", "segment")))
    _timed_s("4 dimensions: with orders", asked((*sums, "orders"), (PERIOD, "country", "category", "segment")))
    _timed_s("distinct customers by month and segment", asked(("customers",), (PERIOD, "segment")))
    _timed_s("people by month and segment", asked(("active",), (PERIOD, "segment")))
    _timed_s("visits by month and source", asked(("visits",), (PERIOD, "source")))
    page = Asked(("revenue", "customers"), ("month",), "segment", days)

    def whole_page() -> object:
        explore._kept.cache_clear()
        return explore.pivot(view, page)

    page_s = _timed_s("the page: revenue, customers by month and segment, totals", whole_page)
    with engines.open_engine("duckdb", held) as session:
        connection: duckdb.DuckDBPyConnection = session._connection  # type: ignore[attr-defined]
        customers = "COUNT(DISTINCT CASE WHEN is_purchase = 1 THEN customer_id END)"
        sql = f"SELECT month, SUM(revenue_minor), {customers} FROM event GROUP BY month"
        bare_s = _timed_s(
            "the facts themselves: revenue, customers by month alone", lambda: connection.execute(sql).fetchall()
        )
    print(f"ratio facts/page: {bare_s / page_s:.1f}; ratio page/slice: {page_s / slice_s:.1f}")


def _timed_s(name: str, act: Callable[[], object], times: int = 5) -> float:
    best, processor = float("inf"), 0.0
    for _ in range(times):
        began, cpu = time.perf_counter(), time.process_time()
        act()
        took = time.perf_counter() - began
        if took < best:
            best, processor = took, time.process_time() - cpu
    print(f"  {name:62s} {best * 1000:8.0f} ms  ({processor * 1000:.0f} ms of processors)")
    return best


def _timed[T](name: str, act: Callable[[], T], times: int = 1) -> T:
    kept: list[T] = []
    _timed_s(name, lambda: kept.append(act()), times)
    return kept[-1]


def _draw(folder: Path, customers: int, facts: int) -> "Holding":
    """Visits of four pages, mails, and orders of two lines each: a tenth of the facts each but the pages."""
    from kizuna.warehouse.schema import DATASETS, SMALL, Holding

    rng = np.random.default_rng(3)
    count = facts // 10
    pages = facts - 2 * count
    zero = np.zeros
    who = np.minimum((rng.random(facts) ** 2 * customers).astype(np.int64), customers - 1) + 1
    begin = FIRST_DAY * DAY_US + (rng.random(facts) * DAYS * DAY_US).astype(np.int64)
    kind = np.concatenate((zero(pages + count, np.int64), np.ones(count, np.int64)))
    is_page = (np.arange(facts) < pages).astype(np.int64)
    first = np.arange(facts) // 4 * 4
    at = np.where(is_page == 1, begin[first] + (np.arange(facts) - first) * 300_000_000, begin)
    owner = np.where(is_page == 1, who[first], who)
    revenue = np.where(kind == 1, rng.integers(500, 20_000, facts), 0)
    ev: Table = {
        "ev_id": np.arange(1, facts + 1) * 4 + kind,
        "kind": kind,
        "identity_id": owner,
        "customer_id": owner,
        "visitor_id": np.where(is_page == 1, owner, 0),
        "visitor_customer_id": np.where(is_page == 1, owner, 0),
        "ts_us": at,
        "day": at // DAY_US,
        "month": at // (DAY_US * 30),
        "name": np.array(["Page Viewed", "Email Sent", "order"], dtype=np.object_)[np.where(kind == 1, 2, 1 - is_page)],
        "channel": np.where(kind == 1, 0, 2 - is_page),
        "direction": 2 - is_page,
        "about": np.where(is_page == 1, 1, 2),
        "is_page": is_page,
        "counts_email": zero(facts, np.int64),
        "is_purchase": kind,
        "source": np.full(facts, "", dtype=np.object_),
        "country": np.full(facts, "", dtype=np.object_),
        "revenue_minor": revenue,
        "profit_minor": revenue // 3,
    }
    line = _draw_lines(rng, ev)
    small = _draw_small(rng, customers)
    files = {"ev": [_seal(folder, "ev", ev)], "line": [_seal(folder, "line", line)]}
    empty = {name: np.empty(0, dtype=np.int64) for name in ("identity_id", "customer_id", "ev_id")}
    tables: dict[str, Table] = {
        f"{dataset}_tail": {
            name: np.empty(0, dtype=np.int64 if kind == "BIGINT" else np.object_) for name, kind in columns.items()
        }
        for dataset, columns in DATASETS.items()
    }
    tables |= {name: {each: empty[each] for each in SMALL[name]} for name in ("moved", "stale", "gone")}
    return Holding(files, {**tables, **small})


def _draw_lines(rng: np.random.Generator, ev: "Table") -> "Table":
    """Two lines an order; the first bears the money."""
    kind, revenue = ev["kind"], ev["revenue_minor"]
    order = np.repeat(np.flatnonzero(kind), LINES)
    half = np.tile([1, 0], len(order) // LINES)
    skus = _skus()
    return {
        "line_id": np.arange(1, len(order) + 1),
        **{name: ev[name][order] for name in ("ev_id", "identity_id", "customer_id", "ts_us", "day", "month")},
        "sku": skus[rng.integers(0, SKUS, len(order))],
        "quantity_e4": np.full(len(order), 10_000),
        "revenue_minor": revenue[order] * half,
        "profit_minor": revenue[order] // 3 * half,
    }


def _draw_small(rng: np.random.Generator, customers: int) -> "dict[str, Table]":
    """Who the customers are, and what the products."""
    skus = _skus()
    number = np.arange(1, customers + 1)
    pick = lambda words: np.array(words, dtype=np.object_)[rng.integers(0, len(words), customers)]  # noqa: E731
    return {
        "who": {
            "customer_id": number,
            "country": pick([f"Country {each}" for each in range(12)]),
            "segment": pick(["A", "B", "C", "D", ""]),
            "source": pick(["", *(f"source {each}" for each in range(25))]),
        },
        "product": {
            "sku": skus,
            "category": np.array([f"Category {each % CATEGORIES}" for each in range(SKUS)], dtype=np.object_),
        },
    }


def _skus() -> "NDArray[np.object_]":
    return np.array([f"sku {number}" for number in range(SKUS)], dtype=np.object_)


def _seal(folder: Path, dataset: str, table: "Table") -> Path:
    from kizuna.warehouse.schema import DATASETS

    path = folder / f"{dataset}-1.parquet"
    with duckdb.connect() as duck:
        duck.register("given", dict(table))
        names = ", ".join(DATASETS[dataset])
        query = f"SELECT {names} FROM given ORDER BY customer_id, ts_us"
        duck.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    return path
