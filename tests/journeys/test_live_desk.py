"""The page Live in a real browser: taken, answered, handed on by keyboard; hostile words inert; accessible; a phone."""

import base64
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.journeys import panel_site
from tests.journeys.conftest import LiveKizuna, open_window, serving
from tests.journeys.panel_site import AGENT, Site, opened, write
from tests.journeys.seeded_live import EMAIL, OTHER, PASSWORD, SEED

SPOKEN = re.compile("Good day .*, thank you for writing")

WINDOWS = {"desk": {"width": 1280, "height": 900}, "wide": {"width": 1800, "height": 900}}
WINDOWS["phone"] = {"width": 390, "height": 844}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC"
)
PASTE = """told => {
    const file = new File([Uint8Array.from(atob(told), (each) => each.charCodeAt(0))], "", { type: "image/png" });
    const held = new DataTransfer();
    held.items.add(file);
    const field = document.querySelector("kizuna-chat").shadowRoot.querySelector("textarea");
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true }));
}"""
LOADED = """() => [...document.querySelector("kizuna-chat").shadowRoot.querySelectorAll(".picture img")]
    .every((each) => each.naturalWidth === 10)"""
SIGHT = """() => {{
    window.tones ??= 0;
    window.AudioContext = class {{ constructor() {{ window.tones += 1; throw new Error("no sound here"); }} }};
    Object.defineProperty(document, "visibilityState", {{ configurable: true, get: () => "{}" }});
    document.dispatchEvent(new Event("visibilitychange", {{ bubbles: true }}));
}}"""
ARTICLE = """
from datetime import UTC, datetime
from kizuna.flows import answers
from kizuna.flows.answers import Written
from kizuna.shops import tenants
now, tea = datetime.now(UTC), tenants.get_shop("tea")
made = answers.save(tea, Written("How do I return something?", "Within **30 days**.", "en", None, ""), None, now)
answers.publish(tea, made.text.article.public_id, "en", "public", None, now)
"""
TOPICS = """
from dataclasses import replace
from kizuna.conversations.live import panel
from kizuna.flows.live import panels
words = {"en": {"topics": "Returns, Sizes = fitting"}}
panels.change_panel(tea, replace(panel.read(tea.pk), words=words), None, now)
"""
SHUT = """
from datetime import UTC, datetime
from kizuna.conversations.models import Seat
from kizuna.shops import hours, tenants
hours.set_spans(tenants.get_shop("tea"), [((datetime.now(UTC).weekday() + 3) % 7, 540, 1020)])
Seat.objects.update(state="offline")
"""
OUT = "from kizuna.conversations.models import Outgoing;"


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
    with page.expect_response(re.compile("/beside/")):  # the profile is read anew: a mark before that would be lost
        page.keyboard.press("w")
    expect(chat.locator(".chat-alert")).to_contain_text("Taken as a wish")
    page.locator("[data-mark=correct][value=yes]").click()
    expect(page.locator("[data-mark=correct][value=yes]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#alerts-link")).to_have_text("Alerts are off")
    expect(page.locator("#alerts-link")).to_have_attribute("href", "/s/tea/settings/alerts/")
    page.keyboard.press("m")
    page.keyboard.type("answers with")
    page.keyboard.press("Enter")
    expect(chat.locator(".turn.out").last).to_contain_text(SPOKEN)
    expect(chat.locator(".turn.note").last).to_contain_text("greeted by macro")
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


def test_a_chat_is_handed_on_with_a_note_taken_over_and_given_to_a_department(
    browser: Browser, live: LiveKizuna
) -> None:
    """Two browsers: who has a chat writes in it, who has not leaves notes, and every note goes with the chat."""
    owner, operator = _enter(browser, live, EMAIL), _enter(browser, live, OTHER)
    (kim, _), (lee, complaints) = _open(owner), _open(operator)
    for page in (kim, lee):
        page.locator("#presence summary").click()
        page.locator(".seat-panel [data-seat=busy]").click()
        expect(page.locator("[data-seat-words]")).to_have_text("Busy")
    waiting = lee.locator("[data-list=waiting] .live-open")
    said = waiting.first.locator(".live-words > .quiet.small").inner_text()
    waiting.first.click()
    lee.locator(".chat.here [data-deed=claim]").click()
    expect(lee.locator(".chat.here textarea")).to_be_visible()

    def hand_on(page: Page, to: str, note: str) -> None:
        page.locator(".chat.here [data-deed=transfer]").click()
        value = page.locator("#hand-to option", has_text=to).first.get_attribute("value")
        page.select_option("#hand-to", value)
        page.fill("#hand-note", note)
        page.locator("#hand-on button[value=go]").click()

    def open_row(page: Page, place: str) -> Locator:
        page.locator(f"[data-list={place}] .live-open", has_text=said).click()
        return page.locator(".chat.here")

    hand_on(lee, "Kim", "promised until Friday")
    expect(open_row(kim, "mine").locator(".turn.note")).to_contain_text("promised until Friday")
    theirs = open_row(lee, "others")
    expect(theirs.locator(".chat-alert")).to_contain_text("Kim Kay has this chat: you can leave a note")
    expect(theirs.locator("[data-mode]")).to_be_disabled()
    hand_on(kim, "Lee", "")
    expect(theirs.locator("[data-mode]")).to_be_enabled()
    over = open_row(kim, "others")
    over.locator("[data-deed=over]").click()
    expect(over.locator("[data-macros]")).to_be_visible()
    expect(theirs.locator("[data-mode]")).to_be_disabled()
    hand_on(kim, "Workshop", "needs the workshop")
    expect(open_row(lee, "waiting").locator(".turn.note").last).to_contain_text("needs the workshop")
    expect(lee.locator("[data-list=waiting] > li", has_text=said)).to_contain_text("Workshop")
    lee.locator(".chat.here [data-deed=claim]").click()
    expect(lee.locator(".chat.here [data-deed=claim]")).to_be_hidden()
    hand_on(lee, "Back to the queue", "tries again at noon")
    expect(open_row(kim, "waiting").locator(".turn.note").last).to_contain_text("tries again at noon")
    assert complaints == []
    owner.close()
    operator.close()


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


def test_a_panel_and_the_desk_keep_what_they_promise_each_other(browser: Browser, live: LiveKizuna) -> None:
    key = live.create_source("tea", "browser", "panel")
    panel_site.always_open(live, "tea")
    live.python(f"{ARTICLE}{TOPICS}")
    site = Site(live, key)
    site.script = '(window.kizunaChat ||= []).push(["setUser", "K-9", {name: "Ada", plan: "gold"}])'
    context = _enter(browser, live, EMAIL)
    look = {"viewport": WINDOWS["desk"], "reduced_motion": "reduce", "timezone_id": "Asia/Tokyo"}
    window = open_window(browser, user_agent=AGENT, **look)
    (desk, complaints), page = _open(context), opened(window, site)
    _invite_and_answer(desk, page)
    _see_each_other(desk, page)
    _send_pictures(desk, page)
    _read_an_answer_in_between(page)
    _have_it_mailed(live, page)
    page.get_by_role("button", name="Back").last.click()
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="End the conversation").click()
    page.get_by_role("button", name="End the conversation").click()
    expect(page.get_by_text("How was it for you?")).to_be_in_viewport()
    _choose_a_topic(live, page)
    live.python(SHUT)
    _leave_a_message(page)
    assert complaints == []
    for each in (window, context):
        each.close()
    site.close()


def _invite_and_answer(desk: Page, page: Page) -> None:
    """The words of an invitation stay where they were answered, on both sides; what the page says stands beside."""
    desk.keyboard.press("v")
    here = desk.locator("[data-list=visitors] > li").filter(has=desk.get_by_text("Tea", exact=True))
    here.get_by_role("button", name=re.compile("Invite")).click()
    desk.get_by_role("dialog").get_by_role("textbox").fill("May I help you choose?")
    desk.get_by_role("dialog").get_by_role("button", name="Invite", exact=True).click()
    page.get_by_role("button", name="Answer").click()
    write(page, "Yes, a green one")
    desk.keyboard.press("q")
    desk.locator("[data-list=waiting] .live-open", has_text="a green one").click()
    chat = desk.locator(".chat.here")
    chat.locator("[data-deed=claim]").click()
    expect(chat.locator("textarea")).to_be_visible()
    expect(chat.locator(".turn.out")).to_contain_text("May I help you choose?")
    expect(desk.locator("#beside-body")).to_contain_text("Said by the shop’s page")
    expect(desk.locator("#beside-body")).to_contain_text("gold")
    page.reload()
    expect(page.locator(".bubble")).to_have_text(["May I help you choose?", "Yes, a green one"])


def _see_each_other(desk: Page, page: Page) -> None:
    """Typing both ways; an open tab that is out of sight has words delivered, not read, and says so in its title."""
    chat, field = desk.locator(".chat.here"), page.get_by_label("Write a message")
    field.press_sequentially("hm")
    expect(chat.locator(".chat-typing")).to_contain_text("is typing")
    field.fill("")
    chat.locator("textarea").press_sequentially("We")
    expect(page.locator(".writing")).to_contain_text("Kim Kay is writing")
    page.evaluate(SIGHT.format("hidden"))
    chat.locator("textarea").fill("We have sencha.")
    chat.locator("textarea").press("Enter")
    expect(chat.locator(".reached")).to_have_text("Delivered")
    expect(page).to_have_title("(1) Tea")
    assert page.evaluate("window.tones") == 1
    page.evaluate(SIGHT.format("visible"))
    expect(chat.locator(".reached")).to_have_text("Read")
    expect(page).to_have_title("Tea")
    expect(page.locator(".writing")).to_be_hidden()


def _send_pictures(desk: Page, page: Page) -> None:
    """One by the button, one pasted: the operator has both, and after a reload they are still to be seen."""
    page.locator("input[type=file]").set_input_files({"name": "pot.png", "mimeType": "image/png", "buffer": PNG})
    page.evaluate(PASTE, base64.b64encode(PNG).decode())
    expect(page.locator(".chip:not(.busy)")).to_have_count(2)
    write(page, "These two")
    expect(desk.locator(".chat.here .turn.in .files a")).to_have_text(["pot.png", "picture.png"])
    page.reload()
    expect(page.locator(".picture img")).to_have_count(2)
    page.wait_for_function(LOADED)


def _read_an_answer_in_between(page: Page) -> None:
    page.get_by_role("button", name="Back").click()
    page.get_by_role("searchbox").fill("return")
    page.get_by_role("button", name="How do I return something?").click()
    expect(page.locator(".prose strong")).to_have_text("30 days")
    page.get_by_role("button", name="Yes", exact=True).click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Go on with your conversation").click()


def _have_it_mailed(live: LiveKizuna, page: Page) -> None:
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Send me this conversation").click()
    page.get_by_label("Your e-mail address").fill("ada@example.com")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("On its way to ada@example.com")).to_be_visible()
    mail = live.python(f"{OUT}print(Outgoing.objects.get(key__startswith='transcript').content['text'])")
    assert "Kim Kay:\nWe have sencha." in mail
    assert "These two\n[pot.png]\n[picture.png]" in mail


def _choose_a_topic(live: LiveKizuna, page: Page) -> None:
    """What the visitor chooses before the next chat is the skill that its operator should have."""
    page.get_by_role("button", name="Start a new conversation").click()
    expect(page.get_by_label("Your name")).to_have_count(0)
    page.get_by_label("What is it about?").select_option("Sizes")
    page.get_by_role("button", name="Begin").click()
    write(page, "Does it come larger?")
    expect(page.locator(".mine:not(.waiting) .bubble")).to_have_text("Does it come larger?")
    assert (
        live.python("from kizuna.conversations.models import Turn; print(Turn.objects.latest('id').skill)")
        == "fitting\n"
    )
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="End the conversation").click()
    page.get_by_role("button", name="End the conversation").click()
    expect(page.get_by_role("button", name="Start a new conversation")).to_be_visible()


def _leave_a_message(page: Page) -> None:
    """When nobody is there the panel says so and takes a message, which goes on by mail."""
    page.reload()
    page.get_by_role("button", name="Leave us a message").click()
    expect(page.get_by_role("heading", name="Leave us a message")).to_be_visible()
    expect(page.locator(".form p")).to_contain_text("We are back")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_label("Your message")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Your message").fill("Do you ship to Norway?")
    page.get_by_label("Your e-mail address").fill("ada@example.com")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("answer to ada@example.com")).to_be_visible()
    page.get_by_role("button", name="Back").last.click()
    page.get_by_role("button", name="Go on with your conversation").click()
    expect(page.locator(".bubble").last).to_contain_text("(JST)")  # the browser says in which zone it is
