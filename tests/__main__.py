"""`./run test`: the whole suite in parallel; --long adds the full figures; other words go to pytest."""

import os
import sys

import pytest

LONGEST_S = 3600  # of one of the long figures; else the usual limit holds (pyproject.toml)


def main() -> int:
    """Run pytest with the project's arguments."""
    words = sys.argv[1:]
    long = "--long" in words
    words = [word for word in words if word != "--long"]
    chosen = any(not word.startswith("-") for word in words)
    if long:
        os.environ["KIZUNA_TEST_LONG"] = "1"
    marks = [f"--timeout={LONGEST_S}"] if long else ["-m", "not long"]
    workers = min(8, (os.cpu_count() or 1) + 2)  # more than processors: servers and browsers are waited for
    parallel = [] if chosen else ["-n", str(workers), "--dist", "loadscope", "--no-loadscope-reorder"]
    return int(pytest.main([*marks, *parallel, *words]))


if __name__ == "__main__":
    sys.exit(main())
