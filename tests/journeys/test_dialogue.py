"""A mail becomes an investment: the journey of a wish through real Postfix and Dovecot, on the wire and in browsers."""

import re

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import open_window
from tests.journeys.dialogue import ANNA, CARE, OPERATOR, PASSWORD, SHOP, SPECIALIST, Mailing

HUMAN_WORDS = """found = [
    Conversation.objects.count(), Message.objects.filter(direction="in", is_automatic=False).count()
]"""


def test_a_wish_by_mail_becomes_an_investment(mailing: Mailing) -> None:
    mailing.write("A stronger green tea", "Dear shop,\n\nI wish for a green tea with more strength.\n\nAnna")
    mailing.wait_for("found = Conversation.objects.filter(subject='A stronger green tea', awaits_us=True).count()", 1)

    mailing.ask("""
from kizuna.flows.wishes import handling, opening
from kizuna.flows.wishes.handling import Understanding
from kizuna.flows.wishes.opening import NewWish
asked = Message.objects.get(subject="A stronger green tea")
wish = opening.open_wish(shop, NewWish(None, "", "message", message_id=asked.pk), olga, now)
question = Understanding("A stronger green tea", ask="Do you mean strong as a Gyokuro?")
handling.understand(shop, wish.public_id, question, olga, now)
""")
    first, _ = mailing.find_mail("strong as a Gyokuro")
    assert "<reply+" in str(first["Reply-To"])
    assert first["In-Reply-To"]

    mailing.answer(first, "Yes, exactly that.")
    mailing.wait_for("found = ServiceRequest.objects.get(source='message').stage", "understood")
    assert mailing.ask("found = [each.text for each in Message.objects.filter(direction='in').order_by('number')]") == [
        "Dear shop,\n\nI wish for a green tea with more strength.\n\nAnna",
        "Yes, exactly that.",
    ]

    mailing.ask("""
from kizuna.flows import investing
from kizuna.flows.wishes import handling
from kizuna.flows.wishes.handling import Acceptance, Outcome
wish = ServiceRequest.objects.get(source="message")
handling.accept(shop, wish.public_id, Acceptance(), olga, now)
handling.start(shop, wish.public_id, sam, now)
handling.fulfil(shop, wish.public_id, Outcome("A Gyokuro was sent.", 500, tell="A Gyokuro is on its way."), sam, now)
investing.book_minutes(shop, wish.conversation_id, olga, 300, now)
""")
    second, _ = mailing.find_mail("A Gyokuro is on its way")
    mailing.wait_for(
        "from kizuna.relationships.models import Investment\n"
        "found = sorted(set(Investment.objects.values_list('kind', flat=True)))",
        ["channel", "goods", "minutes"],
    )
    mailing.answer(second, "It arrived, thank you!")
    mailing.wait_for(
        "from kizuna.relationships import stages\n"
        f"anna = Customer.objects.get(email={ANNA!r})\n"
        "found = [move.to_stage for move in stages.list_moves(shop.pk, anna.pk)]",
        [1, 2, 3],
    )
    assert mailing.ask("found = Conversation.objects.count()") == 1


def test_a_bounce_an_absence_and_a_loop_are_known_for_what_they_are(mailing: Mailing) -> None:
    mailing.ask("""
from kizuna.conversations import teams
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Beginning
team = teams.ensure_default(shop.pk)
told = Beginning(team.pk, None, "To nobody", "Are you there?", address="nobody@customer.example")
writing.begin(shop, told, olga, now)
""")
    mailing.wait_for(
        "found = [each.state for each in Outgoing.objects.filter(message__subject='To nobody')]", ["bounced"]
    )
    mailing.wait_for(
        "from kizuna.outreach import suppression\n"
        "found = sorted(suppression.find(shop.pk, ['nobody@customer.example']))",
        ["nobody@customer.example"],
    )
    mailing.ask(f"""
from kizuna.conversations import teams
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Beginning
told = Beginning(teams.ensure_default(shop.pk).pk, None, "How are you?", "How is the tea?", address={ANNA!r})
writing.begin(shop, told, olga, now)
""")
    last, _ = mailing.find_mail("How is the tea?")
    before = mailing.ask(HUMAN_WORDS)
    mailing.answer(last, "I am away until Monday.", Auto_Submitted="auto-replied")
    mailing.wait_for("found = Message.objects.filter(direction='in', is_automatic=True).count()", 1)
    mailing.servers.send(ANNA, [CARE], last)
    mailing.wait_for("found = RawMail.objects.filter(verdict='loop').count()", 1)
    assert mailing.ask(HUMAN_WORDS) == before


def test_operator_specialist_and_customer_walk_it_in_their_browsers(mailing: Mailing, browser: Browser) -> None:
    with_olga, with_sam = _enter(browser, mailing, OPERATOR), _enter(browser, mailing, SPECIALIST)
    desk = with_olga.new_page()
    desk.goto(f"/s/{SHOP}/inbox/")
    expect(desk.locator("[data-live-state]")).to_have_text("Live")
    mailing.write("A cup for two", "Could you make a cup for two people?")
    desk.get_by_role("link", name=re.compile("A cup for two")).click()
    desk.get_by_label("More for this message").first.click()
    desk.get_by_role("button", name="Take as a wish").click()
    desk.locator("a[href*='/wishes/']", has_text="cup for two").first.click()
    expect(desk.locator("#learned")).to_be_visible()
    wish_page = desk.url

    desk.fill("#learned", "One cup that two people can drink from.")
    desk.get_by_text("Ask them whether it is right").click()
    desk.get_by_role("checkbox", name="Send it").check()
    desk.get_by_role("button", name="Keep and wait for their word").click()
    asked, _ = mailing.find_mail("One cup that two people can drink from.")
    mailing.answer(asked, "Yes, that is it.")
    mailing.wait_for("found = ServiceRequest.objects.latest('id').stage", "understood")

    work = with_sam.new_page()
    work.goto(wish_page)
    _tell(work, "Accept and promise")
    work.get_by_role("button", name="Begin the work").click()
    work.fill("#outcome", "The potter made one with two lips.")
    work.fill("#spent", "12.50")
    _tell(work, "It is fulfilled")
    mailing.wait_for("found = ServiceRequest.objects.latest('id').stage", "fulfilled")
    _, promised = mailing.find_mail("We promise it for")
    assert re.search(r"for \w+\.? \d+, \d{4}\.", promised)
    mailing.find_mail("It is done: Could you make a cup for two people?")

    site = open_window(browser, base_url=mailing.live.url).new_page()
    site.goto(f"/p/{SHOP}/")
    site.fill("#email", ANNA)
    site.get_by_role("button", name="Send me a link").click()
    link = re.search(r"http\S+/enter/\S+", mailing.find_mail("/enter/")[1])
    assert link is not None
    site.goto(link[0])
    site.get_by_role("button", name="Come in").click()
    expect(site.locator("h1")).to_contain_text("Anna")
    site.goto(f"/p/{SHOP}/wishes/")
    site.get_by_role("link", name=re.compile("cup for two")).first.click()
    site.get_by_role("button", name="Yes, thank you").click()
    expect(site.get_by_role("status")).to_be_visible()

    desk.goto(wish_page)
    expect(desk.locator(".track [aria-current=step]")).to_contain_text("Confirmed")
    goods = "from kizuna.relationships.models import Investment\n"
    goods += "found = list(Investment.objects.filter(kind='goods').values_list('amount_minor', flat=True))"
    assert 1250 in mailing.ask(goods)
    for window in (with_olga, with_sam, site.context):
        window.close()


def _enter(browser: Browser, mailing: Mailing, address: str) -> BrowserContext:
    window = open_window(browser, base_url=mailing.live.url)
    page = window.new_page()
    page.goto("/account/login/")
    page.fill("[name=login]", address)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    page.close()
    return window


def _tell(page: Page, deed: str) -> None:
    """Do a deed of the wish's page and let the customer be told."""
    form = page.locator("form").filter(has=page.get_by_role("button", name=deed))
    expect(form.get_by_role("checkbox", name="Send it")).to_be_checked()
    form.get_by_role("button", name=deed).click()
