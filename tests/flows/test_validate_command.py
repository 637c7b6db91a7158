"""`manage validate`: the published ranking tables out of imported files, and the criterion's own ranking."""

import io
import json
import re
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from kizuna.flows import rankings
from kizuna.science import rivals, validity
from tests.flows.making import DAY, START
from tests.flows.selling import sell
from tests.science.raw_files import CDNOW, ONLINE_RETAIL, day_of, read_cdnow
from tests.science.test_rivals import CDNOW_1997_09_30, ONLINE_RETAIL_2011_06_09
from tests.shops.making import make_shop

UTC = ZoneInfo("UTC")


def validated(slug, *options):
    output = io.StringIO()
    call_command("validate", "--shop", slug, *options, stdout=output)
    return output.getvalue()


def table_of(document):
    return {name: tuple(row.values()) for name, row in document["scores"].items()}


def date_of(us):
    return datetime.fromtimestamp(us / 1e6, UTC).date()


@pytest.mark.django_db
def test_orders_and_refunds_rebuild_customer_days_in_the_zone_of_the_shop():
    shop, _ = sell(12, 60)
    days = rankings.customer_days(shop, UTC)
    from kizuna.sales.models import Order, Refund

    expected: dict[tuple[int, int], int] = {}
    for order in Order.objects.filter(shop=shop).select_related("identity"):
        key = int(order.identity.value) - 1, order.placed_us // DAY
        expected[key] = expected.get(key, 0) + order.revenue_minor
    for refund in Refund.objects.filter(shop=shop).select_related("identity"):
        key = int(refund.identity.value) - 1, refund.refunded_us // DAY
        expected[key] = expected.get(key, 0) - refund.revenue_minor
    assert dict(zip(zip(days.row.tolist(), days.day.tolist(), strict=True), days.money, strict=True)) == expected
    tokyo = rankings.customer_days(shop, ZoneInfo("Asia/Tokyo"))
    assert tokyo.day.tolist() != days.day.tolist()
    assert tokyo.money.sum() == days.money.sum()


@pytest.mark.django_db
def test_the_anchors_protocol_measures_sales_after_the_split():
    shop, until_us = sell(80, 200)
    split, until = date_of(START + 120 * DAY), date_of(until_us)
    options = ("--split", str(split), "--until", str(until), "--protocol", "anchors", "--format", "json")
    document = json.loads(validated(shop.slug, *options))
    days = rankings.customer_days(shop, UTC)
    known = days.upto(day_of(str(split)))
    y = days.gained(known.customer_id, day_of(str(split)), day_of(str(until)))
    expected = tuple(validity.measures(rivals.rfm_quintiles(known), y).tolist())
    assert table_of(document)["rfm"] == expected
    assert document["customers"] == 80
    assert document["days_after"] == 80
    assert 0 < document["concentration"]["customers_holding_80_percent"] < 1
    assert re.search(r"RFM quintile sum +-?\d\.\d{3} +-?\d\.\d{3} +\d\.\d\d\n", validated(shop.slug, *options[:-2]))


@pytest.mark.django_db
def test_the_default_measures_the_criterion_on_net_profit_with_intervals():
    shop, _ = sell(150, 200)
    document = json.loads(validated(shop.slug, "--format", "json"))
    assert document["protocol"] == "kizuna"
    assert document["days_after"] == 90
    assert next(iter(document["scores"])) == "rf"
    gini = document["scores"]["rf"]["gini"]
    assert gini["low"] < gini["value"] < gini["high"]
    assert set(document["gini_less_rival"]) == set(document["scores"]) - {"rf"}
    assert "Rivals that rank better beyond chance" in validated(shop.slug)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--split", "2022-13-01"], "no date"),
        (["--split", "2022-03-01", "--until", "2022-02-01"], "after the split"),
        (["--split", "1999-01-01", "--until", "1999-02-01", "--protocol", "anchors"], "nobody had bought"),
        (["--split", "2030-01-01", "--until", "2030-02-01", "--protocol", "anchors"], "nobody bought anything after"),
        (["--split", "1999-01-01", "--until", "1999-02-01"], "too few customers: 0, 100 are needed"),
        (["--timezone", "Nowhere/City"], "no time zone"),
        (["--until", "0001-01-02"], "--until: 0001-01-02 is not from 1990 to 2199"),
        (["--split", "0001-01-01", "--until", "2022-02-01"], "--split: 0001-01-01 is not from"),
        (["--until", "9999-12-31"], "--until: 9999-12-31 is not from"),
        (["--seed", "-1"], "--seed: must be 0 or above"),
    ],
)
def test_what_cannot_be_measured_says_why(options, words):
    shop, _ = sell(5, 30)
    with pytest.raises(CommandError, match=words):
        validated(shop.slug, *options)
    with pytest.raises(CommandError):
        validated("no-such-shop")


def cut(source: Path, target: Path, customers: int) -> Path:
    """The rows of the first customers of CDNOW, as a file of the same form."""
    lines = source.read_text().splitlines(keepends=True)
    target.write_text(lines[0] + "".join(line for line in lines[1:] if int(line.split()[0]) <= customers))
    return target


@pytest.mark.django_db
def test_an_imported_part_of_cdnow_ranks_as_its_raw_rows(real_orders, tmp_path):
    shop = make_shop("cdnow-part", "USD")
    file = cut(real_orders / CDNOW, tmp_path / "part.txt", 400)
    call_command("import_orders", str(file), "--shop", shop.slug, "--preset", "cdnow", stdout=io.StringIO())
    raw, split, last = read_cdnow(real_orders), day_of("1997-09-30"), day_of("1998-06-30")
    kept = raw.customer_id[raw.row] <= 400
    raw = rivals.CustomerDays.of(raw.customer_id[raw.row][kept], raw.day[kept], raw.money[kept])
    mine = rankings.customer_days(shop, UTC)
    for one, other in ((mine.row, raw.row), (mine.day, raw.day), (mine.money, raw.money)):
        np.testing.assert_array_equal(one, other)
    options = ("--split", "1997-09-30", "--until", "1998-06-30", "--protocol", "anchors", "--format", "json")
    known = raw.upto(split)
    y = raw.gained(known.customer_id, split, last)
    expected = tuple(validity.measures(rivals.rfm_quintiles(known), y).tolist())
    assert table_of(json.loads(validated(shop.slug, *options)))["rfm"] == expected
    assert (date(1998, 6, 30) - date(1997, 9, 30)).days == 273


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("file", "preset", "currency", "zone", "split", "until", "table", "held"),
    [
        (CDNOW, "cdnow", "USD", "UTC", "1997-09-30", "1998-06-30", CDNOW_1997_09_30, (62.9, 38.4)),
        (
            ONLINE_RETAIL,
            "online-retail",
            "GBP",
            "Europe/London",
            "2011-06-09",
            "2011-12-09",
            ONLINE_RETAIL_2011_06_09,
            (70.0, 31.2),
        ),
    ],
)
def test_the_published_ranking_out_of_the_imported_file(
    real_orders, file, preset, currency, zone, split, until, table, held
):
    shop = make_shop(preset, currency, zone)
    call_command(
        "import_orders", str(real_orders / file), "--shop", shop.slug, "--preset", preset, stdout=io.StringIO()
    )
    options = ("--split", split, "--until", until, "--protocol", "anchors", "--format", "json")
    document = json.loads(validated(shop.slug, *options))
    found = table_of(document)
    for name, expected in table.items():
        np.testing.assert_allclose(found[name], expected, atol=0.01, err_msg=name)
    shares = [100 * value for value in document["concentration"].values()]
    assert shares == pytest.approx(held, abs=0.05)
