"""Order files: the two real ones to the line, any other by its map, and every bad row reported beside the good ones."""

import gzip
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.customers.models import Customer, Identity
from kizuna.flows import shops
from kizuna.flows.imports import maps, tables
from kizuna.flows.imports.maps import PRESETS, BadMap, OrderMap
from kizuna.flows.imports.orders import OrderFile, import_orders
from kizuna.flows.imports.report import Report
from kizuna.flows.imports.tables import BadFile
from kizuna.relationships.models import IdentityStock, Standing
from kizuna.sales import ledger
from kizuna.sales.models import Order, OrderLine, Refund
from kizuna.shops.models import Shop
from kizuna.shops.tenants import NewShop
from tests.conftest import ONE_FIXTURE_FOR_ALL, examples

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEAD = "order_id,customer_id,time,sku,name,quantity,price,currency"
GOOD = "A1,00017,2025-03-01 10:00:00,mug,Mug,2,9.99,EUR"


@pytest.fixture
def shop(db: None) -> Shop:
    return shops.create_shop(NewShop("till", "Till", "EUR"), None, NOW)


def write(folder: Path, *rows: str, head: str = HEAD, name: str = "orders.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes("\n".join((head, *rows, "")).encode(encoding))
    return path


def run(shop: Shop, path: Path, how: OrderMap | None = None, dry_run: bool = False) -> Report:
    return import_orders(shop, OrderFile(path, how or OrderMap({}), dry_run), NOW)


def refused(report: Report) -> list[tuple[int, str]]:
    return [(problem.row, problem.field) for problem in report.problems]


def contents() -> list[list[dict[str, object]]]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (Order, OrderLine, Refund, Customer, Identity, IdentityStock)
    ]


def test_a_good_file_by_field_names(shop: Shop, tmp_path: Path) -> None:
    report = run(
        shop, write(tmp_path, GOOD, "A1,00017,2025-03-01 10:05:00,tea,Tea,1,5,EUR", "A2,17850.0,2025-03-02,pad,,1,1,")
    )
    assert report.counts == {
        "lines read": 3,
        "lines without customer": 0,
        "lines taken": 3,
        "orders new": 2,
        "orders as before": 0,
        "orders changed": 0,
        "refunds new": 0,
        "refunds as before": 0,
        "customers": 2,
    }
    assert list(Identity.objects.order_by("value").values_list("value", flat=True)) == ["00017", "17850"]
    first = Order.objects.get(source_ref="A1")
    assert (first.revenue_minor, first.placed_us) == (
        2498,
        int(datetime(2025, 3, 1, 10, tzinfo=UTC).timestamp()) * 10**6,
    )
    assert Standing.objects.count() == 2


def test_repeating_an_import_changes_nothing(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, "A2,x,2025-03-02,pad,,1,1,", "C9,x,2025-03-03,pad,,-1,1,")
    how = OrderMap(maps.by_field_names(HEAD.split(","), maps.FIELDS), refund_prefix="C")
    run(shop, path, how)
    before = contents()
    again = run(shop, path, how)
    assert contents() == before
    assert (again.counts["orders as before"], again.counts["refunds as before"], again.counts["orders new"]) == (
        2,
        1,
        0,
    )


def test_a_dry_run_counts_and_writes_nothing(shop: Shop, tmp_path: Path) -> None:
    report = run(shop, write(tmp_path, GOOD, "A2,x,2025-03-02,pad,,bad,1,"), dry_run=True)
    assert (report.counts["orders new"], report.counts["customers"], refused(report)) == (1, 1, [(3, "quantity")])
    assert contents() == [[]] * 6
    assert not Standing.objects.exists()


@pytest.mark.parametrize(
    ("bad", "field", "reason"),
    [
        ("A2,x,0001-01-01,mug,,1,1,EUR", "time", "before 1990"),
        ("A2,x,1989-12-31 23:59:59,mug,,1,1,EUR", "time", "before 1990"),
        ("A2,x,9999-12-31,mug,,1,1,EUR", "time", "future"),
        ("A2,x,2026-01-02 00:00:01,mug,,1,1,EUR", "time", "future"),
        ("A2,x,2025-02-30,mug,,1,1,EUR", "time", "not a time"),
        ("A2,x,01/02/2025,mug,,1,1,EUR", "time", "not a time"),
        ("A2,x,,mug,,1,1,EUR", "time", "empty"),
        ("A2,x,2025-03-01,mug,,NaN,1,EUR", "quantity", "not a number"),
        ("A2,x,2025-03-01,mug,,inf,1,EUR", "quantity", "not a number"),
        ("A2,x,2025-03-01,mug,,two,1,EUR", "quantity", "not a number"),
        ("A2,x,2025-03-01,mug,,-1,1,EUR", "quantity", "negative"),
        ("A2,x,2025-03-01,mug,,,1,EUR", "quantity", "empty"),
        ("A2,x,2025-03-01,mug,,1,1e30,EUR", "price", "too large"),
        ("A2,x,2025-03-01,mug,,1,nan,EUR", "price", "not a number"),
        ("A2,x,2025-03-01,mug,,1,,EUR", "price", "empty"),
        ("A2,x,2025-03-01,mug,,1,1,XYZ", "currency", "no currency"),
        ("A2,x,2025-03-01,mug,,1,1,CHF", "currency", "no rate of CHF"),
        (",x,2025-03-01,mug,,1,1,EUR", "order_id", "empty"),
        ("A2\x07,x,2025-03-01,mug,,1,1,EUR", "order_id", "printed"),
        (f"{'A' * 101},x,2025-03-01,mug,,1,1,EUR", "order_id", "longer than"),
        ("A2,x,2025-03-01,mug,,1,1", "row", "has 7 values where the header has 8"),
        ("A2,x,2025-03-01,mug,,1,1,EUR,more", "row", "has 9 values"),
        ("A1,other,2025-03-01,mug,,1,1,EUR", "customer_id", "differs from row 2"),
        ("A1,00017,2025-03-01,mug,,1,1,USD", "currency", "differs from row 2"),
        ("A2,x,2025-03-01,mug,,999999999999,999999999999,EUR", "products[1].quantity", "no sensible quantity"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_is_taken(
    shop: Shop, tmp_path: Path, bad: str, field: str, reason: str
) -> None:
    report = run(shop, write(tmp_path, GOOD, bad, "A3,y,2025-03-05,tea,,1,3.50,EUR"))
    assert refused(report) == [(3, field)]
    assert reason in report.problems[0].reason
    assert (report.counts["lines read"], report.counts["lines taken"], report.refused_rows) == (3, 2, 1)
    assert dict(Order.objects.values_list("source_ref", "revenue_minor")) == {"A1": 1998, "A3": 350}


def test_rows_without_customer_are_counted_not_lost_silently(shop: Shop, tmp_path: Path) -> None:
    rows = [f"B{n},{who},2025-03-01,mug,,1,1,EUR" for n, who in enumerate(["", "  ", "nan", "NULL", "0"])]
    report = run(shop, write(tmp_path, GOOD, *rows))
    assert (report.counts["lines without customer"], report.counts["customers"]) == (4, 2)


@pytest.mark.parametrize("later", ["", '"fine, quoted"'])
def test_a_stray_quotation_mark_loses_no_row_but_its_own(tmp_path: Path, later: str) -> None:
    rows = [f"o{number},c{number}," for number in range(1000)]
    rows[3] = 'o3,"c3,'
    rows[40] = f"o40,c40,{later}"
    rows[999] = 'o999,c999,"two\nlines"'
    path = tmp_path / "stray.csv"
    path.write_text("\n".join(["order,customer,note", *rows]) + "\n", encoding="utf-8")
    read = list(tables.open_table(path).rows())
    broken = [number for number, cells in read if isinstance(cells, tables.Broken)]
    assert broken == [5]
    assert [cells[0] for _, cells in read if isinstance(cells, list)] == [f"o{n}" for n in range(1000) if n != 3]
    assert read[-1][1] == ["o999", "c999", "two\nlines"]


def test_an_unclosed_quotation_mark_is_reported(shop: Shop, tmp_path: Path) -> None:
    rows = [f"B{n},x,2025-03-01,mug,,1,1,EUR{'x' * 400}" for n in range(400)]
    report = run(shop, write(tmp_path, GOOD, 'A2,x,2025-03-01,"mug,,1,1,EUR', *rows))
    assert Order.objects.filter(source_ref="A1").exists()
    assert any("quotation mark" in problem.reason for problem in report.problems)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_are_found_out(shop: Shop, tmp_path: Path, encoding: str) -> None:
    run(shop, write(tmp_path, GOOD, "A2,Müller,2025-03-02,café,Tasse für 2 €,1,1,EUR", encoding=encoding))
    line = OrderLine.objects.get(order__source_ref="A2")
    assert (line.sku, line.name) == ("café", "Tasse für 2 €")
    assert Identity.objects.filter(value="Müller").exists()


def test_emoji_and_right_to_left_text_stay(shop: Shop, tmp_path: Path) -> None:
    run(shop, write(tmp_path, "א1,لیلا,2025-03-02,🎁,קפה ☕️ 𝒳,1,1,EUR"))
    line = OrderLine.objects.get()
    assert (line.sku, line.name, line.order.source_ref) == ("🎁", "קפה ☕️ 𝒳", "א1")


def test_one_wrong_byte_in_utf8_costs_one_row(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path, "A1,ü,2025-03-01,mug,é€,1,1,EUR", "A2,x,2025-03-01,mug,caf?,1,1,EUR", "A3,x,2025-03-01,ö,ß,1,1,EUR"
    )
    path.write_bytes(path.read_bytes().replace(b"caf?", b"caf\xe9"))
    report = run(shop, path)
    assert refused(report) == [(3, "name")]
    assert "encoding" in report.problems[0].reason
    assert Order.objects.count() == 2


def test_a_wrong_encoding_on_the_command_line_is_an_error_that_says_so(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    with pytest.raises(BadFile, match="utf-16"):
        run(shop, path, OrderMap({}, encoding="utf-16"))
    with pytest.raises(BadFile, match="no encoding"):
        run(shop, path, OrderMap({}, encoding="klingon"))


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("order_id,customer_id,time,sku,name,quantity,price,price", "there twice.*'price' is column 7 and 8"),
        ("customer_id,time,sku,name,quantity,price", "no column is known for: order_id"),
        ("order_id,time,sku,quantity,price", r"customer_id \(or email, or phone\)"),
        ("order_id,customer_id,sku,quantity,price", "time"),
        ("order_id,customer_id,time,quantity", r"price and quantity \(or amount, or total\)"),
        ("", "empty"),
    ],
)
def test_headers_that_do_not_do(shop: Shop, tmp_path: Path, head: str, says: str) -> None:
    with pytest.raises(BadFile, match=says):
        run(shop, write(tmp_path, GOOD, head=head))


def test_a_mapped_column_that_is_missing_is_named_with_those_there(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"missing columns: InvoiceNo.*order_id, customer_id"):
        run(shop, write(tmp_path, GOOD), PRESETS["online-retail"])


def test_files_that_are_none(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="No such file"):
        run(shop, tmp_path / "nothing.csv")
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(b"order_id,time\n" * 1000)[:40])
    with pytest.raises(BadFile, match="cannot be unpacked"):
        run(shop, cut)
    parquet = tmp_path / "x.parquet"
    parquet.write_bytes(b"PAR1 and then nonsense")
    with pytest.raises(BadFile, match="Parquet"):
        run(shop, parquet)


@pytest.mark.parametrize("form", ["tsv", "semicolon", "gz", "parquet"])
def test_other_forms_read_the_same(shop: Shop, tmp_path: Path, form: str) -> None:
    rows = [GOOD, "A2,17850.0,2025-03-02 00:00:00,pad,,3,0.5,EUR"]
    path = write(tmp_path, *rows)
    if form in ("tsv", "semicolon"):
        path.write_text(path.read_text().replace(",", "\t" if form == "tsv" else ";"))
    elif form == "gz":
        path.write_bytes(gzip.compress(path.read_bytes()))
    else:
        path = tmp_path / "orders.parquet"
        duckdb.sql(
            "SELECT * FROM (VALUES"
            " ('A1', '00017', TIMESTAMP '2025-03-01 10:00:00', 'mug', 'Mug', 2.0::DOUBLE, 9.99::DECIMAL(9,2), 'EUR'),"
            " ('A2', '17850', TIMESTAMP '2025-03-02 00:00:00', 'pad', NULL, 3.0, 0.5, 'EUR'))"
            f" t({HEAD})"
        ).write_parquet(str(path))
    report = run(shop, path)
    assert refused(report) == []
    assert dict(Order.objects.values_list("source_ref", "revenue_minor")) == {"A1": 1998, "A2": 150}
    assert set(Identity.objects.values_list("value", flat=True)) == {"00017", "17850"}


def test_a_map_names_columns_and_options(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "R-1;anna@example.com;31.12.2024 23:30;1.234,50",
        "S-2;Anna@Example.com;01.01.2025 08:00;-34,50",
        head="Beleg;E-Mail;Datum;Betrag",
    )
    text = "order_id=beleg, email=E-Mail, time=Datum, total=Betrag, time_format=%d.%m.%Y %H:%M, decimal_comma=yes"
    run(shop, path, maps.parse_order_map(text + ", timezone=Europe/Berlin, refund_prefix=S-"))
    order, refund = Order.objects.get(), Refund.objects.get(source_ref="S-2")
    assert order.revenue_minor == 123_450
    assert order.placed_us == int(datetime(2024, 12, 31, 22, 30, tzinfo=UTC).timestamp()) * 10**6
    assert (refund.identity_id, Identity.objects.count()) == (order.identity_id, 1)


def test_a_map_can_be_json_or_a_file(tmp_path: Path) -> None:
    as_json = json.dumps({"columns": {"order_id": "No", "customer_id": "Who"}, "time": "At", "refund_prefix": "C"})
    parsed = maps.parse_order_map(as_json)
    path = tmp_path / "map.json"
    path.write_text(as_json)
    assert parsed == maps.parse_order_map(str(path))
    assert (parsed.columns["time"], parsed.refund_prefix) == ("At", "C")
    with pytest.raises(BadMap, match="'colour' is no field"):
        maps.parse_order_map("colour=Farbe")
    with pytest.raises(BadMap, match="not JSON"):
        maps.parse_order_map("{nope")
    with pytest.raises(BadMap, match="neither a file"):
        maps.parse_order_map("no-such-file")


def test_negative_lines_only_where_allowed(shop: Shop, tmp_path: Path) -> None:
    columns = maps.by_field_names(HEAD.split(","), maps.FIELDS)
    path = write(tmp_path, GOOD, "A1,00017,2025-03-01,mug,,-1,9.99,EUR")
    assert refused(run(shop, path)) == [(3, "quantity")]
    report = run(shop, path, OrderMap(columns, negative_lines=True))
    assert (refused(report), Order.objects.get().revenue_minor, report.counts["orders changed"]) == ([], 999, 1)


def test_an_order_is_put_together_wherever_its_lines_stand(shop: Shop, tmp_path: Path) -> None:
    report = run(shop, write(tmp_path, GOOD, "A2,y,2025-03-01,tea,,1,1,EUR", "A1,00017,2025-02-01,pad,,1,1,EUR"))
    assert report.counts["orders new"] == 2
    order = Order.objects.get(source_ref="A1")
    assert (order.lines.count(), order.revenue_minor) == (2, 2098)
    assert order.placed_us == int(datetime(2025, 3, 1, 10, tzinfo=UTC).timestamp()) * 10**6


def test_a_cancellation_that_takes_money_is_refused(shop: Shop, tmp_path: Path) -> None:
    columns = maps.by_field_names(HEAD.split(","), maps.FIELDS)
    report = run(shop, write(tmp_path, GOOD, "C1,x,2025-03-01,mug,,1,5,EUR"), OrderMap(columns, refund_prefix="C"))
    assert refused(report) == [(3, "amount")]
    assert report.counts["lines taken"] == 1


SOLD = st.lists(
    st.tuples(st.sampled_from("ABCDE"), st.integers(-3, 9), st.decimals(0, 99, places=2), st.integers(1, 28)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=examples(12), suppress_health_check=ONE_FIXTURE_FOR_ALL)
@given(SOLD, SOLD)
def test_the_order_of_files_does_not_matter(shop: Shop, tmp_path: Path, first: list, second: list) -> None:
    def file(name: str, sold: list) -> Path:
        day = {}
        rows = []
        for ref, quantity, price, number in sold:
            placed = day.setdefault(ref, number)
            rows.append(f"{name}{ref},c{ref},2025-03-{placed:02},x,,{quantity},{price},EUR")
        return write(tmp_path, *rows, name=f"{name}.csv")

    columns = maps.by_field_names(HEAD.split(","), maps.FIELDS)
    how = OrderMap(columns, negative_lines=True)
    files = [file("one", first), file("two", second)]
    results = []
    for turn in (files, files[::-1]):
        for path in turn:
            run(shop, path, how)
        names = dict(Identity.objects.values_list("id", "value"))
        orders = Order.objects.order_by("source_ref").values_list(
            "source_ref", "identity_id", "placed_us", "net_profit_minor"
        )
        profit = ledger.period_profit(shop.id, None, 0, 2**60)
        money = IdentityStock.objects.values_list("identity_id", "f90", "last_purchase_us")
        results.append(
            (
                [(ref, names[who], us, minor) for ref, who, us, minor in orders],
                {names[who]: minor for who, minor in profit.items()},
                {names[who]: (round(f, 9), last) for who, f, last in money},
            )
        )
        for model in (OrderLine, Refund, Order, IdentityStock):
            model.objects.all().delete()
    assert results[0] == results[1]


def test_the_command_reports_and_fails_on_nothing(shop: Shop, tmp_path: Path) -> None:
    path, out, list_of_refused = write(tmp_path, GOOD, "A2,x,bad,mug,,1,1,EUR"), io.StringIO(), tmp_path / "refused.csv"
    call_command("import_orders", str(path), shop="till", refused=str(list_of_refused), stdout=out)
    assert "row 3, time: 'bad' is not a time" in out.getvalue()
    assert list_of_refused.read_text().splitlines()[1].startswith("3,time,")
    out = io.StringIO()
    call_command("import_orders", str(path), shop="till", json=True, dry_run=True, stdout=out)
    assert json.loads(out.getvalue())["counts"]["orders as before"] == 1
    with pytest.raises(CommandError, match="no shop 'nowhere'"):
        call_command("import_orders", str(path), shop="nowhere")
    with pytest.raises(CommandError, match="No row could be taken"):
        call_command("import_orders", str(write(tmp_path, "A2,x,bad,mug,,1,1,EUR")), shop="till", stdout=io.StringIO())
    with pytest.raises(CommandError, match="ISO 4217"):
        call_command("import_orders", str(path), shop="till", currency="nope")
    with pytest.raises(CommandError, match="no time zone"):
        call_command("import_orders", str(path), shop="till", timezone="Mars/Olympus")


@pytest.mark.long
def test_online_retail_to_the_line(real_orders: Path, db: None) -> None:
    shop = shops.create_shop(NewShop("retail", "Online Retail", "GBP"), None, NOW)
    path = real_orders / "online_retail_uci" / "online_retail.csv.gz"
    report = run(shop, path, PRESETS["online-retail"])
    assert report.counts == {
        "lines read": 541_909,
        "lines without customer": 135_080,
        "lines taken": 406_829,
        "cancellation lines": 9_288,
        "cancellation lines with a customer": 8_905,
        "orders new": 18_536,
        "orders as before": 0,
        "orders changed": 0,
        "refunds new": 3_654,
        "refunds as before": 0,
        "customers": 4_372,
    }
    raw = duckdb.sql(
        "SELECT regexp_replace(CustomerID, '\\.0$', '') AS who, InvoiceNo LIKE 'C%' AS back, InvoiceNo AS ref,"
        " SUM(Quantity::DECIMAL(18,4) * UnitPrice::DECIMAL(18,6)) AS paid"
        f" FROM read_csv('{path}', all_varchar = true) WHERE CustomerID IS NOT NULL GROUP BY ALL"
    ).fetchall()
    names = dict(Identity.objects.values_list("id", "value"))
    orders = {
        r: (names[i], m, p)
        for r, i, m, p in Order.objects.values_list("source_ref", "identity_id", "revenue_minor", "is_purchase")
    }
    refunds = {r: (names[i], m) for r, i, m in Refund.objects.values_list("source_ref", "identity_id", "revenue_minor")}
    minor = [(who, back, ref, int((paid * 100).to_integral_value()), paid > 0) for who, back, ref, paid in raw]
    assert orders == {ref: (who, cents, bought) for who, back, ref, cents, bought in minor if not back}
    assert refunds == {ref: (who, -cents) for who, back, ref, cents, _ in minor if back}
    assert OrderLine.objects.count() == 406_829 - 8_905
    assert Standing.objects.filter(shop_id=shop.id).exclude(segment="").count() == 4_372
    assert "17850" in names.values()
    assert sum(cents for *_, cents, _ in minor) == sum(ledger.period_profit(shop.id, None, 0, 2**60).values())


def test_cdnow_to_the_line(real_orders: Path, db: None) -> None:
    shop = shops.create_shop(NewShop("cdnow", "CDNOW", "USD", "America/New_York"), None, NOW)
    path = real_orders / "cdnow" / "CDNOW_master.txt"
    report = run(shop, path, PRESETS["cdnow"])
    rows = [line.split() for line in path.read_text().splitlines()[1:]]
    expected: dict[str, Decimal] = {}
    for who, day, _, dollars in rows:
        expected[f"{who}-{day}"] = expected.get(f"{who}-{day}", Decimal(0)) + Decimal(dollars)
    assert (report.counts["lines read"], report.counts["orders new"], report.counts["customers"]) == (
        69_659,
        len(expected),
        23_570,
    )
    stored = dict(Order.objects.values_list("source_ref", "revenue_minor"))
    assert stored == {ref: int(dollars * 100) for ref, dollars in expected.items()}
    first = Order.objects.get(source_ref="00001-19970101")
    assert first.placed_us == int(datetime(1997, 1, 1, tzinfo=UTC).timestamp()) * 10**6
    assert Identity.objects.get(pk=first.identity_id).value == "00001"


def test_refusals_are_told_in_the_order_of_the_rows(shop: Shop, tmp_path: Path) -> None:
    columns = maps.by_field_names(HEAD.split(","), maps.FIELDS)
    backwards = "C1,x,2025-03-01,mug,,1,5,EUR"  # known to be wrong only when the whole order is there
    path = write(tmp_path, GOOD, backwards, "A2,x,bad,mug,,1,1,EUR")
    report = run(shop, path, OrderMap(columns, refund_prefix="C"))
    assert [problem.row for problem in report.problems] == [4, 3]
    assert [problem.row for problem in report.in_row_order()] == [3, 4]
    assert [each["row"] for each in report.as_plain()["problems"]] == [3, 4]
    told = "\n".join(report.lines())
    assert told.index("row 3,") < told.index("row 4,")
