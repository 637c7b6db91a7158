"""The forecast page in every state, its list and export, and what it puts on the customer page and into the API."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kizuna.flows import forecast
from kizuna.html import figures
from kizuna.jobs.models import Job
from kizuna.relationships import forecasts, snapshots
from kizuna.relationships.models import ForecastRun, Standing
from kizuna.shops import members, sources
from kizuna.shops.models import AuditEntry
from kizuna.web.console.pages import forecast_words
from tests.flows.buyers import Buyers, make_buyers
from tests.shops.making import make_person
from tests.web.console.shop_with_history import Place
from tests.web.console.test_pages import INLINE

pytestmark = pytest.mark.django_db


@pytest.fixture
def forecasted(full: Place) -> Place:
    """The full shop with its forecast."""
    assert forecast.refresh(full.shop, timezone.now()) is not None
    return full


def _page(place: Place, path: str = "forecast/", role: str = "owner") -> str:
    response = place.client(role).get(place.url(path))
    assert response.status_code == 200
    page = response.content.decode()
    assert not INLINE.search(page)
    return page


def test_before_the_first_order_the_page_says_how_to_begin(empty: Place) -> None:
    assert "import_orders" in _page(empty)


def test_without_a_forecast_it_can_be_asked_for_and_is_followed(full: Place) -> None:
    assert "No forecast yet" in _page(full)
    assert "Compute it now" not in _page(full, role="reader")
    assert full.client("reader").post(full.url("forecast/start/")).status_code == 403
    assert full.client().get(full.url("forecast/start/")).status_code == 405
    assert full.client().post(full.url("forecast/start/")).status_code == 302
    assert "The first forecast is being computed" in _page(full)
    Job.objects.update(state="running", progress=0.4)
    followed = _page(full, "forecast/progress/")
    assert 'value="0.400"' in followed
    assert "40 %" in followed
    Job.objects.update(state="dead")
    assert "could not be computed" in _page(full)
    assert full.client().get(full.url("forecast/progress/"))["HX-Refresh"] == "true"


def test_the_page_tells_the_whole_the_segments_and_how_right_it_was(forecasted: Place) -> None:
    page = _page(forecasted)
    run = forecasts.find_last(forecasted.shop.pk)
    assert run is not None
    assert run.back_test is not None
    assert page.count("<h1>") == 1
    for words in ("Expected net profit", "Still customers", "Had you asked", "How this is computed", "had bought once"):
        assert words in page
    assert page.count("<svg") > 3
    snapshot = snapshots.find_last(forecasted.shop.pk)
    assert snapshot is not None
    assert f"Segments as of {figures.moment(snapshot.as_of_us, forecasted.shop.timezone)}" in page
    said = run.back_test["purchases"]
    assert f"it was {round(said['came'])}" in page
    assert len(re.findall(r'class="who"', page)) == min(25, run.customers)
    assert "PSI" not in page
    assert "P(alive)" not in page
    assert "Compute anew" not in _page(forecasted, role="reader")
    forecast.ask(forecasted.shop, timezone.now())
    assert "this is the one before" in _page(forecasted)
    Job.objects.update(state="dead")
    assert "The newest forecast could not be computed" in _page(forecasted)
    Job.objects.update(enqueued_at=timezone.now() - timedelta(days=2))
    assert "could not be computed" not in _page(forecasted)


def test_the_list_the_export_and_the_customers_tell_the_same(forecasted: Place) -> None:
    _check_the_export(forecasted)
    _check_the_customer_pages(forecasted)
    _check_the_order_of_customers(forecasted)
    _check_the_list(forecasted)


def _check_the_list(forecasted: Place) -> None:
    shop = forecasted.shop.pk
    gone = Standing.objects.filter(shop_id=shop, still_customer__lt=0.3).count()
    assert gone
    listed = _page(forecasted, "forecast/?still=gone")
    assert len(re.findall(r'class="who"', listed)) == min(25, gone)
    assert "probably still" not in listed.split("forecast-list")[-1]
    letters = set(re.findall(r'avatar seg-(\w+)"', _page(forecasted, "forecast/?segment=B").split("forecast-list")[-1]))
    assert letters <= {"b"}
    first = Standing.objects.filter(shop_id=shop).order_by("-expected_value_minor").values_list("label", flat=True)
    assert _page(forecasted).split('class="who"')[1].count(first.exclude(expected_value_minor=None)[0])
    Standing.objects.filter(shop_id=shop).update(still_customer=1.0)
    assert "No customer with a purchase fits" in _page(forecasted, "forecast/?still=gone")


def _check_the_export(forecasted: Place) -> None:
    url = forecasted.url("forecast/export.csv")
    assert forecasted.client("operator").get(url).status_code == 403
    body = b"".join(forecasted.client("marketer").get(url).streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body)))
    run = forecasts.find_last(forecasted.shop.pk)
    assert run is not None
    assert len(rows) == run.customers
    assert rows[0].keys() >= {"still a customer", "net profit at least", "purchases at most"}
    assert float(rows[0]["net profit"]) == max(float(row["net profit"]) for row in rows)
    assert all(float(row["net profit at least"]) <= float(row["net profit at most"]) for row in rows)
    assert AuditEntry.objects.filter(shop=forecasted.shop, action="customers_exported").count() == 1


def _check_the_customer_pages(forecasted: Place) -> None:
    best = Standing.objects.filter(shop_id=forecasted.shop.pk, still_customer__gt=0.9, orders__gt=3).first()
    assert best is not None
    page = _page(forecasted, f"customers/{best.customer.public_id}/")
    assert "Very likely still a customer" in page
    assert "Purchases to expect" in page
    gone = Standing.objects.filter(shop_id=forecasted.shop.pk, still_customer__lt=0.1).first()
    assert gone is not None
    _check_the_joining_sentence(forecasted, best, gone)
    visitor = Standing.objects.filter(shop_id=forecasted.shop.pk, orders=0).first()
    assert visitor is not None
    assert "Still a customer?" not in _page(forecasted, f"customers/{visitor.customer.public_id}/")


def _check_the_joining_sentence(forecasted: Place, best: Standing, gone: Standing) -> None:
    pages = {}
    for segment, row in (("A", gone), ("D", gone), ("A", best)):
        Standing.objects.filter(pk=row.pk).update(segment=segment)
        pages[segment, row.pk] = _page(forecasted, f"customers/{row.customer.public_id}/")
    assert "Very likely gone" in pages["A", gone.pk]
    assert "To retain them now means to win them back" in pages["A", gone.pk]
    assert "must be retained" in pages["A", gone.pk]
    assert "win them back" not in pages["D", gone.pk] + pages["A", best.pk]
    assert forecast_words.joined_words("B", "warn").endswith("Write first.")


def _check_the_order_of_customers(forecasted: Place) -> None:
    page = _page(forecasted, "customers/?sort=value")
    assert 'aria-sort="descending"' in page
    best = Standing.objects.filter(shop_id=forecasted.shop.pk).order_by("-expected_value_minor")
    assert page.index(best.exclude(expected_value_minor=None)[0].label) < page.index("To expect") + 4000


def _small(customers: int) -> tuple[Buyers, Client]:
    base = make_buyers(customers)
    forecast.refresh(base.shop, timezone.now())
    person = make_person()
    members.add_member(base.shop, person, "owner")
    client = Client()
    client.force_login(person)
    return base, client


def test_a_small_shop_is_told_why_its_ranges_are_wide() -> None:
    base, client = _small(12)
    page = client.get(f"/s/{base.shop.slug}/forecast/").content.decode()
    assert "Only 12 customers bought so far" in page
    assert "leans on what shops are usually like" in page
    assert 'name="still"' not in page
    standing = Standing.objects.filter(shop_id=base.shop.pk).first()
    assert standing is not None
    shown = client.get(f"/s/{base.shop.slug}/customers/{standing.customer.public_id}/").content.decode()
    assert "With few buyers," in shown
    assert "Probably gone" in shown


def test_the_api_tells_the_forecast_and_strangers_nothing(forecasted: Place, strange: Place) -> None:
    assert "No forecast yet" in _page(strange)
    for path in ("forecast/", "forecast/export.csv", "forecast/progress/"):
        assert strange.client().get(forecasted.url(path)).status_code == 404
    _, key = sources.create_token(forecasted.shop, "report", "reader", None)
    client = Client(headers={"Authorization": f"Bearer {key}"})
    best = client.get("/api/v1/customers?sort=value&limit=1").json()["customers"][0]
    told = client.get(f"/api/v1/customers/{best['id']}").json()["customer"]
    assert told["forecast"]["net_profit_minor"]["expected"] == best["expected_value_minor"]
    assert told["forecast"]["still_customer"] == pytest.approx(best["still_customer"], abs=1e-4)
    assert told["forecast"]["purchases"]["low"] <= told["forecast"]["purchases"]["high"]
    ForecastRun.objects.all().delete()
    assert client.get(f"/api/v1/customers/{best['id']}").json()["customer"]["forecast"] is None


def test_errors_and_spans_are_said_in_words() -> None:
    assert forecast_words.error_words(0.035) == "3.5\u202f% too much"
    assert forecast_words.error_words(-0.12) == "12.0\u202f% too little"
    assert forecast_words.error_words(0.0) == "exactly so"
    assert forecast_words.error_words(None) == "there was nothing to compare with"
    assert [forecast_words.span_words(months) for months in (6, 12, 4)] == ["half a year", "a year", "4 months"]
