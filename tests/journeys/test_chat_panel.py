"""The chat panel in real Chromium on a shop's own origin under a strict policy, served by a real process.

What is said stands on the screen once and in order whatever happens between: restarts, other tabs, blocked storage.
"""

import hashlib
import hmac
import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.journeys import panel_site
from tests.journeys.conftest import LiveKizuna, open_window
from tests.journeys.panel_site import AGENT, Site, answer, begin_talk, bubbles, opened, panel, write
from tests.journeys.segment_clients import find_node_modules
from tests.processes import PATIENCE_S, ROOT, wait_until

HOSTILE = '<img src=x onerror="window.broken=1"><script>window.broken=1</script><svg onload="window.broken=1">'
CLOSE = """
from datetime import UTC, datetime
from kizuna.conversations.models import Conversation
from kizuna.flows.live import ending
chat = Conversation.objects.filter(shop__slug="tea", channel="chat").latest("id")
ending.close(chat.shop, chat.pk, None, datetime.now(UTC))
"""
SEEN = """
from kizuna.conversations.models import OnlineVisitor
print(OnlineVisitor.objects.filter(visitor_key={key!r}).values_list("seen_us", flat=True).first() or 0)
"""
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


KEPT = "Object.entries(localStorage).filter(([name]) => /visitor|chat$/.test(name)).sort()"
"""Who a browser remembers that it is: the visitor's key and the token."""
LATE = """
const [name] = Object.keys(localStorage).filter((each) => each.endsWith(".visitor"))
new BroadcastChannel(name.replace(/visitor$/, "chat")).postMessage({ kind: "reset" })
"""


@pytest.fixture(scope="module")
def shop(live_kizuna: LiveKizuna) -> LiveKizuna:
    live_kizuna.create_shop("tea", name="Tea House")
    panel_site.always_open(live_kizuna, "tea")
    return live_kizuna


@pytest.fixture(scope="module")
def key(shop: LiveKizuna) -> str:
    return shop.create_source("tea", "browser", "panel")


@pytest.fixture
def site(shop: LiveKizuna, key: str) -> Iterator[Site]:
    made = Site(shop, key)
    yield made
    made.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = open_window(browser, user_agent=AGENT, reduced_motion="reduce", **DESK)
    yield made
    made.close()


def settle(shop: LiveKizuna, **told: Any) -> None:
    """Settle the panel of the shop; the door looks again after seconds."""
    shop.python(
        "from dataclasses import replace; from datetime import UTC, datetime;"
        "from kizuna.conversations.live import panel;"
        "from kizuna.flows.live import panels; from kizuna.shops import tenants; shop = tenants.get_shop('tea');"
        f"panels.change_panel(shop, replace(panel.PanelView(), **{told!r}), None, datetime.now(UTC))"
    )


def complaints(page: Page) -> list[str]:
    """What the browser complains of from now on."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda problem: said.append(str(problem)))
    return said


def settled(page: Page) -> None:
    """Wait until everything written is in the book; what was written a moment ago is drawn first."""
    page.evaluate("new Promise(go => { requestAnimationFrame(() => requestAnimationFrame(go)); setTimeout(go, 2000) })")
    wait_until(lambda: page.locator(".mine.waiting").count() == 0, page.wait_for_timeout)


def hear_late(page: Page, other: Page) -> None:
    """Sign out, and let the tabs hear of it once more, late: that throws nothing away of who has come since."""
    other.locator(".launcher").click()
    expect(other.get_by_label("Write a message")).to_be_visible()
    page.evaluate("kizunaChat.reset()")
    expect(panel(other)).to_have_count(0)
    begin_talk(page)
    write(page, "As Bob")
    settled(page)
    kept = page.evaluate(KEPT)
    assert len(kept) == 2
    other.evaluate(LATE)
    expect(panel(page)).to_have_count(0)
    assert page.evaluate(KEPT) == kept
    page.reload()
    page.locator(".launcher").click()
    wait_until(lambda: bubbles(page) == ["As Bob"], page.wait_for_timeout)


def test_a_talk_on_a_foreign_page_with_a_strict_policy(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    wrong = complaints(page)
    page.goto(site.url)
    page.locator(".launcher").click()
    soon = panel(page).get_by_text("We answer as soon as one of us is free")
    expect(soon).to_be_visible()  # in working hours, but nobody sits at the desk
    page.get_by_role("button", name="Write to us").click()
    expect(page.get_by_label("Write a message")).to_be_focused()
    write(page, "Do you have it in blue? https://example.com/pot.")
    settled(page)
    expect(page.locator(".line.full").get_by_text("We answer as soon")).to_be_visible()
    expect(page.get_by_text(re.compile("You are (next|number)|We are here now"))).to_have_count(0)
    expect(page.get_by_text("Sent", exact=True)).to_be_attached()
    card = {"card": {"title": "Blue pot", "price": "€ 59", "url": "https://example.com/p"}, "choices": ["That one"]}
    answer(site.live, "tea", {"client_id": "card", "text": "This one?", "remarks": card})
    page.get_by_role("button", name="That one").click()
    settled(page)
    assert bubbles(page) == ["Do you have it in blue? https://example.com/pot.", "This one?", "That one"]
    assert page.locator(".bubble a").get_attribute("href") == "https://example.com/pot"
    assert page.locator(".product").get_attribute("href") == "https://example.com/p"
    page.keyboard.press("Escape")
    expect(panel(page)).to_have_count(0)
    expect(page.locator(".launcher")).to_be_focused()
    answer(site.live, "tea", {"client_id": "later", "text": "Anything else?"})
    expect(page.get_by_role("button", name="Open the chat, 1 unread message")).to_be_visible()
    assert [line for line in wrong if "favicon" not in line] == []
    hear_late(page, opened(context, site))


def test_a_restart_in_the_middle_loses_and_doubles_nothing(context: BrowserContext, site: Site) -> None:
    page = opened(context, site)
    begin_talk(page)
    write(page, "one")
    settled(page)
    site.live.stop()
    write(page, "two")
    write(page, "three")
    expect(page.get_by_text(re.compile("What you write is kept"))).to_be_visible()
    assert bubbles(page) == ["one", "two", "three"]
    site.live.start()
    answer(site.live, "tea", {"client_id": "after", "text": "four"})
    page.evaluate("dispatchEvent(new Event('online'))")
    settled(page)
    wait_until(lambda: len(bubbles(page)) == 4, page.wait_for_timeout)
    assert sorted(bubbles(page)) == ["four", "one", "three", "two"]
    assert [each for each in bubbles(page) if each != "four"] == ["one", "two", "three"]
    shown = bubbles(page)
    page.reload()
    wait_until(lambda: bubbles(page) == shown, page.wait_for_timeout)


@pytest.mark.long
def test_two_tabs_are_in_step_over_one_stream(context: BrowserContext, site: Site) -> None:
    first, second = opened(context, site), opened(context, site)
    begin_talk(first)
    write(first, "from the first")
    settled(first)
    second.locator(".launcher").click()
    wait_until(lambda: bubbles(second) == ["from the first"], second.wait_for_timeout)
    write(second, "from the second")
    answer(site.live, "tea", {"client_id": "both", "text": "to both"})
    for page in (first, second):
        wait_until(lambda page=page: len(bubbles(page)) == 3, page.wait_for_timeout)  # type: ignore[misc]
        settled(page)
    assert bubbles(first) == bubbles(second)
    first.close()
    answer(site.live, "tea", {"client_id": "left", "text": "to who is left"})
    wait_until(lambda: bubbles(second)[-1] == "to who is left", second.wait_for_timeout)


def test_markup_in_every_field_is_text(context: BrowserContext, site: Site) -> None:
    settle(site.live, words={"en": {"title": HOSTILE, "greeting": HOSTILE, "line": HOSTILE, "privacy": HOSTILE}})
    try:
        page = opened(context, site)
        page.locator(".launcher").click()
        expect(page.get_by_role("heading", name="<img")).to_be_visible()
        page.get_by_role("button", name="Write to us").click()
        write(page, HOSTILE)
        settled(page)
        card = {"title": HOSTILE, "price": HOSTILE, "url": "javascript:window.broken=1", "image": "javascript:1"}
        told = {"client_id": "x", "text": HOSTILE, "name": HOSTILE, "remarks": {"card": card, "choices": [HOSTILE]}}
        answer(site.live, "tea", told)
        expect(page.locator(".product")).to_be_visible()
        assert bubbles(page) == [HOSTILE, HOSTILE]
        assert page.locator("kizuna-chat script, kizuna-chat img, .product[href]").count() == 0
        assert page.evaluate("window.broken") is None
    finally:
        settle(site.live)


def test_works_where_storage_is_blocked(context: BrowserContext, site: Site) -> None:
    for name in ("localStorage", "sessionStorage"):
        context.add_init_script(
            f"Object.defineProperty(window, '{name}', {{get() {{ throw new DOMException('no', 'SecurityError') }}}})"
        )
    page = opened(context, site)
    begin_talk(page)
    write(page, "without a shelf")
    settled(page)
    answer(site.live, "tea", {"client_id": "shelf", "text": "still here"})
    wait_until(lambda: bubbles(page) == ["without a shelf", "still here"], page.wait_for_timeout)


@pytest.mark.long
def test_without_consent_nothing_is_asked_or_stored_until_the_visitor_does(context: BrowserContext, site: Site) -> None:
    site.attributes = 'data-consent="required"'
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/chat/v1/" in request.url else None)
    page.goto(site.url)
    expect(page.locator(".launcher")).to_be_visible()
    page.wait_for_timeout(500)
    assert asked == []
    assert page.evaluate("Object.keys(localStorage)") == []
    begin_talk(page)
    write(page, "I ask by myself")
    settled(page)
    assert not any(url.endswith("/glance") for url in asked)


@pytest.mark.parametrize("view", [pytest.param(DESK, marks=pytest.mark.long), PHONE], ids=["desk", "phone"])
def test_nothing_stands_in_the_way_of_anybody(browser: Browser, site: Site, view: dict[str, Any]) -> None:
    scheme = "dark" if view is PHONE else "light"
    context = open_window(browser, user_agent=AGENT, color_scheme=scheme, reduced_motion="reduce", **view)
    page = opened(context, site)
    found: list[str] = []

    def examine(name: str) -> None:
        page.wait_for_timeout(60)
        assert not re.search("false|undefined|null", panel(page).inner_text())
        for each in Axe().run(page, context="kizuna-chat").response["violations"]:
            found.append(f"{name}: {each['id']}: {[node['html'][:140] for node in each['nodes'][:3]]}")

    page.locator(".launcher").click()
    expect(panel(page)).to_be_visible()
    examine("home")
    page.get_by_role("button", name="Write to us").click()
    write(page, "Hello")
    settled(page)
    answer(site.live, "tea", {"client_id": f"axe-{scheme}", "text": "Hi", "remarks": {"choices": ["Yes", "No"]}})
    expect(page.get_by_role("button", name="Yes")).to_be_visible()
    page.get_by_role("button", name="Emoji").click()
    examine("talk with emoji")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More").click()
    examine("menu")
    page.get_by_role("menuitem", name="End the conversation").click()
    examine("leave")
    page.get_by_role("button", name="End the conversation").click()
    expect(page.get_by_text("How was it for you?")).to_be_visible()
    examine("ending")
    assert page.get_by_role("button", name="Yes").count() == 0
    if view is PHONE:
        box = panel(page).bounding_box()
        assert box is not None
        assert (box["x"], box["width"], round(box["height"])) == (0, 390, 844)
        assert panel(page).get_attribute("aria-modal") == "true"
    assert found == []
    context.close()


def test_the_end_asks_for_satisfaction_trust_and_the_company(context: BrowserContext, site: Site) -> None:
    page = opened(context, site)
    begin_talk(page)
    write(page, "Thank you")
    settled(page)
    answer(site.live, "tea", {"client_id": "bye", "text": "Good bye"})
    wait_until(lambda: "Good bye" in bubbles(page), page.wait_for_timeout)
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="End the conversation").click()
    page.get_by_role("button", name="End the conversation").click()
    for question in ("How satisfied", "How much do you trust", "answered by the company itself"):
        page.get_by_role("group", name=re.compile(question)).get_by_label("5, very much").check(force=True)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("It helps us to become better")).to_be_visible()
    page.get_by_role("button", name="Start a new conversation").click()
    write(page, "One more thing")
    settled(page)
    assert bubbles(page) == ["One more thing"]


@pytest.mark.long
def test_a_language_from_right_to_left(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    words = {"name": "עברית", "direction": "rtl", "words": {"start": "כתבו לנו", "prompt": "כתבו הודעה"}}
    cors = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}
    page.route("**/chat-languages/de.json", lambda route: route.fulfill(headers=cors, body=json.dumps(words)))
    site.lang = "de"
    page.goto(site.url)
    page.locator(".launcher").click()
    page.get_by_role("button", name="כתבו לנו").click()
    page.get_by_label("כתבו הודעה").fill("שלום")
    page.get_by_label("כתבו הודעה").press("Enter")
    settled(page)
    mine, log = page.locator(".mine .bubble").bounding_box(), page.locator(".log").bounding_box()
    assert mine is not None
    assert log is not None
    assert mine["x"] - log["x"] < 4
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()


def test_a_customer_the_shop_vouches_for_is_known_and_a_pretender_is_not(context: BrowserContext, site: Site) -> None:
    secret = site.live.python(
        "from datetime import UTC, datetime; from kizuna.flows.live import panels; from kizuna.shops import tenants;"
        "print(panels.renew_secret(tenants.get_shop('tea'), None, datetime.now(UTC)))"
    ).strip()
    signed = hmac.new(secret.encode(), b"K-1", hashlib.sha256).hexdigest()
    told: list[dict[str, Any]] = []
    context.on("response", lambda got: told.append(got.json()) if got.url.endswith("/hello") else None)
    for signature, known in (("0" * 64, False), (signed, True)):
        told.clear()
        call = json.dumps(["setUser", "K-1", {"name": "Ada", "identifier_hash": signature}])
        site.script = f"(window.kizunaChat ||= []).push({call})"
        page = opened(context, site)
        wait_until(lambda: bool(told), page.wait_for_timeout)
        assert told[-1]["known"] is known


@pytest.mark.long
def test_a_rule_invites_once_and_a_no_is_respected(context: BrowserContext, site: Site) -> None:
    site.live.python(
        "from datetime import UTC, datetime; from kizuna.flows.live import panels; from kizuna.shops import tenants;"
        "from kizuna.conversations.live.rules import RuleDraft; panels.save_rule(tenants.get_shop('tea'), None,"
        "RuleDraft('Cart', {'page': '/cart*', 'seconds_on_page': 1, 'cart_minor': 4000},"
        "{'en': 'May we help with your basket?'}), None, datetime.now(UTC))"
    )
    site.script = '(window.kizunaChat ||= []).push(["setCart", {minor: 4500, currency: "EUR"}])'
    elsewhere = opened(context, site, "/about")
    page = opened(context, site, "/cart/")
    expect(page.get_by_text("May we help with your basket?")).to_be_visible()
    assert elsewhere.locator(".teaser").count() == 0
    page.get_by_role("button", name="No, thank you").click()
    page.reload()
    page.wait_for_function("window.kizunaChat && !Array.isArray(window.kizunaChat)")
    page.wait_for_timeout(2500)
    assert page.locator(".teaser").count() == 0


@pytest.mark.long
def test_mistakes_of_a_shop_never_break_its_page(context: BrowserContext, site: Site) -> None:
    page = opened(context, site)
    wrong = complaints(page)
    outcome = page.evaluate(
        "(() => { const ring = {}; ring.me = ring; kizunaChat.push(['nothing', 1], 7, null, ['constructor']);"
        " kizunaChat.setCustomAttributes(ring); kizunaChat.on('open', () => { throw new Error('theirs') });"
        " kizunaChat.setCart({minor: 'x'}); kizunaChat.open(); return 'on' })()"
    )
    assert outcome == "on"
    expect(panel(page)).to_be_visible()
    assert wrong == []


@pytest.mark.long
def test_what_has_the_wrong_key_or_is_switched_off_leaves_the_page_alone(context: BrowserContext, site: Site) -> None:
    site.key = "kz_w_unknown"
    page = opened(context, site)
    page.wait_for_timeout(800)
    assert page.locator("kizuna-chat").count() == 0
    page.evaluate("kizunaChat.open()")
    assert panel(page).count() == 0


@pytest.mark.long
def test_tabs_that_open_at_once_are_one_visitor_who_leaves_with_the_last(context: BrowserContext, site: Site) -> None:
    held: list[Route] = []
    context.route("**/chat/v1/hello", lambda route: held.append(route))  # noqa: PLW0108 (wants a function to mark)
    pages = [opened(context, site), opened(context, site)]
    wait_until(lambda: bool(held), pages[0].wait_for_timeout)
    pages[0].wait_for_timeout(500)
    assert len(held) == 1
    held.pop().continue_()
    wait_until(lambda: bool(held), pages[0].wait_for_timeout)
    assert json.loads(held[0].request.post_data or "")["token"]
    held.pop().continue_()
    for page in pages:
        page.wait_for_function("Object.keys(localStorage).some(name => name.endsWith('.chat'))")
    keys = "Object.entries(localStorage).find(([name]) => name.endsWith('.visitor'))[1]"
    key = pages[0].evaluate(keys)

    def seen() -> int:
        return int(site.live.python(SEEN.format(key=key)))

    wait_until(lambda: seen() > 0, pages[0].wait_for_timeout)
    before = seen()
    for page in pages[::-1]:
        page.goto("about:blank")
    wait_until(lambda: seen() < before, pages[0].wait_for_timeout)  # only who left was seen earlier than before


@pytest.mark.long
def test_files_go_into_the_chat_that_takes_the_place_of_one_that_ended(context: BrowserContext, site: Site) -> None:
    page = opened(context, site)
    begin_talk(page)
    write(page, "Look")
    settled(page)
    for name, is_lost in (("kept.txt", False), ("lost.txt", True)):
        page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": b"leaf"})
        expect(page.locator(".chip:not(.busy)")).to_be_visible()
        context.route("**/chat/v1/**", lambda route: route.abort())
        write(page, "With a file")
        site.live.python(CLOSE)
        if is_lost:
            page.reload()
        context.unroute_all()
        page.evaluate("dispatchEvent(new Event('online'))")
        if is_lost:
            page.get_by_role("button", name="Go on with your conversation").click()
            expect(page.get_by_text("The files were lost")).to_be_visible()
        else:
            settled(page)
            page.reload()
            expect(page.get_by_text(name)).to_be_visible()


@pytest.mark.long
def test_a_sign_out_forgets_who_was_here(context: BrowserContext, site: Site) -> None:
    settle(site.live, before="required")
    try:
        page = opened(context, site)
        for _ in range(2):
            page.locator(".launcher").click()
            page.get_by_role("button", name="Write to us").click()
            expect(page.get_by_label("Your name")).to_have_value("")
            page.get_by_label("Your name").fill("Ada")
            page.get_by_label("Your e-mail address").fill("ada@example.com")
            page.get_by_role("button", name="Begin").click()
            write(page, "Hello")
            settled(page)
            answer(site.live, "tea", {"client_id": f"out-{_}", "text": "Welcome"})
            wait_until(lambda: "Welcome" in bubbles(page), page.wait_for_timeout)
            page.evaluate("kizunaChat.reset()")
            names = page.evaluate("Object.keys(localStorage).map(name => name.split('.')[2])")
            assert not {"seen", "rated", "invited", "draft"} & set(names)
    finally:
        settle(site.live)


@pytest.mark.long
def test_a_message_left_twice_is_one_and_every_article_keeps_its_markup(context: BrowserContext, site: Site) -> None:
    site.trusted = "; trusted-types kizuna-chat"
    page = opened(context, site)
    cors = {"Access-Control-Allow-Origin": "*"}
    hits = {"hits": [{"id": str(n), "title": f"Answer {n}"} for n in (1, 2)]}
    page.route("**/chat/v1/search", lambda route: route.fulfill(headers=cors, json=hits))
    html = {"html": "<p>Pour <strong>slowly</strong>.</p>"}
    page.route("**/chat/v1/article", lambda route: route.fulfill(headers=cors, json=html))
    page.locator(".launcher").click()
    page.get_by_role("searchbox").fill("tea")
    for n in (1, 2):
        page.get_by_role("button", name=f"Answer {n}").click()
        expect(page.locator(".prose strong")).to_have_text("slowly")
        page.get_by_role("button", name="Back").click()
    told: list[str] = []
    page.route("**/chat/v1/defer", lambda route: (told.append(route.request.post_data or ""), route.abort()))
    page.get_by_role("button", name="Write to us").click()
    write(page, "Anybody?")
    settled(page)
    page.get_by_role("button", name="Rather not wait?").click()
    page.get_by_label("Your e-mail address").fill("ada@example.com")
    for count in (1, 2):
        page.get_by_role("button", name="Send", exact=True).click()
        wait_until(lambda count=count: len(told) == count, page.wait_for_timeout)  # type: ignore[misc]
        expect(page.get_by_text("cannot be reached")).to_be_visible()
    assert len({json.loads(each)["client_id"] for each in told}) == 1


def test_the_scripts_types_hold() -> None:
    """Checked as a strict TypeScript program would be, without a build."""
    tool = find_node_modules() / ".bin" / "tsc"
    words = ["--allowJs", "--checkJs", "--strict", "--noEmit", "--target", "es2022", "--lib", "es2022,dom,dom.iterable"]
    folder = ROOT / "src/kizuna/web/public/static/public/chat"
    scripts = [str(folder / "embedded.d.ts"), *map(str, sorted(folder.glob("[1-9]-*.js")))]
    done = subprocess.run(
        [str(tool), *words, *scripts], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.stdout == ""
    assert done.returncode == 0
