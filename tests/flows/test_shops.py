"""Making and setting up a shop: own sources, settings with their limits, and an audit entry for every change."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from kizuna.flows import shops
from kizuna.jobs.models import Job
from kizuna.shops import audit, sources, tenants
from kizuna.shops.models import AuditEntry, Shop
from kizuna.shops.rates import NewRate
from kizuna.shops.tenants import NewShop, Refused
from tests.flows.making import START, make_books
from tests.shops.making import NOW, make_person, make_shop

pytestmark = pytest.mark.django_db


def _entries(shop):
    return [(entry.action, entry.before, entry.after) for entry in AuditEntry.objects.filter(shop=shop).order_by("id")]


def test_a_new_shop_has_the_sources_kizuna_writes_through():
    shop = make_shop("retail", "GBP")
    assert {source.kind for source in sources.list_sources(shop)} == {"console", "files"}
    assert _entries(shop)[0][0] == "shop_created"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "Retail"}, "slug"),
        ({"slug": "-a"}, "slug"),
        ({"slug": "a" * 41}, "slug"),
        ({"slug": "taken"}, "slug"),
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": ""}, "timezone"),
    ],
)
def test_a_bad_shop_is_refused_with_its_field_and_nothing_is_kept(change, field):
    make_shop("taken")
    before = Shop.objects.count()
    with pytest.raises(Refused) as refusal:
        shops.create_shop(replace(NewShop("fine", "Fine", "EUR"), **change), None, NOW)
    assert refusal.value.field == field
    assert Shop.objects.count() == before


def test_settings_change_is_stored_and_audited_with_only_what_changed():
    shop, person = make_shop(), make_person()
    new = replace(tenants.settings_of(shop), margin_rate=Decimal("0.4"), name="Blue")
    assert set(shops.change_settings(shop, new, person, NOW)) == {"margin_rate", "name"}
    assert tenants.settings_of(tenants.get_shop(shop.slug)) == new
    entry = AuditEntry.objects.filter(shop=shop).latest("id")
    assert (entry.person, entry.before["margin_rate"], entry.after["margin_rate"]) == (person, "1", "0.4")
    assert "currency" not in entry.after
    assert shops.change_settings(shop, new, person, NOW) == []
    assert AuditEntry.objects.filter(shop=shop).latest("id") == entry


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"margin_rate": Decimal("1.01")}, "margin_rate"),
        ({"margin_rate": Decimal("-0.1")}, "margin_rate"),
        ({"payment_rate": Decimal(1)}, "payment_rate"),
        ({"payment_fixed_minor": -1}, "payment_fixed_minor"),
        ({"shipping_cost_minor": 10**13}, "shipping_cost_minor"),
        ({"period_months": 0}, "period_months"),
        ({"timezone": "Nowhere"}, "timezone"),
    ],
)
def test_settings_out_of_range_are_refused_with_their_field(change, field):
    shop = make_shop()
    with pytest.raises(Refused) as refusal:
        shops.change_settings(shop, replace(tenants.settings_of(shop), **change), None, NOW)
    assert refusal.value.field == field


def test_the_currency_is_fixed_after_the_first_order():
    books = make_books()
    changed = replace(tenants.settings_of(books.shop), currency="USD")
    shops.change_settings(books.shop, changed, None, NOW)
    shops.change_settings(books.shop, replace(changed, currency="EUR"), None, NOW)
    books.order(books.customer("17850"), START)
    with pytest.raises(Refused) as refusal:
        shops.change_settings(books.shop, changed, None, NOW)
    assert refusal.value.field == "currency"
    assert tenants.get_shop(books.shop.slug).currency == "EUR"


def test_another_period_places_everybody_anew_by_a_job():
    shop = make_shop()
    shops.change_settings(shop, replace(tenants.settings_of(shop), name="Other"), None, NOW)
    assert not Job.objects.exists()
    shops.change_settings(shop, replace(tenants.settings_of(shop), period_months=6), None, NOW)
    assert [job.kwargs["shop_id"] for job in Job.objects.all()] == [shop.pk]


def test_every_change_of_keys_and_rates_is_in_the_log_without_the_key():
    shop, person = make_shop(), make_person()
    source, first = shops.create_source(shop, "Web", "browser", person, NOW)
    _, second = shops.rotate_source(shop, source.public_id, person, NOW)
    shops.revoke_source(shop, source.public_id, person, NOW)
    token, third = shops.create_token(shop, "Report", "reader", person, NOW)
    shops.revoke_token(shop, token.pk, person, NOW)
    shops.set_rates(shop, [NewRate("USD", date(2026, 1, 1), Decimal("0.9"))], person, NOW)
    rate = shop.rates.get()
    shops.remove_rate(shop, rate.pk, person, NOW)
    entries = _entries(shop)
    assert [action for action, *_ in entries] == [
        "shop_created",
        "source_created",
        "source_key_rotated",
        "source_revoked",
        "api_token_created",
        "api_token_revoked",
        "rates_set",
        "rate_removed",
    ]
    assert entries[2][1] == {"key": first[:12]}
    assert entries[2][2] == {"key": second[:12]}
    assert not [entry for entry in entries for key in (first, second, third) if key in repr(entry)]


def test_the_log_is_paged_and_filtered_and_of_one_shop():
    shop, other, person = make_shop(), make_shop(), make_person()
    for number in range(60):
        audit.record(shop, person if number % 2 else None, "shop_settings_changed", f"shop {number}", None, None, NOW)
    assert audit.list_entries(shop, audit.Filter(), 1).paginator.count == 61
    assert len(audit.list_entries(shop, audit.Filter(), 1)) == 50
    assert audit.list_entries(shop, audit.Filter(person_id=person.pk), 1).paginator.count == 30
    assert audit.list_entries(shop, audit.Filter(action="shop_created"), 1).paginator.count == 1
    assert audit.list_entries(shop, audit.Filter(target="shop 5"), 1).paginator.count == 11
    assert audit.list_entries(other, audit.Filter(), 1).paginator.count == 1
    assert audit.list_actions(shop) == ["shop_created", "shop_settings_changed"]


def test_the_command_makes_a_shop_and_names_what_is_wrong(capsys):
    call_command("create_shop", "retail", "--name", "Online Retail", "--currency", "gbp", "--timezone", "UTC")
    assert tenants.get_shop("retail").currency == "GBP"
    with pytest.raises(CommandError, match="slug: the address 'retail' is taken"):
        call_command("create_shop", "retail", "--name", "Again", "--currency", "GBP")
    assert "Online Retail" in capsys.readouterr().out


def test_an_unknown_shop_is_refused_with_the_shops_there_are():
    make_shop("retail")
    with pytest.raises(Refused, match="retail"):
        tenants.get_shop("retial")
