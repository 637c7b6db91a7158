"""A shop's site on another origin that shows the chat panel under a strict policy, and an operator who answers."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Locator, Page

from tests.journeys.conftest import LiveKizuna

# A headless browser says so; a shopper's does not.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"

_ALWAYS_OPEN = """
from kizuna.shops import hours, tenants
hours.set_spans(tenants.get_shop({slug!r}), [(day, 0, 1440) for day in range(7)])
"""
_ANSWER = """
import json
from datetime import UTC, datetime
from kizuna.conversations.models import Conversation
from kizuna.flows.live import saying
from kizuna.science import periods
chat = Conversation.objects.filter(shop__slug={slug!r}, channel="chat").latest("id")
now_us = periods.epoch_us(datetime.now(UTC))
said = [
    saying.Said(chat.shop_id, chat.pk, each["client_id"], each["text"], saying.Author(each.get("by", "person")),
        name=each.get("name", "Mina Sato"), remarks=each.get("remarks", {{}}))
    for each in json.loads({told!r})
]
saying.store(said, now_us)
"""


class Site:
    """One page of a foreign origin; a test chooses what its tag and its body say."""

    def __init__(self, live: LiveKizuna, key: str) -> None:
        self.live, self.key = live, key
        self.attributes, self.script, self.body = "", "", "<h1>Tea</h1><p>Leaves from the hills.</p>"
        self.lang, self.trusted = "en", ""
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
        address = f"{self.live.url}/kizuna-chat.js"
        tag = f'<script src="{address}" data-write-key="{self.key}" {self.attributes} async></script>'
        head = '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Tea</title>'
        top = f'<!doctype html><html lang="{self.lang}">{head}<script src="/shop.js"></script>'
        return f"{top}{tag}<main>{self.body}</main>"

    def policy(self) -> str:
        host = urlsplit(self.live.url).netloc
        return (
            f"default-src 'none'; script-src 'self' {host}; connect-src {host}; img-src {host};"
            f" require-trusted-types-for 'script'{self.trusted}"
        )

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def always_open(live: LiveKizuna, slug: str) -> None:
    """Let the shop's people be there at every hour."""
    live.python(_ALWAYS_OPEN.format(slug=slug))


def answer(live: LiveKizuna, slug: str, *told: dict[str, object]) -> None:
    """Let an operator say something in the newest chat of the shop."""
    live.python(_ANSWER.format(slug=slug, told=json.dumps(told)))


def opened(context: BrowserContext, site: Site, path: str = "/") -> Page:
    """Open the page and wait for the panel's script."""
    page = context.new_page()
    page.goto(f"{site.url}{path}")
    page.wait_for_function("window.kizunaChat && !Array.isArray(window.kizunaChat)")
    return page


def panel(page: Page) -> Locator:
    """The open panel."""
    return page.get_by_role("dialog")


def begin_talk(page: Page) -> Locator:
    """Open the panel and go to where one writes; gives the field."""
    page.locator(".launcher").click()
    page.get_by_role("button", name="Write to us").click()
    return page.get_by_label("Write a message")


def write(page: Page, text: str) -> None:
    """Write and send."""
    page.get_by_label("Write a message").fill(text)
    page.get_by_label("Write a message").press("Enter")


def bubbles(page: Page) -> list[str]:
    """What stands in the bubbles, in order."""
    return [str(each) for each in page.locator(".bubble").all_inner_texts()]
