"""Reading the journal for a copy: every fact once, in portions, and never past one that may still appear."""

import threading
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kizuna.tables import moments
from kizuna.tracking import journal, plan, portions
from kizuna.tracking.journal import NewFact
from kizuna.tracking.models import Fact

SHOP = 1
ON_POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="on SQLite a transaction is the moment")


def _record(number: int, shop: int = SHOP) -> None:
    shape = plan.shape_of("Product Viewed")
    journal.record(shop, ZoneInfo("UTC"), [NewFact(5, 1, number, number, shape, f"m{number}", {}, 6, came_from="ads")])


@pytest.mark.django_db
@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_every_fact_of_the_shop_comes_once_whatever_the_portion(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        _record(number, shop=1 + number % 2)
    monkeypatch.setattr(portions, "AT_ONCE", at_once)
    mine = list(Fact.objects.filter(shop_id=1).order_by("id").values_list("id", flat=True))
    read = [portion.numbers["id"].tolist() for portion in portions.read(1, 0, None)]
    assert [number for part in read for number in part] == mine
    assert max(map(len, read)) <= at_once
    some = [number for portion in portions.read(1, mine[0], mine[2]) for number in portion.numbers["id"].tolist()]
    assert some == mine[1:3]
    (first, *_) = portions.read(1, 0, None)
    assert (first.texts["came_from"][0], first.numbers["visitor_id"][0]) == ("ads", 6)
    assert portions.count_after(1, mine[0], 100) == 3
    assert portions.count_after(1, 0, 2) == 2


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what it knows of the rows")
@pytest.mark.django_db
def test_portions_walk_along_the_ids_and_sort_nothing() -> None:
    with CaptureQueriesContext(connection) as asked:
        list(portions.read(SHOP, 0, None))
        portions.count_after(SHOP, 0, 10)
    with connection.cursor() as cursor:
        for query in asked.captured_queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            steps = [row[3] for row in cursor.fetchall()]
            assert any("USING INTEGER PRIMARY KEY" in step for step in steps)
            assert not any("B-TREE" in step for step in steps)


@pytest.mark.django_db(transaction=True)
def test_how_far_it_is_settled_is_asked_inside_a_transaction() -> None:
    _record(1)
    with transaction.atomic():
        assert portions.settled_id() == Fact.objects.get().pk
    with pytest.raises(moments.NotInTransaction):
        portions.settled_id()


class _Other:
    """Another process, as far as the database can tell: it begins a transaction and ends it when told."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._go, self._began = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,))
        self._thread.start()
        assert self._began.wait(20)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            with transaction.atomic():
                work()
                self._began.set()
                self._go.wait(20)
        finally:
            self._began.set()
            connection.close()

    def commit(self) -> None:
        self._go.set()
        self._thread.join(20)


@ON_POSTGRESQL
@pytest.mark.django_db(transaction=True)
def test_an_id_given_out_but_not_committed_holds_the_mark_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "LOCK_MS", 200)
    slow = _Other(lambda: _record(1))
    _record(2)
    try:
        with pytest.raises(OperationalError), transaction.atomic():
            portions.settled_id()
    finally:
        slow.commit()
    with transaction.atomic():
        assert portions.settled_id() == max(Fact.objects.values_list("id", flat=True))
    assert Fact.objects.count() == 2


@ON_POSTGRESQL
@pytest.mark.django_db(transaction=True)
def test_one_state_does_not_see_what_comes_later() -> None:
    _record(1)
    with moments.one_state():
        before = Fact.objects.count()
        _Other(lambda: _record(2)).commit()
        assert Fact.objects.count() == before == 1
    assert Fact.objects.count() == 2
