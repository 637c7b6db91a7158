"""`./run bench recompute`: the full recompute of 10 million facts, reading, computing and writing apart.

Computing is set against the bare query in DuckDB: the same visits and the same sums, by one SQL statement, in one run.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from kizuna.relationships.population import FactColumns
    from kizuna.relationships.reckoning import Reckoned

type Ints = NDArray[np.int64]

FACTS = 10_000_000
DAY_US = 86_400_000_000
END_US = 1_790_000_000_000_000
MOST = 1.5
PER_IDENTITY = 40
HALF_LIVES = (30, 60, 90, 180, 365)


def main(argv: Sequence[str] | None = None) -> int:
    """Make facts, compute both ways, then write and read profiles in a throw-away home."""
    parser = argparse.ArgumentParser(prog="./run bench recompute", description=__doc__)
    parser.add_argument("--facts", type=int, default=FACTS)
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="kizuna-bench-") as home:
        os.environ["KIZUNA_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kizuna.config.settings")
        import django

        django.setup()
        return _run(arguments.facts)


def _run(facts: int) -> int:
    identities = max(1, facts // PER_IDENTITY)
    columns, activity = _facts(facts, identities)
    rounds = [(_computed(columns, activity, identities), _bare(columns, activity)) for _ in range(3)]
    (computing, busy), reckoned = min((mine for mine, _ in rounds), key=lambda pair: pair[0])
    bare, bare_busy = min(floor for _, floor in rounds)
    writing, reading = _stored(reckoned)
    ratio = computing / bare
    print(f"{facts:,} facts of {identities:,} identities, {len(reckoned.visits[0]):,} visits; best of 3")
    print(f"  computing               {computing:7.2f} s, {busy:6.2f} s of processor time")
    print(
        f"  the query in DuckDB     {bare:7.2f} s, {bare_busy:6.2f} s of processor time (2 threads, tables in memory)"
    )
    print(f"  ratio                   {ratio:7.2f}   aim: at most {MOST}: {'met' if ratio <= MOST else 'missed'}")
    print(f"  writing the profiles    {writing:7.2f} s")
    print(f"  reading them back       {reading:7.2f} s")
    print(f"  peak memory             {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:7.2f} GB")
    return 0 if ratio <= MOST else 1


def _facts(facts: int, identities: int) -> "tuple[FactColumns, tuple[Ints, Ints]]":
    """Nine in ten are page views in bursts, in the order of their arrival as the journal keeps them."""
    from kizuna.relationships.population import FactColumns

    rng = np.random.default_rng(20)
    pages, orders = facts * 9 // 10, facts * 8 // 100
    mails = facts - pages - orders
    burst = rng.integers(0, 365 * DAY_US, pages // 5 + 1)
    at = END_US - np.repeat(burst, 5)[:pages] + rng.integers(0, 40 * 60_000_000, pages)
    who = np.repeat(rng.integers(1, identities + 1, pages // 5 + 1), 5)[:pages]
    order = np.argsort(at, kind="stable")
    placing = rng.integers(1, identities + 1, orders), END_US - rng.integers(0, 700 * DAY_US, orders)
    revenue = rng.integers(-5_000, 50_000, orders)
    bought = revenue > 0
    columns = FactColumns(
        placing=placing,
        purchases=(placing[0][bought], placing[1][bought]),
        money=(*placing, revenue.astype(np.float64)),
        visits=(np.empty(0, np.int64), np.empty(0, np.int64)),
        emails=(rng.integers(1, identities + 1, mails), END_US - rng.integers(0, 700 * DAY_US, mails)),
        profit=(*placing, revenue),
    )
    return columns, (who[order], at[order])


def _computed(
    columns: "FactColumns", activity: tuple[Ints, Ints], identities: int
) -> "tuple[tuple[float, float], Reckoned]":
    from kizuna.relationships import reckoning

    start = time.perf_counter(), time.process_time()
    reckoned = reckoning.reckon(np.arange(1, identities + 1), columns, activity)
    return (time.perf_counter() - start[0], time.process_time() - start[1]), reckoned


def _bare(columns: "FactColumns", activity: tuple[Ints, Ints]) -> tuple[float, float]:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    for name, (who, at, weight) in {
        "pages": (*activity, np.ones(len(activity[0]))),
        "bought": (*columns.purchases, np.ones(len(columns.purchases[0]))),
        "money": columns.money,
        "mails": (*columns.emails, np.ones(len(columns.emails[0]))),
    }.items():
        given = {"who": who, "t": at, "w": weight}
        connection.register("given", given)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        connection.unregister("given")
    start = time.perf_counter(), time.process_time()
    connection.execute(_query()).fetchnumpy()
    return time.perf_counter() - start[0], time.process_time() - start[1]


def _query() -> str:
    sums = ", ".join(
        f"sum(w * pow(2.0, (t - 946684800000000) / {days * float(DAY_US)})) AS s{days}" for days in HALF_LIVES
    )
    visits = (
        "SELECT who, min(t) AS t, 1.0 AS w FROM (SELECT who, t, sum(opens) OVER (PARTITION BY who ORDER BY t, n"
        " ROWS UNBOUNDED PRECEDING) AS visit FROM (SELECT who, t, n, CASE WHEN t - lag(t, 1, -1) OVER (PARTITION"
        " BY who ORDER BY t, n) >= 1800000000 THEN 1 ELSE 0 END AS opens"
        " FROM (SELECT who, t, rowid AS n FROM pages))) GROUP BY who, visit"
    )
    parts = {"F": "SELECT * FROM bought", "M": "SELECT * FROM money", "V": visits, "E": "SELECT * FROM mails"}
    union = " UNION ALL ".join(f"SELECT '{name}' AS factor, * FROM ({part})" for name, part in parts.items())
    return f"SELECT factor, who, {sums}, max(t) AS last FROM ({union}) GROUP BY factor, who"


def _stored(reckoned: "Reckoned") -> tuple[float, float]:
    from django.core.management import call_command
    from django.db import transaction

    from kizuna.relationships import stocks

    call_command("migrate", verbosity=0)
    start = time.perf_counter()
    with transaction.atomic():
        stocks.restate(1, reckoned.stocks)
    written = time.perf_counter()
    stocks.columns(1)
    return written - start, time.perf_counter() - written


if __name__ == "__main__":
    sys.exit(main())
