"""Compaction, retention, erasure and rebuilding leave the warehouse saying what the database says, and tidy."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from kizuna.flows import analytics, analytics_check, analytics_upkeep, orders
from kizuna.jobs.models import Job
from kizuna.sales.models import Order
from kizuna.science import periods
from kizuna.tracking.models import Fact
from kizuna.warehouse import segments, shelves
from kizuna.warehouse.models import Erased, Segment, Stale
from tests.flows import held
from tests.flows.making import DAY, START, Books, make_books
from tests.flows.test_analytics import FIRST, NOW, agree

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    with override_settings(HOME=tmp_path):
        yield tmp_path


def grown(parts: int = 4) -> Books:
    """A shop sealed in several parts, each with an order and pages of its own customer."""
    books = make_books()
    for number in range(parts):
        identity = books.customer(f"c{number}")
        orders.record_orders(books.shop, [(identity, replace(FIRST, source_ref=f"A{number}"))])
        for step in range(3):
            books.page(identity, START + step * DAY)
        analytics.seal(books.shop, NOW)
    return books


def identity_of(books: Books, value: str) -> int:
    return int(books.shop.identity_set.get(value=value).pk)


def in_files(books: Books, column: str = "identity_id") -> set[int]:
    """Every value of a column in any file of the shop's folder, named or not."""
    found: set[int] = set()
    for path in segments.folder_of(books.shop.pk).glob("ev-*.parquet"):
        found |= {row[0] for row in duckdb.sql(f"SELECT DISTINCT {column} FROM read_parquet('{path}')").fetchall()}
    return found


def correct(books: Books, number: int) -> None:
    told = [(identity_of(books, f"c{number}"), replace(FIRST, source_ref=f"A{number}", total=Decimal(7)))]
    assert orders.record_orders(books.shop, told).changed == 1


def test_compaction_merges_small_segments_and_applies_corrections() -> None:
    books = grown()
    correct(books, 1)
    assert analytics_upkeep.compact(books.shop, NOW) == 1
    now = analytics.status(books.shop)
    assert (now.segments, now.stale, now.retired, now.rows) == (1, 0, 4, 4 * (1 + 2 + 3))
    assert Stale.objects.count() == 0
    agree(books)
    assert analytics_upkeep.compact(books.shop, NOW) == 0


def test_replaced_files_stay_an_hour_and_not_longer() -> None:
    books = grown(2)
    before = analytics.hold(books.shop)
    analytics_upkeep.compact(books.shop, NOW)
    analytics_upkeep.compact(books.shop, datetime.now(UTC) + timedelta(minutes=59))
    assert all(path.exists() for path in before.files["ev"])
    assert held.read(before, "ev") == held.expected(books.shop)
    analytics_upkeep.compact(books.shop, datetime.now(UTC) + timedelta(minutes=61))
    assert not any(path.exists() for paths in before.files.values() for path in paths)
    assert Segment.objects.count() == 1
    agree(books)


def test_a_correction_while_a_segment_is_written_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    books = grown(2)
    correct(books, 0)
    publish = segments.publish

    def in_between(*args: object, **more: object) -> None:
        told = [(identity_of(books, "c0"), replace(FIRST, source_ref="A0", total=Decimal(8)))]
        orders.record_orders(books.shop, told)
        publish(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(segments, "publish", in_between)
    analytics_upkeep.compact(books.shop, NOW)
    assert analytics.status(books.shop).stale == 1
    agree(books)


def test_months_that_are_not_kept_go_at_compaction_and_come_back_by_rebuilding() -> None:
    books = grown(2)
    old = books.customer("old")
    orders.record_orders(books.shop, [(old, replace(FIRST, source_ref="B", placed_us=START - 400 * DAY))])
    analytics.seal(books.shop, NOW)
    books.shop.warehouse_months = 3
    now = periods.instant_at(START + 31 * DAY)
    kept = analytics_upkeep.horizon(books.shop, START + 31 * DAY)
    assert kept is not None
    assert START - 92 * DAY < kept < START - 31 * DAY
    assert periods.instant_at(kept).day == 1
    analytics_upkeep.compact(books.shop, now)
    assert old in in_files(books), "in the replaced file, for whoever still reads it"
    segments.sweep(books.shop.pk, periods.epoch_us(datetime.now(UTC)), grace_us=0)
    assert old not in in_files(books)
    events = held.read(analytics.hold(books.shop), "ev")
    assert events == [row for row in held.expected(books.shop) if row["ts_us"] >= kept]
    assert len(held.expected(books.shop)) == len(events) + 1
    assert analytics_check.verify(books.shop).differences == []
    books.order(old, START - 300 * DAY)
    assert held.read(analytics.hold(books.shop), "ev") == events
    books.shop.warehouse_months = 0
    analytics_upkeep.compact(books.shop, now)
    assert len(held.read(analytics.hold(books.shop), "ev")) == len(events)
    analytics_upkeep.rebuild(books.shop, now)
    assert held.read(analytics.hold(books.shop), "ev") == held.expected(books.shop)


def test_an_erased_identity_is_gone_at_once_and_from_every_file_in_the_end() -> None:
    books = grown()
    anna = identity_of(books, "c1")
    analytics_upkeep.erase(books.shop, [anna], NOW)
    assert Job.objects.filter(task__endswith="clean_shop").count() == 1
    assert anna in in_files(books)
    rest = [row for row in held.expected(books.shop) if anna not in (row["identity_id"], row["visitor_id"])]
    assert held.read(analytics.hold(books.shop), "ev") == rest
    assert analytics_check.verify(books.shop).differences == []
    books.page(anna, START + 5 * DAY)
    assert held.read(analytics.hold(books.shop), "ev") == rest
    analytics.seal(books.shop, NOW)
    assert analytics_upkeep.clean(books.shop, NOW) == 1
    assert Erased.objects.get().done_us is None, "a replaced file still holds it"
    assert anna in in_files(books)
    in_an_hour = datetime.now(UTC) + timedelta(minutes=61)
    assert analytics_upkeep.clean(books.shop, in_an_hour) == 0
    assert Erased.objects.get().done_us == periods.epoch_us(in_an_hour)
    assert anna not in in_files(books) | in_files(books, "visitor_id")
    assert held.read(analytics.hold(books.shop), "ev") == rest
    analytics_upkeep.rebuild(books.shop, NOW)
    assert anna not in {row["identity_id"] for path in analytics.hold(books.shop).files["ev"] for row in _rows(path)}


def _rows(path: Path) -> list[dict[str, int]]:
    return [{"identity_id": row[0]} for row in duckdb.sql(f"SELECT identity_id FROM read_parquet('{path}')").fetchall()]


def test_compaction_before_the_cleaning_does_not_end_an_erasure_too_soon() -> None:
    books = grown(2)
    anna = identity_of(books, "c0")
    analytics_upkeep.erase(books.shop, [anna], NOW)
    analytics_upkeep.compact(books.shop, NOW)
    analytics_upkeep.clean(books.shop, NOW)
    assert Erased.objects.get().done_us is None
    analytics_upkeep.clean(books.shop, datetime.now(UTC) + timedelta(minutes=61))
    assert Erased.objects.get().done_us is not None
    assert anna not in in_files(books)


def test_rebuilding_makes_missing_files_anew_and_reads_what_was_corrected() -> None:
    books = grown()
    correct(books, 2)
    for path in segments.folder_of(books.shop.pk).iterdir():
        path.unlink()
    assert analytics_check.verify(books.shop).differences[0].endswith("run `./run manage warehouse rebuild`")
    analytics_upkeep.rebuild(books.shop, NOW)
    assert analytics.status(books.shop).segments == 1
    assert Stale.objects.count() == 0
    agree(books)
    assert analytics_check.verify(books.shop).agrees


def test_a_file_that_rotted_is_named_and_made_anew_by_night() -> None:
    books = grown()
    path = next(path for path in segments.folder_of(books.shop.pk).iterdir() if path.name.startswith("ev-"))
    whole = path.read_bytes()
    path.write_bytes(whole[:8] + bytes(120) + whole[128:])
    assert segments.is_whole(books.shop.pk), "as long as it was written: the look of every minute sees nothing"
    told = StringIO()
    with pytest.raises(CommandError, match="warehouse rebuild"):
        call_command("warehouse", "status", shop=books.shop.slug, stdout=told)
    assert f"damaged     {path.name}: " in told.getvalue()
    assert analytics_check.verify(books.shop).differences[0].startswith(path.name)
    analytics_upkeep.compact_shop.func(books.shop.pk, periods.epoch_us(NOW))
    assert Job.objects.get().task.endswith("rebuild_shop")
    analytics_upkeep.rebuild(books.shop, NOW)
    assert segments.list_damaged(books.shop.pk) == []
    assert analytics_check.verify(books.shop).agrees


def test_a_rebuilding_that_was_cut_short_goes_on_and_one_afresh_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    books = grown()
    monkeypatch.setattr("kizuna.tracking.portions.AT_ONCE", 2)
    monkeypatch.setattr("kizuna.flows.analytics_sealing.PIECE_ROWS", 3)

    with monkeypatch.context() as patch:
        patch.setattr(shelves, "swap", _cut_short)
        with pytest.raises(KeyboardInterrupt):
            analytics_upkeep.rebuild(books.shop, NOW)
    built = len(segments.list_segments(books.shop.pk, building=True))
    assert built > 1
    assert analytics.status(books.shop).rebuilding
    correct(books, 0)
    analytics.seal(books.shop, NOW)
    agree(books)
    last = shelves.next_serial(books.shop.pk)
    analytics_upkeep.rebuild(books.shop, NOW)
    assert shelves.next_serial(books.shop.pk) == last, "everything was built already"
    assert len(segments.list_segments(books.shop.pk)) == built
    agree(books)
    analytics_upkeep.rebuild(books.shop, NOW, afresh=True)
    assert shelves.next_serial(books.shop.pk) > last
    agree(books)


def test_who_is_erased_during_a_rebuilding_is_looked_for_again_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    books = grown(2)
    anna = identity_of(books, "c0")
    with monkeypatch.context() as patch:
        patch.setattr(shelves, "swap", _cut_short)
        with pytest.raises(KeyboardInterrupt):
            analytics_upkeep.rebuild(books.shop, NOW)
    analytics_upkeep.erase(books.shop, [anna], NOW)
    analytics_upkeep.clean(books.shop, NOW)
    in_an_hour = datetime.now(UTC) + timedelta(minutes=61)
    analytics_upkeep.clean(books.shop, in_an_hour)
    assert Erased.objects.get().done_us is None, "what is being built still holds it"
    analytics_upkeep.rebuild(books.shop, NOW)
    assert analytics_upkeep.clean(books.shop, NOW) == 1
    analytics_upkeep.clean(books.shop, in_an_hour)
    assert Erased.objects.get().done_us is not None
    assert anna not in in_files(books)


def test_pages_of_others_under_an_erased_visitor_key_go_as_well() -> None:
    books = grown(2)
    visitor, owner = books.customer("a visitor key"), identity_of(books, "c0")
    Fact.objects.filter(identity_id=owner).update(visitor_id=visitor)
    analytics_upkeep.rebuild(books.shop, NOW)
    assert visitor in in_files(books, "visitor_id")
    analytics_upkeep.erase(books.shop, [visitor], NOW)
    shown = held.read(analytics.hold(books.shop), "ev")
    assert analytics_upkeep.clean(books.shop, NOW) == 1
    analytics_upkeep.clean(books.shop, datetime.now(UTC) + timedelta(minutes=61))
    assert visitor not in in_files(books, "visitor_id")
    assert held.read(analytics.hold(books.shop), "ev") == shown
    assert analytics_check.verify(books.shop).agrees


def _cut_short(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_changed_zone_makes_the_files_anew() -> None:
    books = grown(2)
    Fact.objects.update(day=5, month=3)
    Order.objects.update(day=6)
    report = analytics_check.verify(books.shop)
    assert any("facts: the sum of day" in line for line in report.differences)
    analytics_upkeep.follow(books.shop, ["timezone"], NOW)
    job = Job.objects.get(task__endswith="rebuild_shop")
    analytics_upkeep.rebuild_shop.func(**job.kwargs)
    assert analytics_check.verify(books.shop).agrees
    agree(books)


def test_the_schedule_starts_what_is_due() -> None:
    books = make_books()
    analytics_upkeep.tend(NOW)
    assert Job.objects.count() == 0
    books.page(books.customer(), START)
    analytics_upkeep.tend(NOW)
    (job,) = Job.objects.all()
    assert analytics_upkeep.seal_shop.func(**job.kwargs) == 1
    Job.objects.all().delete()
    books.page(books.customer(), START)
    analytics_upkeep.tend(NOW)
    assert Job.objects.count() == 0, "neither many rows nor a day"
    analytics_upkeep.tend(NOW + timedelta(days=1))
    assert [row.task.rpartition(".")[2] for row in Job.objects.all()] == ["seal_shop"]
    Job.objects.all().delete()
    for path in segments.folder_of(books.shop.pk).iterdir():
        path.unlink()
    analytics_upkeep.tend(NOW)
    assert [row.task.rpartition(".")[2] for row in Job.objects.all()] == ["rebuild_shop"]
    Job.objects.all().delete()
    analytics_upkeep.compact_all(NOW)
    assert [row.task.rpartition(".")[2] for row in Job.objects.all()] == ["compact_shop"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE sales_order SET net_profit_minor = net_profit_minor + 1", "orders: the sum of profit_minor is"),
        ("UPDATE tracking_fact SET came_from = 'elsewhere'", "facts: the sum of source is"),
        ("DELETE FROM tracking_fact WHERE id = (SELECT MIN(id) FROM tracking_fact)", "facts: the number of rows is 12"),
        ("UPDATE sales_orderline SET quantity = quantity + 1", "order lines: the sum of quantity_e4 is"),
    ],
)
def test_verify_says_in_words_what_differs(damage: str, said: str) -> None:
    from django.db import connection

    books = grown()
    assert analytics_check.verify(books.shop).differences == []
    with connection.cursor() as cursor:
        cursor.execute(damage)
    assert any(line.startswith(said) for line in analytics_check.verify(books.shop).differences)


def test_verify_finds_rows_under_a_wrong_customer() -> None:
    books = grown(2)
    anna = books.shop.identity_set.get(value="c0")
    anna.customer_id = books.customer_of(identity_of(books, "c1"))
    anna.save()
    assert analytics_check.verify(books.shop).differences == [
        "under another customer than in the database: the rows of 1 of 2 identities"
    ]


def test_the_command_does_what_the_schedule_does() -> None:
    books = make_books()
    books.page(books.customer(), START)
    told = StringIO()
    for action in ("status", "seal", "compact", "clean", "rebuild", "verify", "status"):
        call_command("warehouse", action, shop=books.shop.slug, stdout=told)
    text = told.getvalue()
    assert "tail        1 rows not sealed yet" in text
    assert "1 rows sealed." in text
    assert "Everything agrees." in text
    assert "sealed      1 rows in 1 segments" in text
    Fact.objects.all().delete()
    with pytest.raises(CommandError, match="does not say what the database says"):
        call_command("warehouse", "verify", shop=books.shop.slug, stdout=told)
    assert "facts: the number of rows is 1, in the database 0" in told.getvalue()
    with pytest.raises(CommandError, match="no shop"):
        call_command("warehouse", "status", shop="nowhere", stdout=told)
