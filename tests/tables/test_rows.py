"""Rows in bulk and ids for the outside: every row arrives, known ones are skipped or refused, ids sort by time."""

import pytest
from django.db import IntegrityError, transaction

from kizuna.tables import public_ids, rows
from kizuna.tracking.models import Cursor

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
