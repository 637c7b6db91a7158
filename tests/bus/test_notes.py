"""The bus: a note reaches every subscriber of its channel, in this process and in others, and nobody else."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from kizuna.bus import notes
from kizuna.bus.models import Note
from tests.processes import PATIENCE_S, make_variables

_PUBLISH = """
import sys
import django; django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from kizuna.bus import notes
for n in range(int(sys.argv[2])):
    notes.publish("shop:1:moves", {"n": n, "from": "elsewhere"})
"""


@pytest.fixture(autouse=True)
def _end_reader() -> Iterator[None]:
    yield
    notes.close()


async def _collect(channels: list[str], count: int, publish: Any) -> list[notes.Heard]:
    found: list[notes.Heard] = []
    async with notes.subscribe(channels) as heard:
        await asyncio.to_thread(publish)
        async with asyncio.timeout(PATIENCE_S):
            async for note in heard:
                found.append(note)
                if len(found) == count:
                    break
    return found


def _publish_and_close(*sent: tuple[str, dict[str, Any]]) -> None:
    for channel, body in sent:
        notes.publish(channel, body)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_notes_reach_the_subscribers_of_their_channel_in_order() -> None:
    sent = [(f"shop:{n % 2}:moves", {"n": n, "text": "é🫖"}) for n in range(20)]
    found = asyncio.run(_collect(["shop:1:moves"], 10, lambda: _publish_and_close(*sent)))
    assert [each.body for each in found] == [{"n": n, "text": "é🫖"} for n in range(1, 20, 2)]
    assert [each.id for each in found] == sorted(each.id for each in found)


@pytest.mark.django_db(transaction=True)
def test_nothing_published_before_is_heard_and_nothing_rolled_back() -> None:
    notes.publish("shop:1:moves", {"n": "before"})

    def publish() -> None:
        with transaction.atomic():
            notes.publish("shop:1:moves", {"n": "undone"})
            transaction.set_rollback(True)
        _publish_and_close(("shop:1:moves", {"n": "after"}))

    found = asyncio.run(_collect(["shop:1:moves"], 1, publish))
    assert [each.body["n"] for each in found] == ["after"]


@pytest.mark.django_db(transaction=True)
def test_a_slow_subscriber_is_told_that_it_fell_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber = notes._Subscriber(frozenset({"c"}), asyncio.new_event_loop(), asyncio.Queue(3))
    for number in range(5):
        subscriber.hear(notes.Heard(number, "c", {}))

    async def read() -> None:
        async for _ in subscriber.listen():
            pass

    with pytest.raises(notes.FellBehind):
        subscriber.loop.run_until_complete(read())
    subscriber.loop.close()


@pytest.mark.django_db(transaction=True)
def test_old_notes_are_pruned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "KEPT", 10)
    Note.objects.bulk_create([Note(pk=pk, channel="c", body="{}") for pk in range(100, 200)])
    Note.objects.bulk_create([Note(pk=pk, channel="c", body="{}") for pk in range(100_490, 100_500)])
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval(pg_get_serial_sequence('bus_note', 'id'), 100499)")
    notes.publish("c", {})
    assert Note.objects.count() == 11


def test_notes_of_other_processes_arrive_quickly(tmp_path: Any) -> None:
    """Over a real database: a file under SQLite, the server under PostgreSQL."""
    script = (
        "import asyncio, subprocess, sys, time\n"
        "from django.core.management import call_command\n"
        "from django.db import connection\n"
        "from kizuna.bus import notes\n"
        "call_command('migrate', verbosity=0)\n"
        f"publisher = [sys.executable, '-c', {_PUBLISH!r}, str(connection.settings_dict['NAME']), '50']\n"
        "async def listen():\n"
        "    async with notes.subscribe(['shop:1:moves']) as heard:\n"
        "        process = subprocess.Popen(publisher)\n"
        "        found = []\n"
        f"        async with asyncio.timeout({PATIENCE_S}):\n"
        "            async for note in heard:\n"
        "                found.append(note.body['n'])\n"
        "                if len(found) == 50: break\n"
        "        process.wait()\n"
        "        print(found == list(range(50)))\n"
        "asyncio.run(listen())\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "kizuna", "shell", "--no-imports", "-v", "0", "-c", script],
        env=make_variables(tmp_path),
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=False,
    )
    assert done.stdout.split()[-1:] == ["True"], done.stderr
