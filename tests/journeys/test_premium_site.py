"""The premium site in a real browser: a whole journey, every page accessible, no word of how they rate."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import LiveKizuna, open_window, serving
from tests.journeys.looks import LOOKS, SIZES

EMAIL = "anna@example.com"
SEED = f"""
from datetime import UTC, datetime
from kizuna.customers import identity, profiles
from kizuna.customers.identity import IdentityKind
from kizuna.customers.models import Identity
from kizuna.customers.profiles import ProfileChange
from kizuna.flows import learning, people, shops, surveys
from kizuna.flows.learning import Learned
from kizuna.flows.people import NewPerson
from kizuna.privileges import site, tiers
from kizuna.privileges.models import Capability
from kizuna.privileges.site import Site
from kizuna.science import periods
from kizuna.shops.tenants import NewShop
now = datetime.now(UTC)
us = periods.epoch_us(now)
tea = shops.create_shop(NewShop("tea", "Leaf & Kettle", "EUR", "Europe/Berlin"), None, now)
people.create_owner(tea, NewPerson("kim@tea.example", "Kim Sander", "a long enough password"), now)
site.change_site(tea.pk, Site(accent="#7a2e4d", mark="L&K", welcome="Good that you are here. What may we do for you?"))
who = identity.ensure(tea.pk, IdentityKind.EMAIL, ["{EMAIL}"], [us])["{EMAIL}"]
customer = Identity.objects.get(pk=who).customer_id
profiles.update(tea.pk, {{customer: ProfileChange(us, name="Anna Berg", language="en")}})
tiers.refresh(tea.pk, {{customer: "A"}}, us)
for name, what, days in (
    ("Private tasting", "An evening with our buyer and six teas that are not on sale.", 5),
    ("A blend of your own", "Tell us what you like; we blend it and write down the recipe.", 12),
    ("Gift wrapping by hand", "In paper and cloth, with a card in your words.", 2),
):
    Capability.objects.create(
        shop=tea, name=name, what=what, is_published=True, per_week=3, lead_days=days, refusal="We hope you can wait."
    )
old = us - 300 * 86_400_000_000
learning.learn(tea, Learned(who, "preference", "no caffeine after noon"), None, old)
learning.learn(tea, Learned(who, "want", "smoky teas in winter"), None, us)
survey = surveys.ensure_channel_survey(tea, now)
surveys.ask(tea, survey, [who], now)
"""
SAID = f"""
from datetime import UTC, datetime
from kizuna.customers.models import Identity
from kizuna.flows.premium import writing
from kizuna.flows.premium.writing import Words, Writer
from kizuna.flows.wishes import opening
from kizuna.flows.wishes.opening import NewWish
from kizuna.shops import tenants
now = datetime.now(UTC)
tea = tenants.get_shop("tea")
who = Identity.objects.get(shop=tea, value="{EMAIL}")
opening.open_wish(tea, NewWish(who.pk, "A cup with a lid", "form", token="looked at"), None, now)
writing.write(tea, Writer(who.customer_id, who.pk, (who.pk,)), Words("Is it open on Sundays?", token="looked at"), now)
"""
LINK = """
from kizuna.conversations.models import Outgoing
import re
mail = Outgoing.objects.filter(key__startswith="entry-").latest("id")
print(re.search(r"http\\S+/enter/\\S+", mail.content["text"])[0])
"""
MAILS = """
import json
from kizuna.conversations.models import Outgoing
for mail in Outgoing.objects.all():
    print(json.dumps(mail.content))
"""
HIDDEN = re.compile(
    r"relationship factor|e-?cnrr|\bRF\b|\bscore|\bsegment|\bstage|\bmost valuable|\bportfolio|\bdormant|net profit"
    r"|\bStufe|Kundenwert|\b[ABCD] customer|lifetime value|churn",
    re.IGNORECASE,
)
PATHS = ("", "wishes/", "messages/", "about-you/", "more/", "privileges/", "preferences/", "particulars/", "invite/")


@dataclass
class Stay:
    """A served shop, and a window in which its customer is in."""

    live: LiveKizuna
    context: BrowserContext
    page: Page


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKizuna]:
    """A served installation with a shop that has a premium site."""
    with serving(tmp_path_factory.mktemp("premium")) as live:
        live.python(SEED)
        yield live


@pytest.fixture(scope="module")
def stay(browser: Browser, live: LiveKizuna) -> Iterator[Stay]:
    """A customer who came in by the mailed link."""
    context = open_window(browser, viewport=SIZES["desk"], base_url=live.url)
    page = context.new_page()
    page.goto("/p/tea/")
    page.fill("#email", EMAIL)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.locator("h1")).to_have_text("Look into your mail")
    page.goto(live.python(LINK).strip())
    page.get_by_role("button", name="Come in").click()
    expect(page.locator("h1")).to_contain_text("Anna")
    yield Stay(live, context, page)
    context.close()


def test_a_customers_journey(stay: Stay) -> None:
    page, complaints = stay.page, _watch(stay.page)
    page.goto("/p/tea/wishes/")
    page.get_by_text("I would like this").first.click()
    page.get_by_role("button", name="Yes, please").first.click()
    expect(page.locator(".badge").first).to_have_text("Promised")
    for wish in ("A teapot for one", "A visit to the garden"):
        page.goto("/p/tea/wishes/")
        page.fill("#text", wish)
        page.get_by_role("button", name="Tell us").click()
        expect(page.locator("h1")).to_have_text(wish)
    page.goto("/p/tea/wishes/")
    first = page.locator(".wish-row a").first
    expect(first).not_to_have_text("A teapot for one")
    for _ in range(2):
        button = page.get_by_role("button", name="More important: A teapot for one")
        if button.is_enabled():
            button.click()
    expect(first).to_have_text("A teapot for one")
    page.goto("/p/tea/about-you/")
    page.locator("summary", has_text="Correct").first.click()
    page.locator("details[open] input[name=text]").fill("no caffeine after four")
    page.locator("details[open]").get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("corrected")
    page.goto("/p/tea/messages/")
    page.fill("#subject", "Water")
    page.fill("#text", "How hot for a green tea?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".talk .yours")).to_contain_text("How hot")
    page.goto("/p/tea/preferences/")
    page.get_by_label("Seldom").check()
    page.get_by_label("Letter").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Seldom")).to_be_checked()
    page.goto("/p/tea/surveys/")
    page.locator("main a.card").first.click()
    page.get_by_label("Phone").check()
    page.get_by_role("button", name="Send").click()
    expect(page.locator("h1")).to_have_text("Thank you")
    page.goto("/p/tea/particulars/")
    with page.expect_download() as awaited:
        page.get_by_role("link", name="Download").click()
    assert "A visit to the garden" in awaited.value.path().read_text()
    page.goto("/p/tea/invite/")
    expect(page.locator("#link")).to_contain_text("http")
    assert complaints == []


def _watch(page: Page) -> list[str]:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_page_is_accessible_fits_and_says_nothing_of_how_they_rate(stay: Stay, size: str, scheme: str) -> None:
    page, wrong = stay.page, dict[str, list[str]]()
    page.set_viewport_size(SIZES[size])
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    stay.live.python(SAID)
    details = [
        f"wishes/{_first(page, 'wishes/', '.wish-row a')}",
        f"messages/{_first(page, 'messages/', '.talk-link')}",
    ]
    for number, path in enumerate((*PATHS, *details)):
        page.goto(f"/p/tea/{path}" + ("?language=de" if number % 2 else "?language=en"))
        problems = _look(page)
        if problems:
            wrong[path] = problems
    assert wrong == {}
    mails = stay.live.python(MAILS)
    assert "enter" in mails
    assert HIDDEN.findall(mails) == []


@pytest.mark.parametrize("path", ["enter/", "enter/kz_e_wrong/", "answer/nothing/"])
def test_the_pages_of_strangers_are_accessible(browser: Browser, live: LiveKizuna, path: str) -> None:
    context = open_window(browser, viewport=SIZES["phone"], color_scheme="dark")
    page = context.new_page()
    page.goto(f"{live.url}/p/tea/{path}")
    assert _look(page) == []
    context.close()


def _first(page: Page, path: str, selector: str) -> str:
    page.goto(f"/p/tea/{path}")
    href = page.locator(selector).first.get_attribute("href") or ""
    return href.removeprefix(f"/p/tea/{path}")


def _look(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    problems = [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"][:3]]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        problems.append(f"{wide} px too wide")
    problems += [f"says {word!r}" for word in HIDDEN.findall(page.locator("body").inner_text())]
    return problems
