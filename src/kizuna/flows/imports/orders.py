"""`import_orders`: a file of order lines into orders, refunds, identities and stocks; repeating it changes nothing.

Lines are read and set aside first (no lock is held meanwhile), then stored some orders per short transaction; at the
end everybody is placed as of the shop's clock (flows.snapshots).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction

from kizuna.customers import identity, profiles
from kizuna.customers.identity import IdentityKind
from kizuna.customers.profiles import ProfileChange
from kizuna.flows import orders, snapshots
from kizuna.flows.imports import maps, tables
from kizuna.flows.imports.cells import Reader
from kizuna.flows.imports.maps import OrderMap
from kizuna.flows.imports.order_lines import Given, LineReader, read_orders
from kizuna.flows.imports.report import Progress, Report
from kizuna.flows.imports.staging import Staging
from kizuna.money import currency
from kizuna.sales.orders import OrderDraft, RefundDraft
from kizuna.science.periods import epoch_us

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

_LINES_TOGETHER = 3000
_ORDERS_TOGETHER = 400

type Who = tuple[IdentityKind, str]


@dataclass(frozen=True)
class OrderFile:
    """What to import and how."""

    path: Path
    how: OrderMap
    dry_run: bool = False


@dataclass
class _Run:
    """One import under way."""

    shop: "Shop"
    report: Report
    dry_run: bool
    seen: set[Who] = field(default_factory=set)
    countries: dict[Who, str] = field(default_factory=dict)


def import_orders(shop: "Shop", file: OrderFile, now: datetime, progress: Progress | None = None) -> Report:
    """Import a file of order lines; raises BadFile or UnknownCurrency when it cannot be read at all.

    Every row that is not taken is in the report with its column and reason. A dry run writes nothing.
    """
    note = progress or (lambda doing, done, whole: None)
    how = file.how
    table = tables.open_table(file.path, how.encoding, how.separator)
    if not how.columns:
        how = maps.with_changes(how, columns=maps.by_field_names(table.header, maps.FIELDS))
    places = maps.places(table.header, how.columns)
    maps.check_order_columns(how.columns, how.customer_day)
    code = how.currency or shop.currency
    currency.exponent(code)
    reader = Reader(ZoneInfo(how.timezone or shop.timezone), epoch_us(now), how.time_format, how.decimal_comma)
    report = Report(f"{file.path.name}: {table.form.describe()}; times in {reader.zone.key}, amounts in {code}")
    report.dry_run = file.dry_run
    run = _Run(shop, report, file.dry_run)
    with Staging() as staging:
        lines = LineReader(how, places, reader, code, report)
        lines.read(table, staging, lambda count: note("Reading", count, max(count, table.form.about_rows)))
        _store(run, staging, how, note)
    if not file.dry_run and run.seen:
        note("Placing customers", 0, 1)
        snapshots.settle(shop, now)
        note("Placing customers", 1, 1)
    return report


def _store(run: _Run, staging: Staging, how: OrderMap, note: Callable[[str, int, int], None]) -> None:
    report = run.report
    for name in ("orders new", "orders as before", "orders changed", "refunds new", "refunds as before", "customers"):
        report.counts.setdefault(name, 0)
    whole, done = staging.count_orders(), 0
    for some in _together(read_orders(staging, how, report)):
        _store_some(run, some)
        done += len(some)
        note("Storing", done, whole)
    report.counts["customers"] = len(run.seen)


def _together(given: Iterator[Given]) -> Iterator[list[Given]]:
    """Portions that a transaction can store within some hundredths of a second."""
    some: list[Given] = []
    lines = 0
    for each in given:
        some.append(each)
        lines += each.lines
        if lines >= _LINES_TOGETHER or len(some) >= _ORDERS_TOGETHER:
            yield some
            some, lines = [], 0
    if some:
        yield some


@transaction.atomic
def _store_some(run: _Run, some: Sequence[Given]) -> None:
    ids = _identities(run.shop, some)
    bought = [each for each in some if isinstance(each.draft, OrderDraft)]
    returned = [each for each in some if isinstance(each.draft, RefundDraft)]
    told = [(ids[each.kind, each.who], each.draft) for each in bought if isinstance(each.draft, OrderDraft)]
    _count(run.report, "orders", bought, orders.record_orders(run.shop, told))
    back = [(ids[each.kind, each.who], each.draft) for each in returned if isinstance(each.draft, RefundDraft)]
    _count(run.report, "refunds", returned, orders.record_refunds(run.shop, back))
    _note_countries(run, some, ids)
    run.seen.update(ids)
    if run.dry_run:
        transaction.set_rollback(True)


def _identities(shop: "Shop", some: Sequence[Given]) -> dict[Who, int]:
    ids: dict[Who, int] = {}
    for kind in {each.kind for each in some}:
        named = [each for each in some if each.kind == kind]
        found = identity.ensure(shop.id, kind, [each.who for each in named], [each.happened_us for each in named])
        ids.update(((kind, who), identity_id) for who, identity_id in found.items())
    return ids


def _count(report: Report, what: str, given: Sequence[Given], recorded: orders.Recorded) -> None:
    report.add(f"{what} new", recorded.taken)
    report.add(f"{what} as before", recorded.repeated)
    if recorded.changed:
        report.add(f"{what} changed", recorded.changed)
    for refusal in recorded.refused:
        each = given[refusal.index]
        report.refuse(each.row, refusal.field, f"{refusal.message} (order {refusal.source_ref!r})", each.lines)
        report.counts["lines taken"] -= each.lines


def _note_countries(run: _Run, some: Sequence[Given], ids: dict[Who, int]) -> None:
    """The country an order went to is what the shop says of its customer, as of that order."""
    changes: dict[int, ProfileChange] = {}
    for each in some:
        who = each.kind, each.who
        if each.country and run.countries.get(who) != each.country:
            run.countries[who] = each.country
            changes[ids[who]] = ProfileChange(each.happened_us, country=each.country)
    if changes:
        profiles.record(run.shop.id, list(changes.items()))
