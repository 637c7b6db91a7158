"""The page of tested claims: nothing yet, too small a shop, every answer in words, hostile sources, costs decided."""

import pytest

from kizuna.customers.models import Customer
from kizuna.flows import claims
from kizuna.relationships import investment_terms, kept_reports
from kizuna.relationships.kept_reports import ReportView
from kizuna.web.console.pages import claims_words
from tests.flows.making import Books
from tests.flows.test_claims import fill
from tests.shops.making import NOW
from tests.web.console.shop_with_history import Place

pytestmark = pytest.mark.django_db


def test_a_new_shop_is_told_what_will_come_and_a_small_one_why_not(empty: Place) -> None:
    client, url = empty.client(), empty.url("claims/")
    assert "Not tested yet" in client.get(url).content.decode()
    assert empty.client("reader").post(empty.url("claims/start/")).status_code == 403
    claims.refresh(empty.shop, NOW)
    assert "at least 40 customers are needed" in client.get(url).content.decode()
    assert client.post(empty.url("claims/start/")).status_code == 302
    assert claims.find_job(empty.shop) is not None


def test_every_answer_is_told_in_words(empty: Place) -> None:
    fill(Books(empty.shop))
    Customer.objects.filter(first_touch__source="card").update(first_touch={"source": "<b>card</b>"})
    claims.refresh(empty.shop, NOW)
    text = empty.client("reader").get(empty.url("claims/")).content.decode()
    assert "chance alone could make it" in text
    assert "Of customers equally strong then, those with more contact are much stronger today." in text
    assert "If 5 more of every 100 customers stayed" in text
    assert "cost of winning not given" in text
    assert "&lt;b&gt;card" in text
    assert "<b>card" not in text


def test_words_follow_the_interval_never_the_figure_alone() -> None:
    sure, unsure = ({"r": 0.4, "low": low, "high": 0.5} for low in (0.1, -0.1))
    assert claims_words.talk_now(sure).verdict == "Yes"
    assert claims_words.talk_now(unsure).verdict == "Open"
    assert claims_words.talk_now({"r": -0.4, "low": -0.5, "high": -0.1}).verdict == "The reverse"
    assert claims_words.cheaper(2000, (500.0, 400.0, 600.0), 40) == "keeping costs 25 % of winning".replace(
        " %", "\u202f%"
    )
    assert claims_words.cheaper(500, (500.0, 400.0, 600.0), 40) == "chance alone could make the difference"
    assert claims_words.cheaper(2000, (500.0, 400.0, 600.0), 9) == "too few kept to say"
    assert claims_words.cheaper(2000, (0.0, 0.0, 0.0), 40) == "nothing invested in keeping them"
    assert claims_words.cheaper(100, (500.0, 400.0, 600.0), 40) == "keeping costs 5.0 times as much as winning"


def test_an_owner_says_what_winning_costs_line_by_line(empty: Place) -> None:
    client, url = empty.client(), empty.url("settings/investments/")
    told = {f"channel_{name}": "0.10" for name in investment_terms.CHANNELS} | {"hour": "42"}
    for wrong in ("google", "google: much", ": 3"):
        assert client.post(url, told | {"winning": wrong}).status_code == 422
    assert client.post(url, told | {"winning": "Google: 12.50\nhttp://a.example: 3\nunknown: 1"}).status_code == 302
    terms = investment_terms.find(empty.shop.pk)
    assert terms is not None
    assert dict(terms.winning_minor) == {"google": 1250, "http://a.example": 300, "": 100}
    assert "google: 12.50" in client.get(url).content.decode()


def test_another_shop_s_report_is_not_shown(empty: Place, strange: Place) -> None:
    kept_reports.keep(strange.shop.pk, claims.REPORT, ReportView(0, NOW, claims.refresh(strange.shop, NOW).body))
    assert "Not tested yet" in empty.client().get(empty.url("claims/")).content.decode()
