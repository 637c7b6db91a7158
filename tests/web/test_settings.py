"""The settings pages: what an owner does there, keys shown once, mistakes named at their field with nothing lost."""

import re
from html import unescape

import pytest
from django.db import connection
from django.urls import reverse

from kizuna.shops import keys, rates, sources, tenants
from kizuna.shops.members import find_entry
from kizuna.shops.models import AuditEntry, Shop
from kizuna.web.console.settings.once import COOKIE
from tests.shops.making import find_source, log_in, make_owner, make_person, make_shop

pytestmark = pytest.mark.django_db

GOOD = {
    "name": "Online Retail", "timezone": "Europe/London", "currency": "GBP", "margin_rate": "42.5",
    "payment_rate": "1.4", "payment_fixed_minor": "0.25", "shipping_cost_minor": "3.90", "period_months": "6",
    "forecast_months": "18", "discount_year": "7.5", "maintenance_minor": "0.20",
    "warehouse_months": "36",
}  # fmt: skip


@pytest.fixture
def shop():
    return make_shop("retail", "GBP")


@pytest.fixture
def owner(shop):
    return log_in(make_owner(shop))


def _url(name, *parts):
    return reverse(name, args=["retail", *parts])


def test_settings_are_saved_in_minor_units_and_ratios(shop, owner):
    response = owner.post(_url("settings_shop"), GOOD)
    assert response.status_code == 302
    saved = tenants.settings_of(tenants.get_shop("retail"))
    assert (str(saved.margin_rate), str(saved.payment_rate)) == ("0.4250", "0.0140")
    assert (saved.payment_fixed_minor, saved.shipping_cost_minor, saved.period_months) == (25, 390, 6)
    assert saved.honour_do_not_track is False
    assert (saved.forecast_months, str(saved.discount_year), saved.maintenance_minor) == (18, "0.0750", 20)
    assert saved.warehouse_months == 36
    page = owner.get(_url("settings_shop")).content.decode()
    assert 'value="42.5"' in page
    assert 'value="3.90"' in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("margin_rate", "120", "between 0 % and 100 %"), ("margin_rate", "a lot", "Enter a number"),
        ("payment_fixed_minor", "-1", "zero or more"), ("shipping_cost_minor", "free", "is not a number"),
        ("period_months", "0", "between 1 and 60"), ("timezone", "Mars/Olympus", "valid choice"),
        ("name", "", "required"), ("forecast_months", "37", "between 1 and 36"),
        ("discount_year", "101", "between 0 % and 100 %"), ("maintenance_minor", "-1", "zero or more"),
        ("warehouse_months", "601", "0 (for ever) to 600"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_at_its_field_and_nothing_typed_is_lost(shop, owner, field, value, words):
    before = tenants.settings_of(tenants.get_shop("retail"))
    response = owner.post(_url("settings_shop"), {**GOOD, field: value})
    page = unescape(response.content.decode())
    assert response.status_code == 422
    assert re.search(rf'id="id_{field}_error">[^<]*{re.escape(words)}', page)
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', page)
    for other in {"payment_fixed_minor", "period_months"} - {field}:
        assert f'value="{GOOD[other]}"' in page
    assert tenants.settings_of(tenants.get_shop("retail")) == before


def test_a_key_is_shown_once_after_a_redirect_and_is_never_in_the_database(shop, owner):
    made = owner.post(_url("settings_source_new"), {"name": "Web", "kind": "browser"})
    assert made.status_code == 302
    assert made.cookies[COOKIE]["httponly"]
    first = owner.get(made.url)
    key = re.search(r'<code id="key">(kz_w_[\w-]+)</code>', first.content.decode()).group(1)
    assert find_source(key).kind == "browser"
    assert "no-store" in first["Cache-Control"]
    assert f"data-write-key=&quot;{key}&quot;" in first.content.decode()
    assert key not in owner.get(made.url).content.decode()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            assert key not in repr(cursor.fetchall())


def test_what_is_shown_once_cannot_be_forged_or_carried_to_another_shop(shop, owner):
    made = owner.post(_url("settings_token_new"), {"name": "Report", "role": "reader"})
    stolen = made.cookies[COOKIE].value
    other = log_in(make_owner(make_shop("other"), "o@example.com"))
    for value in (stolen, "forged", stolen[:-2]):
        other.cookies[COOKIE] = value
        assert b"kz_t_" not in other.get(reverse("settings_tokens", args=["other"])).content


def test_the_tracker_line_follows_what_the_shop_says_of_do_not_track(shop, owner):
    source, _ = sources.create_source(shop, "Web", "browser")
    address = _url("settings_source", source.public_id)
    assert "data-do-not-track" not in owner.get(address).content.decode()
    Shop.objects.update(honour_do_not_track=False)
    assert "data-do-not-track=&quot;ignore&quot;" in owner.get(address).content.decode()


def test_rotating_and_revoking_from_the_page(shop, owner):
    source, old = sources.create_source(shop, "Till", "server")
    turned = owner.post(_url("settings_source_rotate", source.public_id))
    page = owner.get(turned.url).content.decode()
    new = re.search(r'<code id="key">(kz_w_[\w-]+)</code>', page).group(1)
    assert find_source(old) is None
    assert find_source(new).id == source.pk
    assert "segment.analytics" in page
    owner.post(_url("settings_source_revoke", source.public_id))
    assert find_source(new) is None
    listed = owner.get(_url("settings_sources")).content.decode()
    assert "revoked" in listed
    assert _url("settings_source", source.public_id) not in listed


def test_a_token_is_shown_once_and_revoked(shop, owner):
    made = owner.post(_url("settings_token_new"), {"name": "Report", "role": "reader"})
    key = re.search(r'<code id="key">(kz_t_[\w-]+)</code>', owner.get(made.url).content.decode()).group(1)
    bearer = keys.find_bearer(key)
    assert (bearer.shop, bearer.role) == (shop, "reader")
    owner.post(_url("settings_token_revoke", bearer.token.pk))
    assert keys.find_bearer(key) is None


def test_a_name_given_twice_is_refused_beside_the_field(shop, owner):
    owner.post(_url("settings_source_new"), {"name": "Web", "kind": "browser"})
    again = owner.post(_url("settings_source_new"), {"name": "Web", "kind": "server"})
    assert again.status_code == 422
    assert "already a source named" in again.content.decode()
    assert re.search(r'value="server"[^>]*checked', again.content.decode())


def test_roles_change_and_the_last_owner_stays(shop, owner):
    member = make_person(shop, "operator")
    owner.post(_url("settings_person_role", member.public_id), {"role": "specialist"})
    assert find_entry("retail", member).role == "specialist"
    me = shop.memberships.get(role="owner").person
    refused = owner.post(_url("settings_person_role", me.public_id), {"role": "reader"}, follow=True)
    assert "at least one owner" in refused.content.decode()
    gone = owner.post(_url("settings_person_remove", me.public_id), follow=True)
    assert "at least one owner" in gone.content.decode()
    owner.post(_url("settings_person_role", member.public_id), {"role": "owner"})
    left = owner.post(_url("settings_person_remove", me.public_id))
    assert left.url == "/"
    assert find_entry("retail", me) is None


def test_pasted_rates_are_taken_and_bad_rows_are_named_and_kept(shop, owner):
    text = "USD,2026-01-01,0.8\nEUR;2026-01-01;0.85\nGBP,2026-01-01,1\nXXQ,2026-01-01,1\nUSD,yesterday,1"
    response = owner.post(_url("settings_rates_paste"), {"text": text})
    page = unescape(response.content.decode())
    assert response.status_code == 422
    assert "Rows saved: 2. Rows not saved: 3." in page
    assert "line 3, currency" in page
    assert "line 4, currency" in page
    assert "line 5, from_day" in page
    assert "USD,yesterday,1</textarea>" in page
    assert [row.currency for row in rates.list_rates(shop)] == ["EUR", "USD"]
    added = owner.post(_url("settings_rate_add"), {"currency": "jpy", "from_day": "2026-01-01", "rate": "0.005"})
    assert added.status_code == 302
    listed = owner.get(_url("settings_currencies")).content.decode()
    assert "JPY" in listed
    removed = owner.post(_url("settings_rate_remove", rates.list_rates(shop)[0].pk))
    assert removed.status_code == 302
    assert [row.currency for row in rates.list_rates(shop)] == ["JPY", "USD"]


def test_the_log_shows_before_and_after_and_filters(shop, owner):
    owner.post(_url("settings_shop"), GOOD)
    page = owner.get(_url("settings_audit")).content.decode()
    assert "Shop settings changed" in page
    assert "<del>1.0000</del> <ins>0.425</ins>" in page
    narrowed = owner.get(_url("settings_audit"), {"action": "member_added", "page": "not a number"}).content.decode()
    assert '<span class="strong">Member added' in narrowed
    assert '<span class="strong">Shop settings changed' not in narrowed
    assert "Nothing found" in owner.get(_url("settings_audit"), {"target": "no such thing"}).content.decode()
    assert AuditEntry.objects.filter(shop=shop, person=None).count() == 2


def test_names_are_shown_as_text_whatever_they_hold(shop, owner):
    owner.post(_url("settings_shop"), {**GOOD, "name": "<script>alert(1)</script> 店 שלום"})
    page = owner.get(_url("settings_shop")).content.decode()
    assert "<script>alert" not in page
    assert "店 שלום" in page
