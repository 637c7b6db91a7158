"""The inbox: acknowledged means stored, in order, once; ids never repeat; too much waiting is refused."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.db import connection

from kizuna.tracking import inbox
from kizuna.tracking.inbox import Inbox, Row, Store
from kizuna.tracking.inbox_file import FileStore
from kizuna.tracking.inbox_table import TableStore
from tests.processes import PATIENCE_S


@pytest.fixture
def store(tmp_path: Path, transactional_db: None) -> Iterator[Store]:
    """The store of the database the tests run on."""
    made: Store = TableStore() if connection.vendor == "postgresql" else FileStore(tmp_path / "inbox.sqlite3", 1000)
    yield made
    made.close()


def _row(number: int, size: int = 10) -> Row:
    return Row(7, "track", number, str(number).encode().ljust(size))


def test_what_is_stored_is_read_in_order_within_limits(store: Store) -> None:
    store.append([_row(number) for number in range(50)])
    first = store.last_id() - 49
    rows = store.read_after(0, 1000, 1000_000)
    assert [(row.id, row.received_us) for row in rows] == [(first + n, n) for n in range(50)]
    assert rows[3][1:] == (7, "track", 3, b"3         ")
    assert [row.received_us for row in store.read_after(first + 9, 5, 1000)] == [10, 11, 12, 13, 14]
    assert len(store.read_after(0, 1000, 35)) == 3
    assert len(store.read_after(0, 1000, 1)) == 1
    assert store.read_after(store.last_id(), 10, 10) == []
    assert store.count_after(first + 39, 100) == 10
    assert store.count_after(0, 20) == 20


def test_ids_do_not_repeat_after_everything_was_pruned(store: Store) -> None:
    store.append([_row(number) for number in range(1200)])
    newest = store.last_id()
    assert store.prune_through(newest - 2) == 1198
    assert [row.received_us for row in store.read_after(0, 10, 1000)] == [1198, 1199]
    assert store.prune_through(newest) == 2
    assert store.last_id() == 0
    store.append([_row(1)])
    assert store.last_id() == newest + 1


def test_an_older_copy_put_back_gives_no_id_that_was_taken_already(tmp_path: Path) -> None:
    path, opened_us = tmp_path / "inbox.sqlite3", 1_000
    first = FileStore(path, opened_us)
    first.append([_row(1)])
    copy = path.read_bytes() if first.close() is None else b""
    live = FileStore(path, opened_us)
    live.append([_row(number) for number in range(500)])
    cursor = live.last_id()
    live.close()
    path.write_bytes(copy)
    restored = FileStore(path, opened_us + 1_000_000)
    restored.append([_row(7)])
    assert [row.received_us for row in restored.read_after(cursor, 10, 1000)] == [7]
    restored.close()


def test_a_failed_commit_is_told_and_the_next_one_works(store: Store) -> None:
    with pytest.raises(Exception):  # noqa: B017 (whatever the database says)
        store.append([_row(1), Row(7, "track", None, b"")])  # type: ignore[arg-type]
    store.append([_row(2)])
    assert [row.received_us for row in store.read_after(0, 10, 1000)] == [2]


def test_callers_from_a_loop_and_from_threads_wait_for_the_commit(store: Store) -> None:
    box = Inbox(store)

    async def append_many() -> None:
        await asyncio.gather(*(box.append(1, "page", number, b"{}") for number in range(500)))

    asyncio.run(append_many())
    assert store.count_after(0, 1000) == 500
    threads = [threading.Thread(target=box.append_and_wait, args=(2, "track", n, b"{}")) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.count_after(0, 1000) == 520
    box.close()
    with pytest.raises(inbox.Closed):
        box.append_and_wait(2, "track", 1, b"{}")


class _Slow:
    """A store whose disk has stopped until it is let go on, and may be broken."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Event()
        self.groups: list[int] = []
        self.broken = False

    def append(self, rows: Sequence[Row]) -> None:
        self.begun.set()
        assert self.go.wait(PATIENCE_S)
        self.groups.append(len(rows))
        if self.broken:
            raise OSError("disk full")

    def close(self) -> None:
        pass

    async def wait_for_commit(self) -> None:
        """Wait until a commit has begun, with what had come by then."""
        assert await asyncio.to_thread(self.begun.wait, PATIENCE_S)
        self.begun.clear()


def test_what_queues_during_a_commit_shares_the_next_one() -> None:
    slow = _Slow()
    box = Inbox(slow)  # type: ignore[arg-type]

    async def fill() -> None:
        first = box.append(1, "track", 0, b"{}")
        await slow.wait_for_commit()
        others = [box.append(1, "track", n, b"{}") for n in range(300)]
        assert not any(each.done() for each in [first, *others])
        slow.go.set()
        await asyncio.gather(first, *others)

    asyncio.run(fill())
    assert slow.groups == [1, 300]


def test_a_full_queue_refuses_by_rows_and_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = _Slow()
    box = Inbox(slow)  # type: ignore[arg-type]
    monkeypatch.setattr(inbox, "LONGEST_QUEUE_ROWS", 10)
    monkeypatch.setattr(inbox, "LONGEST_QUEUE_BYTES", 1000)

    async def fill() -> None:
        first = box.append(1, "track", 0, b"")
        await slow.wait_for_commit()
        waiting = [box.append(1, "track", n, b"") for n in range(10)]
        with pytest.raises(inbox.Full):
            box.append(1, "track", 11, b"")
        slow.go.set()
        await asyncio.gather(first, *waiting)
        slow.go.clear()
        slow.begun.clear()
        first = box.append(1, "track", 0, b"x" * 10)
        await slow.wait_for_commit()
        second = box.append(1, "track", 0, b"x" * 1000)
        with pytest.raises(inbox.Full):
            box.append(1, "track", 0, b"x")
        slow.go.set()
        await asyncio.gather(first, second)

    asyncio.run(fill())


def test_a_broken_disk_is_told_to_every_caller_of_the_group() -> None:
    slow = _Slow()
    slow.broken = True
    slow.go.set()
    box = Inbox(slow)  # type: ignore[arg-type]

    async def fill() -> None:
        told = await asyncio.gather(*(box.append(1, "track", n, b"{}") for n in range(5)), return_exceptions=True)
        assert [str(each) for each in told] == ["disk full"] * 5
        slow.broken = False
        await box.append(1, "track", 9, b"{}")

    asyncio.run(fill())


def test_a_new_file_never_starts_below_an_old_one(tmp_path: Path) -> None:
    FileStore(tmp_path / "a", 5_000).append([_row(1)])
    again = FileStore(tmp_path / "a", 2_000)
    again.append([_row(2)])
    assert again.last_id() == 5_001
    fresh = FileStore(tmp_path / "b", 9_000)
    fresh.append([_row(1)])
    assert fresh.last_id() == 9_000


def test_the_file_commits_with_fsync(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "inbox")
    settings = [store._connection().execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert settings == ["wal", 2]


_WRITER = """
import sys
from pathlib import Path
import django; django.setup()
from django.db import connection
from kizuna.tracking.inbox_file import FileStore
from kizuna.tracking.inbox_rows import Row
from kizuna.tracking.inbox_table import TableStore
database, path, writer = sys.argv[1:]
connection.settings_dict["NAME"] = database
store = TableStore() if connection.vendor == "postgresql" else FileStore(Path(path))
for n in range(150):
    store.append([Row(int(writer), "track", n * 3 + k, b"{}") for k in range(3)])
"""


def test_a_reader_never_passes_a_row_of_several_writing_processes(store: Store, tmp_path: Path) -> None:
    """Ids become visible in order, so a cursor that moves to the newest id misses nothing."""
    words = [str(connection.settings_dict["NAME"]), str(tmp_path / "inbox.sqlite3")]
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, *words, str(number)]) for number in range(4)]
    position, seen = 0, []
    deadline = time.monotonic() + PATIENCE_S
    while len(seen) < 1800 and time.monotonic() < deadline:
        rows = store.read_after(position, 500, 10_000_000)
        seen += [(row.source_id, row.received_us) for row in rows]
        position = rows[-1].id if rows else position
    assert [writer.wait(PATIENCE_S) for writer in writers] == [0] * 4
    assert len(seen) == len(set(seen)) == 1800


_ENDLESS = """
import sys
from pathlib import Path
from kizuna.tracking.inbox_file import FileStore
from kizuna.tracking.inbox_rows import Row
store, number = FileStore(Path(sys.argv[1])), 0
while True:
    store.append([Row(7, "track", number, b"{}")])
    print(number, flush=True)
    number += 1
"""


def test_a_writer_killed_at_any_moment_leaves_a_sound_file(tmp_path: Path) -> None:
    for round_ in range(3):
        path = tmp_path / f"inbox{round_}"
        writer = subprocess.Popen([sys.executable, "-c", _ENDLESS, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(200 + 77 * round_)]
        writer.kill()
        lines += writer.stdout.readlines()
        writer.wait()
        newest = int([line for line in lines if line.endswith("\n")][-1])
        with sqlite3.connect(path) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            stored = [row[0] for row in file.execute("SELECT received_us FROM inbox ORDER BY id")]
        assert stored == list(range(len(stored)))
        assert len(stored) > newest


def test_a_body_is_put_in_the_place_of_another(store: Store) -> None:
    store.append([_row(number) for number in range(3)])
    first = store.last_id() - 2
    store.rewrite({first + 1: b"struck", first + 9: b"nobody"})
    assert [row.body.strip() for row in store.read_after(0, 10, 1000)] == [b"0", b"struck", b"2"]
    assert store.last_id() == first + 2
