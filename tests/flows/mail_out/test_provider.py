"""Mail through a provider's API, spoken to for real on this machine: taken, asked to wait, refused, gone silent."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from kizuna.config import environment
from kizuna.conversations import outgoing
from kizuna.conversations.models import Outgoing
from kizuna.conversations.outgoing import SendState
from kizuna.flows.mail_out import fleet, pumping
from kizuna.flows.mail_out.sending import Terms
from tests.flows.mail_out.conftest import Desk
from tests.shops.making import NOW

ANNA = "anna@customer.example"


class Provider(BaseHTTPRequestHandler):
    """Answers as Postmark does."""

    taken: list[dict[str, Any]] = []
    status = 200

    def do_POST(self) -> None:
        """Take a mail."""
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Provider.taken.append(told)
        if not Provider.status:
            self.connection.close()
            return
        good = {"ErrorCode": 0, "Message": "OK", "MessageID": "p-1", "To": told["To"], "SubmittedAt": "2026-03-01"}
        bad = {"ErrorCode": 300, "Message": "Invalid email request"}
        body = json.dumps(good if Provider.status == 200 else bad).encode()
        self.send_response(Provider.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


@pytest.fixture
def provider(settings: Any, tmp_path: Path) -> Iterator[type[Provider]]:
    """A provider, and an installation that sends through it as its address says."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Provider.taken, Provider.status = [], 200
    api = quote(f"http://127.0.0.1:{server.server_port}/", safe="")
    url = f"anymail+postmark://?server_token=secret&api_url={api}"
    read = environment.read({"KIZUNA_HOME": str(tmp_path), "KIZUNA_EMAIL_URL": url})
    settings.MAILERS = environment.mailers(read)
    yield Provider
    fleet.close()
    server.shutdown()
    server.server_close()


def _state(desk: Desk, message_id: int) -> str:
    return outgoing.states(desk.shop.pk, [message_id])[message_id].state


def test_a_mail_goes_through_the_provider_with_its_thread_and_its_name(desk: Desk, provider: type[Provider]) -> None:
    desk.hear(ANNA, "Does it whistle?", "one@customer.example", "Kettle")
    message = desk.write(ANNA, "It does.", subject="")
    pumping.send_due(NOW)
    (told,) = provider.taken
    row = Outgoing.objects.get(message=message)
    assert (row.state, row.provider_id) == (SendState.SENT, "p-1")
    headers = {each["Name"]: each["Value"] for each in told["Headers"]}
    assert headers["Message-ID"] == f"<{row.mail_id}>"
    assert headers["In-Reply-To"] == "<one@customer.example>"
    assert told["Metadata"] == {"kizuna": row.public_id.hex}
    assert "It does." in told["TextBody"]


def test_what_the_provider_refuses_or_delays_is_told_as_it_is(desk: Desk, provider: type[Provider]) -> None:
    provider.status = 429
    later = desk.write(ANNA)
    pumping.send_due(NOW)
    assert _state(desk, later.pk) == SendState.QUEUED
    provider.status = 422
    refused = desk.write(ANNA)
    pumping.send_due(NOW)
    assert _state(desk, refused.pk) == SendState.FAILED
    provider.status = 200
    pumping.send_due(NOW + timedelta(minutes=5))
    assert _state(desk, later.pk) == SendState.SENT


def test_a_provider_that_goes_silent_leaves_doubt(desk: Desk, provider: type[Provider]) -> None:
    provider.status = 0
    answer, marketing = desk.write(ANNA), desk.write(ANNA, terms=Terms(marketing=True))
    pumping.send_due(NOW)
    assert (_state(desk, answer.pk), _state(desk, marketing.pk)) == (SendState.QUEUED, SendState.UNCERTAIN)


def test_a_provider_that_is_away_leaves_none(desk: Desk, provider: type[Provider], settings: Any) -> None:
    settings.MAILERS["default"]["OPTIONS"]["api_url"] = "http://127.0.0.1:1/"
    marketing = desk.write(ANNA, terms=Terms(marketing=True))
    pumping.send_due(NOW)
    assert _state(desk, marketing.pk) == SendState.QUEUED
    assert "cannot be reached" in Outgoing.objects.get(message=marketing).detail


@pytest.mark.parametrize("url", ["anymail+nobody://", "anymail+../x://", "ftp://mail.example", "smtp://"])
def test_a_way_out_that_is_none_is_named(tmp_path: Path, url: str) -> None:
    read = environment.read({"KIZUNA_HOME": str(tmp_path), "KIZUNA_EMAIL_URL": url})
    with pytest.raises(environment.BadSetting, match="KIZUNA_EMAIL_URL"):
        environment.mailers(read)
