"""A holding brought to engines that cannot read it where it lies: row by row, or as small Parquet files.

DuckDB, which is always there, reads the sealed files, so no engine needs a reader of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from kizuna.warehouse.engines import on_duckdb
from kizuna.warehouse.engines.session import Options
from kizuna.warehouse.schema import DATASETS, SMALL, Holding

BATCH = 10_000


def list_tables() -> dict[str, Mapping[str, str]]:
    """Every table that the views stand on, with its columns."""
    sealed = {f"{dataset}_{part}": columns for dataset, columns in DATASETS.items() for part in ("sealed", "tail")}
    return {**sealed, **SMALL}


def memory_tables(holding: Holding) -> dict[str, Mapping[str, str]]:
    """The tables that a holding keeps in memory, with their columns."""
    return {name: columns for name, columns in list_tables().items() if name in holding.tables}


def read_rows(holding: Holding, options: Options) -> Iterator[tuple[str, Iterator[Sequence[tuple[object, ...]]]]]:
    """Yield every table by name with its rows in batches; take the batches before the next table."""
    with on_duckdb.connect(options) as connection:
        on_duckdb.load(connection, holding)
        for name, columns in list_tables().items():
            found = connection.execute(f"SELECT {', '.join(columns)} FROM {name}")  # noqa: S608
            yield name, _batches(found)


def _batches(found: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[object, ...]]]:
    while batch := found.fetchmany(BATCH):
        yield batch


def write_small(holding: Holding, options: Options, folder: Path) -> dict[str, Path]:
    """Write every table in memory as a Parquet file of its own; give the files by table."""
    with on_duckdb.connect(options) as connection:
        files = {}
        for name, columns in memory_tables(holding).items():
            on_duckdb.load_table(connection, name, columns, holding.tables[name])
            files[name] = folder / f"{name}.parquet"
            connection.execute(f"COPY {name} TO '{quoted(files[name])}' (FORMAT parquet)")
    return files


def quoted(path: Path) -> str:
    """A path as it stands inside quotes of SQL."""
    return str(path).replace("'", "''")
