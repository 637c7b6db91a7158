"""The demo as a person meets it: one command, the password it prints, two windows, and a dot that moves by itself."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import LiveKizuna, open_window
from tests.journeys.looks import LOOKS, SIZES
from tests.processes import ROOT, make_variables, reserved_port

# A headless browser says so, and is dropped as the robot it is; a shopper's does not.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


@dataclass(frozen=True)
class Demo:
    """The running demo, as its printed lines describe it."""

    said: str
    url: str
    live: LiveKizuna | None = None

    def word(self, label: str) -> str:
        """Read what stands after a label in the printed lines."""
        found = re.search(rf"^\s*{label}\s+(\S+)$", self.said, re.MULTILINE)
        assert found is not None, self.said
        return found[1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`demo` with few customers, on a free port, until the module ends; ended by its id."""
    home = tmp_path_factory.mktemp("demo")
    with reserved_port() as port:
        real = {"KIZUNA_DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "kizuna.config.settings"}
        live = LiveKizuna(f"http://127.0.0.1:{port}", home, make_variables(home, **real))
        try:
            live.start("demo", "--customers", "150", "--port", str(port))
            yield Demo(live.said(), live.url, live)
            assert live.stop() == 0
        finally:
            live.close()


ALWAYS_OPEN = """
from kizuna.shops import hours, tenants
hours.set_spans(tenants.get_shop("kasane"), [(day, 0, 1440) for day in range(7)])
"""
AFTERWARDS = """
import json
from kizuna.conversations.models import Conversation, ServiceRequest
from kizuna.knowledge.models import SurveyAnswer
from kizuna.relationships.models import Investment
chat = Conversation.objects.filter(channel="chat", messages__text__contains="KA-1 come").latest("id")
print(json.dumps({
    "answered": chat.first_response_us > chat.first_inbound_us,
    "minutes": Investment.objects.filter(conversation_id=chat.pk, kind="minutes", minutes__gt=0).count(),
    "wishes": ServiceRequest.objects.filter(conversation=chat).count(),
    "said": sorted(SurveyAnswer.objects.filter(ask__about_kind="conversation", ask__about_id=chat.pk, score=5)
                   .values_list("question", flat=True)),
}))
"""

# Remembers whose dot was seen moving: the mark of it fades after a few seconds.
_WATCH = """
window.seenMoving = []
new MutationObserver((changes) => {
  for (const { target } of changes) {
    if (target.classList.contains("moving")) window.seenMoving.push(target.dataset.name)
  }
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["class", "data-name"] })
"""


def owner_at_portfolio(browser: Browser, demo: Demo) -> Page:
    """Log in with what the command printed."""
    page = open_window(browser, viewport={"width": 1380, "height": 900}).new_page()
    page.add_init_script(_WATCH)
    page.goto(demo.word("console"))
    page.fill("[name=login]", demo.word("log in as"))
    page.fill("[name=password]", demo.word("password"))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    expect(page.locator("#scatter .dot").first).to_be_attached()
    expect(page.get_by_text("Live", exact=True).first).to_be_visible()
    return page


def shopper(browser: Browser, demo: Demo, number: int, group: str = "Distant") -> tuple[Page, str]:
    """Sign in at the storefront as one of the customers of a group."""
    page = open_window(browser, user_agent=AGENT).new_page()
    page.goto(f"{demo.word('storefront')}sign-in/")
    person = page.locator("section", has=page.get_by_role("heading", name=group))
    person = person.locator("button.person").nth(number)
    name = person.locator("strong").inner_text()
    person.click()
    expect(page.locator(".who")).to_have_text(name)
    return page, name


def test_buying_at_the_storefront_moves_the_dot_in_the_other_window(browser: Browser, demo: Demo) -> None:
    console = owner_at_portfolio(browser, demo)
    console.evaluate("window.neverReloaded = true")
    shop, name = shopper(browser, demo, 0)
    dot = console.locator(f'#scatter .dot[data-name="{name}"]')
    console.wait_for_function("(name) => window.seenMoving.includes(name)", arg=name)
    before = dot.evaluate("(dot) => ({np: +dot.dataset.np, id: dot.dataset.id})")
    assert "tone-d" in (dot.get_attribute("class") or "")

    shop.get_by_role("link", name="Teaware").first.click()
    shop.get_by_role("link", name="Cast-iron kettle").click()
    shop.get_by_role("button", name="Put into the basket").click()
    shop.get_by_role("link", name="Check out").click()
    shop.get_by_role("button", name="Place the order").click()
    expect(shop.get_by_role("heading", name="Thank you")).to_be_visible()
    number = shop.locator("main strong").inner_text()

    console.wait_for_function(
        "([id, np]) => +document.querySelector(`#scatter .dot[data-id='${id}']`)?.dataset.np > np + 1000",
        arg=[before["id"], before["np"]],
    )
    moved = console.locator(f'#scatter .dot[data-id="{before["id"]}"]')
    assert "tone-d" not in (moved.get_attribute("class") or "")
    assert console.evaluate("window.neverReloaded") is True

    console.goto(f"{demo.url}/s/kasane/customers/{before['id']}/")
    expect(console.get_by_role("heading", name=name).first).to_be_visible()
    expect(console.get_by_text(number).first).to_be_visible()


def test_browsing_alone_strengthens_the_relationship(browser: Browser, demo: Demo) -> None:
    console = owner_at_portfolio(browser, demo)
    factors = console.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#scatter .dot')]"
        ".map((dot) => [dot.dataset.name, dot.dataset.rf]))"
    )
    shop, name = shopper(browser, demo, 1)
    shop.goto(f"{demo.word('storefront')}product/KT-601/")
    console.wait_for_function(
        "([name, rf]) => [...document.querySelectorAll('#scatter .dot')]"
        ".some((dot) => dot.dataset.name === name && +dot.dataset.rf > rf)",
        arg=[name, float(factors[name])],
    )


def test_a_customer_is_answered_at_once_by_a_person_who_sees_the_relationship(browser: Browser, demo: Demo) -> None:
    assert demo.live is not None
    demo.live.python(ALWAYS_OPEN)
    operator = owner_at_portfolio(browser, demo)
    operator.goto(demo.word("console").replace("portfolio/", "live/"))
    operator.wait_for_selector("#live[data-arrived]")
    operator.locator("#presence summary").click()
    operator.locator("#capacity").fill("9")  # the demo's simulated visitors want to be served as well
    operator.locator("#abilities").get_by_role("button", name="Keep").click()
    operator.locator("#no-chat").get_by_role("button", name="I am available").click()
    expect(operator.locator("[data-seat-words]")).to_have_text("Available")

    shop, name = shopper(browser, demo, 0, "Most valuable")
    shop.goto(demo.word("storefront"))
    teaser = shop.locator(".teaser")
    expect(teaser).to_contain_text("Good to see you again")
    teaser.get_by_role("button", name="Answer").click()
    field = shop.get_by_role("textbox", name="Write a message")
    field.fill("When will my order KA-1 come, and could it be wrapped?")
    field.press("Enter")

    mine = operator.locator("[data-list=mine] > li", has_text=name)
    expect(mine).to_have_count(1)
    mine.locator(".live-open").click()
    chat = operator.locator(".chat", has=operator.get_by_role("heading", name=name))
    expect(chat.locator(".turn.in")).to_contain_text("could it be wrapped")
    expect(operator.locator("#beside-body")).to_contain_text("must be retained")
    chat.locator("textarea").fill("It left us this morning, and we wrap the next one for you.")
    chat.locator("textarea").press("Enter")
    expect(shop.locator(".bubble", has_text="It left us this morning")).to_be_visible()
    chat.locator("[data-deed=wish]").click()
    expect(chat.locator(".chat-alert")).to_contain_text("Taken as a wish")
    chat.locator("[data-deed=close]").click()

    expect(shop.locator(".ending")).to_contain_text("answered by the company itself")
    for place in range(3):
        shop.locator(".ending input[type=radio][value='5']").nth(place).check(force=True)
    shop.locator(".ending").get_by_role("button", name="Send", exact=True).click()
    expect(shop.locator(".ending")).to_contain_text("It helps us to become better")

    found = json.loads(demo.live.python(AFTERWARDS))
    assert found == {"answered": True, "minutes": 1, "wishes": 1, "said": ["company", "satisfaction", "trust"]}
    operator.goto(demo.word("console").replace("portfolio/", "live-effect/"))
    operator.get_by_role("button", name="Reckon anew").click()
    expect(operator.get_by_role("heading", name="First answer", exact=True)).to_be_visible()


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_the_storefront_is_accessible_fits_and_keeps_to_its_policy(
    browser: Browser, demo: Demo, size: str, scheme: str
) -> None:
    context = open_window(browser, viewport=SIZES[size], color_scheme=scheme, user_agent=AGENT, reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    wrong: dict[str, list[str]] = {}

    def look(name: str) -> None:
        page.wait_for_load_state("load")
        expect(page.locator(".launcher")).to_be_visible()
        found = Axe().run(page).response["violations"]
        wrong[name] = [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"][:3]]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong[name].append("wider than the window")

    store = demo.word("storefront")
    for path in ("", "category/ink/", "search/?q=tea", "search/?q=zzz", "cart/", "sign-in/", "product/KI-501/"):
        page.goto(f"{store}{path}")
        look(path)
    page.get_by_role("button", name="Put into the basket").click()
    look("basket")
    page.goto(f"{store}sign-in/")
    page.locator("button.person").first.click()
    look("signed in")
    page.goto(f"{store}checkout/")
    look("check out")
    page.get_by_role("button", name="Place the order").click()
    look("thanks")
    assert {name: found for name, found in wrong.items() if found} == {}
    assert complaints == []
    context.close()


def test_starting_it_again_finds_it_as_it_was(demo: Demo, tmp_path: Path) -> None:
    home = tmp_path / "again"
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}", "KIZUNA_HOME": str(home)}
    command = [sys.executable, "-m", "kizuna", "demo", "--customers", "30", "--no-serve"]
    first, second = (
        Demo(subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=True).stdout, "")
        for _ in range(2)
    )
    assert "The shop was ready after" in first.said
    assert "The shop was ready after" not in second.said
    assert first.word("password") == second.word("password")
    assert len(first.word("password")) >= 12


def test_a_port_in_use_is_said_before_anything_is_made(demo: Demo, tmp_path: Path) -> None:
    port = demo.url.rpartition(":")[2]
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}", "KIZUNA_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "kizuna", "demo", "--customers", "30", "--port", port]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert not (tmp_path / "home" / "demo.json").exists()


def test_the_demo_never_moves_in_with_a_real_shop(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}", "KIZUNA_HOME": str(tmp_path / "real")}

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "kizuna", *words]
        return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)

    assert run("create_shop", "real", "--name", "Real", "--currency", "EUR").returncode == 0
    refused = run("demo", "--no-serve", "--customers", "30")
    assert refused.returncode != 0
    assert "holds shops that are no demo (real)" in refused.stderr
