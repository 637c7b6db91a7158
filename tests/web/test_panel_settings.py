"""Settings > Panel: what an owner keeps, what is refused beside its field, secret and key shown once, rules."""

import re

import pytest
from django.urls import reverse

from kizuna.conversations.live import panel, rules
from kizuna.shops import keys
from kizuna.shops.models import AuditEntry
from tests.shops.making import log_in, make_owner, make_person, make_shop

pytestmark = pytest.mark.django_db
GOOD = {
    "is_on": "on", "colour": "#AA3355", "position": "left", "theme": "dark", "before": "optional",
    "origins": "tea.example\nhttps://tea.example\n", "most_invitations_a_day": "3", "holdout_share": "12.5",
    "words-de-greeting": "Grüß Gott", "words-en-title": "<b>Tea</b>",
}  # fmt: skip
RULE = {
    "name": "Cart",
    "is_on": "on",
    "seconds_on_page": "20",
    "page": "/cart*",
    "cart": "50",
    "words_en": "May we help?",
}


@pytest.fixture
def shop():
    return make_shop("retail")


@pytest.fixture
def owner(shop):
    return log_in(make_owner(shop))


def _url(name, *parts):
    return reverse(name, args=["retail", *parts])


def test_what_is_entered_is_kept_and_shown_as_text(shop, owner):
    assert owner.post(_url("settings_panel_change"), GOOD).status_code == 302
    view = panel.read(shop.pk)
    assert (view.colour, view.position, view.theme, view.before) == ("#aa3355", "left", "dark", "optional")
    assert view.origins == ("https://tea.example",)
    assert (view.holdout_share, view.most_invitations_a_day) == (0.125, 3)
    assert view.words == {"de": {"greeting": "Grüß Gott"}, "en": {"title": "<b>Tea</b>"}}
    page = owner.get(_url("settings_panel")).content.decode()
    assert "<b>Tea</b>" not in page
    assert 'value="12.5"' in page
    assert AuditEntry.objects.filter(action="panel_changed").count() == 1
    again = owner.post(_url("settings_panel_change"), GOOD, follow=True).content.decode()
    assert "nothing changed" in again


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("origins", "javascript:alert(1)", "is no address of a site"),
        ("colour", "red", "write the colour"),
        ("holdout_share", "51", "less than or equal to 50"),
        ("words-en-line", "x" * 401, "at most 400"),
        ("position", "top", "valid choice"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_kept(shop, owner, field, value, words):
    response = owner.post(_url("settings_panel_change"), {**GOOD, field: value})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert panel.read(shop.pk) == panel.PanelView()


def test_the_secret_and_the_key_are_shown_once(shop, owner):
    page = owner.post(_url("settings_panel_secret"), follow=True).content.decode()
    assert (panel.find_secret(shop.pk) or "?") in page
    assert panel.find_secret(shop.pk) not in owner.get(_url("settings_panel")).content.decode()
    page = owner.post(_url("settings_panel_key"), follow=True).content.decode()
    key = re.search(r"data-write-key=&quot;([^&]+)&quot;", page)[1]
    found = keys.find_source(key)
    assert (found.shop_id, found.kind) == (shop.pk, "browser")
    assert key not in owner.get(_url("settings_panel")).content.decode()


def test_the_queue_keeps_its_bounds(shop, owner):
    good = {"silent_s": "90", "longest_wait_s": "120", "overflow_wait_s": "240", "wrap_up_s": "0", "away_s": "600"}
    assert owner.post(_url("settings_panel_queue"), good).status_code == 302
    assert (panel.read(shop.pk).silent_s, panel.read(shop.pk).wrap_up_s) == (90, 0)
    assert owner.post(_url("settings_panel_queue"), {**good, "silent_s": "3"}).status_code == 422


def test_rules_are_written_changed_ordered_and_removed(shop, owner):
    assert owner.post(_url("settings_panel_rule_new"), RULE).status_code == 302
    assert (
        owner.post(_url("settings_panel_rule_new"), {**RULE, "name": "Leaving", "exit_intent": "on"}).status_code == 302
    )
    first, second = rules.list_rules(shop.pk)
    assert first.conditions == {"seconds_on_page": 20, "page": "/cart*", "cart_minor": 5000}
    page = owner.get(_url("settings_panel")).content.decode()
    told = re.search(r"After [^<]*", page)
    assert told is not None
    assert told[0].startswith("After 20 s on the page, on /cart*, with ")
    assert told[0].endswith("50.00 or more in the cart")
    page = owner.get(_url("settings_panel_rule", first.public_id)).content.decode()
    assert 'value="50.00"' in page
    assert (
        owner.post(_url("settings_panel_rule", first.public_id), {**RULE, "cart": "", "idle_s": "9"}).status_code == 302
    )
    assert rules.get_rule(shop.pk, first.public_id).conditions == {"seconds_on_page": 20, "page": "/cart*", "idle_s": 9}
    owner.post(_url("settings_panel_rule_sooner", second.public_id))
    assert [each.name for each in rules.list_rules(shop.pk)] == ["Leaving", "Cart"]
    owner.post(_url("settings_panel_rule_remove", second.public_id))
    assert [each.name for each in rules.list_rules(shop.pk)] == ["Cart"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"seconds_on_page": ""}, "Say when"),
        ({"page": "cart"}, "Begin with /"),
        ({"cart": "lots"}, "not an amount"),
        ({"name": ""}, "required"),
    ],
)
def test_a_rule_that_never_could_hold_is_refused_with_words(shop, owner, told, words):
    response = owner.post(_url("settings_panel_rule_new"), {**RULE, **told})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert rules.list_rules(shop.pk) == []


def test_only_owners_settle_the_panel(shop):
    marketer = log_in(make_person(shop, "marketer"))
    for name in ("settings_panel", "settings_panel_rule_new"):
        assert marketer.get(_url(name)).status_code == 403
    for name in ("settings_panel_change", "settings_panel_queue", "settings_panel_secret", "settings_panel_key"):
        assert marketer.post(_url(name)).status_code == 403
