"""Customers, products, rates and events from files: taken once, believed as far as the owner is, bad rows named."""

import gzip
import io
import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kizuna.customers.models import Consent, Customer, Identity, IdentityKind
from kizuna.flows import shops
from kizuna.flows.imports import catalogue, customers, events, maps
from kizuna.flows.imports.report import Report
from kizuna.flows.imports.sheets import SheetFile
from kizuna.flows.imports.tables import BadFile
from kizuna.relationships.models import Standing
from kizuna.sales.models import Order, Product
from kizuna.shops import rates
from kizuna.shops.models import AuditEntry, Shop
from kizuna.shops.tenants import NewShop
from kizuna.tracking.models import Fact, Visit

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def shop(db: None) -> Shop:
    return shops.create_shop(NewShop("till", "Till", "EUR"), None, NOW)


def write(folder: Path, *lines: str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_text("\n".join((*lines, "")), encoding="utf-8")
    os.utime(path, (1_760_000_000, 1_760_000_000))
    return path


def refused(report: Report) -> list[tuple[int, str]]:
    return [(problem.row, problem.field) for problem in report.problems]


def test_customers_with_everything(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "customer_id,email,phone,name,country,language,since,consent.email_marketing,colour",
        "00017,Anna@Example.com,+49 30 1234567,Anna Ж,Germany,de,2020-05-01,yes,blue",
        ",bert@example.com,,Bert,,,,no,",
        "18.0,,,Cleo,,,,,",
        ",,,Nobody,,,,,",
        "19,not-an-address,,,,,,,",
        "20,,12,,,,,,",
        "21,,,,,,1815-06-18,,",
        "22,,,,,,,perhaps,",
    )
    report = customers.import_customers(shop, SheetFile(path, {}), NOW)
    assert refused(report) == [
        (5, "customer_id"),
        (6, "email"),
        (7, "phone"),
        (8, "since"),
        (9, "consent.email_marketing"),
    ]
    assert (report.counts["rows taken"], report.counts["customers"], report.counts["consents recorded"]) == (3, 3, 2)
    anna = Identity.objects.get(value="00017").customer
    assert (anna.name, anna.email, anna.email_verified, anna.country) == ("Anna Ж", "anna@example.com", True, "Germany")
    assert anna.traits == {"colour": "blue"}
    assert set(anna.identities.values_list("kind", flat=True)) == {
        IdentityKind.USER_ID,
        IdentityKind.EMAIL,
        IdentityKind.PHONE,
    }
    assert Identity.objects.get(value="18").customer.name == "Cleo"
    assert Standing.objects.get(customer=anna).name == "Anna Ж"


def test_repeating_customers_changes_nothing(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "customer_id,email,name,consent.email_marketing", "1,a@example.com,Anna,yes")
    customers.import_customers(shop, SheetFile(path, {}), NOW)
    before = [list(model.objects.order_by("pk").values()) for model in (Customer, Identity, Consent)]
    again = customers.import_customers(shop, SheetFile(path, {}), NOW)
    assert [list(model.objects.order_by("pk").values()) for model in (Customer, Identity, Consent)] == before
    assert (again.counts["profiles changed"], again.counts["consents recorded"]) == (0, 0)


def test_customers_by_a_map_and_dry(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "Kunde;Adresse;Stufe", "7;x@example.com;Gold")
    columns = maps.parse_columns("customer_id=Kunde,email=Adresse,trait.tier=Stufe", maps.CUSTOMER_FIELDS)
    dry = customers.import_customers(shop, SheetFile(path, columns, dry_run=True), NOW)
    assert (dry.counts["rows taken"], Customer.objects.count(), Standing.objects.count()) == (1, 0, 0)
    customers.import_customers(shop, SheetFile(path, columns), NOW)
    assert Customer.objects.get().traits == {"tier": "Gold"}
    with pytest.raises(BadFile, match="customer_id or email or phone"):
        customers.import_customers(shop, SheetFile(write(tmp_path, "name", "Anna"), {}), NOW)


def test_products_and_their_costs(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "sku,name,category,price,cost",
        "mug,Mug ☕,Kitchen,9.99,3.10",
        "tea,Tea,Kitchen,5,",
        ",Nothing,,1,1",
        "pad,Pad,,1,-1",
        "pen,Pen,,NaN,1",
        "car,Car,,1e20,1",
    )
    report = catalogue.import_products(shop, SheetFile(path, {}), NOW)
    assert refused(report) == [(4, "sku"), (5, "cost"), (6, "price"), (7, "price")]
    assert list(Product.objects.order_by("sku").values_list("sku", "price_minor", "cost_minor")) == [
        ("mug", 999, 310),
        ("tea", 500, None),
    ]
    again = catalogue.import_products(shop, SheetFile(path, {}), NOW)
    assert (again.counts["products new"], again.counts["products changed"]) == (0, 0)
    cheaper = write(tmp_path, "sku,cost", "mug,2.90", name="costs.csv")
    assert catalogue.import_products(shop, SheetFile(cheaper, {}), NOW).counts["products changed"] == 1
    assert Product.objects.get(sku="mug").name == "Mug ☕"


def test_rates(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "currency,from_day,rate",
        "usd,2025-01-01,0.95",
        "XYZ,2025-01-01,1",
        "EUR,2025-01-01,1",
        "GBP,yesterday,1.2",
        "GBP,2025-01-01,-1",
    )
    report = catalogue.import_rates(shop, SheetFile(path, {}), NOW)
    assert refused(report) == [(3, "currency"), (4, "currency"), (5, "from_day"), (6, "rate")]
    assert rates.rate_on(shop, "USD", date(2025, 6, 1)) == Decimal("0.95")
    entries = AuditEntry.objects.count()
    assert catalogue.import_rates(shop, SheetFile(path, {}), NOW).counts["rates new or changed"] == 0
    assert AuditEntry.objects.count() == entries


PAGE = {"type": "page", "anonymousId": "v1", "timestamp": "2025-03-01T10:00:00Z", "name": "Home"}
ORDER = {
    "type": "track",
    "event": "Order Completed",
    "userId": "anna",
    "anonymousId": "v1",
    "messageId": "m-1",
    "originalTimestamp": "2025-03-01T10:05:00Z",
    "sentAt": "2025-03-01T10:05:01Z",
    "properties": {"order_id": "A1", "total": 20, "currency": "EUR", "products": [{"sku": "mug", "price": 20}]},
}


def test_events_are_taken_as_from_the_live_door_at_their_own_time(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson.gz"
    lines = [
        json.dumps(PAGE),
        json.dumps(ORDER),
        "",
        "{nope",
        "[]",
        json.dumps({"type": "page", "anonymousId": "v1"}),
        json.dumps({**ORDER, "messageId": "m-2", "originalTimestamp": "0001-01-01T00:00:00Z"}),
        json.dumps({**ORDER, "messageId": "m-3", "properties": {"order_id": "A2", "total": 1, "currency": "???"}}),
        json.dumps({**PAGE, "type": "dance"}),
        json.dumps({**PAGE, "timestamp": "2025-03-01T10:01:00Z"}),
    ]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    report = events.import_events(shop, SheetFile(path, {}), NOW)
    assert [row for row, _ in refused(report)] == [4, 5, 6, 7, 8, 9]
    assert dict(refused(report))[8] == "properties.currency"
    assert (report.counts["rows read"], report.counts["events new"]) == (9, 3)
    order = Order.objects.get()
    assert order.placed_us == int(datetime(2025, 3, 1, 10, 5, tzinfo=UTC).timestamp()) * 1_000_000
    assert (Fact.objects.count(), Visit.objects.get().pages) == (3, 2)
    assert Standing.objects.get().net_profit_minor == 2000
    again = events.import_events(shop, SheetFile(path, {}), NOW)
    assert (again.counts["events new"], again.counts["events as before"], Fact.objects.count()) == (0, 3, 3)


def test_a_dry_run_of_events_writes_nothing(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(PAGE), json.dumps(ORDER), name="events.ndjson")
    report = events.import_events(shop, SheetFile(path, {}, dry_run=True), NOW)
    assert report.counts["events new"] == 2
    assert [model.objects.count() for model in (Fact, Order, Customer)] == [0, 0, 0]


def test_the_commands(shop: Shop, tmp_path: Path) -> None:
    people = write(tmp_path, "customer_id,name", "1,Anna", name="people.csv")
    goods = write(tmp_path, "sku,cost", "mug,1", name="goods.csv")
    money = write(tmp_path, "currency,from_day,rate", "USD,2025-01-01,0.9", name="money.csv")
    facts = write(tmp_path, json.dumps(PAGE), name="facts.ndjson")
    for name, path in {"customers": people, "products": goods, "rates": money, "events": facts}.items():
        out = io.StringIO()
        call_command(f"import_{name}", str(path), shop="till", json=True, stdout=out)
        assert json.loads(out.getvalue())["counts"]["rows taken"] == 1
        with pytest.raises(CommandError, match="No such file"):
            call_command(f"import_{name}", str(tmp_path / "missing"), shop="till")
    with pytest.raises(CommandError, match="no field"):
        call_command("import_products", str(goods), shop="till", map="weight=cost")
    with pytest.raises(CommandError, match="No row"):
        call_command("import_products", str(write(tmp_path, "sku,cost", ",1")), shop="till", stdout=io.StringIO())
