"""SQLite, from Python's standard library: a private database of its own that takes the holding over row by row.

For looking at the same figures without DuckDB and for proving them; it needs as much time as it has rows.
"""

import math
import sqlite3

from kizuna.warehouse import questions
from kizuna.warehouse.engines import reading
from kizuna.warehouse.engines.session import Answer, Closing, Gives, Options, from_rows
from kizuna.warehouse.schema import Holding


class SqliteSession(Closing):
    """One temporary database, which SQLite keeps on disk where it grows beyond its cache."""

    def __init__(self, holding: Holding, options: Options) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.create_function("power", 2, math.pow, deterministic=True)
        self._connection.create_function("exp", 1, math.exp, deterministic=True)
        tables = reading.list_tables()
        for name, batches in reading.read_rows(holding, options):
            columns = ", ".join(f"{column} {kind} NOT NULL" for column, kind in tables[name].items())
            self._connection.execute(f"CREATE TABLE {name} ({columns})")
            places = ", ".join("?" for _ in tables[name])
            self._connection.execute("BEGIN")
            for batch in batches:
                self._connection.executemany(f"INSERT INTO {name} VALUES ({places})", batch)  # noqa: S608
            self._connection.execute("COMMIT")
        for table, key in (("stale", "ev_id"), ("gone", "identity_id"), ("moved", "identity_id")):
            self._connection.execute(f"CREATE UNIQUE INDEX one_{table} ON {table} ({key})")
        for name, text in questions.chain(holding):
            self._connection.execute(f"CREATE VIEW {name} AS {text}")

    def ask(self, sql: str, gives: Gives) -> Answer:
        """Answer a statement with the columns it gives, in their order."""
        cursor = self._connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return from_rows(names, cursor, gives)

    def close(self) -> None:
        """Forget the database."""
        self._connection.close()
