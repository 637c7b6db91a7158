"""What every test shares: parts that are required or skipped with a reason."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

LONG = os.environ.get("KIZUNA_TEST_LONG") == "1"

# Nothing here judges by the clock: benches measure, tests do not. Every run tries the same examples, --long others.
hypothesis_settings.register_profile(
    "kizuna", deadline=None, derandomize=not LONG, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("kizuna")

# For properties whose examples share a fixture on purpose.
ONE_FIXTURE_FOR_ALL = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

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


# What one worker does as a whole, because its tests share a server, a browser or a simulated year; the longest first.
TOGETHER = (
    *("test_postgres", "test_demo", "test_console_look", "test_dialogue", "test_out_of_hours", "test_premium_site"),
    *("test_inbox", "test_segment_clients", "test_tracker", "test_live_stream", "test_answers_and_alerts"),
    *("test_chat_panel", "test_live_desk", "test_simulator"),
)
SAME_SERVER = {"test_out_of_hours": "test_dialogue"}
# KIZUNA_TEST_SAMPLE=3 runs every third test of each file: the second pass on PostgreSQL, where time is short.
SAMPLE = int(os.environ.get("KIZUNA_TEST_SAMPLE", "1"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes longest, so that no worker is left with it alone at the end; journeys before the rest.

    This comes after all others' orders: pytest-django's puts tests without tables last, journeys among them.
    """
    places = {name: place for place, name in enumerate(TOGETHER)}
    items.sort(key=lambda item: (places.get(item.path.stem, len(TOGETHER)), "journeys" not in item.path.parts))
    seen = Counter[Path]()
    for item in list(items) if SAMPLE > 1 else ():
        if seen[item.path] % SAMPLE and item.get_closest_marker("both_databases") is None:
            items.remove(item)
        seen[item.path] += 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker one test at a time, and a file of TOGETHER as a whole."""
    from xdist.scheduler import LoadScopeScheduling

    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = _split_scope
    return scheduling


def _split_scope(nodeid: str) -> str:
    stem = Path(nodeid.partition("::")[0]).stem
    return SAME_SERVER.get(stem, stem) if stem in TOGETHER else nodeid


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that uses the database and in which locks were taken against their order."""
    if item.get_closest_marker("django_db") is None:
        return (yield)
    from tests import lock_order

    lock_order.begin()
    told = yield
    if lock_order.late:
        pytest.fail("locks out of order (docs/decisions/0037):\n" + "\n".join(dict.fromkeys(lock_order.late)))
    return told


def examples(count: int) -> int:
    """How many examples a property that writes to the database is tried with: fewer where the second one repeats it."""
    return count if LONG or not os.environ.get("KIZUNA_DATABASE_URL") else max(5, count // 4)


@pytest.fixture
def own_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database for the processes of one test, as KIZUNA_DATABASE_URL: on SQLite the file in their home folder."""
    if not os.environ.get("KIZUNA_DATABASE_URL"):
        yield ""
        return
    from tests.postgres import copied_database

    request.getfixturevalue("django_db_setup")
    with copied_database() as address:
        yield address
