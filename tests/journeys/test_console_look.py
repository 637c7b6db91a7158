"""The console in a real browser: accessible in light and dark, desk and phone; the portfolio's lasso and movement."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import LiveKizuna, open_window, serving
from tests.journeys.looks import LOOKS, SIZES

EMAIL, PASSWORD = "owner@tea.example", "a long enough password"
SEED = f"""
from datetime import UTC, datetime
import numpy as np
from bench.seed import Size, seed
from kizuna.customers.models import Identity
from kizuna.flows import claims, cube, forecast, investment_report, people, shops, staffing, stage_upkeep, validity
from kizuna.flows.live_report import reporting
from kizuna.flows.people import NewPerson
from kizuna.science import periods
from kizuna.shops.tenants import NewShop
from tests.flows import wishing
from tests.flows.live import weeks
from tests.flows.live_report import chatting
now = datetime.now(UTC)
tea = shops.create_shop(NewShop("tea", "Tea & Co", "EUR", "Europe/Berlin"), None, now)
new = shops.create_shop(NewShop("fresh", "Fresh", "JPY", "Asia/Tokyo"), None, now)
for shop in (tea, new):
    owner = people.create_owner(shop, NewPerson("{EMAIL}", "Owner of tea", "{PASSWORD}"), now)
seed(tea, Size(300, 6000, 300), now)
forecast.refresh(tea, now)
validity.check(tea, now, np.random.default_rng(1))
cube.make(tea, now)
wishing.fill(tea, periods.epoch_us(now))
stage_upkeep.refresh(tea, now)
investment_report.refresh(tea, now)
claims.refresh(tea, now)
known = list(Identity.objects.filter(shop=tea).order_by("id").values_list("pk", flat=True))
chatting.fill(chatting.Desk(tea), known, [owner.pk], periods.epoch_us(now), 16)
reporting.refresh(tea, now)
weeks.fill(tea, [owner], now, 2)
staffing.refresh(tea, now)
"""
PATHS = ["s/tea/", "s/tea/portfolio/", "s/tea/customers/", "s/tea/customers/merges/", "s/tea/debugger/"]
PATHS += [f"s/tea/outreach/{each}" for each in ("", "new/", "silent/", "use/", "rules/")]
PATHS += ["s/tea/validity/", "s/fresh/validity/"]
PATHS += ["s/tea/stages/?who=all", "s/fresh/stages/", "s/tea/investments/", "s/tea/settings/investments/"]
PATHS += ["s/tea/claims/", "s/fresh/claims/"]
PATHS += ["s/tea/surveys/", "s/tea/settings/premium/", "s/tea/live-effect/", "s/fresh/live-effect/"]
PATHS += ["s/tea/staffing/?more=40"]
PATHS += ["s/tea/settings/panel/", "s/tea/settings/panel/rules/new/"]
OUTREACH = [
    "s/tea/outreach/",
    "s/tea/outreach/new/",
    "s/tea/outreach/silent/",
    "s/tea/outreach/use/",
    "s/tea/outreach/rules/",
]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKizuna]:
    """A served installation with a seeded shop and a fresh one."""
    with serving(tmp_path_factory.mktemp("console")) as live:
        live.python(SEED)
        yield live


def _enter(browser: Browser, live: LiveKizuna, size: str, scheme: str) -> BrowserContext:
    context = open_window(
        browser, viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce", base_url=live.url
    )
    page = context.new_page()
    page.goto("/account/login/")
    page.fill("[name=login]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    page.close()
    return context


def _violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"][:3]]


def _watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what its console complains about: a broken script or a refused inline style among others."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_page_is_accessible_and_fits(browser: Browser, live: LiveKizuna, size: str, scheme: str) -> None:
    context = _enter(browser, live, size, scheme)
    page, complaints = _watched(context)
    page.goto("/s/tea/customers/?segment=A")
    customer = page.locator("a.who").first.get_attribute("href") or ""
    wrong: dict[str, list[str]] = {}
    mine = customer.lstrip("/")
    for path in [*PATHS, mine, f"{mine}contact/", f"{mine}merge/", f"{mine}merge/?q=a"]:
        page.goto(f"/{path}")
        if path == mine:
            page.wait_for_selector(".entries")
        problems = _violations(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            problems.append(f"{wide} px too wide")
        if problems:
            wrong[path] = problems
    context.close()
    assert wrong == {}
    assert complaints == []


def test_the_bare_pages_are_accessible(browser: Browser, live: LiveKizuna) -> None:
    context = open_window(browser, viewport=SIZES["phone"])
    page = context.new_page()
    for path in ("/account/login/", "/nowhere/"):
        page.goto(live.url + path)
        assert _violations(page) == []
    context.close()


def test_colours_are_remembered_and_menus_close_with_escape(browser: Browser, live: LiveKizuna) -> None:
    context = _enter(browser, live, "desk", "light")
    page, _ = _watched(context)
    page.goto("/s/tea/")
    page.click(".person > summary")
    page.click("[data-set-theme=dark]")
    page.keyboard.press("Escape")
    expect(page.locator(".person .panel")).to_be_hidden()
    page.goto("/s/tea/customers/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    context.close()


def test_a_lasso_lists_who_is_inside(browser: Browser, live: LiveKizuna) -> None:
    context = _enter(browser, live, "desk", "light")
    page, complaints = _watched(context)
    page.goto("/s/tea/portfolio/")
    box = page.locator("#scatter").bounding_box()
    assert box is not None
    corners = [(0.5, 0.05), (0.98, 0.05), (0.98, 0.6), (0.5, 0.6), (0.5, 0.05)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=12)
    page.mouse.up()
    expect(page.locator("#chosen h2")).to_have_text("Inside your selection")
    marked = page.locator("#scatter .dot.in").count()
    assert marked > 5
    expect(page.locator("#chosen")).to_contain_text(f"{marked} customers")
    page.click("[data-clear-selection]")
    expect(page.locator("#chosen h2")).to_have_text("Most valuable customers")
    assert complaints == []
    context.close()


def test_a_moved_customer_moves_on_the_open_portfolio(browser: Browser, live: LiveKizuna) -> None:
    context = _enter(browser, live, "desk", "light")
    page, _ = _watched(context)
    page.goto("/s/tea/portfolio/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    moved = live.python(
        "from kizuna.relationships.models import Standing\n"
        "from kizuna.bus import notes\n"
        "row = Standing.objects.filter(segment='D').select_related('customer').order_by('-rf').first()\n"
        "Standing.objects.filter(pk=row.pk).update(segment='A', rf=0.99, net_profit_minor=999999)\n"
        "who = str(row.customer.public_id)\n"
        "notes.publish(f'shop:{row.shop_id}:moves', {'customers': [who], 'at_us': 1})\n"
        "print(who)"
    ).split()[-1]
    dot = page.locator(f"#scatter [data-id='{moved}']")
    expect(dot).to_have_attribute("href", "#dot-a")
    expect(dot).to_have_attribute("x", "99.00%")
    expect(page.locator("#say")).to_contain_text("segment A")
    context.close()


def test_figures_are_explored_by_hand_and_by_keyboard(browser: Browser, live: LiveKizuna) -> None:
    context = _enter(browser, live, "phone", "light")
    page, complaints = _watched(context)
    page.goto("/s/tea/explore/")
    page.get_by_role("link", name="Which countries buy?").click()
    expect(page.locator(".bars li")).not_to_have_count(0)
    page.get_by_text("Table", exact=True).click()
    expect(page.get_by_role("columnheader", name="Customers")).to_be_visible()
    assert "view=chart" not in page.url
    page.select_option("#cols", "segment")
    expect(page.get_by_role("columnheader", name="A · Most valuable customers")).to_be_visible()
    total = page.locator("tfoot td").last.inner_text()
    row = page.locator("tbody tr", has_text="Germany")
    inside = row.locator("td").last.inner_text()
    row.get_by_role("link").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_contain_text("Germany")
    expect(page.locator("tfoot td").last).to_have_text(inside)
    page.locator(".chip").click()
    expect(page.locator("tfoot td").last).to_have_text(total)
    page.locator(".filter-menu > summary").click()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.keyboard.press("Escape")
    page.locator("[data-open=keep-view]").click()
    page.fill("#view-name", "By hand")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("By hand")
    assert complaints == []
    context.close()


def test_figures_are_made_when_somebody_asks(browser: Browser, live: LiveKizuna) -> None:
    context = _enter(browser, live, "desk", "light")
    page, complaints = _watched(context)
    page.goto("/s/fresh/retention/")
    page.get_by_role("button", name="Make them now").click()
    expect(page.get_by_role("heading", name="Nobody has bought yet")).to_be_visible(timeout=60_000)
    assert complaints == []
    context.close()
