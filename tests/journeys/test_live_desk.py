"""The page Live in a real browser: taken, answered, handed on by keyboard; hostile words inert; accessible; a phone."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import LiveKizuna, open_window, serving
from tests.journeys.seeded_live import EMAIL, OTHER, PASSWORD, SEED

SPOKEN = re.compile("Good day .*, thank you for writing")

WINDOWS = {"desk": {"width": 1280, "height": 900}, "wide": {"width": 1800, "height": 900}}
WINDOWS["phone"] = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKizuna]:
    """A served shop with visitors who wait; only the web part, so that time does nothing by itself."""
    with serving(tmp_path_factory.mktemp("desk"), KIZUNA_ROLES="web") as live:
        live.python(SEED)
        yield live


def _enter(
    browser: Browser, live: LiveKizuna, email: str, window: str = "desk", scheme: str = "light"
) -> BrowserContext:
    look = {"viewport": WINDOWS[window], "color_scheme": scheme, "reduced_motion": "reduce"}
    context = open_window(browser, **look, base_url=live.url)
    page = context.new_page()
    page.goto("/account/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    page.close()
    return context


def _open(context: BrowserContext, slug: str = "tea") -> tuple[Page, list[str]]:
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(f"/s/{slug}/live/")
    page.wait_for_selector("#live[data-arrived]")
    return page, complaints


def _violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


def test_an_operator_serves_by_keyboard_alone(browser: Browser, live: LiveKizuna) -> None:
    context = _enter(browser, live, EMAIL)
    page, complaints = _open(context)
    expect(page.locator("[data-list=waiting] > li")).to_have_count(4)
    expect(page.locator("[data-list=waiting]")).to_contain_text("at stake")
    page.keyboard.press("a")
    expect(page.locator("[data-list=mine] > li")).to_have_count(1)
    chat = page.locator(".chat.here")
    expect(chat.locator(".turn.in")).to_have_count(1)
    expect(page.locator("#beside-body")).to_contain_text("Is this profile right?")
    page.keyboard.press("r")
    page.keyboard.type("Let me look.")
    page.keyboard.press("Enter")
    expect(chat.locator(".turn.out:not(.pending)")).to_contain_text("Let me look.")
    expect(chat.locator(".pending")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("rang the carrier")
    page.keyboard.press("Enter")
    expect(chat.locator(".turn.note")).to_contain_text("rang the carrier")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.keyboard.type("good")
    page.keyboard.press("Enter")
    expect(chat.locator("textarea")).to_have_value(SPOKEN)
    chat.locator("textarea").fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    expect(chat.locator(".chat-alert")).to_contain_text("Taken as a wish")
    page.locator("[data-mark=correct][value=yes]").click()
    expect(page.locator("[data-mark=correct][value=yes]")).to_have_attribute("aria-pressed", "true")
    first = chat.get_attribute("data-key") or ""
    elsewhere, _ = _open(context)
    elsewhere.locator("[data-list=waiting] .live-open").filter(has_not_text="<").first.click()
    elsewhere.locator(".chat.here [data-deed=claim]").click()
    expect(page.locator("[data-list=mine] > li")).to_have_count(2)
    elsewhere.keyboard.press("e")
    expect(page.locator("[data-list=mine] > li")).to_have_count(1)
    elsewhere.close()
    assert chat.get_attribute("data-key") == first  # a chat that is given meanwhile does not step in front
    page.keyboard.press("e")
    expect(chat).not_to_have_attribute("data-key", first)
    page.get_by_role("button", name="Put this column away").click()
    expect(page.locator(".chat")).to_have_count(0)
    expect(page.locator("[data-list=mine] > li")).to_have_count(0)
    assert complaints == []
    marks = live.python(
        "from kizuna.conversations.models import ProfileMark, Conversation, Turn;"
        "print(ProfileMark.objects.get().correct, Turn.objects.filter(end='closed').count())"
    )
    assert marks.split() == ["True", "2"]
    context.close()


def test_hostile_words_stay_words_and_the_page_is_accessible(browser: Browser, live: LiveKizuna) -> None:
    context = _enter(browser, live, OTHER)
    page, complaints = _open(context)
    assert _violations(page) == []
    page.keyboard.press("v")
    expect(page.locator("[data-list=visitors] > li")).to_have_count(10)
    evil = page.locator("[data-list=visitors] > li", has_text="<script>").first
    expect(evil).to_be_visible()
    assert page.locator("[data-list=visitors] a[href^='javascript']").count() == 0
    page.keyboard.press("q")
    page.locator("[data-list=waiting] .live-open", has_text="<img").first.click()
    chat = page.locator(".chat.here")
    expect(chat.locator(".turn.in .said")).to_contain_text("<script>")
    chat.locator("[data-deed=claim]").click()
    expect(chat.locator("textarea")).to_be_visible()
    expect(page.locator("#beside-body")).to_contain_text("Nobody we know")
    assert page.locator(".live script, .live img[src=x]").count() == 0
    assert _violations(page) == []
    assert "owned" not in page.title()
    assert complaints == []
    context.close()


def test_a_lost_connection_is_told_and_nothing_is_lost_or_doubled(browser: Browser, live: LiveKizuna) -> None:
    context = _enter(browser, live, EMAIL, "phone")
    page, _ = _open(context)
    page.locator("[data-take-next]").click()
    chat = page.locator(".chat.here")
    expect(chat.locator("textarea")).to_be_visible()
    context.set_offline(True)
    chat.locator("textarea").fill("said while away")
    chat.locator("textarea").press("Enter")
    expect(chat.locator(".pending")).to_contain_text("Waits for the connection")
    context.set_offline(False)
    expect(chat.locator(".turn.out:not(.pending)")).to_contain_text("said while away")
    expect(chat.locator(".pending")).to_have_count(0)
    expect(chat.locator(".turn.out")).to_have_count(1)
    assert _violations(page) == []
    context.close()


def test_an_empty_shop_says_so(browser: Browser, live: LiveKizuna) -> None:
    context = _enter(browser, live, "nil@void.example")
    page, complaints = _open(context, "void")
    expect(page.locator("[data-empty=waiting]")).to_be_visible()
    expect(page.locator("#no-chat")).to_contain_text("Nobody is in front of you")
    page.get_by_role("button", name="I am available").click()
    expect(page.locator("[data-seat-words]")).to_have_text("Available")
    expect(page.locator("#no-chat")).to_contain_text("the next chat comes to you")
    assert _violations(page) == []
    assert complaints == []
    context.close()
