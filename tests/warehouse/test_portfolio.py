"""The portfolio out of the warehouse is the portfolio out of the database: the same segments, cuts, scores and RF.

The real Online Retail orders, a tenth of them in every run; DuckDB and Spark sum them, the rest is one code.
"""

import io
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from kizuna.customers import merging
from kizuna.flows import analytics, analytics_portfolio, criterion, portfolio
from kizuna.flows.portfolio import Portfolio
from kizuna.relationships.indicators import IndicatorDraft
from kizuna.science import periods
from kizuna.shops.models import Shop
from kizuna.warehouse.engines import open_engine
from kizuna.warehouse.engines.session import Options
from kizuna.warehouse.face import Warehouse
from tests.flows.making import DAY, START, Books, make_shop
from tests.flows.test_real_orders import AS_OF, _sample
from tests.shops import making

NOW_US = START + 100 * DAY


def assert_equal(ours: Portfolio, theirs: Portfolio) -> None:
    """Exactly alike, but for the last digits of the stocks."""
    assert ours.period == theirs.period
    assert ours.cuts == theirs.cuts
    for mine, other in (
        (ours.customer_id, theirs.customer_id),
        (ours.net_profit, theirs.net_profit),
        (ours.segment, theirs.segment),
        (ours.rf, theirs.rf),
        (ours.population.last_purchase_us, theirs.population.last_purchase_us),
        *((ours.z[name], theirs.z[name]) for name in theirs.z),
    ):
        np.testing.assert_array_equal(mine, other)
    assert list(ours.z) == list(theirs.z)
    for name, stock in theirs.stocks.items():
        np.testing.assert_allclose(ours.stocks[name], stock, rtol=1e-9)


def _on(shop: Shop, engine: str, as_of_us: int, options: Options | None = None) -> Portfolio:
    question = portfolio.question_at(shop, as_of_us, frozen=True, from_us=None)
    with open_engine(engine, analytics.hold(shop, as_of_us), options) as session:
        return analytics_portfolio.measure(shop, Warehouse(session), question)


def _import(path: Path) -> Shop:
    call_command("create_shop", "retail", name="Online Retail", currency="GBP", timezone="UTC", stdout=io.StringIO())
    call_command("import_orders", str(path), shop="retail", preset="online-retail", stdout=io.StringIO())
    shop = Shop.objects.get(slug="retail")
    analytics.seal(shop, AS_OF)
    return shop


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)])
def test_real_orders_make_the_same_portfolio_on_duckdb_and_on_spark(
    real_orders: Path, tmp_path: Path, local_spark: Options, whole: bool
) -> None:
    path = real_orders / "online_retail_uci" / "online_retail.csv.gz"
    shop = _import(path if whole else _sample(path, tmp_path))
    as_of_us = periods.epoch_us(AS_OF)
    expected = portfolio.measure_as_of(shop, as_of_us)
    assert set(expected.segment) == set("ABCD")
    assert_equal(_on(shop, "duckdb", as_of_us), expected)
    assert_equal(_on(shop, "spark", as_of_us, local_spark), expected)


@pytest.fixture
def books() -> Books:
    """Customers with everything that moves a stock, merged ones, and a further indicator."""
    found = Books(make_shop())
    rng = np.random.default_rng(7)
    people = [found.customer() for _ in range(12)]
    for n, identity in enumerate(people):
        for at in (START + rng.integers(0, 90 * DAY, n % 4)).tolist():
            found.order(identity, at, 1000 + 37 * n, profit=300 - 50 * n)
            found.fact(identity, at + 5, "Phone Call Made")
        for pause in (0, 1, 1_799_999_999, 1_800_000_000)[: n % 5]:
            found.page(identity, START + 80 * DAY + n + pause)
        found.mail(identity, START + 95 * DAY - n)
    found.refund(people[1], START + 50 * DAY, 500)
    draft = IndicatorDraft("calls", "Calls", ("Phone Call Made",), None, 60, 0.2)
    criterion.register_indicator(found.shop, draft, None, making.NOW)
    return found


@pytest.mark.django_db
def test_every_factor_merge_and_indicator_counts_alike(books: Books) -> None:
    assert_equal(_on(books.shop, "duckdb", NOW_US), portfolio.measure_as_of(books.shop, NOW_US))
    analytics.seal(books.shop, making.NOW)
    before = portfolio.measure_as_of(books.shop, NOW_US)
    first, second = before.customer_id[:2].tolist()
    merging.merge(books.shop.pk, first, second, None, periods.instant_at(NOW_US - DAY))
    books.order(books.shop.identity_set.filter(customer_id=first)[0].pk, NOW_US - 5, 9_000)
    after = portfolio.measure_as_of(books.shop, NOW_US)
    assert len(after.customer_id) == len(before.customer_id) - 1
    assert set(after.z) == {*"RFMVE", "calls"}
    assert all(stock.any() for stock in after.stocks.values())
    for engine in ("duckdb", "sqlite"):
        assert_equal(_on(books.shop, engine, NOW_US), after)
        assert_equal(_on(books.shop, engine, NOW_US - 2 * DAY), portfolio.measure_as_of(books.shop, NOW_US - 2 * DAY))


@pytest.mark.django_db
def test_a_shop_without_orders_has_nobody_placed_on_any_engine() -> None:
    shop = make_shop()
    assert_equal(_on(shop, "duckdb", NOW_US), portfolio.measure_as_of(shop, NOW_US))


@pytest.mark.django_db
def test_the_export_says_the_same_out_of_the_warehouse(books: Books) -> None:
    written = []
    for more in ({}, {"engine": "duckdb"}):
        output = io.StringIO()
        instant = periods.instant_at(NOW_US).isoformat()
        call_command("export_portfolio", shop=books.shop.slug, as_of=instant, format="csv", stdout=output, **more)
        written.append([line.split(",") for line in output.getvalue().splitlines()])
    mine, other = written
    stocks = [place for place, name in enumerate(mine[0]) if name.startswith("stock_")]
    assert [[v for p, v in enumerate(row) if p not in stocks] for row in mine] == [
        [v for p, v in enumerate(row) if p not in stocks] for row in other
    ]
    for row, same in zip(mine[1:], other[1:], strict=True):
        assert [float(row[p]) for p in stocks] == pytest.approx([float(same[p]) for p in stocks], rel=1e-9)


@pytest.mark.django_db
def test_an_export_on_an_engine_that_cannot_run_says_why(books: Books) -> None:
    with pytest.raises(CommandError, match="KIZUNA_ENGINE_URL"):
        call_command("export_portfolio", shop=books.shop.slug, as_of="2030-01-01T00:00:00Z", engine="postgresql")
