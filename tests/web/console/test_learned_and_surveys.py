"""In the console: the settings of the premium site, what we have learned, and surveys with honest figures."""

from datetime import UTC, datetime

import pytest

from kizuna.customers import identity
from kizuna.customers.identity import IdentityKind
from kizuna.customers.models import Identity
from kizuna.flows import surveys
from kizuna.knowledge import learned
from kizuna.privileges import site, tiers
from kizuna.shops.models import AuditEntry
from tests.web.console.shop_with_history import Place

pytestmark = pytest.mark.django_db


def _customer(place: Place, name: str = "anna@example.com"):
    identity_id = identity.ensure(place.shop.pk, IdentityKind.EMAIL, [name], [1])[name]
    return identity_id, Identity.objects.select_related("customer").get(pk=identity_id).customer


def _tiers(place: Place, **changed):
    posted = {}
    for tier in tiers.list_tiers(place.shop.pk):
        for name in ("name", "promise", "earned_by"):
            posted[f"tier{tier.level}-{name}"] = getattr(tier, name)
        posted[f"tier{tier.level}-segments"] = list(tier.segments)
        posted[f"tier{tier.level}-sees"] = sorted(tier.sees)
    return {**posted, **changed}


def test_an_owner_settles_the_premium_site(empty):
    client, shop = empty.client(), empty.shop
    assert client.get(empty.url("settings/premium/")).status_code == 200
    said = {"is_open": "on", "accent": "#7A2E4D", "mark": "L&K", "welcome": "Hi", "languages": ["de"], "grace_days": 30}
    assert client.post(empty.url("settings/premium/change/"), said).status_code == 302
    settled = site.site_of(shop.pk)
    assert (settled.accent, settled.languages, settled.grace_days, settled.ask_after_wish) == (
        "#7a2e4d",
        ("de",),
        30,
        False,
    )
    assert client.post(empty.url("settings/premium/change/"), {**said, "accent": "red"}).status_code == 422
    assert (
        client.post(empty.url("settings/premium/tiers/"), _tiers(empty, **{"tier3-name": "Circle"})).status_code == 302
    )
    assert tiers.list_tiers(shop.pk)[0].name == "Circle"
    twice = client.post(empty.url("settings/premium/tiers/"), _tiers(empty, **{"tier2-segments": ["A"]}))
    assert "one tier only" in twice.content.decode()
    client.post(empty.url("settings/premium/secret/"))
    first = client.get(empty.url("settings/premium/")).content.decode()
    assert site.find_secret(shop.pk) in first
    assert site.find_secret(shop.pk) not in client.get(empty.url("settings/premium/")).content.decode()
    assert site.find_secret(shop.pk) not in str(list(AuditEntry.objects.values()))


def test_people_note_correct_and_delete_what_was_learned(empty):
    identity_id, customer = _customer(empty)
    client, base = empty.client("operator"), empty.url(f"customers/{customer.public_id}/learned/")
    assert "Nothing yet" in client.get(base).content.decode()
    assert client.post(f"{base}add/", {"kind": "want", "text": "green tea", "label": "drink"}).status_code == 200
    assert client.post(f"{base}add/", {"kind": "want", "text": ""}).status_code == 422
    lesson = learned.list_of(empty.shop.pk, [identity_id])[0]
    for what, text in (("confirm", ""), ("correct", "white tea")):
        answer = client.post(f"{base}{lesson.public_id}/", {"what": what, "kind": "want", "text": text})
        assert answer.status_code == 200
    assert [each.text for each in learned.list_of(empty.shop.pk, [identity_id])] == ["white tea"]
    assert client.post(f"{base}{lesson.public_id}/", {"what": "forget"}).status_code == 404, "it was replaced"
    held = learned.list_of(empty.shop.pk, [identity_id])[0]
    client.post(f"{base}{held.public_id}/", {"what": "forget"})
    assert learned.list_of(empty.shop.pk, [identity_id]) == []
    _, other = _customer(empty, "bert@example.com")
    elsewhere = empty.url(f"customers/{other.public_id}/learned/{held.public_id}/")
    assert client.post(elsewhere, {"what": "confirm"}).status_code == 404
    assert empty.client("reader").post(f"{base}add/", {"kind": "want", "text": "x"}).status_code == 403


def test_a_survey_of_ones_own_is_asked_and_shows_honest_figures(empty):
    client = empty.client("marketer")
    assert "Nobody was asked yet" in client.get(empty.url("surveys/")).content.decode()
    said = {
        "title": "Winter blend",
        "text1": "Would you buy it?",
        "form1": "scale",
        "text2": "Which?",
        "form2": "choice",
    }
    assert client.post(empty.url("surveys/new/"), {**said, "choices2": "one"}).status_code == 422
    made = client.post(
        empty.url("surveys/new/"), {**said, "choices2": "smoky\nsweet", "text3": "Why?", "form3": "words"}
    )
    page = made.url
    survey = surveys.surveys.list_surveys(empty.shop.pk)[0][0]
    now = datetime.now(UTC)
    for number in range(6):
        identity_id, _ = _customer(empty, f"c{number}@example.com")
        assert surveys.ask(empty.shop, survey, [identity_id], now) == 1
        asked = surveys.surveys.list_asks(empty.shop.pk, [identity_id])[0]
        given = {"q1": str(3 + number % 3), "q2": "smoky", "q3": f"reason {number}"}
        surveys.answer_ask(empty.shop, asked, given, "portal", now)
        shown = client.get(page).content.decode()
        assert ("Too few to say" in shown) == (number < 4)
    assert "reason 5" in shown
    assert "A first impression" in shown
    assert client.post(f"{page}ask/", {"segment": ["A"]}).status_code == 302
    assert client.post(f"{page}close/").status_code == 302
    assert surveys.surveys.get(empty.shop.pk, survey.public_id).closed_us is not None
    assert client.post(empty.url("surveys/channel/")).status_code == 302
    assert empty.client("operator").post(empty.url("surveys/channel/")).status_code == 403
