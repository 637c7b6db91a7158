"""Parquet files written so that a crash leaves either the whole file or none: sorted, flushed, renamed, folder flushed.

Rows come as tables of columns or from files that are rewritten; DuckDB sorts them and spills what memory cannot hold.
Which rows, and whether a file counts, is decided elsewhere.
"""

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import duckdb
import numpy as np
from numpy.typing import NDArray

from kizuna.tables import durable
from kizuna.warehouse.schema import DATASETS, Table

type Ints = NDArray[np.int64]

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "512MB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_SCRATCH = "scratch"
LONGEST_PROBLEM = 160
_ORDER = {"ev": "customer_id, ts_us, ev_id", "line": "customer_id, ts_us, line_id"}


@dataclass(frozen=True, slots=True)
class Written:
    """A file that stands: its rows and bytes, the earliest instant in it, and when it was written."""

    rows: int = 0
    bytes: int = 0
    first_us: int | None = None
    made_us: int = 0


@dataclass(frozen=True)
class Rewrite:
    """Files to take rows from, and what of them is left out: rows said anew, erased identities, the distant past."""

    files: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    stale: Collection[int] = ()
    gone: Collection[int] = ()
    from_us: int | None = None


class Writer:
    """Collects the rows of one segment, a portion at a time, and writes its files; nothing counts before that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._scratch = folder / _SCRATCH
        durable.make_folder(folder)
        self._duck = duckdb.connect(":memory:", config={**_CONFIG, "temp_directory": str(self._scratch)})
        for dataset, columns in DATASETS.items():
            typed = ", ".join(f"{name} {kind} NOT NULL" for name, kind in columns.items())
            self._duck.execute(f"CREATE TABLE {dataset} ({typed})")
        self._rewrite = Rewrite()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._duck.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def add(self, dataset: str, table: Table) -> int:
        """Take in a portion of rows; returns how many."""
        columns = DATASETS[dataset]
        count = len(next(iter(table.values())))
        if count:
            self._duck.register("portion", {name: table[name] for name in columns})
            names = ", ".join(columns)
            self._duck.execute(f"INSERT INTO {dataset} ({names}) SELECT {names} FROM portion")  # noqa: S608
            self._duck.unregister("portion")
        return count

    def take_over(self, rewrite: Rewrite) -> None:
        """Take rows over from files."""
        self._rewrite = rewrite
        for name, numbers in (("stale", rewrite.stale), ("gone", rewrite.gone)):
            self._duck.execute(f"CREATE TABLE {name} (id BIGINT PRIMARY KEY)")
            if numbers:
                self._duck.register("portion", {"id": np.unique(np.fromiter(numbers, dtype=np.int64))})
                self._duck.execute(f"INSERT INTO {name} SELECT id FROM portion")  # noqa: S608
                self._duck.unregister("portion")

    def write(self, dataset: str, name: str) -> Written:
        """Write the file of a dataset, sorted by customer and time; no file where there is no row."""
        query = f"SELECT {', '.join(DATASETS[dataset])} FROM {dataset}"  # noqa: S608
        taken = self._rewrite.files.get(dataset, ())
        if taken:
            query += f" UNION ALL {self._rewritten(dataset, taken)}"
        unfinished = self._folder / f"{name}.tmp"
        self._duck.execute(
            f"COPY ({query} ORDER BY {_ORDER[dataset]}) TO {_quoted(unfinished)} (FORMAT parquet, COMPRESSION zstd)"
        )
        found = self._duck.execute(f"SELECT COUNT(*), MIN(ts_us) FROM read_parquet({_quoted(unfinished)})").fetchone()  # noqa: S608
        rows, first_us = found or (0, None)
        if not rows:
            unfinished.unlink()
            return Written()
        durable.keep(unfinished, self._folder / name)
        stands = (self._folder / name).stat()
        return Written(rows, stands.st_size, first_us, stands.st_mtime_ns // 1000)

    def _rewritten(self, dataset: str, taken: Sequence[Path]) -> str:
        """The rows of files that still hold."""
        columns = ", ".join(DATASETS[dataset])
        whose = ["identity_id", "visitor_id"] if dataset == "ev" else ["identity_id"]
        gone = "".join(f" AND {name} NOT IN (SELECT id FROM gone)" for name in whose)  # noqa: S608
        listed = ", ".join(_quoted(path) for path in taken)
        kept = "" if self._rewrite.from_us is None else f" AND ts_us >= {int(self._rewrite.from_us)}"
        return (
            f"SELECT {columns} FROM read_parquet([{listed}]) WHERE ev_id NOT IN (SELECT id FROM stale)"  # noqa: S608
            f"{gone}{kept}"
        )


def find_holding(paths: Sequence[Path], identity_ids: Collection[int]) -> list[Path]:
    """Find the files in which any of the identities occurs, as whose or as the visitor key."""
    wanted = np.unique(np.fromiter(identity_ids, dtype=np.int64))
    holding = []
    with duckdb.connect(":memory:", config=_CONFIG) as duck:
        duck.register("portion", {"id": wanted})
        duck.execute("CREATE TABLE wanted AS SELECT id FROM portion")
        for path in paths:
            found = f"SELECT 1 FROM read_parquet({_quoted(path)}) JOIN wanted ON id "  # noqa: S608
            among = "IN (identity_id, visitor_id)" if path.name.startswith("ev-") else "= identity_id"
            if duck.execute(f"{found} {among} LIMIT 1").fetchone():
                holding.append(path)
    return holding


def size_of(path: Path) -> int | None:
    """Give the size of a file, None where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def find_problem(path: Path, dataset: str, rows: int) -> str | None:
    """Read a file to its end and say what is wrong with it in a few words; None where every value can be read."""
    values = ", ".join(f"BIT_XOR(HASH({name}))" for name in DATASETS[dataset])
    try:
        with duckdb.connect(":memory:", config=_CONFIG) as duck:
            read = duck.execute(f"SELECT COUNT(*), {values} FROM read_parquet({_quoted(path)})").fetchone()  # noqa: S608
    except duckdb.Error as problem:
        return str(problem).partition("\n")[0][:LONGEST_PROBLEM]
    found = 0 if read is None else int(read[0])
    return None if found == rows else f"holds {found:,} rows, {rows:,} were written"


def remove_others(folder: Path, names: Collection[str]) -> int:
    """Remove every file of a folder but these, for good; returns how many went."""
    if not folder.is_dir():
        return 0
    shutil.rmtree(folder / _SCRATCH, ignore_errors=True)
    going = [path for path in folder.iterdir() if path.name not in names and path.name.startswith(tuple(_prefixes()))]
    for path in going:
        path.unlink()
    if going:
        durable.flush(folder)
    return len(going)


def _prefixes() -> list[str]:
    return [f"{dataset}-" for dataset in DATASETS]


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
