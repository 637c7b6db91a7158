"""Fifty acceptances of the last unit at once: exactly one is accepted, on SQLite and on PostgreSQL."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import need
from tests.flows.wishes.crowd import CAPACITY, PROCESSES, THREADS
from tests.postgres import find_binaries, running_cluster
from tests.processes import PATIENCE_S, ROOT, make_variables, prepare_home

ONE = {
    "accepted": 1,
    "Beyond": PROCESSES * THREADS - 1,
    "taken": CAPACITY,
    "held": CAPACITY,
    "capacity": CAPACITY,
}


def _run(home: Path, database: str) -> dict[str, int]:
    home.mkdir(exist_ok=True)
    variables = make_variables(home)
    variables.pop("KIZUNA_DATABASE_URL", None)
    if database:
        variables["KIZUNA_DATABASE_URL"] = database
    command = [sys.executable, "-m", "tests.flows.wishes.crowd"]
    done = subprocess.run(
        command, env=variables, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.skipif(bool(os.environ.get("KIZUNA_DATABASE_URL")), reason="this run is of PostgreSQL")
def test_the_last_unit_is_promised_once_on_sqlite(tmp_path: Path) -> None:
    assert _run(prepare_home(tmp_path / "home"), "") == ONE


@pytest.mark.skipif(not os.environ.get("KIZUNA_DATABASE_URL"), reason="runs with the rooms on PostgreSQL")
def test_the_last_unit_is_promised_once_on_the_postgresql_of_this_run(tmp_path: Path) -> None:
    address = os.environ["KIZUNA_DATABASE_URL"]
    name = f"crowd_{uuid4().hex}"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        try:
            assert _run(tmp_path / "home", address.rsplit("/", 1)[0] + f"/{name}") == ONE
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


@pytest.mark.long
def test_the_last_unit_is_promised_once_on_a_postgresql_of_its_own(tmp_path: Path) -> None:
    binaries = find_binaries()
    need(binaries is not None, "no PostgreSQL server on this machine")
    assert binaries is not None
    with running_cluster(binaries) as address:
        assert _run(tmp_path / "home", address) == ONE
