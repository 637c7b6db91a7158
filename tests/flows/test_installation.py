"""An empty database gets its tables in one go: the same that the history of migrations makes, or none at all."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.processes import ROOT, make_variables

BY_HISTORY = """
from django.core.management import call_command
from django.core.management.commands import migrate
call_command(migrate.Command(), verbosity=0)
"""
KILLED = """
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
def give_up(self, app, name):
    raise KeyboardInterrupt
MigrationRecorder.record_applied = give_up
call_command("migrate", verbosity=0)
"""


def run(home: Path, *words: str) -> int:
    command = [sys.executable, "-m", "kizuna", *words]
    variables = make_variables(home, KIZUNA_DATABASE_URL="")
    return subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, check=False, timeout=240).returncode


def tell(home: Path) -> dict[str, object]:
    """Everything that a database consists of, whatever the order of columns in a table."""
    with closing(sqlite3.connect(home / "kizuna.sqlite3")) as connection:
        return dict(_tell(connection))


def _tell(connection: sqlite3.Connection) -> Iterator[tuple[str, object]]:
    for kind, name, text in connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql <> ''").fetchall():
        if kind != "table":
            yield name, text
            continue
        columns = {row[1:] for row in connection.execute(f'PRAGMA table_info("{name}")')}
        keys = {row[2:] for row in connection.execute(f'PRAGMA foreign_key_list("{name}")')}
        rules = re.findall(r'CONSTRAINT "\w+" (?:CHECK|UNIQUE) .*?(?=, CONSTRAINT|\)$)', text)
        yield name, (columns, keys, sorted(rules))
    for table in ("django_migrations", "auth_permission", "django_content_type"):
        yield f"rows of {table}", len(connection.execute(f"SELECT * FROM {table}").fetchall())


def test_tables_made_at_once_are_those_that_the_migrations_lead_to(tmp_path: Path) -> None:
    assert run(tmp_path / "once", "migrate") == 0
    assert run(tmp_path / "history", "shell", "--no-imports", "-v", "0", "-c", BY_HISTORY) == 0
    once, history = tell(tmp_path / "once"), tell(tmp_path / "history")
    assert len(once) > 400
    assert {name for name in once.keys() | history.keys() if once.get(name) != history.get(name)} == set()


def test_interrupted_there_is_no_table_and_the_next_attempt_makes_them_all(tmp_path: Path) -> None:
    assert run(tmp_path, "shell", "--no-imports", "-v", "0", "-c", KILLED) != 0
    with closing(sqlite3.connect(tmp_path / "kizuna.sqlite3")) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%'")]
    assert tables == ["django_migrations"]
    assert run(tmp_path, "migrate") == 0
    assert len(tell(tmp_path)) > 400
