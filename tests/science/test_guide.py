"""The guide in docs runs block by block, and prints what it says."""

import contextlib
import io
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import need
from tests.house.source import ROOT

GUIDE = ROOT / "docs" / "guide-customer-base.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """Each block of code and what the page says it prints."""
    return BLOCK.findall(GUIDE.read_text())


def run(code: str, names: dict[str, Any]) -> str:
    """What a block prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, str(GUIDE), "exec"), names)
    return printed.getvalue()


def alike(printed: str, said: str, apart: float) -> bool:
    """Whether two texts are the same; numbers may differ by a share, where they come from simulated futures."""
    if apart == 0.0:
        return printed == said
    numbers = re.compile(r"\d+(?:\.\d+)?")
    here, there = (np.array([float(each) for each in numbers.findall(text)]) for text in (printed, said))
    words = [" ".join(numbers.sub("0", text).split()) for text in (printed, said)]
    return words[0] == words[1] and np.allclose(here, there, rtol=apart, atol=0.02)


def test_the_guide_prints_what_it_says(real_orders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need((real_orders / "cdnow" / "CDNOW_sample.txt").is_file(), "no CDNOW_sample.txt")
    monkeypatch.chdir(real_orders / "cdnow")
    names: dict[str, Any] = {}
    found = blocks()
    assert len(found) >= 10
    for code, said in found:
        assert alike(run(code, names), said, 0.05 if "low" in code else 0.0), f"after:\n{code}"


def test_the_guide_names_its_source_and_no_place_of_this_machine() -> None:
    text = GUIDE.read_text()
    assert "brucehardie.com/datasets" in text
    assert "shared" not in text
    assert os.sep + "home" not in text
