"""Rows in bulk and ids for the outside: every row arrives, known ones are skipped or refused, ids sort by time."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kizuna.customers import links
from kizuna.customers.models import Customer
from kizuna.relationships import standings
from kizuna.tables import public_ids, rows
from kizuna.tracking.models import Cursor
from tests.shops.making import make_shop

TABLE, COLUMNS = "tracking_cursor", ("name", "position", "part")


@pytest.mark.django_db
def test_more_rows_than_one_statement_holds_all_arrive_once() -> None:
    told = [(f"c{number}", number, 0) for number in range(7_001)]
    found = rows.insert(TABLE, COLUMNS, told, returning="name, position")
    assert sorted(found) == sorted(row[:2] for row in told)
    assert rows.insert(TABLE, COLUMNS, [*told[:3], ("new", 1, 0)], skip_known=True, returning="name") == [("new",)]
    assert Cursor.objects.count() == 7_002
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert(TABLE, COLUMNS, told[:1])


@pytest.mark.django_db
def test_nothing_to_insert_is_nothing() -> None:
    assert rows.insert(TABLE, COLUMNS, [], returning="id") == []


def test_ids_are_version_7_and_sort_by_time() -> None:
    made = [public_ids.make(at_us) for at_us in (0, 1_000_000, 1_700_000_000_000_000, 1_800_000_000_000_000)]
    made.append(public_ids.make(4_000_000_000_000_000))
    assert made == sorted(made)
    assert {each.version for each in [*made, public_ids.fresh()]} == {7}
    assert len({public_ids.make(5) for _ in range(1000)}) == 1000


@pytest.mark.django_db
@pytest.mark.parametrize("read", [standings.before, links.first_customers])
def test_what_is_wanted_by_number_is_found_by_number_and_not_by_walking_the_shop(
    read: Callable[[int, list[int]], object],
) -> None:
    with CaptureQueriesContext(connection) as asked:
        read(1, list(range(1, 400)))
    [query] = asked.captured_queries
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + ("QUERY PLAN " if connection.vendor == "sqlite" else "") + query["sql"])
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert "shop_id=?" not in plan
    assert connection.vendor != "sqlite" or "SEARCH" in plan


@pytest.mark.django_db
def test_rows_of_another_shop_are_not_among_those_wanted() -> None:
    mine, theirs = make_shop(), make_shop()
    made = [Customer.objects.create(shop=shop, created_us=0).pk for shop in (mine, theirs)]
    kept = rows.of_shop(Customer.objects.filter(pk__in=made), mine.pk)
    assert list(kept.values_list("pk", flat=True)) == made[:1]
    rows.of_shop(Customer.objects.filter(pk__in=made), theirs.pk).delete()
    assert list(Customer.objects.filter(pk__in=made).values_list("pk", flat=True)) == made[:1]
