"""Workers as real processes: one killed in the middle of a task loses nothing, two share the queue.

Their tasks end when so many workers have begun one, so that no moment has to be caught and none can be missed.
"""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import PATIENCE_S, ROOT, make_variables, prepare_home, wait_until


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    env = make_variables(prepare_home(tmp_path))
    if env.get("KIZUNA_DATABASE_URL"):
        _manage(env, "migrate", "-v", "0")
    return env


def _manage(env: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "kizuna", *words], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def _python(env: dict[str, str], script: str) -> str:
    return _manage(env, "shell", "--no-imports", "-v", "0", "-c", script).strip()


def _start_worker(env: dict[str, str]) -> subprocess.Popen[str]:
    """Start a worker and wait until it says so: a signal before that finds an interpreter that is still importing."""
    started = subprocess.Popen(
        [sys.executable, "-m", "kizuna", "worker"], env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "worker started\n"
    return started


def test_a_killed_workers_job_is_run_again_and_a_finished_one_is_not(variables: dict[str, str], tmp_path: Path) -> None:
    story = tmp_path / "story"
    script = f"from tests.jobs import tasks; print(tasks.linger.enqueue(path={str(story)!r}, workers=2).id)"
    job = _python(variables, script).split()[-1]
    first = _start_worker(variables)
    try:
        wait_until(lambda: story.exists() and "began" in story.read_text())
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    second = _start_worker(variables)
    try:
        wait_until(lambda: "ended" in story.read_text())
        look = f"from kizuna.jobs import queue; view = queue.find_job({job!r}); print(view.state, view.attempts)"
        wait_until(lambda: _python(variables, look) == "done 2")
        assert story.read_text().splitlines() == [f"began {first.pid}", f"began {second.pid}", f"ended {second.pid}"]
    finally:
        second.send_signal(signal.SIGTERM)
        assert second.wait(PATIENCE_S) == 0


def test_two_workers_share_the_queue_and_run_each_job_once(variables: dict[str, str], tmp_path: Path) -> None:
    story = tmp_path / "story"
    workers = [_start_worker(variables) for _ in range(2)]
    try:
        _python(
            variables,
            f"from tests.jobs import tasks\nfor n in range(30): tasks.linger.enqueue(path={str(story)!r}, workers=2)",
        )
        wait_until(lambda: story.exists() and story.read_text().count("ended") == 30)
    finally:
        for each in workers:
            each.send_signal(signal.SIGTERM)
        assert [each.wait(PATIENCE_S) for each in workers] == [0, 0]
    lines = story.read_text().splitlines()
    assert sum(line.startswith("began") for line in lines) == 30
    assert {line for line in lines if line.startswith("began")} == {f"began {each.pid}" for each in workers}
