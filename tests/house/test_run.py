"""How `./run` finds a Python: PATH first, then the folders of version managers, also where HOME says nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MANAGERS = (
    ".pyenv/versions/3.13.0/bin/python3",
    ".local/share/uv/python/cpython-3.13.0-linux/bin/python3",
    ".asdf/installs/python/3.13.0/bin/python3",
    ".local/share/mise/installs/python/3.13.0/bin/python3",
    ".local/bin/python3.13",
)
NEEDED = ("dirname", "id", "cat")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder for PATH that holds no Python, only what the script itself calls."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in NEEDED:
        (tools / name).symlink_to(shutil.which(name) or "")
    return tools


def find(tools: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Ask the script's own function, in a shell without any other variable."""
    command = ["/bin/sh", "-c", ". ./run help >/dev/null; find_python"]
    return subprocess.run(
        command, cwd=ROOT, env={"PATH": str(tools), **variables}, capture_output=True, text=True, check=False
    )


def put(place: Path) -> None:
    """Put an interpreter there that says its own place."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f'#!/bin/sh\ncase "$2" in *print*) echo "{place}";; *) exec "{sys.executable}" "$@";; esac\n')
    place.chmod(0o755)


@pytest.mark.parametrize("place", MANAGERS)
def test_the_folders_of_version_managers_are_looked_through(place: str, bare: Path, tmp_path: Path) -> None:
    put(tmp_path / "home" / place)
    found = find(bare, HOME=str(tmp_path / "home"))
    assert (found.stdout.strip(), found.stderr) == (str(tmp_path / "home" / place), "")


def test_path_and_what_is_named_come_first_and_dead_ones_are_passed_over(bare: Path, tmp_path: Path) -> None:
    put(tmp_path / "home" / MANAGERS[0])
    put(bare / "python3.13")
    (bare / "python3.14").write_text("#!/bin/sh\nexit 127\n")
    (bare / "python3.14").chmod(0o755)
    assert find(bare, HOME=str(tmp_path / "home")).stdout.strip() == str(bare / "python3.13")
    put(tmp_path / "named" / "python")
    named = find(bare, HOME=str(tmp_path / "home"), KIZUNA_PYTHON=str(tmp_path / "named" / "python"))
    assert named.stdout.strip() == str(tmp_path / "named" / "python")


def test_without_home_the_script_still_looks_and_says_what_it_missed(bare: Path) -> None:
    found = find(bare)
    assert "parameter not set" not in found.stderr
    assert (found.returncode == 0 and os.access(found.stdout.strip(), os.X_OK)) or "KIZUNA_PYTHON" in found.stderr
