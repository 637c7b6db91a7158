"""kill -9 of the server while events pour in: nothing acknowledged is lost, and what is sent again is kept once."""

import base64
import http.client
import itertools
import json
import random
import signal
import sqlite3
import threading
import time
import urllib.request
from urllib.parse import urlsplit

from tests.conftest import LONG
from tests.journeys.captured import read_events
from tests.journeys.conftest import LiveKizuna, Serve
from tests.processes import PATIENCE_S, wait_until

ROUNDS = 20 if LONG else 3
SENDERS = 6


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


def _pour_and_kill(live: LiveKizuna, key: str) -> list[_Sender]:
    """Keep senders busy while the server is killed and started again, round after round."""
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


def _read_facts(live: LiveKizuna) -> list[str]:
    with sqlite3.connect(live.home / "kizuna.sqlite3") as database:
        return [row[0] for row in database.execute("SELECT message_id FROM tracking_fact")]


def _lag(live: LiveKizuna) -> int:
    with urllib.request.urlopen(f"{live.url}/healthz", timeout=PATIENCE_S) as answer:
        return int(json.load(answer)["inbox_lag"])


def test_nothing_is_lost_or_doubled_on_the_way_to_facts(serve: Serve) -> None:
    """The same with everything in one process, so that the worker dies in the middle of its transactions too."""
    live = serve()
    live.create_shop()
    senders = _pour_and_kill(live, live.create_source())
    acknowledged = set().union(*(sender.acknowledged for sender in senders))
    wait_until(lambda: _lag(live) == 0, describe=lambda: "the inbox is not worked off")
    facts = _read_facts(live)
    assert len(acknowledged) > 100 * ROUNDS
    assert acknowledged - set(facts) == set()
    assert len(facts) == len(set(facts))
