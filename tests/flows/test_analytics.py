"""The warehouse says what the database says, sealed or not, whatever was corrected, merged or added meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from django.db import connection
from django.test import override_settings

from kizuna.customers import merging
from kizuna.flows import analytics, analytics_sealing, orders
from kizuna.flows.orders import CancelDraft, OrderDraft, RefundDraft
from kizuna.sales.models import OrderLine
from kizuna.sales.orders import LineDraft
from kizuna.warehouse import segments, shelves
from kizuna.warehouse.models import Segment, Stale
from tests.flows import held
from tests.flows.making import DAY, START, Books, make_books

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, tzinfo=UTC)
FIRST = OrderDraft(
    "A1",
    START,
    "EUR",
    (LineDraft("mug", Decimal(2), Decimal("9.99")), LineDraft("pen", Decimal("1.5"), Decimal(1))),
    shipping=Decimal("4.90"),
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    with override_settings(HOME=tmp_path):
        yield tmp_path


@pytest.fixture
def books() -> Books:
    """A shop with pages, mails and orders of three customers."""
    books = make_books()
    for number in range(3):
        identity = books.customer(f"c{number}")
        for step in range(4):
            books.page(identity, START + step * DAY)
        books.mail(identity, START)
        orders.record_orders(books.shop, [(identity, replace(FIRST, source_ref=f"A{number}"))])
    return books


def agree(books: Books) -> None:
    """The holding and the database say the same, and lines add up to their orders."""
    holding = analytics.hold(books.shop)
    events = held.read(holding, "ev")
    assert events == held.expected(books.shop)
    lines = held.read(holding, "line")
    assert [row["line_id"] for row in lines] == sorted(
        OrderLine.objects.filter(order__shop=books.shop).values_list("id", flat=True)
    )
    for event in events:
        own = [row for row in lines if row["ev_id"] == event["ev_id"]]
        if own:
            for money in ("revenue_minor", "profit_minor"):
                assert sum(row[money] for row in own) == event[money]
            assert {row["customer_id"] for row in own} == {event["customer_id"]}


def test_nothing_sealed_everything_sealed_and_half_of_it_say_the_same(books: Books) -> None:
    agree(books)
    assert analytics.seal(books.shop, NOW) == 3 * (4 + 1 + 1 + 2)
    assert len(analytics.hold(books.shop).tables["ev_tail"]["ev_id"]) == 0
    agree(books)
    books.page(books.customer("late"), START)
    agree(books)
    assert analytics.seal(books.shop, NOW) == 1
    assert len(segments.list_segments(books.shop.pk)) == 2
    agree(books)


def test_files_are_sorted_by_customer_and_time_and_named_by_watermark(books: Books, home: Path) -> None:
    analytics.seal(books.shop, NOW)
    (path,) = analytics.hold(books.shop).files["ev"]
    assert path.parent == home / "warehouse" / str(books.shop.pk)
    upto = shelves.shelf_of(books.shop.pk).marks.fact
    assert path.name == f"ev-0-{upto}-1.parquet"
    found = duckdb.sql(f"SELECT customer_id, ts_us FROM read_parquet('{path}')").fetchall()
    assert found == sorted(found)
    assert len(found) == 18


def test_pieces_bound_what_is_held_at_once(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("tracking", "sales"):
        monkeypatch.setattr(f"kizuna.{module}.portions.AT_ONCE", 2)
    agree(books)
    monkeypatch.setattr(analytics_sealing, "PIECE_ROWS", 3)
    assert analytics.seal(books.shop, NOW) == 24
    assert len(segments.list_segments(books.shop.pk)) > 5
    agree(books)
    assert analytics.seal(books.shop, NOW) == 0


def test_what_is_corrected_after_sealing_is_said_anew(books: Books) -> None:
    analytics.seal(books.shop, NOW)
    anna, bert = (next(iter(books.shop.identity_set.filter(value=name))).pk for name in ("c0", "c1"))
    orders.record_orders(books.shop, [(bert, replace(FIRST, source_ref="A0", total=Decimal(7), placed_us=START + DAY))])
    assert len(analytics.hold(books.shop).tables["stale"]["ev_id"]) == 1
    agree(books)
    orders.record_refunds(books.shop, [(anna, RefundDraft("R1", START + DAY, "EUR", Decimal(3), "A1"))])
    analytics.seal(books.shop, NOW)
    agree(books)
    orders.record_refunds(books.shop, [(anna, RefundDraft("R1", START + DAY, "EUR", Decimal(4), "A1"))])
    orders.cancel_orders(books.shop, [CancelDraft("A1", START + 2 * DAY)])
    agree(books)
    analytics.seal(books.shop, NOW)
    orders.record_refunds(books.shop, [(anna, RefundDraft("R2", START + DAY, "EUR", Decimal(1), "A1"))])
    agree(books)
    changed = set(Stale.objects.values_list("ev_id", flat=True))
    assert {ev_id % 4 for ev_id in changed} == {1, 2}


def test_a_refund_that_only_a_browser_told_of_goes_when_the_shop_speaks(books: Books) -> None:
    anna = books.customer("anna")
    orders.record_orders(books.shop, [(anna, replace(FIRST, source_ref="B1", trusted=False))])
    orders.record_refunds(books.shop, [(anna, RefundDraft("B1R", START + DAY, "EUR", Decimal(3), "B1", trusted=False))])
    analytics.seal(books.shop, NOW)
    orders.record_orders(books.shop, [(anna, replace(FIRST, source_ref="B1"))])
    agree(books)


def test_a_correction_before_sealing_is_sealed_and_forgotten(books: Books) -> None:
    (anna,) = books.shop.identity_set.filter(value="c0").values_list("pk", flat=True)
    orders.record_orders(books.shop, [(anna, replace(FIRST, source_ref="A0", total=Decimal(7)))])
    assert Stale.objects.count() == 1
    assert len(analytics.hold(books.shop).tables["stale"]["ev_id"]) == 0
    agree(books)
    analytics.seal(books.shop, NOW)
    assert Stale.objects.count() == 0
    agree(books)


def test_merging_touches_no_file_and_holds_at_its_time(books: Books) -> None:
    analytics.seal(books.shop, NOW)
    kept, lost = (books.customer_of(i) for i in books.shop.identity_set.order_by("id").values_list("id", flat=True)[:2])
    done = merging.merge(books.shop.pk, kept, lost, None, NOW)
    agree(books)
    assert len(analytics.hold(books.shop).tables["moved"]["identity_id"]) == 1
    before = int(NOW.timestamp() * 1e6) - 1
    assert len(analytics.hold(books.shop, before).tables["moved"]["identity_id"]) == 0
    merging.unmerge(books.shop.pk, done.merge_id, NOW)
    agree(books)
    assert len(analytics.hold(books.shop).tables["moved"]["identity_id"]) == 0


def test_shops_do_not_mix(books: Books) -> None:
    other = make_books()
    other.page(other.customer(), START)
    analytics.seal(other.shop, NOW)
    analytics.seal(books.shop, NOW)
    agree(books)
    agree(other)


def test_a_file_that_is_missing_or_cut_is_said_and_not_read_around(books: Books) -> None:
    analytics.seal(books.shop, NOW)
    (path,) = analytics.hold(books.shop).files["ev"]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(segments.FilesMissing, match="missing or not whole"):
        analytics.hold(books.shop)


def test_a_file_without_a_row_is_swept_by_the_next_who_seals(books: Books) -> None:
    folder = segments.folder_of(books.shop.pk)
    folder.mkdir(parents=True)
    (folder / "ev-0-9-1.parquet").write_text("half")
    (folder / "line-0-9-1.parquet.tmp").write_text("half")
    analytics.seal(books.shop, NOW)
    assert len(list(folder.iterdir())) == 2
    agree(books)


@pytest.mark.skipif(connection.vendor == "postgresql", reason="a session may take its own advisory lock twice")
def test_one_process_at_a_time_writes(books: Books) -> None:
    with analytics_sealing.writing(books.shop), pytest.raises(analytics.Busy):
        analytics.seal(books.shop, NOW)


def test_status_counts_what_there_is(books: Books) -> None:
    assert analytics.status(books.shop).tail == 18
    analytics.seal(books.shop, NOW)
    now = analytics.status(books.shop)
    assert (now.segments, now.rows, now.tail, now.stale, Segment.objects.count()) == (1, 24, 0, 0, 1)
