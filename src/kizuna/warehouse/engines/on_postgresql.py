"""PostgreSQL: temporary tables of one connection take the holding over by COPY; nothing stays behind.

Text is compared byte by byte (COLLATE "C"), as every other engine does it.
"""

from typing import TYPE_CHECKING

import psycopg

from kizuna.warehouse import questions
from kizuna.warehouse.engines import reading
from kizuna.warehouse.engines.session import Answer, Closing, EngineMissing, Gives, Options, from_rows
from kizuna.warehouse.schema import Holding

if TYPE_CHECKING:
    from typing import LiteralString

_KINDS = {"BIGINT": "bigint", "TEXT": 'text COLLATE "C"'}


class PostgresqlSession(Closing):
    """One connection with everything in its temporary schema."""

    def __init__(self, holding: Holding, options: Options) -> None:
        if not options.url:
            raise EngineMissing("the engine postgresql needs an address: set KIZUNA_ENGINE_URL or KIZUNA_DATABASE_URL")
        self._connection = psycopg.connect(options.url, autocommit=True)
        try:
            self._run("SET search_path = pg_temp")
            self._take(holding, options)
            for name, text in questions.chain(holding):
                self._run(f"CREATE TEMPORARY VIEW {name} AS {text}")
        except BaseException:
            self._connection.close()
            raise

    def _run(self, sql: "LiteralString | str") -> psycopg.Cursor[tuple[object, ...]]:
        return self._connection.execute(sql.encode())

    def _take(self, holding: Holding, options: Options) -> None:
        tables = reading.list_tables()
        for name, batches in reading.read_rows(holding, options):
            columns = ", ".join(f"{column} {_KINDS[kind]} NOT NULL" for column, kind in tables[name].items())
            self._run(f"CREATE TEMPORARY TABLE {name} ({columns})")
            with self._connection.cursor().copy(f"COPY {name} FROM STDIN".encode()) as copy:
                for batch in batches:
                    for row in batch:
                        copy.write_row(row)
            self._run(f"ANALYZE {name}")

    def ask(self, sql: str, gives: Gives) -> Answer:
        """Answer a statement with the columns it gives, in their order."""
        cursor = self._run(sql)
        names = [column.name for column in cursor.description or ()]
        return from_rows(names, cursor, gives)

    def close(self) -> None:
        """Close the connection; its temporary tables go with it."""
        self._connection.close()
