"""The Investments page and its settings: empty, reckoned with a budget overdrawn, decided, refused."""

from datetime import UTC, datetime

import pytest

from kizuna.flows import investing, investment_report
from kizuna.relationships import investment_terms
from kizuna.relationships.models import Investment
from kizuna.science import periods
from tests.flows import wishing
from tests.web.console.shop_with_history import Place, make_place

pytestmark = pytest.mark.django_db


def test_an_empty_shop_is_told_what_will_be_booked(empty: Place) -> None:
    page = empty.client().get(empty.url("investments/")).content.decode()
    assert "Nothing invested yet" in page
    assert "paper: US$ 9.50" in page
    assert empty.client("reader").post(empty.url("investments/start/")).status_code == 403


def test_the_page_shows_return_comparison_and_budgets() -> None:
    now, place = datetime.now(UTC), make_place("tea", 90, 900)
    wishing.fill(place.shop, periods.epoch_us(now))
    Investment.objects.filter(shop=place.shop).update(at_us=periods.epoch_us(now))
    terms = investment_terms.Terms(3000, {}, dict.fromkeys("ABCD", 100))
    investing.change_terms(place.shop, terms, place.people["owner"], now)
    assert "Not reckoned yet" in place.client().get(place.url("investments/")).content.decode()
    investment_report.refresh(place.shop, now)
    page = place.client("reader").get(place.url("investments/"))
    text = page.content.decode()
    assert page.context["segments"]
    assert any(row.over for row in page.context["segments"])
    assert "over budget" in text
    assert "not a proof" in text
    assert "Too early" in text


def test_an_owner_decides_costs_and_wrong_amounts_are_named(empty: Place) -> None:
    client, url = empty.client(), empty.url("settings/investments/")
    assert "assumptions" in client.get(url).content.decode()
    told = {f"channel_{name}": "0.10" for name in investment_terms.CHANNELS}
    told |= {"hour": "42", "budget_A": "500", "landing_url": "https://shop.example/"}
    for wrong in ({"hour": "many"}, {"channel_email": "-1"}, {"landing_url": "javascript:alert(1)"}, {"hour": ""}):
        assert client.post(url, told | wrong).status_code == 422
    assert client.post(url, told).status_code == 302
    terms = investment_terms.find(empty.shop.pk)
    assert terms is not None
    assert (terms.hour_minor, terms.channel_minor["email"], dict(terms.budgets)) == (4200, 10, {"A": 50_000})
    assert empty.client("marketer").get(url).status_code == 403
