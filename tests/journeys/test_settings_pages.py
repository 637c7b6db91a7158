"""The ways in and the settings pages in a real browser: accessible in both colours and widths, strict policy kept.

One walk as a first owner would take it; every page on the way is examined with axe and for policy violations.
"""

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response

from tests.journeys.conftest import LiveKizuna, Serve, open_window

PASSWORD = "correct horse battery staple"
VIEWS = {
    "desk-light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "phone-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
PICTURES = os.environ.get("KIZUNA_TEST_PICTURES", "")
SETTINGS = ("shop", "sources", "tokens", "people", "factors", "currencies", "audit")


class Walk:
    """One person's window, which examines every page it stops at."""

    def __init__(self, browser: Browser, live: LiveKizuna, view: str, script: bool = True) -> None:
        self.live, self.view = live, view
        self.context = open_window(browser, **VIEWS[view], java_script_enabled=script)
        self.page: Page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("response", self._see)

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.wrong.append(f"console: {text[:200]}")

    def _see(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            self.wrong.append(f"{response.status}: {response.url}")

    def go(self, path: str) -> None:
        self.page.goto(self.live.url + path)

    def examine(self, name: str) -> None:
        """Find what axe and the width say against the page shown now."""
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{PICTURES}/{name}-{self.view}.png", full_page=True)
        for each in Axe().run(self.page).response["violations"]:
            nodes = "; ".join(node["html"][:120] for node in each["nodes"][:3])
            self.wrong.append(f"{name}: {each['id']} ({each['help']}): {nodes}")
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.wrong.append(f"{name}: {wide} px wider than the window")


def _set_up(walk: Walk) -> None:
    page = walk.page
    walk.go("/")
    assert page.url.endswith("/welcome/")
    walk.examine("welcome")
    page.get_by_label("Your name").fill("The owner")
    page.get_by_label("Your e-mail address").fill("olga@example.com")
    page.get_by_label("Password").fill("short")
    page.get_by_label("Name of the shop").fill("Blue Shop")
    page.get_by_role("button", name="Make the shop").click()
    walk.examine("welcome-mistake")
    assert page.get_by_label("Name of the shop").input_value() == "Blue Shop"
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the shop").click()


@pytest.mark.parametrize("view", ["phone-dark", pytest.param("desk-light", marks=pytest.mark.long)])
def test_an_owner_sets_a_shop_up_and_every_page_on_the_way_is_sound(serve: Serve, browser: Browser, view: str) -> None:
    live = serve(view)
    walk = Walk(browser, live, view)
    page = walk.page
    _set_up(walk)
    walk.go("/s/blue-shop/settings/sources/")
    page.get_by_label("Name").fill("Web shop")
    page.get_by_role("button", name="Make the source").click()
    assert re.fullmatch(r"kz_w_[\w-]{43}", page.locator("#key").inner_text())
    walk.examine("connect")
    walk.go("/s/blue-shop/settings/tokens/")
    page.get_by_label("Name").fill("Monthly report")
    page.get_by_role("button", name="Make the token").click()
    walk.examine("token-made")
    walk.go("/s/blue-shop/settings/people/")
    page.get_by_label("E-mail address").fill("nora@example.com")
    page.get_by_role("button", name="Invite").click()
    link = page.locator("#link").inner_text()
    walk.examine("invited")
    walk.go("/s/blue-shop/settings/currencies/")
    page.get_by_label("Rows").fill("USD,2026-01-01,0.85\nmoon,2026-01-01,1")
    page.get_by_role("button", name="Take the rows").click()
    walk.examine("rates-mistake")
    for name in SETTINGS:
        walk.go(f"/s/blue-shop/settings/{name}/")
        walk.examine(name)
    for path in ("/account/", "/account/password/change/", "/account/2fa/", "/account/logout/"):
        walk.go(path)
        walk.examine(path.strip("/").replace("/", "-"))
    guest = Walk(browser, live, view)
    guest.go(link.removeprefix(live.url))
    guest.examine("join")
    guest.go("/account/login/")
    guest.examine("login")
    guest.go("/account/password/reset/")
    guest.examine("password-reset")
    assert walk.wrong + guest.wrong == []


def test_settings_work_without_javascript(serve: Serve, browser: Browser) -> None:
    live = serve("plain")
    live.create_shop("plain")
    live.manage("create_owner", "o@example.com", "--shop", "plain", "--password-stdin", text=f"{PASSWORD}\n")
    walk = Walk(browser, live, "desk-light", script=False)
    page = walk.page
    walk.go("/s/plain/settings/people/")
    page.get_by_label("E-mail address").fill("o@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert page.url.endswith("/s/plain/settings/people/")
    page.get_by_label("Role of o@example.com", exact=True).select_option("reader")
    page.get_by_role("button", name="Change the role of o@example.com").click()
    assert "at least one owner" in page.inner_text("body")
    walk.go("/s/plain/settings/factors/")
    page.get_by_role("button", name="Make the five equal").click()
    assert "Saved as version 1" in page.inner_text("body")
