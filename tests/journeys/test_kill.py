"""kill -9 of the server while events pour in: nothing acknowledged is lost, and what is sent again is kept once.

A backup taken meanwhile is whole as well: restored, it knows all that was acknowledged before it, and its sums agree.
"""

import base64
import http.client
import itertools
import json
import random
import shutil
import signal
import sqlite3
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tests.conftest import LONG
from tests.journeys.captured import read_events
from tests.journeys.conftest import LiveKizuna, Serve
from tests.processes import PATIENCE_S, wait_until

ROUNDS = 20 if LONG else 3
SENDERS = 6
WORK_OFF = """
from datetime import UTC, datetime
from django.core.management import call_command
from kizuna.flows import ingest
from kizuna.tracking import inbox
while ingest.take_pending(inbox.open_inbox(), datetime.now(UTC)):
    pass
call_command("recompute", shop="shop", verify=True)
"""


class _Sender(threading.Thread):
    """Sends events one after another or in batches; one that was not acknowledged is sent again, as clients do."""

    def __init__(self, live: LiveKizuna, key: str, number: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged: set[str] = set()
        self.again = 0
        self.problem = ""
        self.stop = threading.Event()
        self._netloc = urlsplit(live.url).netloc
        self._headers = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
        self._batch = number % 2 == 1
        self._ids = (f"{number}-{each}" for each in itertools.count())

    def run(self) -> None:
        """Send until told to stop."""
        while not self.stop.is_set():
            ids = [next(self._ids) for _ in range(25 if self._batch else 1)]
            events = [
                {"type": "track", "event": "Product Viewed", "anonymousId": f"a{each}", "messageId": each}
                for each in ids
            ]
            body = json.dumps({"batch": events} if self._batch else events[0])
            while not self._send("/v1/batch" if self._batch else "/v1/track", body):
                if self.stop.is_set():
                    return
                self.again += 1
                time.sleep(0.05)
            self.acknowledged.update(ids)

    def _send(self, path: str, body: str) -> bool:
        link = http.client.HTTPConnection(self._netloc, timeout=PATIENCE_S)
        try:
            link.request("POST", path, body, self._headers)
            answer = link.getresponse()
            stored = answer.status == 200 and answer.read() == b'{"success": true}'
            if not (stored or answer.status >= 500 or answer.status == 429):
                self.problem = f"refused with {answer.status}"
        except (OSError, http.client.HTTPException):
            return False
        else:
            return stored
        finally:
            link.close()


def _pour_and_kill(
    live: LiveKizuna, key: str, meanwhile: Callable[[list[_Sender]], object] = lambda _: None
) -> list[_Sender]:
    """Keep senders busy while the server is killed and started again, round after round; then do something else too."""
    chance = random.Random(9)
    known = 0
    senders = [_Sender(live, key, number) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    for _ in range(ROUNDS):
        _wait_for_more(senders, known)
        time.sleep(chance.uniform(0.1, 0.9))
        assert live.stop(signal.SIGKILL) == -signal.SIGKILL
        known = _count(senders)
        live.start()
    _wait_for_more(senders, known)
    meanwhile(senders)
    for sender in senders:
        sender.stop.set()
    for sender in senders:
        sender.join(PATIENCE_S)
        assert not sender.is_alive()
        assert not sender.problem
    return senders


def _count(senders: list[_Sender]) -> int:
    return sum(len(sender.acknowledged) for sender in senders)


def _wait_for_more(senders: list[_Sender], known: int) -> None:
    """Wait until the server works at full flow: a kill must find it in the middle."""
    wait_until(lambda: _count(senders) > known + 100, describe=lambda: "no events were acknowledged")


def test_nothing_acknowledged_is_lost(serve: Serve) -> None:
    live = serve(KIZUNA_ROLES="capture")
    live.create_shop()
    senders = _pour_and_kill(live, live.create_source())
    acknowledged = set().union(*(sender.acknowledged for sender in senders))
    stored = [event["messageId"] for _, event in read_events(live)]
    assert len(acknowledged) > 100 * ROUNDS
    assert sum(sender.again for sender in senders) > 0, "no sender was ever interrupted"
    assert acknowledged - set(stored) == set()
    with sqlite3.connect(live.home / "inbox.sqlite3") as inbox:
        assert inbox.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _read_facts(home: Path) -> list[str]:
    with sqlite3.connect(home / "kizuna.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [row[0] for row in database.execute("SELECT message_id FROM tracking_fact")]


def _lag(live: LiveKizuna) -> int:
    with urllib.request.urlopen(f"{live.url}/healthz", timeout=PATIENCE_S) as answer:
        return int(json.load(answer)["inbox_lag"])


def _check_restored(live: LiveKizuna, backup: Path, home: Path, known: set[str]) -> None:
    """Put the backup into an empty home folder, work off its inbox, and let the sums prove themselves."""
    assert {path.name for path in backup.iterdir()} >= {"backup.json", "inbox.sqlite3", "kizuna.sqlite3", "secret.key"}
    shutil.copytree(backup, home)
    restored = LiveKizuna(live.url, home, {**live.variables, "KIZUNA_HOME": str(home)})
    said = restored.manage("shell", "--no-imports", "-v", "0", "-c", WORK_OFF)
    assert "Everything agrees." in said
    facts = _read_facts(home)
    assert known - set(facts) == set()
    assert len(facts) == len(set(facts))


def test_nothing_is_lost_or_doubled_on_the_way_to_facts(serve: Serve, tmp_path: Path) -> None:
    """The same with everything in one process, so that the worker dies in the middle of its transactions too."""
    live = serve()
    live.create_shop()
    known: set[str] = set()

    def back_up(senders: list[_Sender]) -> None:
        known.update(*(sender.acknowledged.copy() for sender in senders))
        live.manage("backup", str(tmp_path / "backup"))

    senders = _pour_and_kill(live, live.create_source(), back_up)
    acknowledged = set().union(*(sender.acknowledged for sender in senders))
    wait_until(lambda: _lag(live) == 0, describe=lambda: "the inbox is not worked off")
    facts = _read_facts(live.home)
    assert len(acknowledged) > 100 * ROUNDS
    assert acknowledged - set(facts) == set()
    assert len(facts) == len(set(facts))
    live.stop()
    _check_restored(live, tmp_path / "backup", tmp_path / "restored", known)
