"""Whoever writes waits for whoever came before, and for nobody else: transactions and single writes alike."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker

from tests.processes import wait_until

CROWD = 4


@pytest.fixture
def handler(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[ConnectionHandler]:
    options = {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"}
    name = str(tmp_path / "shop.sqlite3")
    handler = ConnectionHandler({"default": {"ENGINE": "kizuna.config.sqlite", "NAME": name, "OPTIONS": options}})
    with django_db_blocker.unblock():  # a database of its own, which no other test knows
        with handler["default"].cursor() as cursor:
            cursor.execute("CREATE TABLE said (words text)")
        yield handler
        handler["default"].close()


def test_a_single_write_waits_its_turn_and_no_longer(handler: ConnectionHandler) -> None:
    turns: list[int] = []
    stop = threading.Event()

    def talk(number: int) -> None:
        connection = handler["default"]
        connection.ensure_connection()
        while not stop.is_set():
            connection._start_transaction_under_autocommit()
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO said VALUES ('crowd')")
            time.sleep(0.02)  # somebody who does something in it
            connection._commit()
            turns.append(number)
        connection.close()

    crowd = [threading.Thread(target=talk, args=(number,)) for number in range(CROWD)]
    for each in crowd:
        each.start()
    try:
        for _ in range(3):
            seen = len(turns)
            wait_until(lambda seen=seen: len(turns) >= seen + CROWD)
            before = len(turns)
            with handler["default"].cursor() as cursor:
                cursor.execute("INSERT INTO said VALUES ('alone')")
            assert len(turns) - before <= 2 * CROWD
    finally:
        stop.set()
        for each in crowd:
            each.join()
    assert set(turns) == set(range(CROWD))
