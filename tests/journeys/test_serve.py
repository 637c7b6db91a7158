"""Serving: one process answers health, capture and pages, and ends cleanly and at once when told to."""

import json
import signal
import sqlite3
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import LiveKizuna, Serve
from tests.processes import PATIENCE_S, wait_until

SLOW_END = "is not done"


def _post(url: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(url, body, headers or {}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def _count_rows(home: Path) -> int:
    with sqlite3.connect(home / "inbox.sqlite3") as inbox:
        return int(inbox.execute("SELECT count(*) FROM inbox").fetchone()[0])


def test_health_names_database_inbox_and_worker(live_kizuna: LiveKizuna) -> None:
    def measure() -> dict[str, Any]:
        with urllib.request.urlopen(f"{live_kizuna.url}/healthz") as answer:
            return dict(json.load(answer))

    wait_until(lambda: measure()["inbox_lag"] == 0 and measure()["worker_seconds_ago"] < 30)
    assert measure()["database"] == "ok"


def test_an_acknowledged_event_is_in_the_inbox_and_a_revoked_key_stops(live_kizuna: LiveKizuna) -> None:
    live_kizuna.create_shop("capture")
    key = live_kizuna.create_source("capture")
    event = json.dumps({"type": "track", "event": "x", "userId": "1", "messageId": "m", "writeKey": key}).encode()
    assert _post(f"{live_kizuna.url}/v1/track", event) == (200, b'{"success": true}')
    live_kizuna.python(
        "from django.utils import timezone; from kizuna.shops import sources, tenants;"
        "shop = tenants.get_shop('capture');"
        "own = [s for s in sources.list_sources(shop) if s.kind == 'server'][0];"
        "sources.revoke_source(shop, own.public_id, timezone.now())"
    )
    wait_until(lambda: _post(f"{live_kizuna.url}/v1/track", event)[0] == 401)  # how soon: tests/web/capture/test_keys


def test_sigterm_ends_cleanly_and_keeps_what_was_acknowledged(serve: Serve) -> None:
    live = serve()
    live.create_shop()
    key = live.create_source()
    assert _post(f"{live.url}/v1/batch", json.dumps({"batch": [{}], "writeKey": key}).encode())[0] == 200
    assert live.stop(signal.SIGTERM) == 0
    assert SLOW_END not in live.said()
    assert _count_rows(live.home) <= 1  # moved on already, or still there
    live.start()
    assert live.is_healthy()


def test_a_capture_process_serves_no_pages_and_a_web_process_no_capture(serve: Serve) -> None:
    capture = serve("a", KIZUNA_ROLES="capture")
    assert _post(f"{capture.url}/v1/m", b"{}")[0] == 200
    with pytest.raises(urllib.error.HTTPError) as absent:
        urllib.request.urlopen(f"{capture.url}/account/login/")
    assert absent.value.code == 404
    web = serve("b", KIZUNA_ROLES="web")
    assert _post(f"{web.url}/v1/m", b"{}")[0] in {403, 404}
