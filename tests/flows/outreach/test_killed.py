"""kill -9 in the middle of a play: resumed, it has written to each customer exactly once."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import LONG
from tests.processes import ROOT, make_variables, prepare_home


def _run(home: Path, database: str, customers: int, kills: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.flows.outreach.doomed", str(customers), str(kills), "1"],
        env=make_variables(prepare_home(home), KIZUNA_DATABASE_URL=database),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def test_a_killed_play_goes_on_where_it_was(tmp_path: Path, own_database: str) -> None:
    _run(tmp_path, own_database, 16, 3)


@pytest.mark.long
@pytest.mark.skipif(not LONG, reason="10,000 mails take minutes")
def test_ten_thousand_customers_and_twenty_kills(tmp_path: Path, own_database: str) -> None:
    _run(tmp_path, own_database, 10_000, 20)
