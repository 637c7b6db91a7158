"""The health page: it says in words that nothing moves, though every process answers."""

from datetime import UTC, datetime, timedelta

import pytest

from kizuna.config import health
from kizuna.jobs import leases
from kizuna.tracking.inbox import CURSOR, open_inbox
from kizuna.tracking.models import Cursor

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


@pytest.fixture(autouse=True)
def inbox(settings, tmp_path, transactional_db):
    """An inbox of the test's own, closed at its end."""
    settings.HOME = tmp_path
    opened = open_inbox()
    yield opened
    opened.prune_through(opened.last_id())
    opened._store.close()


def arrive(inbox, seconds_ago):
    us = int(NOW.timestamp()) * SECOND - seconds_ago * SECOND
    inbox._store.append([(1, "track", us, b"{}")])


def test_all_is_well_while_a_worker_lives_and_little_waits(inbox):
    leases.sign_of_life("w", NOW - timedelta(seconds=59))
    arrive(inbox, 59)
    figures = health.measure(NOW)
    assert (figures["status"], figures["inbox_lag"], figures["inbox_lag_seconds"]) == ("ok", 1, 59.0)


def test_a_living_worker_that_moves_nothing_on_is_behind(inbox):
    leases.sign_of_life("w", NOW)
    arrive(inbox, 61)
    arrive(inbox, 1)
    figures = health.measure(NOW)
    assert (figures["status"], figures["inbox_lag"], figures["inbox_lag_seconds"]) == ("behind", 2, 61.0)


def test_what_was_moved_on_waits_no_longer(inbox):
    leases.sign_of_life("w", NOW)
    arrive(inbox, 600)
    Cursor.objects.update_or_create(name=CURSOR, defaults={"position": inbox.last_id()})
    figures = health.measure(NOW)
    assert (figures["status"], figures["inbox_lag"], figures["inbox_lag_seconds"]) == ("ok", 0, 0.0)


@pytest.mark.parametrize("seconds", [None, 61])
def test_a_minute_without_a_sign_of_life_is_no_worker(seconds):
    if seconds is not None:
        leases.sign_of_life("w", NOW - timedelta(seconds=seconds))
    assert health.measure(NOW)["status"] == "no worker"


def test_a_database_that_does_not_answer_is_failing(monkeypatch):
    def break_off():
        raise OSError("gone")

    monkeypatch.setattr(health.leases, "find_last_sign", break_off)
    assert health.measure(NOW) == {"status": "failing", "database": "OSError"}
