"""kill -9 while files are written, named, replaced and swept: nothing lost, doubled or left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, make_variables

LONG = os.environ.get("KIZUNA_TEST_LONG") == "1"


@pytest.mark.parametrize("seed", [1])
def test_killed_at_any_point_the_warehouse_says_what_the_database_says(seed: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.flows.doomed", "20" if LONG else "3", str(seed)],
        env=make_variables(tmp_path),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
