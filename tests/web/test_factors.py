"""The factors page: half-lives, weights in three ways, reference, indicators, and the way back to earlier versions."""

import re
from html import unescape

import pytest
from django.urls import reverse

from kizuna.relationships import criterion, indicators, reference
from kizuna.shops.models import AuditEntry
from kizuna.tracking.plan import EVENTS
from kizuna.web.console.settings import comparison
from tests.shops.making import log_in, make_person, make_shop

pytestmark = pytest.mark.django_db

PAIRS = {first + second: "1" for first, second in comparison.PAIRS}


@pytest.fixture
def shop():
    return make_shop("retail")


@pytest.fixture
def marketer(shop):
    return log_in(make_person(shop, "marketer"))


def _url(name, *parts):
    return reverse(name, args=["retail", *parts])


def _weights(shop):
    return {name: round(weight, 4) for name, weight in criterion.get_current(shop.pk).weights.items()}


def test_half_lives_come_from_the_grid_and_make_a_new_version(shop, marketer):
    chosen = {"R": "30", "F": "90", "M": "180", "V": "90", "E": "365"}
    assert marketer.post(_url("settings_half_lives"), chosen).status_code == 302
    current = criterion.get_current(shop.pk)
    assert (current.version, current.half_lives["M"], current.half_lives["E"]) == (1, 180, 365)
    refused = marketer.post(_url("settings_half_lives"), {**chosen, "R": "45"})
    assert refused.status_code == 422
    assert 'id="id_R_error"' in refused.content.decode()
    assert criterion.get_current(shop.pk).version == 1
    assert AuditEntry.objects.filter(shop=shop, action="criterion_changed").count() == 1


def test_weights_by_hand_are_scaled_and_equal_is_one_click_away(shop, marketer):
    given = {"R": "40", "F": "40", "M": "60", "V": "0", "E": "60"}
    assert marketer.post(_url("settings_weights"), given).status_code == 302
    assert _weights(shop) == {"R": 0.2, "F": 0.2, "M": 0.3, "V": 0.0, "E": 0.3}
    assert criterion.get_current(shop.pk).method == "hand"
    for wrong in ({**given, "R": "-1"}, {**given, "R": "a lot"}, dict.fromkeys(given, "0"), {**given, "R": "nan"}):
        response = marketer.post(_url("settings_weights"), wrong)
        assert response.status_code == 422
        assert f'value="{wrong["R"]}"' in response.content.decode()
    marketer.post(_url("settings_weights_equal"))
    assert set(_weights(shop).values()) == {0.2}
    assert criterion.get_current(shop.pk).method == "equal"


def test_comparisons_that_fit_are_saved_with_their_ratio(shop, marketer):
    good = {**PAIRS, "RF": "3", "RM": "1", "RV": "3", "RE": "3", "FM": "1/3", "MV": "3", "ME": "3"}
    checked = marketer.post(_url("settings_comparison"), good)
    assert checked.status_code == 200
    assert "your answers fit together" in checked.content.decode()
    assert criterion.get_current(shop.pk).version == 0
    assert marketer.post(_url("settings_comparison"), {**good, "save": "1"}).status_code == 302
    assert _weights(shop) == {"R": 0.3333, "F": 0.1111, "M": 0.3333, "V": 0.1111, "E": 0.1111}
    page = unescape(marketer.get(_url("settings_factors")).content.decode())
    assert "consistency ratio of 0.000" in page
    assert re.search(r'value="1/3" selected', page)


def test_comparisons_that_contradict_each_other_are_refused_and_the_worst_is_named(shop, marketer):
    bad = {**PAIRS, "RF": "9", "FM": "9", "RM": "1/9", "save": "1"}
    response = marketer.post(_url("settings_comparison"), bad)
    page = unescape(response.content.decode())
    assert response.status_code == 422
    assert "contradict each other" in page
    assert "Recency and Money" in page
    assert criterion.get_current(shop.pk).version == 0
    assert marketer.post(_url("settings_comparison"), {**PAIRS, "RF": "100"}).status_code == 422


def test_a_further_indicator_is_registered_and_weighted(shop, marketer):
    draft = {
        "label": "Live contacts", "name": "live-contacts", "event_names": [next(iter(EVENTS))], "direction": "1",
        "half_life": "180", "weight": "20",
    }  # fmt: skip
    assert marketer.post(_url("settings_indicator_new"), draft).status_code == 302
    registered = indicators.list_indicators(shop.pk)
    assert [(each.name, each.direction) for each in registered] == [("live-contacts", 1)]
    assert _weights(shop)["live-contacts"] == 0.2
    again = marketer.post(_url("settings_indicator_new"), draft)
    assert again.status_code == 422
    assert re.search(r'id="id_name_error">[^<]*already', again.content.decode())
    nothing = marketer.post(_url("settings_indicator_new"), {**draft, "name": "other", "event_names": []})
    assert 'id="id_event_names_error"' in nothing.content.decode()
    assert "Live contacts" in marketer.get(_url("settings_factors")).content.decode()


def test_an_earlier_version_is_applied_again(shop, marketer):
    marketer.post(_url("settings_weights"), {"R": "100", "F": "0", "M": "0", "V": "0", "E": "0"})
    assert marketer.post(_url("settings_version_restore", 0)).status_code == 302
    assert criterion.get_current(shop.pk).version == 2
    assert set(_weights(shop).values()) == {0.2}
    assert marketer.post(_url("settings_version_restore", 99)).status_code == 404


def test_the_reference_is_frozen_now(shop, marketer):
    assert "None yet" in marketer.get(_url("settings_factors")).content.decode()
    assert marketer.post(_url("settings_freeze"), follow=True).status_code == 200
    assert reference.find_current(shop.pk).automatic is False
    assert AuditEntry.objects.filter(shop=shop, action="reference_frozen").count() == 1


def test_an_operator_does_not_touch_the_criterion(shop):
    operator = log_in(make_person(shop, "operator"))
    assert operator.post(_url("settings_weights_equal")).status_code == 403
    assert operator.get(_url("settings_factors")).status_code == 403
