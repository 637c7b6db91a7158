"""Write keys and tokens: recognisable, random, stored hashed, found while in use, noted at most once a minute."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kizuna.shops import keys, sources
from kizuna.shops.models import ApiToken, Source
from kizuna.shops.tenants import Refused
from tests.shops.making import NOW, find_source, make_shop

pytestmark = pytest.mark.django_db


def test_a_key_is_recognisable_and_long_and_never_twice_the_same():
    made = {keys.make_key(keys.WRITE_PREFIX) for _ in range(100)}
    assert len(made) == 100
    assert all(key.startswith("kz_w_") and len(key) >= 5 + 43 for key in made)


def test_keys_are_nowhere_in_the_database_in_clear():
    shop = make_shop()
    _, write_key = sources.create_source(shop, "Web", "browser")
    _, token_key = sources.create_token(shop, "Report", "reader", None)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            stored = repr(cursor.fetchall())
            assert write_key not in stored, table
            assert token_key not in stored, table
    assert Source.objects.get(name="Web").key_prefix == write_key[:12]


def test_a_source_is_found_by_its_key_until_it_is_revoked():
    shop = make_shop()
    source, key = sources.create_source(shop, "Web", "browser")
    found = find_source(key)
    assert found == keys.SourceView(source.pk, shop.pk, "browser", keys.hash_key(key))
    assert found in keys.list_active_sources()
    assert find_source(key + "x") is None
    sources.revoke_source(shop, source.public_id, NOW)
    assert find_source(key) is None
    assert keys.list_active_sources() == []


def test_rotating_ends_the_old_key_and_starts_the_new():
    shop = make_shop()
    source, old = sources.create_source(shop, "Web", "server")
    _, new = sources.rotate_source(shop, source.public_id)
    assert find_source(old) is None
    assert find_source(new).id == source.pk


def test_sources_of_kizuna_itself_have_no_key_and_are_not_offered_to_the_wire():
    shop = make_shop()
    assert sources.get_own_source(shop, "console").key_hash is None
    assert sources.get_own_source(shop, "files").kind == "files"
    assert keys.list_active_sources() == []


def test_another_shop_cannot_touch_a_source_or_a_token():
    mine, other = make_shop(), make_shop()
    source, key = sources.create_source(mine, "Web", "browser")
    token, _ = sources.create_token(mine, "Report", "reader", None)
    with pytest.raises(Refused):
        sources.revoke_source(other, source.public_id, NOW)
    with pytest.raises(Refused):
        sources.rotate_source(other, source.public_id)
    with pytest.raises(Refused):
        sources.revoke_token(other, token.pk, NOW)
    assert find_source(key) is not None


@pytest.mark.parametrize(
    ("name", "kind", "field"), [("", "browser", "name"), ("x" * 81, "browser", "name"), ("Web", "fax", "kind")]
)
def test_a_bad_source_is_refused_with_its_field(name, kind, field):
    with pytest.raises(Refused) as refusal:
        sources.create_source(make_shop(), name, kind)
    assert refusal.value.field == field


def test_two_sources_of_a_shop_never_share_a_name_but_two_shops_may():
    shop = make_shop()
    sources.create_source(shop, "Web", "browser")
    with pytest.raises(Refused) as refusal:
        sources.create_source(shop, "Web", "server")
    assert refusal.value.field == "name"
    sources.create_source(make_shop(), "Web", "browser")


def test_a_token_speaks_for_one_shop_and_role_until_it_is_revoked():
    shop = make_shop()
    token, key = sources.create_token(shop, "Report", "reader", None)
    bearer = keys.find_bearer(key)
    assert (bearer.shop, bearer.role) == (shop, "reader")
    sources.revoke_token(shop, token.pk, NOW)
    assert keys.find_bearer(key) is None
    with pytest.raises(Refused):
        sources.revoke_token(shop, token.pk, NOW)


def test_last_use_is_written_at_most_once_a_minute():
    shop = make_shop()
    source, _ = sources.create_source(shop, "Web", "browser")
    token, _ = sources.create_token(shop, "Report", "reader", None)
    keys.note_use([source.pk], [token.pk], NOW)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        keys.note_use([source.pk], [token.pk], NOW + timedelta(seconds=59))
    assert not [query for query in queries.captured_queries if query["sql"].startswith("UPDATE")]
    assert Source.objects.get(pk=source.pk).last_used_at == NOW
    later = NOW + timedelta(seconds=61)
    keys.note_use([source.pk], [token.pk], later)
    assert Source.objects.get(pk=source.pk).last_used_at == later
    assert ApiToken.objects.get(pk=token.pk).last_used_at == later
