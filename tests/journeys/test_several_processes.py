"""PostgreSQL and several processes by settings alone: two for capture, one for pages and streams, one worker."""

import base64
import http.client
import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import need
from tests.journeys.conftest import LiveKizuna, Serve
from tests.journeys.test_live_stream import log_in, open_stream, publish, read_event
from tests.postgres import find_binaries, running_cluster
from tests.processes import PATIENCE_S, make_variables, wait_until


@pytest.fixture
def address() -> Iterator[str]:
    """A throw-away PostgreSQL."""
    binaries = find_binaries()
    need(binaries is not None, "no PostgreSQL server on this machine")
    assert binaries is not None
    with running_cluster(binaries) as url:
        yield url


def _send(live: LiveKizuna, key: str, numbers: range) -> int:
    events = [{"type": "track", "event": "x", "anonymousId": "a", "messageId": str(number)} for number in numbers]
    token = base64.b64encode(f"{key}:".encode()).decode()
    request = urllib.request.Request(
        f"{live.url}/v1/batch", json.dumps({"batch": events}).encode(), {"Authorization": f"Basic {token}"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return int(answer.status)


def _start_together(serve: Serve, address: str) -> list[LiveKizuna]:
    """All four start on an empty database at the same moment; one of them migrates."""
    roles = {"c1": "capture", "c2": "capture", "web": "web", "work": "worker"}
    secret = {"KIZUNA_DATABASE_URL": address, "KIZUNA_SECRET_KEY": "the same everywhere"}
    with ThreadPoolExecutor(len(roles)) as together:
        return list(together.map(lambda name: serve(name, KIZUNA_ROLES=roles[name], **secret), roles))


def test_capture_and_streams_work_across_processes(serve: Serve, address: str) -> None:
    first, second, web, _ = _start_together(serve, address)
    web.create_shop("tea")
    key = web.create_source("tea")
    with ThreadPoolExecutor(8) as senders:
        jobs = [
            senders.submit(_send, (first, second)[number % 2], key, range(number * 10, number * 10 + 10))
            for number in range(60)
        ]
        assert {job.result() for job in jobs} == {200}
    with open_stream(web, "tea", log_in(web, "tea")) as answer:
        assert answer.status == 200
        answer.readline()
        threading.Thread(target=publish, args=(first, "tea", "moves", {"customers": ["c"]})).start()
        assert json.loads(read_event(answer)["data"]) == {"customers": ["c"]}
    wait_until(lambda: json.loads(_get(web, "/healthz"))["worker_seconds_ago"] < 30)
    assert json.loads(_get(web, "/healthz"))["database"] == "ok"


def test_a_worker_may_be_the_first_process_of_an_empty_installation(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kizuna", "worker"],
        env=make_variables(tmp_path, KIZUNA_DATABASE_URL=""),
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        try:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "worker started\n"
            worker.terminate()
            assert worker.wait(PATIENCE_S) == 0
        finally:
            worker.kill()


def _get(live: LiveKizuna, path: str) -> bytes:
    link = http.client.HTTPConnection(live.url.removeprefix("http://"), timeout=PATIENCE_S)
    link.request("GET", path)
    content = link.getresponse().read()
    link.close()
    return content
