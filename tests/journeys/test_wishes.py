"""A specialist's day in a real browser: the department's wishes, a step worked, the answer back through the operator.

Every page on the way is examined with axe, for its width and for violations of the policy, in two windows.
"""

import json

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import LiveKizuna, Serve
from tests.journeys.looks import LOOKS, SIZES
from tests.journeys.test_settings_pages import VIEWS, Walk

PASSWORD = "a long enough password"
_SET_UP = f"""
import json
from datetime import UTC, datetime, timedelta
from kizuna.conversations import teams, wish_kinds, wish_recognition
from kizuna.conversations.models import Team
from kizuna.customers import identity, links
from kizuna.customers.identity import IdentityKind
from kizuna.conversations import threads
from kizuna.conversations.threads import Author, Direction, NewConversation, NewMessage
from kizuna.flows import people
from kizuna.flows.people import NewPerson
from kizuna.flows.wishes import arranging, handling, opening, teaching, working
from kizuna.flows.wishes.handling import Acceptance, Refusal, Understanding
from kizuna.flows.wishes.opening import NewWish
from kizuna.privileges.catalogue import Draft
from kizuna.science import periods
from kizuna.shops import tenants
from django.db import transaction
now = datetime.now(UTC) - timedelta(days=3)
now_us = periods.epoch_us(now)
shop = tenants.get_shop("lamps")
owner = people.create_owner(shop, NewPerson("owner@lamps.example", "Owner", {PASSWORD!r}), now)
found = dict()
for role in ("operator", "specialist"):
    invitation, link = people.invite(shop, f"{{role}}@lamps.example", role, str, owner, now)
    found[role] = people.accept_invitation(link, NewPerson(f"{{role}}@lamps.example", role.title(), {PASSWORD!r}), now)
with transaction.atomic():
    care = teams.ensure_default(shop.pk)
    workshop = Team.objects.create(shop=shop, name="Workshop", is_department=True)
    from kizuna.shops.models import Person
    teams.seat(workshop.pk, [Person.objects.get(email="specialist@lamps.example").pk])
    operator = Person.objects.get(email="operator@lamps.example")
    who = identity.ensure(shop.pk, IdentityKind.EMAIL, ["anna@customer.example"], [now_us])["anna@customer.example"]
    talk = threads.open_conversation(shop.pk, NewConversation(care.pk, "email", "The lamp", who,
        links.customers_of(shop.pk, [who])[who]), now_us)
    said = threads.append(shop.pk, talk.pk, NewMessage(Direction.IN, Author.CUSTOMER,
        "Could you lacquer the lamp in moss green for our hall?", now_us, identity_id=who,
        from_address="anna@customer.example"), now_us)[0]
arranging.ensure_kinds(shop)
entry = arranging.store_entry(shop, Draft("Lacquer in any colour", "Your lamp in your colour.", "a lamp", per_week=4,
    lead_days=2, is_published=True, refusal="Our lacquerer is on holiday."), None, owner, now)
wish = opening.open_wish(shop, NewWish(None, "", "message", message_id=said.pk, capability_id=entry.pk), operator, now)
handling.understand(shop, wish.public_id, Understanding("the lamp in moss green", confirmed=True), operator, now)
handling.accept(shop, wish.public_id, Acceptance(), operator, now)
working.add_step(shop, wish.public_id, "Lacquer the shade", workshop.pk, operator, now)
others = []
for number, text in enumerate(("A longer cable for the desk lamp", "Deliver on a Saturday, please", "Engrave a name")):
    others.append(opening.open_wish(shop, NewWish(who, text, "form", priority=2 + number % 3), operator, now))
handling.understand(shop, others[1].public_id, Understanding(confirmed=True), operator, now)
handling.decline(shop, others[2].public_id, Refusal("We have no engraver", "A printed card"), operator, now)
teaching.learn.func(shop_id=shop.pk, now_us=now_us)
opening.suggest(shop, said.pk, now)
print(json.dumps([str(wish.public_id), str(talk.public_id), str(others[0].public_id), str(others[1].public_id)]))
"""


def _log_in(walk: Walk, who: str) -> None:
    walk.go("/account/login/")
    walk.page.get_by_label("E-mail address").fill(f"{who}@lamps.example")
    walk.page.get_by_label("Password", exact=True).fill(PASSWORD)
    walk.page.get_by_role("button", name="Log in").click()
    walk.page.wait_for_url(lambda url: "/account/login" not in url)


def _walk(browser: Browser, live: LiveKizuna, size: str, scheme: str) -> Walk:
    name = f"{size}-{scheme}"
    VIEWS.setdefault(name, {"viewport": SIZES[size], "color_scheme": scheme})
    return Walk(browser, live, name)


@pytest.mark.parametrize(("size", "scheme"), [pytest.param("desk", "dark", marks=pytest.mark.long), *LOOKS[1:]])
def test_a_specialist_works_a_step_and_the_answer_comes_back_through_the_operator(
    serve: Serve, browser: Browser, size: str, scheme: str
) -> None:
    live = serve("wishes")
    live.create_shop("lamps")
    wish, talk, fresh, understood = json.loads(live.python(_SET_UP).splitlines()[-1])
    sam = _walk(browser, live, size, scheme)
    _log_in(sam, "specialist")
    sam.go("/s/lamps/wishes/")
    sam.examine("board-of-a-department")
    board = sam.page.get_by_role("region", name="Wishes by stage of handling")
    assert "Engrave" not in board.inner_text()
    card = board.get_by_role("link", name="Could you lacquer the lamp in moss green for our hall?")
    card.press("Enter")
    sam.page.get_by_role("button", name="Begin: Lacquer the shade").click()
    sam.page.get_by_label("What came of: Lacquer the shade").fill("Two coats, dry by noon")
    sam.page.get_by_role("button", name="Done: Lacquer the shade").click()
    sam.page.get_by_text("Step done.").wait_for()
    sam.examine("wish-accepted")

    olga = _walk(browser, live, size, scheme)
    _log_in(olga, "operator")
    olga.go(f"/s/lamps/inbox/{talk}/")
    olga.page.get_by_text("Two coats, dry by noon").first.wait_for()
    olga.go(f"/s/lamps/wishes/{wish}/")
    olga.page.get_by_label("What was done").fill("Lacquered in moss green")
    olga.page.get_by_text("Tell them").first.click()
    olga.page.get_by_label("Send it").first.check()
    olga.page.get_by_role("button", name="It is fulfilled").click()
    olga.page.get_by_role("button", name="They confirm it").wait_for()
    olga.examine("wish-fulfilled")
    assert "It is done" in olga.page.locator(".wish-talk").inner_text()
    olga.go(f"/s/lamps/wishes/{fresh}/")
    olga.examine("wish-forwarded")
    olga.go(f"/s/lamps/wishes/{understood}/")
    olga.examine("wish-understood")
    for name in ("?department=", "list/?show=", "flow/", "recognition/?text=Please+repair+my+bag"):
        olga.go(f"/s/lamps/wishes/{name}")
        olga.examine("wishes-" + (name.partition("/")[0].strip("?=") or "board"))
    owner = _walk(browser, live, size, scheme)
    _log_in(owner, "owner")
    for name in ("capabilities", "capabilities/new", "wishes", "wishes/kinds/new", "hours"):
        owner.go(f"/s/lamps/settings/{name}/")
        owner.examine("settings-" + name.replace("/", "-"))
    assert sam.wrong + olga.wrong + owner.wrong == []
