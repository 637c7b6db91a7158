"""Answers and alerts in a real browser: help pages and their desk for everybody's eyes, a push that was shown."""

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.alerts.push_service import PushService, push_service
from tests.journeys.conftest import LiveKizuna, open_window, serving
from tests.journeys.looks import LOOKS, SIZES

READY = "navigator.serviceWorker.ready"
EMAIL, PASSWORD = "owner@tea.example", "a long enough password"
SEED = """
from datetime import UTC, datetime
from kizuna.flows import alerts, answers, people, shops
from kizuna.flows.alerts import Subscription
from kizuna.flows.answers import Written
from kizuna.flows.people import NewPerson
from kizuna.shops.tenants import NewShop
now = datetime.now(UTC)
tea = shops.create_shop(NewShop("tea", "Tea & Co", "EUR", "Europe/Berlin"), None, now)
olga = people.create_owner(tea, NewPerson({email!r}, "Olga", {password!r}), now)
slug = answers.save_category(tea, "", {{"en": "Returns", "de": "Rücksendung"}}, olga, now).slug
body = "You have **30 days**.\\n\\n## What to do\\n\\n1. Print [it](https://tea.example/)\\n2. Pack it\\n\\n> Well."
for title, language in (("How do I return something?", "en"), ("What does shipping cost?", "en")):
    made = answers.save(tea, Written(title, body, language, None, slug), olga, now)
    answers.publish(tea, made.text.article.public_id, language, "public", olga, now)
answers.search(tea, "gift wrap", "en", now)
alerts.add_device(tea, olga, Subscription({endpoint!r}, {p256dh!r}, {auth!r}, "Chrome on Linux"), now)
"""
PATHS = ["help/tea/en/", "help/tea/en/how-do-i-return-something/", "help/tea/en/search/?q=retrun"]
PATHS += [f"s/tea/{each}" for each in ("answers/", "answers/new/", "answers/gaps/", "settings/alerts/")]


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    """A push service on this machine."""
    with push_service() as running:
        yield running


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, service: PushService) -> Iterator[LiveKizuna]:
    """A served shop with answers, and a browser known to the push service."""
    with serving(tmp_path_factory.mktemp("answers"), KIZUNA_PUSH_HOSTS=service.netloc) as running:
        told = service.subscription()
        keys = {"endpoint": told.endpoint, "p256dh": told.p256dh, "auth": told.auth}
        running.python(SEED.format(email=EMAIL, password=PASSWORD, **keys))
        yield running


def _enter(page: Page) -> None:
    page.goto("/account/login/")
    page.fill("[name=login]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_answers_and_help_pages_are_for_everybodys_eyes(
    browser: Browser, live: LiveKizuna, size: str, scheme: str
) -> None:
    window = open_window(browser, viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce", base_url=live.url)
    page = window.new_page()
    _enter(page)
    wrong = []
    for path in PATHS:
        page.goto(f"/{path}")
        if "new/" in path:
            page.wait_for_selector(".article-preview")
        found = Axe().run(page).response["violations"]
        wrong += [f"{path} {each['id']}: {each['nodes'][0]['html'][:140]}" for each in found]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{path} is wider than the window")
    window.close()
    assert wrong == []


def test_a_test_alert_counts_only_when_the_browser_showed_it(
    browser: Browser, live: LiveKizuna, service: PushService
) -> None:
    window = open_window(browser, viewport=SIZES["desk"], base_url=live.url)
    window.grant_permissions(["notifications"], origin=live.url)
    page = window.new_page()
    _enter(page)
    page.goto("/s/tea/settings/alerts/")
    page.evaluate(f"navigator.serviceWorker.register('/alerts-worker.js').then(() => {READY}).then(() => 1)")
    tools = window.new_cdp_session(page)
    numbers: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: numbers.extend(each["registrationId"] for each in told["registrations"]),
    )
    tools.send("ServiceWorker.enable")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("Waiting for the browser")).to_be_visible()
    assert numbers
    said = {"origin": live.url, "registrationId": numbers[-1], "data": json.dumps(service.arrived[-1])}
    tools.send("ServiceWorker.deliverPushMessage", said)
    expect(page.get_by_text("It works.")).to_be_visible()
    shown = f"{READY}.then((own) => own.getNotifications()).then((all) => all.map((each) => each.body))"
    assert page.evaluate(shown) == ["Alerts of Tea & Co reach this browser."]
    window.close()
