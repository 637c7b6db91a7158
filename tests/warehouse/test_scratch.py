"""What sessions spill: into a folder of each one's own, which goes with it or, after a kill, with the next session."""

import subprocess
import sys
from pathlib import Path

import pytest

from kizuna.warehouse.engines import open_engine, scratch
from kizuna.warehouse.engines.on_duckdb import connect
from kizuna.warehouse.engines.session import Options
from kizuna.warehouse.face import Warehouse
from tests.warehouse.asking import LANDMARK_US, LATE
from tests.warehouse.making import make_shop


def test_every_session_has_its_own_folder_and_leaves_none(tmp_path: Path) -> None:
    with scratch.own_folder(tmp_path) as one, scratch.own_folder(tmp_path) as two:
        (one / "spilled").write_text("x")
        assert one != two
        assert sorted(tmp_path.iterdir()) == sorted((one, two))
        with scratch.own_folder(tmp_path):
            assert (one / "spilled").exists()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_swept_by_the_next(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from kizuna.warehouse.engines import scratch\n"
        "with scratch.own_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'spilled').write_text('x'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    assert len(list(tmp_path.iterdir())) == 1
    with scratch.own_folder(tmp_path) as mine:
        assert list(tmp_path.iterdir()) == [mine]


def test_duckdb_spills_within_its_limit_and_answers_the_same(tmp_path: Path) -> None:
    sql = "SELECT sum(i * n) AS total FROM (SELECT i, row_number() OVER (ORDER BY i * 7919 % 1000003, i) AS n FROM big)"
    totals = []
    for memory in ("", "64MB"):
        with connect(Options(memory=memory, spill=tmp_path / "spill", threads=1)) as connection:
            connection.execute("CREATE TABLE big AS SELECT range AS i FROM range(6000000)")
            totals.append(connection.execute(sql).fetchone())
            spilled = list((tmp_path / "spill").glob("*/*"))
            assert bool(spilled) == bool(memory)
    assert totals[0] == totals[1]


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_a_session_that_fails_to_open_leaves_nothing(tmp_path: Path, engine: str) -> None:
    made = make_shop(tmp_path)
    made.holding.files["ev"][0].unlink()
    spill = tmp_path / "spill"
    with pytest.raises(Exception, match="No files found"):
        open_engine(engine, made.holding, Options(spill=spill))
    assert list(spill.iterdir()) == []


def test_a_small_limit_changes_no_answer(tmp_path: Path) -> None:
    made = make_shop(tmp_path)
    answers = []
    for memory in ("", "200MB"):
        options = Options(memory=memory, spill=tmp_path / "spill", threads=1)
        with open_engine("duckdb", made.holding, options) as session:
            answers.append(Warehouse(session).stocks(LATE, LANDMARK_US)["last_purchase_us"].tolist())
    assert answers[0] == answers[1]
