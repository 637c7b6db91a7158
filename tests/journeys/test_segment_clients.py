"""The real Segment clients deliver an unchanged program's events: Python, Node, and the browser one in Chromium."""

import functools
import json
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.conftest import need
from tests.journeys.captured import read_events
from tests.journeys.conftest import LiveKizuna, Serve, open_window
from tests.journeys.segment_clients import find_node_modules
from tests.processes import PATIENCE_S, wait_until

ONE_OF_EACH = dict.fromkeys(["identify", "page", "screen", "group", "alias"], 1)


@pytest.fixture
def capture(serve: Serve) -> LiveKizuna:
    """A capture process, whose inbox nobody empties."""
    live = serve(KIZUNA_ROLES="capture")
    live.create_shop()
    return live


@pytest.mark.parametrize("gzip", [False, True])
def test_python(capture: LiveKizuna, gzip: bool) -> None:
    from segment.analytics.client import Client

    client = Client(capture.create_source(), host=capture.url, gzip=gzip, max_retries=2)
    failures: list[object] = []
    client.on_error = lambda problem, batch: failures.append(problem)
    client.identify("17850", {"email": "ada@example.org"})
    client.track("17850", "Order Completed", {"order_id": "536365", "total": 139.12, "currency": "GBP"})
    client.page("17850", "Shop", "Kettles", {"url": "https://shop.example/kettles"})
    client.screen("17850", "Shop", "Kettles")
    client.group("17850", "company", {"plan": "gold"})
    client.alias("anonymous", "17850")
    for number in range(300):
        client.track(anonymous_id=f"visitor {number}", event="Product Viewed", properties={"note": "🫖 עברית"})
    client.shutdown()
    assert failures == []
    stored = read_events(capture)
    assert len(stored) == 306
    assert Counter(event["type"] for _, event in stored) == {"track": 301, **ONE_OF_EACH}
    assert len({event["messageId"] for _, event in stored}) == 306
    assert {call for call, _ in stored} == {"batch"}


def test_python_keeps_what_a_restarting_server_did_not_take(capture: LiveKizuna) -> None:
    from segment.analytics.client import Client

    client = Client(capture.create_source(), host=capture.url, max_retries=12, upload_size=10)
    capture.stop()
    for number in range(50):
        client.track("17850", "Product Viewed", {"number": number})
    wait_until(lambda: client.queue.qsize() < 50, describe=lambda: "the client sent nothing while nobody answered")
    capture.start()
    client.shutdown()
    numbers = [event["properties"]["number"] for _, event in read_events(capture)]
    assert sorted(set(numbers)) == list(range(50))


_NODE = """
const { Analytics } = require('@segment/analytics-node')
const [writeKey, host] = process.argv.slice(1)
const analytics = new Analytics({ writeKey, host, path: '/v1/batch', flushAt: 20 })
const failures = []
analytics.on('error', (failure) => failures.push(String(failure.reason || failure)))
analytics.identify({ userId: '17850', traits: { email: 'ada@example.org' } })
analytics.page({ anonymousId: 'a', name: 'Kettles' })
analytics.screen({ anonymousId: 'a', name: 'Kettles' })
analytics.group({ userId: '17850', groupId: 'company' })
analytics.alias({ userId: '17850', previousId: 'a' })
for (let number = 0; number < 100; number++) {
  analytics.track({ userId: '17850', event: 'Product Viewed', properties: { number, half: '\\ud83e' } })
}
analytics.closeAndFlush().then(() => console.log(JSON.stringify(failures)))
"""


def test_node(capture: LiveKizuna) -> None:
    need(shutil.which("node") is not None, "no Node.js")
    modules = find_node_modules()
    command = ["node", "-e", _NODE, capture.create_source(), capture.url]
    done = subprocess.run(command, cwd=modules.parent, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert json.loads(done.stdout) == [], done.stderr
    stored = read_events(capture)
    assert Counter(event["type"] for _, event in stored) == {"track": 100, **ONE_OF_EACH}


@contextmanager
def _another_site(folder: Path) -> Iterator[str]:
    """A shop's own site on another origin, with the client's files and pages of ours."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


_PAGE = """<!doctype html><title>Kettles</title><script src="umd/index.js"></script><script>
const [analytics] = [AnalyticsNext.AnalyticsBrowser.load({ writeKey: KEY, cdnURL: CDN }, {
  integrations: { 'Segment.io': { apiHost: HOST, protocol: 'http', deliveryStrategy: STRATEGY } } })]
analytics.page('Shop', 'Kettles')
analytics.identify('17850', { email: 'ada@example.org' })
analytics.track('Product Viewed', { product_id: 'K-1', name: '🫖' })
analytics.group('company')
analytics.screen('Kettles')
analytics.alias('17850', '17850')
Promise.all([1, 2, 3].map((number) => analytics.track('Product Clicked', { number })))
  .then(() => { document.title = 'sent' })
</script>"""


@pytest.mark.parametrize("strategy", ["single", "batching"])
def test_browser(capture: LiveKizuna, browser: Browser, tmp_path: Path, strategy: str) -> None:
    modules = find_node_modules()
    site = tmp_path / "site"
    site.mkdir()
    (site / "umd").symlink_to(modules / "@segment" / "analytics-next" / "dist" / "umd")
    plan = {"strategy": "batching", "config": {"size": 4, "timeout": 300}} if strategy == "batching" else {}
    page_text = (
        _PAGE.replace("KEY", json.dumps(capture.create_source(kind="browser")))
        .replace("CDN", json.dumps(capture.url))
        .replace("HOST", json.dumps(f"{urlsplit(capture.url).netloc}/v1"))
        .replace("STRATEGY", json.dumps(plan))
    )
    (site / "index.html").write_text(f'<meta charset="utf-8">{page_text}')
    with _another_site(site) as origin:
        context = open_window(browser)
        page = context.new_page()
        page.goto(f"{origin}/index.html")
        page.wait_for_function("document.title === 'sent'")
        wait_until(lambda: len(read_events(capture)) >= 9, page.wait_for_timeout)
        context.close()
    stored = read_events(capture)
    assert Counter(event["type"] for _, event in stored) == {"track": 4, **ONE_OF_EACH}
    assert len({event["messageId"] for _, event in stored}) == 9
    assert {call == "batch" for call, _ in stored} == {strategy == "batching"}
    assert {event["context"]["page"]["path"] for _, event in stored} == {"/index.html"}
