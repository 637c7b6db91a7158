"""kill -9 of the server while mail comes in by LMTP: nothing acknowledged is lost, nothing is taken twice."""

import itertools
import os
import random
import signal
import smtplib
import sqlite3
import threading
import time

from tests.conftest import LONG, need
from tests.journeys.conftest import LiveKizuna, Serve
from tests.processes import PATIENCE_S, reserved_port, wait_until

ROUNDS = 20 if LONG else 1
SENDERS = 3
_ADDRESS = (
    "from kizuna.conversations import teams; from kizuna.shops import tenants;"
    "team = teams.ensure_default(tenants.get_shop('shop').pk); team.address = 'care@shop.example'; team.save()"
)


class _Relay(threading.Thread):
    """Hands over mails one after another; one that was not acknowledged is handed over again, as mail servers do."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[str] = []
        self.refused: list[tuple[int, bytes]] = []
        self.again = 0
        self.stop = threading.Event()
        self._port, self._number = port, number

    def run(self) -> None:
        """Hand over until told to stop."""
        for turn in itertools.count():
            name = f"{self._number}.{turn}"
            while not self._hand_over(name):
                if self.stop.is_set():
                    return
                self.again += 1
                time.sleep(0.05)
            self.acknowledged.append(name)
            if self.stop.is_set():
                return

    def _hand_over(self, name: str) -> bool:
        head = f"From: c{self._number}@example.com\r\nTo: care@shop.example\r\nMessage-ID: <{name}@example.com>\r\n"
        raw = f"{head}Subject: Mail {name}\r\n\r\nText of {name}\r\n"
        try:
            with smtplib.LMTP("127.0.0.1", self._port, local_hostname="relay", timeout=PATIENCE_S) as link:
                link.sendmail(f"c{self._number}@example.com", ["care@shop.example"], raw)
        except smtplib.SMTPResponseException as problem:
            if problem.smtp_code >= 500:
                self.refused.append((problem.smtp_code, problem.smtp_error))
            return False
        except smtplib.SMTPRecipientsRefused as problem:
            self.refused += [answer for answer in problem.recipients.values() if answer[0] >= 500]
            return False
        except (OSError, smtplib.SMTPException):
            return False
        return True


def _read(live: LiveKizuna, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(live.home / "kizuna.sqlite3", timeout=60) as database:
        return database.execute(sql).fetchall()


def test_nothing_acknowledged_is_lost_and_nothing_is_taken_twice(serve: Serve) -> None:
    need(not os.environ.get("KIZUNA_DATABASE_URL"), "the tables are read from SQLite's file")
    with reserved_port() as port:
        live = serve(KIZUNA_LMTP=f"127.0.0.1:{port}")
        live.create_shop()
        live.python(_ADDRESS)
        relays = [_Relay(port, number) for number in range(SENDERS)]
        for relay in relays:
            relay.start()
        chance, known = random.Random(7), 0
        for _ in range(ROUNDS):
            wait_until(lambda least=known: sum(len(each.acknowledged) for each in relays) > least + 20)
            time.sleep(chance.uniform(0.05, 0.6))
            assert live.stop(signal.SIGKILL) == -signal.SIGKILL
            known = sum(len(each.acknowledged) for each in relays)
            live.start()
        wait_until(lambda: sum(len(each.acknowledged) for each in relays) > known + 20)
        for relay in relays:
            relay.stop.set()
        for relay in relays:
            relay.join(PATIENCE_S)
        waiting = "SELECT count(*) FROM conversations_rawmail WHERE state = 'pending'"
        wait_until(lambda: _read(live, waiting) == [(0,)], describe=lambda: f"mail still waits\n{live.said()[-2000:]}")
        acknowledged = {name for relay in relays for name in relay.acknowledged}
        stored = [row[0] for row in _read(live, "SELECT subject FROM conversations_message WHERE direction = 'in'")]
        assert [refusal for relay in relays for refusal in relay.refused] == []
        assert {f"Mail {name}" for name in acknowledged} - set(stored) == set()
        assert len(stored) == len(set(stored))
        facts = _read(live, "SELECT count(*) FROM tracking_fact WHERE name = 'Email Received'")
        assert facts == [(len(stored),)]
        assert _read(live, "SELECT count(*) FROM conversations_rawmail WHERE state = 'quarantined'") == [(0,)]
        assert sum(relay.again for relay in relays) > 0, "no relay was ever interrupted"
