"""The cube's base: one Parquet file a shop, sales first, then by customer and day, dimensions as small whole numbers.

Here: writing the file from the answer of queries/cuboid.sql. Asking it is in rollup; which file counts, in bases.
Beside each row stands the day of the row before it of the same customer (and channel, and category): a customer is
counted where that day lies before the span, so distinct customers of any span are counted in one pass.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kizuna.tables import durable
from kizuna.warehouse.questions import get_question
from kizuna.warehouse.schema import SMALL, Table

DIMENSIONS = ("channel", "country", "category", "segment", "source")
OF_CUSTOMER = ("country", "segment", "source")
SLICED = {"": (), "_channel": ("channel",), "_category": ("category",), "_both": ("channel", "category")}
"""The endings of the columns bought_before and seen_before: within which further dimensions the row before lies."""
MEMORY_LIMIT = "1GB"
_ROW = "ORDER BY day, ev_id, channel, category"


@dataclass(frozen=True)
class Written:
    """A base that stands: its size, the days it spans (None where it is empty), and what each code means."""

    rows: int
    bytes: int
    first_day: int | None
    last_day: int | None
    labels: Mapping[str, Sequence[str]]


def write(facts: Table, who: Table, path: Path) -> Written:
    """Write the base: all of it or nothing, whenever the machine stops. who: country, segment, source of customers.

    facts: the columns that queries/cuboid.sql gives. An existing file of this name is replaced.
    """
    durable.make_folder(path.parent)
    unfinished = path.with_suffix(".tmp")
    with _scratch(path.parent) as duck:
        _take(duck, "fact", get_question("cuboid").gives, facts)
        _take(duck, "who", SMALL["who"], who)
        labels = {name: _number(duck, name) for name in DIMENSIONS if name != "channel"}
        duck.execute(f"COPY ({_BASE}) TO {quoted(unfinished)} (FORMAT parquet, COMPRESSION zstd)")
        found = duck.execute("SELECT COUNT(*), MIN(day), MAX(day) FROM fact").fetchone()
        assert found is not None
    for each in (unfinished, path.parent):
        durable.flush(each)
    unfinished.replace(path)
    durable.flush(path.parent)
    return Written(found[0], path.stat().st_size, found[1], found[2], labels)


def quoted(path: Path) -> str:
    """A path as SQL writes it."""
    return "'" + str(path).replace("'", "''") + "'"


@contextmanager
def _scratch(folder: Path) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A database in memory that fetches nothing and spills beside the file."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(folder / "cube-scratch"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    duck = duckdb.connect(":memory:", config=config)
    try:
        yield duck
    finally:
        duck.close()


def _take(duck: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], given: Table) -> None:
    """Make a table of columns that must all have their type and no NULL."""
    duck.execute(f"CREATE TABLE {name} ({', '.join(f'{each} {kind} NOT NULL' for each, kind in columns.items())})")
    duck.register("given_columns", {each: given[each] for each in columns})
    duck.execute(f"INSERT INTO {name} SELECT {', '.join(columns)} FROM given_columns")  # noqa: S608
    duck.unregister("given_columns")


def _number(duck: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """Number the values of a dimension by their text; 0 is always the empty one."""
    table = "fact" if name == "category" else "who"
    duck.execute(
        f"CREATE TABLE code_{name} AS SELECT value, ROW_NUMBER() OVER (ORDER BY value) - 1 AS code"  # noqa: S608
        f" FROM (SELECT {name} AS value FROM {table} UNION SELECT '')"
    )
    return [value for (value,) in duck.execute(f"SELECT value FROM code_{name} ORDER BY code").fetchall()]  # noqa: S608


def _before(column: str, within: str) -> str:
    """The columns that tell the day of the row before, for every way to slice."""
    return ", ".join(
        f"CAST(LAG(day, 1, -1) OVER (PARTITION BY customer_id{''.join(f', {name}' for name in (within, *also) if name)}"
        f" {_ROW}) AS INTEGER) AS {column}{ending}"
        for ending, also in SLICED.items()
    )


_CODED = """
SELECT CAST(f.day AS INTEGER) AS day, CAST(f.channel AS SMALLINT) AS channel, f.customer_id AS customer_id,
  CAST(COALESCE(country.code, 0) AS INTEGER) AS country, CAST(category.code AS INTEGER) AS category,
  CAST(COALESCE(segment.code, 0) AS INTEGER) AS segment, CAST(COALESCE(source.code, 0) AS INTEGER) AS source,
  f.ev_id AS ev_id, CAST(f.ev_id <> 0 AS TINYINT) AS bought,
  CAST(f.ev_id <> 0 OR f.revenue_minor <> 0 OR f.profit_minor <> 0 AS TINYINT) AS trade,
  f.revenue_minor AS revenue_minor, f.profit_minor AS profit_minor, CAST(f.visits AS INTEGER) AS visits,
  CAST(f.messages_in AS INTEGER) AS messages_in, CAST(f.messages_out AS INTEGER) AS messages_out
FROM fact AS f
JOIN code_category AS category ON category.value = f.category
LEFT JOIN who AS w ON w.customer_id = f.customer_id
LEFT JOIN code_country AS country ON country.value = w.country
LEFT JOIN code_segment AS segment ON segment.value = w.segment
LEFT JOIN code_source AS source ON source.value = w.source
"""
_BASE = (
    f"SELECT *, CAST(bought = 1 AND ROW_NUMBER() OVER (PARTITION BY ev_id, bought {_ROW}) = 1 AS TINYINT) AS leads,"  # noqa: S608
    f" {_before('bought_before', 'bought')}, {_before('seen_before', '')}"
    f" FROM ({_CODED}) ORDER BY trade DESC, customer_id, day, ev_id, channel, category"
)
