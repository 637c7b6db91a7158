"""The inbox in a real browser: answered by keyboard alone, two who collide, hostile mail, accessible everywhere."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.journeys.conftest import LiveKizuna, open_window, serving
from tests.journeys.seeded_inbox import EMAIL, OTHER, PASSWORD, SEED

WINDOWS = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKizuna]:
    """A served shop with an inbox; only the web part, so that nothing is sent."""
    with serving(tmp_path_factory.mktemp("inbox"), KIZUNA_ROLES="web") as live:
        live.python(SEED)
        yield live


def _enter(browser: Browser, live: LiveKizuna, email: str, window: str = "desk") -> BrowserContext:
    scheme = "light" if window == "desk" else "dark"
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


def _watched(context: BrowserContext) -> tuple[Page, list[str]]:
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    return page, complaints


def _is_complaint(message: ConsoleMessage) -> bool:
    """Errors, but not htmx's word that a request was given up for a newer one."""
    return message.type == "error" and not message.text.startswith(("htmx:afterRequest", "htmx:sendAbort"))


def test_an_operator_answers_by_keyboard_alone(browser: Browser, live: LiveKizuna) -> None:
    context = _enter(browser, live, EMAIL)
    page, complaints = _watched(context)
    page.goto("/s/tea/inbox/?view=all")
    page.keyboard.press("/")
    page.keyboard.type("Hamburg address")
    page.keyboard.press("Enter")
    expect(page.locator(".line .subject").first).to_have_text("Change of address")
    page.locator("#q").blur()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Change of address")
    page.wait_for_load_state()  # its keys are heard once its scripts have run
    page.keyboard.press("n")
    page.keyboard.type("@Lee Lowe have we any?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".turn.note")).to_contain_text("have we any?")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.type("We have hojicha, which is low")
    expect(page.locator("#write-reply [data-kept]")).to_have_text("Draft kept")
    page.reload()
    field = page.locator("#write-reply textarea")
    expect(field).to_have_value("We have hojicha, which is low")
    page.keyboard.press("r")
    page.keyboard.press("Control+End")
    page.keyboard.type(" in caffeine.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#undo")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    expect(field).to_have_value("We have hojicha, which is low in caffeine.")
    expect(page.locator(".turn.out")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".turn.out .sending")).to_contain_text("waiting to be sent")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    page.keyboard.type("thank")
    page.keyboard.press("Enter")
    expect(page.locator(".turn.out")).to_have_count(2)
    expect(page.locator(".desk .badge").first).to_have_text("closed")
    assert complaints == []
    context.close()


def test_two_operators_see_each_other(browser: Browser, live: LiveKizuna) -> None:
    kim, lee = _enter(browser, live, EMAIL), _enter(browser, live, OTHER)
    mine, complaints = _watched(kim)
    theirs, _ = _watched(lee)
    mine.goto("/s/tea/inbox/?q=wrapping")
    address = mine.locator(".line .open").first.get_attribute("href") or ""
    theirs.goto("/s/tea/inbox/?view=mentions")
    expect(theirs.locator(".line")).not_to_have_count(0)
    mine.goto(address)
    theirs.goto(address)
    expect(mine.locator("#present")).to_contain_text("Lee Lowe is looking at this too")
    theirs.locator("#write-reply textarea").fill("I answer this")
    expect(mine.locator("#present")).to_contain_text("Lee Lowe is writing an answer")
    theirs.locator("#write-reply .main-act").click()
    expect(mine.locator(".turn.out")).to_contain_text("I answer this")
    theirs.close()
    expect(mine.locator("#present")).not_to_contain_text("Lee")
    assert complaints == []
    kim.close()
    lee.close()


def test_hostile_mail_stays_inert(browser: Browser, live: LiveKizuna) -> None:
    context = _enter(browser, live, EMAIL)
    page, complaints = _watched(context)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page.goto("/s/tea/inbox/?q=onclick")
    page.locator(".line .open").first.click()
    expect(page.locator(".turn.in").nth(1)).to_contain_text("<script>")
    page.locator("details.looked > summary").first.click()
    expect(page.frame_locator(".mail-frame iframe").locator("b")).to_have_text("Dear shop")
    page.frame_locator(".mail-frame iframe").locator("b").click()
    assert page.title() != "owned"
    assert not [url for url in asked if "spy.example" in url]
    assert complaints == []
    context.close()


@pytest.mark.parametrize("window", ["desk", "phone"])
def test_every_page_is_accessible_and_fits(browser: Browser, live: LiveKizuna, window: str) -> None:
    context = _enter(browser, live, EMAIL, window)
    page, complaints = _watched(context)
    page.goto("/s/tea/inbox/?q=cup")
    paths = [
        "/s/tea/inbox/?view=all",
        "/s/tea/inbox/?view=spam",
        page.locator(".line .open").first.get_attribute("href"),
    ]
    wrong: dict[str, list[str]] = {}
    for path in [*paths, "/s/tea/settings/teams/", "/s/tea/settings/answers/"]:
        page.goto(path)
        found = Axe().run(page).response["violations"]
        problems = [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"][:3]]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            problems.append("too wide")
        if problems:
            wrong[path] = problems
    assert wrong == {}
    assert complaints == []
    context.close()
