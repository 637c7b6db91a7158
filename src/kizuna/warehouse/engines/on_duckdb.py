"""DuckDB, the engine built in: sealed Parquet is read where it lies, tables in memory are taken over once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from kizuna.warehouse import questions
from kizuna.warehouse.engines import scratch
from kizuna.warehouse.engines.session import Answer, Closing, Gives, Options, checked
from kizuna.warehouse.schema import DATASETS, SMALL, Holding, Table


class DuckDbSession(Closing):
    """One connection to a database in memory, with views over the holding."""

    def __init__(self, holding: Holding, options: Options) -> None:
        with ExitStack() as opening:
            self._connection = opening.enter_context(connect(options))
            load(self._connection, holding)
            for name, text in questions.chain(holding):
                self._connection.execute(f"CREATE VIEW {name} AS {text}")
            self._open = opening.pop_all()

    def ask(self, sql: str, gives: Gives) -> Answer:
        """Answer a statement with the columns it gives, in their order."""
        return checked(self._connection.execute(sql).fetchnumpy(), gives)

    def close(self) -> None:
        """Forget the database and what it spilled."""
        self._open.close()


@contextmanager
def connect(options: Options) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that never fetches anything, within its limit and with a folder to spill into."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
    }
    if options.memory:
        config["memory_limit"] = options.memory
    if options.threads:
        config["threads"] = options.threads
    with scratch.own_folder(options.spill) as folder:
        config["temp_directory"] = str(folder)
        with duckdb.connect(":memory:", config=config) as connection:
            yield connection


def load(connection: duckdb.DuckDBPyConnection, holding: Holding) -> None:
    """Make ev_sealed and line_sealed views of the files, and a table of every table in memory."""
    for dataset, columns in DATASETS.items():
        load_sealed(connection, f"{dataset}_sealed", columns, holding.files.get(dataset, ()))
        load_table(connection, f"{dataset}_tail", columns, holding.tables[f"{dataset}_tail"])
    for name, columns in SMALL.items():
        load_table(connection, name, columns, holding.tables[name])


def load_sealed(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], files: Sequence[Path]
) -> None:
    """Make a view of Parquet files with these columns, or an empty table where there is none."""
    if not files:
        connection.execute(f"CREATE TABLE {name} ({_typed(columns)})")
        return
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    connection.execute(f"CREATE VIEW {name} AS SELECT {', '.join(columns)} FROM read_parquet([{listed}])")  # noqa: S608


def load_table(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], table: Table) -> None:
    """Make a table of columns in memory."""
    connection.execute(f"CREATE TABLE {name} ({_typed(columns)})")
    if questions.count(table):
        connection.register("given_columns", dict(table))
        connection.execute(f"INSERT INTO {name} SELECT {', '.join(columns)} FROM given_columns")  # noqa: S608
        connection.unregister("given_columns")


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind} NOT NULL" for name, kind in columns.items())
