"""Forecasts as stored: seen only when complete, one a day, one customer by one seek, nothing lost in packing."""

from datetime import UTC, datetime

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from kizuna.customers.models import Customer
from kizuna.relationships import forecasts, packing
from kizuna.relationships.forecasts import PART, ForecastColumns, RunDraft
from kizuna.relationships.models import ForecastPart, ForecastRun, Standing
from tests.flows.making import make_shop

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _columns(ids: list[int], value: int = 0) -> ForecastColumns:
    customer = np.array(ids, dtype=np.int64)
    share = np.linspace(0, 1, len(ids))
    worth = customer * 10 + value
    return ForecastColumns(customer, share, share * 3, share, share * 9, worth, worth - 5, worth + 5)


def _run(shop_id: int, columns: ForecastColumns, day: int = 5) -> int:
    run = forecasts.begin(shop_id, RunDraft(day, day * 10, {}, {}, {}, None), len(columns.customer_id), NOW)
    forecasts.add_parts(shop_id, run, columns)
    return run


@pytest.mark.django_db
def test_a_run_is_seen_only_when_it_is_complete() -> None:
    shop = make_shop()
    run = _run(shop.pk, _columns([3, 9]))
    assert forecasts.find_last(shop.pk) is None
    forecasts.finish(shop.pk, run)
    last = forecasts.find_last(shop.pk)
    assert last is not None
    assert (last.id, last.customers) == (run, 2)
    assert forecasts.find_last(make_shop().pk) is None


@pytest.mark.django_db
def test_a_later_run_of_the_day_replaces_it_and_what_was_interrupted_goes() -> None:
    shop, other = make_shop(), make_shop()
    forecasts.finish(other.pk, _run(other.pk, _columns([1])))
    forecasts.finish(shop.pk, _run(shop.pk, _columns([3, 9])))
    _run(shop.pk, _columns([3, 9]))
    again = _run(shop.pk, _columns([3, 9], value=7))
    forecasts.finish(shop.pk, again)
    assert list(ForecastRun.objects.filter(shop=shop).values_list("pk", flat=True)) == [again]
    assert forecasts.find_last(other.pk) is not None
    assert ForecastPart.objects.filter(shop_id=shop.pk).count() == 1


@pytest.mark.django_db
def test_older_runs_keep_their_figures_but_not_their_parts() -> None:
    shop = make_shop()
    for day in range(1, 5):
        forecasts.finish(shop.pk, _run(shop.pk, _columns([3, 9]), day))
    assert ForecastRun.objects.filter(shop=shop).count() == 4
    assert ForecastPart.objects.filter(shop_id=shop.pk).count() == forecasts.KEPT_RUNS
    forecasts.finish(shop.pk, _run(shop.pk, _columns([3, 9]), 4 + forecasts.KEPT_DAYS))
    assert set(ForecastRun.objects.filter(shop=shop).values_list("day", flat=True)) == {4, 4 + forecasts.KEPT_DAYS}


@pytest.mark.django_db
def test_one_customer_is_one_seek_and_strangers_have_none() -> None:
    shop = make_shop()
    ids = list(range(2, 2 + 2 * (PART + 40), 2))
    forecasts.finish(shop.pk, _run(shop.pk, _columns(ids)))
    run = forecasts.find_last(shop.pk)
    assert run is not None
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = forecasts.find_outlook(shop.pk, run, ids[-1])
    assert len(asked) == 1
    assert found is not None
    assert (found.still, found.value_minor, found.value_low_minor) == (1.0, ids[-1] * 10, ids[-1] * 10 - 5)
    several = forecasts.list_outlooks(shop.pk, run, [1, ids[0], ids[PART - 1], ids[PART], 3, ids[-1] + 1])
    assert {customer: each.value_minor for customer, each in several.items()} == {
        each: each * 10 for each in (ids[0], ids[PART - 1], ids[PART])
    }
    assert np.concatenate([part.customer_id for part in forecasts.read_parts(shop.pk, run)]).tolist() == ids


@pytest.mark.django_db
def test_standings_carry_what_lists_sort_by_and_lose_it_with_the_forecast() -> None:
    shop, other = make_shop(), make_shop()
    mine = [Customer.objects.create(shop=shop, created_us=0).pk for _ in range(3)]
    theirs = Customer.objects.create(shop=other, created_us=0).pk
    for customer, of in [*((each, shop.pk) for each in mine), (theirs, other.pk)]:
        Standing.objects.create(customer_id=customer, shop_id=of)
    told = _columns([*mine, theirs])
    assert forecasts.note(shop.pk, told) == 3
    assert forecasts.note(shop.pk, told) == 0
    assert Standing.objects.get(pk=mine[1]).expected_value_minor == mine[1] * 10
    assert Standing.objects.get(pk=mine[1]).still_customer == pytest.approx(1 / 3, abs=1e-4)
    assert Standing.objects.get(pk=theirs).expected_value_minor is None
    absent = forecasts.list_absent(shop.pk, np.array(mine[:2]))
    assert absent.tolist() == [mine[2]]
    forecasts.unnote(shop.pk, np.array([mine[2], theirs]))
    assert Standing.objects.get(pk=mine[2]).still_customer is None


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(width=32, allow_nan=False)), max_size=40))
def test_packed_columns_come_back_bit_for_bit(rows: list[tuple[int, float]]) -> None:
    whole = np.array([row[0] for row in rows], dtype=np.int64)
    share = np.array([row[1] for row in rows], dtype=np.float32)
    back = packing.unpack(packing.pack(3, [whole, share]), 3, ["<i8", "<f4"])
    assert back[0].tobytes() == whole.tobytes()
    assert back[1].tobytes() == share.tobytes()


def test_what_is_damaged_or_of_another_version_is_refused() -> None:
    packed = packing.pack(1, [np.arange(3)])
    for broken in (packed[:-4], b"", packing.pack(2, [np.arange(3)]), packing.pack(1, [np.arange(3), np.arange(3)])):
        with pytest.raises(packing.Unreadable):
            packing.unpack(broken, 1, ["<i8"])
