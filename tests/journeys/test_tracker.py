"""kizuna.js in real Chromium on a shop's own origin under a strict policy: nothing lost, nothing sent unasked."""

import json
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.conftest import ROOT, LiveKizuna, open_window
from tests.journeys.segment_clients import find_node_modules
from tests.processes import PATIENCE_S, wait_until

# A headless browser says so, and is dropped as the robot it is; a shopper's does not.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
SHOP_SCRIPT = """
(window.kizuna ||= []).push(["identify", "K-7", { name: "Ada 絆" }]);
kizuna.push(["product", { sku: "T-1", name: "Tea", price: 9.5 }], ["cart.add", { sku: "T-1", quantity: 2 }]);
"""


class Site:
    """A shop's site on another origin: one page, whose tag and policy a test chooses."""

    def __init__(self, live: LiveKizuna, key: str) -> None:
        self.live, self.key = live, key
        self.attributes, self.script = "", ""
        site = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_script = self.path.startswith("/shop.js")
                body = (site.script if is_script else site.html()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/javascript" if is_script else "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", site.policy())
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def html(self) -> str:
        tag = f'<script src="{self.live.url}/kizuna.js" data-write-key="{self.key}" {self.attributes} async></script>'
        return f'<!doctype html><html lang="en"><title>Tea</title><script src="/shop.js"></script>{tag}<h1>Tea</h1>'

    def policy(self) -> str:
        host = urlsplit(self.live.url).netloc
        return f"default-src 'none'; script-src 'self' {host}; connect-src {host}; require-trusted-types-for 'script'"


@pytest.fixture(scope="module")
def shop(live_kizuna: LiveKizuna) -> LiveKizuna:
    live_kizuna.create_shop("tea")
    return live_kizuna


@pytest.fixture
def site(shop: LiveKizuna, request: pytest.FixtureRequest) -> Iterator[Site]:
    made = Site(shop, shop.create_source("tea", "browser", request.node.name[:80]))
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = open_window(browser, user_agent=AGENT)
    yield opened
    opened.close()


def arrived(site: Site) -> list[dict[str, Any]]:
    """What of this site's events was taken, in order, each with what became of it."""
    with closing(sqlite3.connect(f"file:{site.live.home}/kizuna.sqlite3?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT a.body, a.outcome, a.name FROM tracking_arrival a JOIN shops_source s ON s.id = a.source_id"
            " WHERE s.key_prefix = substr(?, 1, length(s.key_prefix)) AND s.key_prefix <> '' ORDER BY a.id",
            (site.key,),
        ).fetchall()
    return [{**json.loads(body), "outcome": outcome, "name": name} for body, outcome, name in rows]


def names(site: Site) -> list[str]:
    return [event["name"] for event in arrived(site) if event["outcome"] == "accepted"]


def outbox(page: Page) -> int:
    return int(page.evaluate("Object.keys(localStorage).filter((key) => key.includes('.e.')).length"))


def opened(context: BrowserContext, site: Site, path: str = "/") -> Page:
    page = context.new_page()
    page.goto(f"{site.url}{path}")
    page.wait_for_function("window.kizuna && !Array.isArray(window.kizuna)")
    return page


def test_queue_campaign_and_strict_policy(context: BrowserContext, site: Site) -> None:
    site.script = SHOP_SCRIPT
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{site.url}/?utm_source=letter&utm_campaign=spring")
    wait_until(lambda: len(arrived(site)) >= 4, page.wait_for_timeout)
    assert names(site) == ["Customer Identified", "Product Viewed", "Product Added", "Page Viewed"]
    events = arrived(site)
    assert {event["userId"] for event in events} == {"K-7"}
    assert len({event["anonymousId"] for event in events}) == 1
    assert len({event["messageId"] for event in events}) == 4
    assert events[0]["traits"] == {"name": "Ada 絆"}
    assert events[3]["context"]["campaign"] == {"source": "letter", "name": "spring"}
    assert events[3]["properties"]["path"] == "/"
    wait_until(lambda: outbox(page) == 0, page.wait_for_timeout)
    assert [line for line in complaints if "favicon" not in line] == []


def test_offline_events_wait_in_the_outbox(context: BrowserContext, site: Site) -> None:
    page = opened(context, site)
    wait_until(lambda: names(site) == ["Page Viewed"] and outbox(page) == 0, page.wait_for_timeout)
    context.set_offline(True)
    page.evaluate("kizuna.search('matcha'); kizuna.order({order_id: 'T-9', total: 12.5, currency: 'EUR'})")
    page.wait_for_timeout(400)  # time to fail in
    wait_until(lambda: outbox(page) == 2, page.wait_for_timeout)
    assert names(site) == ["Page Viewed"]
    context.set_offline(False)
    wait_until(lambda: len(arrived(site)) >= 3 and outbox(page) == 0, page.wait_for_timeout)
    assert names(site) == ["Page Viewed", "Products Searched", "Order Completed"]


def test_what_a_closed_page_could_not_send_goes_with_the_next(context: BrowserContext, site: Site) -> None:
    page = opened(context, site)
    wait_until(lambda: names(site) == ["Page Viewed"] and outbox(page) == 0, page.wait_for_timeout)
    context.set_offline(True)
    page.evaluate("kizuna.track('Gift Wrapped')")
    wait_until(lambda: outbox(page) == 1, page.wait_for_timeout)
    page.close()
    context.set_offline(False)
    page = opened(context, site)
    wait_until(lambda: len(arrived(site)) >= 3 and outbox(page) == 0, page.wait_for_timeout)
    assert names(site) == ["Page Viewed", "Gift Wrapped", "Page Viewed"]


def test_a_busy_server_is_asked_again(context: BrowserContext, site: Site) -> None:
    asked: list[str] = []

    def busy(route: Any) -> None:
        asked.append(route.request.post_data)
        cors = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(status=503, headers={**cors, "Retry-After": "1"}) if len(asked) < 2 else route.continue_()

    context.route("**/v1/b", busy)
    page = opened(context, site)
    wait_until(lambda: names(site) == ["Page Viewed"] and outbox(page) == 0, page.wait_for_timeout)
    first, second = (json.loads(body)["batch"] for body in asked[:2])
    assert first == second


def test_an_event_that_can_never_be_taken_is_let_go(context: BrowserContext, site: Site) -> None:
    site.key = "kz_w_unknown_key"
    page = opened(context, site)
    wait_until(lambda: outbox(page) == 0, page.wait_for_timeout)


def test_leaving_the_page_sends_what_is_left(context: BrowserContext, site: Site) -> None:
    page = opened(context, site)
    wait_until(lambda: names(site) == ["Page Viewed"] and outbox(page) == 0, page.wait_for_timeout)
    page.evaluate("window.fetch = () => new Promise(() => {}); kizuna.track('Product Clicked', {sku: 'T-1'})")
    page.evaluate("addEventListener('pagehide', () => {}); kizuna.cart.add({sku: 'T-1', quantity: 1})")
    page.goto("about:blank")
    wait_until(lambda: "Product Added" in names(site), page.wait_for_timeout)


def test_an_order_told_twice_counts_once(context: BrowserContext, site: Site) -> None:
    site.script = '(window.kizuna ||= []).push(["order", {order_id: "T-77", total: 20, currency: "EUR"}])'
    page = opened(context, site)
    wait_until(lambda: "Order Completed" in names(site) and outbox(page) == 0, page.wait_for_timeout)
    page.reload()
    wait_until(lambda: names(site).count("Page Viewed") == 2, page.wait_for_timeout)
    assert names(site).count("Order Completed") == 1


@pytest.mark.parametrize("wish", ["doNotTrack", "globalPrivacyControl"])
def test_the_wish_not_to_be_tracked_is_heard(context: BrowserContext, site: Site, wish: str) -> None:
    value = "'1'" if wish == "doNotTrack" else "true"
    context.add_init_script(f"Object.defineProperty(navigator, '{wish}', {{get: () => {value}}})")
    page = opened(context, site)
    page.evaluate("kizuna.identify('K-1'); kizuna.track('Signed Up')")
    page.wait_for_timeout(500)
    assert page.evaluate("Object.keys(localStorage)") == []
    assert arrived(site) == []
    site.attributes = 'data-do-not-track="ignore"'
    page = opened(context, site)
    wait_until(lambda: names(site) == ["Page Viewed"], page.wait_for_timeout)


def test_consent_comes_first_where_it_is_required(context: BrowserContext, site: Site) -> None:
    site.attributes = 'data-consent="required"'
    page = opened(context, site)
    page.evaluate("kizuna.identify('K-2', {name: 'Bo'}); kizuna.search('ink')")
    page.wait_for_timeout(400)
    assert page.evaluate("Object.keys(localStorage)") == []
    assert arrived(site) == []
    page.evaluate("kizuna.consent('granted')")
    wait_until(lambda: len(arrived(site)) >= 4, page.wait_for_timeout)
    assert names(site) == ["Page Viewed", "Customer Identified", "Products Searched", "Consent Given"]
    page.reload()
    wait_until(lambda: len(arrived(site)) >= 5, page.wait_for_timeout)
    assert arrived(site)[-1]["userId"] == "K-2"


def test_consent_taken_back_ends_it(context: BrowserContext, site: Site) -> None:
    page = opened(context, site)
    wait_until(lambda: names(site) == ["Page Viewed"] and outbox(page) == 0, page.wait_for_timeout)
    page.evaluate("kizuna.consent('denied'); kizuna.search('ink')")
    wait_until(lambda: len(arrived(site)) >= 2 and outbox(page) == 0, page.wait_for_timeout)
    assert names(site) == ["Page Viewed", "Consent Refused"]
    kept = page.evaluate("Object.entries(localStorage)")
    assert [value for _, value in kept] == ["denied"]
    page.reload()
    page.wait_for_timeout(400)
    assert len(arrived(site)) == 2


def test_works_where_storage_is_blocked(context: BrowserContext, site: Site) -> None:
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    )
    page = opened(context, site)
    page.evaluate("kizuna.search('washi')")
    wait_until(lambda: len(arrived(site)) >= 2, page.wait_for_timeout)
    assert names(site) == ["Page Viewed", "Products Searched"]
    assert len({event["anonymousId"] for event in arrived(site)}) == 1


def test_routes_of_a_single_page_are_followed_when_asked(context: BrowserContext, site: Site) -> None:
    site.attributes = 'data-routes="auto"'
    page = opened(context, site)
    wait_until(lambda: names(site) == ["Page Viewed"], page.wait_for_timeout)
    page.evaluate("history.pushState({}, '', '/tea'); history.replaceState({}, '', '/tea#steep')")
    wait_until(lambda: len(arrived(site)) >= 2, page.wait_for_timeout)
    page.go_back()
    wait_until(lambda: len(arrived(site)) >= 3, page.wait_for_timeout)
    assert [event["properties"]["path"] for event in arrived(site)] == ["/", "/tea", "/"]


def test_mistakes_of_a_shop_never_break_its_page(context: BrowserContext, site: Site) -> None:
    page = opened(context, site)
    wait_until(lambda: names(site) == ["Page Viewed"], page.wait_for_timeout)
    outcome = page.evaluate(
        "(() => { const ring = {}; ring.me = ring; kizuna.track('Ring', ring);"
        " kizuna.push(['nothing.here', 1], 7, null);"
        " kizuna.track('Huge', {text: 'x'.repeat(40000)}); kizuna.track('Fine'); return 'on' })()"
    )
    assert outcome == "on"
    wait_until(lambda: len(arrived(site)) >= 2, page.wait_for_timeout)
    assert names(site) == ["Page Viewed", "Fine"]


def test_the_scripts_types_hold() -> None:
    """Checked as a strict TypeScript program would be, without a build."""
    modules = find_node_modules()
    tool = modules / ".bin" / "tsc"
    words = ["--allowJs", "--checkJs", "--strict", "--noEmit", "--target", "es2022", "--lib", "es2022,dom,dom.iterable"]
    public = ROOT / "src/kizuna/web/public/static"
    scripts = [str(public / "public/kizuna.js"), str(public / "store/store.js")]
    done = subprocess.run(
        [str(tool), *words, *scripts], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.stdout == ""
    assert done.returncode == 0
