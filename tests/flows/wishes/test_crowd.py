"""Fifty acceptances of the last unit at once: exactly one is accepted, on SQLite and (tests/journeys) on PostgreSQL."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import need
from tests.flows.wishes.crowd import CAPACITY, PROCESSES, THREADS
from tests.postgres import find_binaries, running_cluster
from tests.processes import PATIENCE_S, ROOT, make_variables, prepare_home

pytestmark = pytest.mark.both_databases

ONE = {
    "accepted": 1,
    "Beyond": PROCESSES * THREADS - 1,
    "taken": CAPACITY,
    "held": CAPACITY,
    "capacity": CAPACITY,
}


def _run(home: Path, database: str) -> dict[str, int]:
    variables = make_variables(prepare_home(home), KIZUNA_DATABASE_URL=database)
    command = [sys.executable, "-m", "tests.flows.wishes.crowd"]
    done = subprocess.run(
        command, env=variables, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_the_last_unit_is_promised_once(tmp_path: Path, own_database: str) -> None:
    assert _run(tmp_path / "home", own_database) == ONE


@pytest.mark.long
def test_the_last_unit_is_promised_once_on_a_postgresql_of_its_own(tmp_path: Path) -> None:
    binaries = find_binaries()
    need(binaries is not None, "no PostgreSQL server on this machine")
    assert binaries is not None
    with running_cluster(binaries) as address:
        assert _run(tmp_path / "home", address) == ONE
