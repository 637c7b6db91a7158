"""What every test shares: parts that are required or skipped with a reason."""

import os
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

# Nothing here judges by the clock: benches measure, tests do not.
hypothesis_settings.register_profile("kizuna", deadline=None)
hypothesis_settings.load_profile("kizuna")

REQUIRED = os.environ.get("KIZUNA_TEST_REQUIRE") == "1"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def need(present: bool, reason: str) -> None:
    """Skip with the reason where a part is missing; fail instead where KIZUNA_TEST_REQUIRE=1."""
    if present:
        return
    if REQUIRED:
        pytest.fail(f"required and missing: {reason}")
    pytest.skip(reason)


@pytest.fixture
def real_orders() -> Path:
    """The folder with the two real order files (see docs/settings.md for where tests look)."""
    need(SHARED.is_dir(), "no real order files beside the checkout (../shared/data)")
    return SHARED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest test first, so that no worker is left with it alone at the end."""
    items.sort(key=lambda item: "test_postgres" not in item.nodeid)
