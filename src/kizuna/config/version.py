"""The version of this installation: the newest heading of CHANGELOG.md, so that it is written once."""

import re
from functools import cache
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parents[3] / "CHANGELOG.md"


@cache
def get_version() -> str:
    """Read the newest version number; raises LookupError where the changelog has none."""
    found = re.search(r"^## (\d+\.\d+\.\d+)", CHANGELOG.read_text(), re.MULTILINE)
    if not found:
        raise LookupError(f"no version heading in {CHANGELOG}")
    return found.group(1)
