"""The customer list: pages by key concatenate to the whole list, filters narrow exactly, cursors survive nonsense."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.customers.models import Customer
from kizuna.relationships import lists
from kizuna.relationships.lists import Between, Filters, Order
from kizuna.relationships.models import Standing
from kizuna.shops.models import Shop
from tests.conftest import ONE_FIXTURE_FOR_ALL, examples

pytestmark = pytest.mark.django_db

ROW = st.tuples(
    st.sampled_from(["A", "B", "C", "D", ""]),
    st.sampled_from([None, 0.0, 0.25, 0.5, 0.75]),
    st.sampled_from([None, -500, 0, 0, 120, 120, 9_000]),
    st.sampled_from([None, 1_000, 2_000]),
    st.sampled_from(["", "Ann", "Bea", "Ćira", "ann"]),
    st.sampled_from(["", "DE", "JP"]),
    st.booleans(),
)
Row = tuple[str, float | None, int | None, int | None, str, str, bool]


def _seed(rows: list[Row]) -> Shop:
    shop = Shop.objects.create(slug="tea", name="Tea", currency="EUR")
    other = Shop.objects.create(slug="other", name="Other", currency="EUR")
    for owner, taken in ((shop, rows), (other, rows[:2])):
        for segment, rf, profit, last, label, country, known in taken:
            customer = Customer.objects.create(shop=owner, created_us=1)
            Standing.objects.create(
                customer=customer,
                shop_id=owner.pk,
                segment=segment,
                rf=rf,
                net_profit_minor=profit,
                last_order_us=last,
                last_seen_us=last,
                label=label,
                country=country,
                known=known,
            )
    return shop


def _clear() -> None:
    Standing.objects.all().delete()
    Customer.objects.all().delete()
    Shop.objects.all().delete()


def _walk(shop: Shop, filters: Filters, order: Order, size: int) -> list[Standing]:
    rows: list[Standing] = []
    cursor: str | None = ""
    while cursor is not None:
        page = lists.list_page(shop.pk, filters, order, cursor, size)
        assert len(page.rows) <= size
        rows += page.rows
        cursor = page.next_cursor
    return rows


@settings(max_examples=examples(60), suppress_health_check=ONE_FIXTURE_FOR_ALL)
@given(
    rows=st.lists(ROW, max_size=24),
    sort=st.sampled_from(sorted(lists.SORTS)),
    rising=st.booleans(),
    size=st.integers(1, 7),
)
def test_pages_concatenate_to_the_whole_list(rows: list[Row], sort: str, rising: bool, size: int) -> None:
    shop = _seed(rows)
    walked = _walk(shop, Filters(), Order(sort, rising), size)
    assert sorted(row.pk for row in walked) == sorted(
        Standing.objects.filter(shop_id=shop.pk).values_list("pk", flat=True)
    )
    values = [getattr(row, lists.SORTS[sort]) for row in walked]
    kept = [value for value in values if value is not None]
    assert kept == sorted(kept, reverse=not rising)
    assert values[len(kept) :] == [None] * (len(values) - len(kept))
    _clear()


@settings(max_examples=examples(40), suppress_health_check=ONE_FIXTURE_FOR_ALL)
@given(
    rows=st.lists(ROW, max_size=20),
    segments=st.lists(st.sampled_from(["A", "B", "C", "D", "none"]), unique=True, max_size=3),
    known=st.sampled_from([None, True, False]),
    country=st.sampled_from(["", "DE"]),
    low=st.sampled_from([None, 0.25]),
    high=st.sampled_from([None, 120]),
)
def test_filters_keep_exactly_what_they_say(
    rows: list[Row], segments: list[str], known: bool | None, country: str, low: float | None, high: int | None
) -> None:
    shop = _seed(rows)
    filters = Filters(tuple(segments), known, country, Between(low=low), Between(high=high))
    expected = sum(
        (not segments or (segment or "none") in segments)
        and (known is None or is_known == known)
        and (not country or where == country)
        and (low is None or (rf is not None and rf >= low))
        and (high is None or (profit is not None and profit <= high))
        for segment, rf, profit, _, _, where, is_known in rows
    )
    assert len(_walk(shop, filters, Order(), 5)) == expected
    assert lists.count(shop.pk, filters) == expected
    assert lists.count(shop.pk, filters, cap=2) == min(2, expected)
    totals = lists.segment_totals(shop.pk, filters)
    assert sum(total.customers for total in totals.values()) == expected
    _clear()


@pytest.mark.parametrize("cursor", ["x", "%%%", "bnVsbA", "W10", "WzEsMiwzXQ", "WyJhIiwgIngiXQ", "WyJhIiwgM10", "é"])
def test_an_unreadable_cursor_begins_at_the_start(cursor: str) -> None:
    shop = _seed([("A", 0.5, 10, 1, "Ann", "DE", True)])
    assert len(lists.list_page(shop.pk, Filters(), Order(), cursor).rows) == 1


def test_countries_dots_and_places_belong_to_the_shop() -> None:
    shop = _seed(
        [
            ("A", 0.5, 10, 1, "Ann", "DE", True),
            ("B", 0.1, 90, 1, "Bea", "JP", True),
            ("", None, None, 1, "C", "", False),
        ]
    )
    assert lists.list_countries(shop.pk) == ["DE", "JP"]
    dots = lists.list_dots(shop.pk, Filters(), 10)
    assert [(label, segment, rf, profit) for _, label, segment, rf, profit in dots] == [
        ("Bea", "B", 0.1, 90),
        ("Ann", "A", 0.5, 10),
    ]
    ids = [public_id for public_id, *_ in dots]
    stranger = Customer.objects.exclude(shop=shop).first()
    assert stranger is not None
    assert len(lists.list_places(shop.pk, [*ids, stranger.public_id])) == 2
    assert len(lists.find_ids(shop.pk, [*ids, stranger.public_id])) == 2
