"""The same code on PostgreSQL: the database tests of the rooms run again on a throw-away cluster.

Every third of them and all that concern locks and races in `./run test`; all of them where KIZUNA_TEST_WHOLE=1
and with --long.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import LONG, need
from tests.postgres import find_binaries, running_cluster

ROOT = Path(__file__).resolve().parents[2]
WHOLE = LONG or os.environ.get("KIZUNA_TEST_WHOLE") == "1"
# The real files run here in full with --long only; every tenth customer of one takes the same way in test_real_orders.
FULL_FILES = ("test_cdnow_to_the_line", "test_online_retail_to_the_line")
# Parsing mails needs no database, and two files on SQLite are compared: these have no second turn here.
ELSEWHERE = ("tests/mail/test_corpus.py", "tests/mail/test_fuzz.py", "tests/flows/test_installation.py")
ROOMS = [
    *("bus", "jobs", "shops", "customers", "tracking", "sales", "relationships", "conversations", "outreach"),
    *("privileges", "knowledge", "dialogue", "mail", "flows"),
]


@pytest.mark.timeout(2000)
def test_rooms_pass_on_postgresql() -> None:
    binaries = find_binaries()
    need(binaries is not None, "no PostgreSQL server on this machine")
    assert binaries is not None
    folders = [f"tests/{room}" for room in ROOMS if (ROOT / "tests" / room).is_dir()]
    left_out = [] if LONG else [f"--deselect=tests/flows/test_import_orders.py::{name}" for name in FULL_FILES]
    left_out += [f"--ignore={path}" for path in ELSEWHERE]
    with running_cluster(binaries) as address:
        environment = {**os.environ, "KIZUNA_DATABASE_URL": address, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        environment.pop("PYTEST_XDIST_WORKER", None)
        environment["KIZUNA_TEST_SAMPLE"] = "1" if WHOLE else "3"
        outcome = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "not long", "-x", "-p", "no:xdist", *left_out, *folders],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
    assert outcome.returncode == 0, outcome.stdout[-6000:] + outcome.stderr[-2000:]
