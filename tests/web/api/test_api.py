"""The API: tokens of one shop and role, errors that name the parameter, pages by key, a description that is true."""

import csv
import io
import json
import re

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver

from kizuna.customers import search
from kizuna.customers.models import Customer, Identity
from kizuna.relationships.models import Standing
from kizuna.shops import sources
from kizuna.shops.models import ApiToken, Role
from kizuna.web.api import access, customers, openapi, portfolio
from kizuna.web.api.access import Allowance
from tests.flows.making import DAY, START, make_books
from tests.shops.making import NOW, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_allowance(monkeypatch):
    monkeypatch.setattr(access, "allowance", Allowance(access.PER_MINUTE))


def _client(shop, role="reader"):
    _, key = sources.create_token(shop, f"token {ApiToken.objects.count()}", role, None)
    return Client(headers={"Authorization": f"Bearer {key}"})


def _customer(shop, number, segment="A"):
    customer = Customer.objects.create(shop=shop, name=f"Name {number}", created_us=0)
    Standing.objects.create(
        customer=customer, shop_id=shop.pk, name=customer.name, label=customer.name, segment=segment, known=True,
        rf=number / 10, net_profit_minor=number * 100, last_order_us=1_700_000_000_123_456, as_of_us=1,
    )  # fmt: skip
    return customer


def _error(response):
    return response.json()["error"]


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic a3o6", "Bearer ", "kz_t_x"])
def test_without_a_valid_token_nothing_is_told(header):
    client = Client(headers={"Authorization": header} if header else {})
    response = client.get("/api/v1/customers")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert _error(response)["code"] == "not_authenticated"


def test_a_revoked_token_is_refused_at_once():
    shop = make_shop()
    client = _client(shop)
    assert client.get("/api/v1/customers").status_code == 200
    token = ApiToken.objects.get(shop=shop)
    assert token.last_used_at is not None
    sources.revoke_token(shop, token.pk, NOW)
    assert client.get("/api/v1/customers").status_code == 401


def test_a_token_sees_its_own_shop_only():
    mine, other = make_shop("mine"), make_shop("other")
    own, foreign = _customer(mine, 1), _customer(other, 2)
    client = _client(mine, "owner")
    listed = client.get("/api/v1/customers").json()
    assert listed["shop"] == "mine"
    assert [row["id"] for row in listed["customers"]] == [str(own.public_id)]
    assert client.get(f"/api/v1/customers/{foreign.public_id}").status_code == 404
    shown = client.get(f"/api/v1/customers/{own.public_id}").json()["customer"]
    assert (shown["segment"], shown["net_profit_minor"], shown["rf"]) == ("A", 100, 0.1)
    assert shown["last_order_at"] == "2023-11-14T22:13:20.123Z"


def test_pages_follow_each_other_without_gap_or_repeat():
    shop = make_shop()
    for number in range(7):
        _customer(shop, number, "AB"[number % 2])
    client = _client(shop)
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get("/api/v1/customers", {"limit": 3, "sort": "factor", "cursor": cursor}).json()
        seen += [row["net_profit_minor"] for row in page["customers"]]
        cursor = page["next"]
    assert seen == [600, 500, 400, 300, 200, 100, 0]
    rising = client.get("/api/v1/customers", {"direction": "rising", "segment": "B"}).json()
    assert [row["net_profit_minor"] for row in rising["customers"]] == [100, 300, 500]
    middle = client.get("/api/v1/customers", {"net_profit_min_minor": 200, "rf_max": 0.4}).json()
    assert [row["net_profit_minor"] for row in middle["customers"]] == [400, 300, 200]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", "0"), ("limit", "201"), ("limit", "many"), ("segment", "A,E"), ("known", "maybe"), ("sort", "luck"),
        ("direction", "up"), ("rf_min", "2"), ("rf_min", "nan"), ("net_profit_min_minor", "1.5"), ("limti", "5"),
        ("cursor", "zzz"), ("cursor", "WyJ4IiwgMV0"), ("cursor", "W1tb"), ("q", "x" * 201),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_named(field, value):
    response = _client(make_shop()).get("/api/v1/customers", {field: value})
    assert response.status_code == 400
    assert _error(response)["field"] == field


def test_words_find_customers_and_the_other_filters_still_hold():
    shop = make_shop()
    books = make_books(slug="found")
    for name, segment in (("Anna Lee", "A"), ("Anna Smith", "B"), ("Bob Lee", "A")):
        customer = Customer.objects.get(pk=books.customer_of(books.customer(name)))
        Identity.objects.filter(customer=customer).update(profile={"name": [name, 0, 1]})
        search.index(books.shop.pk, [customer.pk])
        Standing.objects.update_or_create(
            customer=customer, defaults={"shop_id": books.shop.pk, "name": name, "label": name, "segment": segment}
        )
    client = _client(books.shop)

    def names(**asked):
        return {row["name"] for row in client.get("/api/v1/customers", asked).json()["customers"]}

    assert names(q="ann") == {"Anna Lee", "Anna Smith"}
    assert names(q="lee ann") == {"Anna Lee"}
    assert names(q="ann", segment="B") == {"Anna Smith"}
    assert names(q="zoe") == set()
    assert len(names(q=" ")) == 3
    assert _client(shop).get("/api/v1/customers?q=ann").json()["customers"] == []


@pytest.mark.parametrize(
    "path", ["/api/v1/customers/not-a-uuid", "/api/v1/orders", "/api/v1/", "/api/v1", "/api/v1/customers/"]
)
def test_what_the_api_does_not_have_is_a_404_in_json(path):
    for client in (Client(), _client(make_shop(f"s{ApiToken.objects.count()}"))):
        response = client.get(path)
        assert (response.status_code, _error(response)["code"]) == (404, "not_found")
    assert Client(enforce_csrf_checks=True).post(path).status_code == 404


def test_a_parameter_given_twice_is_refused_and_so_are_other_methods():
    client = _client(make_shop())
    assert _error(client.get("/api/v1/customers?limit=1&limit=2"))["field"] == "limit"
    response = client.post("/api/v1/customers")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_too_many_requests_are_told_when_to_come_back(monkeypatch):
    monkeypatch.setattr(access, "allowance", Allowance(2))
    client = _client(make_shop())
    assert [client.get("/api/v1/customers").status_code for _ in range(3)] == [200, 200, 429]
    assert 1 <= int(client.get("/api/v1/customers")["Retry-After"]) <= 60
    assert _client(make_shop()).get("/api/v1/customers").status_code == 200


def test_the_allowance_refills_evenly():
    allowance = Allowance(60)
    assert [allowance.take(1, 0.0) for _ in range(60)] == [0.0] * 60
    assert allowance.take(1, 0.0) == pytest.approx(1.0)
    assert allowance.take(1, 0.5) == pytest.approx(0.5)
    assert allowance.take(1, 1.1) == 0.0
    assert allowance.take(2, 1.1) == 0.0


def test_the_description_names_exactly_the_addresses_there_are():
    prefix = next(each for each in get_resolver().url_patterns if str(each.pattern) == "api/")
    routes = {
        "/api/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(each.pattern))
        for each in prefix.url_patterns
        if each.callback is not access.refuse_unknown
    }
    document = Client().get("/api/v1/openapi.json").json()
    assert set(document["paths"]) == routes
    assert document["openapi"] == "3.1.0"
    for path, item in document["paths"].items():
        for operation in item.values():
            named = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))


def test_the_description_names_exactly_the_parameters_and_fields_there_are():
    described = {each["name"] for each in openapi.LIST_CUSTOMERS["parameters"]}
    assert described == customers.PARAMETERS
    assert {each["name"] for each in openapi.SHOW_PORTFOLIO["parameters"]} == portfolio.PARAMETERS
    shop = make_shop()
    _customer(shop, 1)
    row = _client(shop).get("/api/v1/customers").json()["customers"][0]
    assert set(row) == set(openapi.CUSTOMER["properties"])
    references = set(re.findall(r"#/components/schemas/(\w+)", repr(openapi.DOCUMENT)))
    assert references <= set(openapi.DOCUMENT["components"]["schemas"])


def _sold():
    books = make_books(slug="sold")
    for value, revenue in (("17850", 10_000), ("12346", 500), ("99", 300)):
        books.order(books.customer(value), START, revenue)
    return books.shop


def test_the_portfolio_is_the_document_that_the_command_prints(capsys):
    shop = _sold()
    answer = _client(shop, "marketer").get("/api/v1/portfolio", {"as_of": "2022-01-15T00:00:00Z"})
    call_command("export_portfolio", "--shop", "sold", "--as-of", "2022-01-15T00:00:00Z")
    assert answer.json() == json.loads(capsys.readouterr().out)
    document = answer.json()
    assert set(document) == set(openapi.PORTFOLIO["properties"])
    first = document["customers"][0]
    assert (first["customer"], first["net_profit_minor"]) == ("17850", 10_000)
    assert set(first) == set(openapi.PORTFOLIO["properties"]["customers"]["items"]["properties"])


def test_the_portfolio_comes_as_csv_and_by_itself_as_of_the_shops_clock():
    client = _client(_sold(), "marketer")
    lines = list(csv.DictReader(io.StringIO(client.get("/api/v1/portfolio?format=csv").content.decode())))
    assert [line["customer"] for line in lines] == ["17850", "12346", "99"]
    as_of = json.loads(client.get("/api/v1/portfolio").content)["as_of"]
    assert as_of.startswith("2022-01-08")
    assert START == 19_000 * DAY


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("as_of", "yesterday"), ("as_of", "2022-01-15T00:00:00"), ("as_of", "0001-01-01T00:00:00Z"),
        ("as_of", "9999-12-31T23:59:59Z"), ("format", "xml"), ("reference", "mine"), ("asof", "2022-01-15T00:00:00Z"),
        ("from", "2999-01-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_a_portfolio_that_cannot_be_asked_for_is_refused_with_the_parameter(field, value):
    response = _client(_sold(), "owner").get("/api/v1/portfolio", {field: value})
    assert response.status_code == 400
    assert _error(response)["field"] == field


def test_the_whole_portfolio_is_for_roles_that_may_export():
    shop = _sold()
    statuses = {role: _client(shop, role).get("/api/v1/portfolio").status_code for role in Role.values}
    assert statuses == {"owner": 200, "marketer": 200, "operator": 403, "specialist": 403, "reader": 403}
