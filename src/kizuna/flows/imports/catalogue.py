"""`import_products` and `import_rates`: what the shop sells and what it costs, and what foreign money is worth.

Costs and rates are used for orders recorded from then on; orders already recorded keep theirs.
"""

from datetime import datetime
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction

from kizuna.flows import shops
from kizuna.flows.imports import cells, maps
from kizuna.flows.imports.cells import BadCell, Reader
from kizuna.flows.imports.report import Progress, Report
from kizuna.flows.imports.sheets import Sheet, SheetFile, open_sheet, read_sheet
from kizuna.money import currency
from kizuna.sales import products
from kizuna.sales.products import ProductDraft
from kizuna.science.periods import epoch_us
from kizuna.shops import rates
from kizuna.shops.rates import NewRate
from kizuna.shops.tenants import Refused

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

RATE_FIELDS = ("currency", "from_day", "rate")
_TOGETHER = 500


def import_products(shop: "Shop", file: SheetFile, now: datetime, progress: Progress | None = None) -> Report:
    """Import the catalogue by SKU; price and cost of one piece are in the shop's currency."""
    sheet = open_sheet(file, maps.PRODUCT_FIELDS, [("sku",)])
    reader = Reader(ZoneInfo(shop.timezone), epoch_us(now))
    report = Report(f"{file.path.name}: {sheet.table.form.describe()}; amounts in {shop.currency}")
    report.dry_run = file.dry_run
    report.counts = {"rows read": 0, "rows taken": 0, "products new": 0, "products changed": 0}
    rows = read_sheet(sheet, partial(_read_product, sheet, reader, shop.currency), report, progress)
    for some in batched(rows, _TOGETHER):
        with transaction.atomic():
            noted = products.record(shop.id, [draft for _, draft in some])
            report.add("rows taken", len(some))
            report.add("products new", noted.taken)
            report.add("products changed", noted.changed)
            if file.dry_run:
                transaction.set_rollback(True)
    return report


def import_rates(shop: "Shop", file: SheetFile, now: datetime, progress: Progress | None = None) -> Report:
    """Import exchange rates: what one unit of a currency is worth in the shop's from a day on."""
    sheet = open_sheet(file, RATE_FIELDS, [(field,) for field in RATE_FIELDS])
    report = Report(f"{file.path.name}: {sheet.table.form.describe()}; into {shop.currency}", dry_run=file.dry_run)
    report.counts = {"rows read": 0, "rows taken": 0, "rates new or changed": 0}
    read = [rate for _, rate in read_sheet(sheet, partial(_read_rate, sheet, shop.currency), report, progress)]
    report.counts["rows taken"] = len(read)
    known = {(row.currency, row.from_day): row.rate for row in rates.list_rates(shop)}
    news = [rate for rate in read if known.get((rate.currency, rate.from_day)) != rate.rate]
    report.counts["rates new or changed"] = len(news)
    if news and not file.dry_run:
        shops.set_rates(shop, news, None, now)
    return report


def _read_product(sheet: Sheet, reader: Reader, code: str, values: list[str]) -> ProductDraft:
    sku = cells.identifier(sheet.called("sku"), sheet.cell(values, "sku"), 100)
    if not sku:
        raise BadCell(sheet.called("sku"), "is empty")
    amounts = {field: _minor(sheet, reader, code, field, values) for field in ("price", "cost")}
    texts = {
        field: cells.words(sheet.called(field), sheet.cell(values, field), longest)
        for field, longest in (("name", 255), ("category", 120), ("url", 500), ("image_url", 500))
    }
    return ProductDraft(sku, price_minor=amounts["price"], cost_minor=amounts["cost"], **texts)


def _minor(sheet: Sheet, reader: Reader, code: str, field: str, values: list[str]) -> int | None:
    text = sheet.cell(values, field)
    if not text.strip():
        return None
    amount = reader.number(sheet.called(field), text)
    if amount < 0:
        raise BadCell(sheet.called(field), f"{amount} is negative")
    try:
        return currency.parse_minor(amount, code)
    except currency.BadAmount as bad:
        raise BadCell(sheet.called(field), str(bad)) from None


def _read_rate(sheet: Sheet, own: str, values: list[str]) -> NewRate:
    code = cells.currency_code(sheet.called("currency"), sheet.cell(values, "currency"))
    try:
        return rates.parse_rate([code, sheet.cell(values, "from_day").strip(), sheet.cell(values, "rate").strip()], own)
    except Refused as refusal:
        raise BadCell(sheet.called(refusal.field), refusal.message) from None
