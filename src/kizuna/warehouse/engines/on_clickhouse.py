"""ClickHouse inside this process (chdb): reads the sealed Parquet where it lies. Installed by `./run engines`.

Three of its habits are set right: outer joins fill with NULL, a column means the column and not an alias of the same
name, and integers that overflow are not our business because the questions never let them.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pyarrow as arrow
from chdb import session as chdb_session

from kizuna.warehouse import questions
from kizuna.warehouse.engines import reading, scratch
from kizuna.warehouse.engines.session import Answer, Closing, Gives, Options, checked
from kizuna.warehouse.schema import DATASETS, Holding

_KINDS = {"BIGINT": "Int64", "TEXT": "String"}
_SETTINGS = {"join_use_nulls": "1", "prefer_column_name_to_alias": "1", "session_timezone": "'UTC'"}


class ClickHouseSession(Closing):
    """A database in a temporary folder, with views over Parquet files; one at a time in a process."""

    def __init__(self, holding: Holding, options: Options) -> None:
        with ExitStack() as opening:
            folder = opening.enter_context(scratch.own_folder(options.spill))
            self._session = chdb_session.Session(str(folder / "database"))
            opening.callback(self._session.close)
            for name, value in _SETTINGS.items():
                self._session.query(f"SET {name} = {value}")
            small = reading.write_small(holding, options, folder)
            for name, columns in reading.memory_tables(holding).items():
                self._see(name, columns, [small[name]])
            for dataset, columns in DATASETS.items():
                self._see(f"{dataset}_sealed", columns, holding.files.get(dataset, ()))
            for name, text in questions.chain(holding):
                self._session.query(f"CREATE VIEW {name} AS {text}")
            self._open = opening.pop_all()

    def _see(self, name: str, columns: Mapping[str, str], files: Sequence[Path]) -> None:
        shape = ", ".join(f"{column} {_KINDS[kind]}" for column, kind in columns.items())
        if not files:
            self._session.query(f"CREATE VIEW {name} AS SELECT * FROM null('{shape}')")  # noqa: S608
            return
        parts = " UNION ALL ".join(
            f"SELECT {', '.join(columns)} FROM file('{reading.quoted(path)}', 'Parquet', '{shape}')"  # noqa: S608
            for path in files
        )
        self._session.query(f"CREATE VIEW {name} AS {parts}")

    def ask(self, sql: str, gives: Gives) -> Answer:
        """Answer a statement with the columns it gives, in their order."""
        table = arrow.ipc.open_stream(self._session.query(sql, "ArrowStream").bytes()).read_all()
        return checked({name: table.column(name).to_numpy() for name in table.column_names}, gives)

    def close(self) -> None:
        """Forget the database and its folder."""
        self._open.close()
