"""From rows of a file to drafts of orders and refunds: each row is checked by itself, then the order they make up.

No database here but the temporary one of the staging; what is refused goes into the report with its row and column.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from kizuna.customers.identity import IdentityKind
from kizuna.flows.imports import cells
from kizuna.flows.imports.cells import BadCell, Reader
from kizuna.flows.imports.maps import ORDER_FIELDS, OrderMap
from kizuna.flows.imports.report import Report
from kizuna.flows.imports.staging import StagedLine, Staging
from kizuna.flows.imports.tables import Broken, Table
from kizuna.sales.orders import LineDraft, OrderDraft, RefundDraft
from kizuna.science.periods import instant_at

_ORDER_AMOUNTS = ("shipping", "tax", "discount", "subtotal", "total")
_ZERO = Decimal(0)
_NOTE_EVERY = 20_000
_KEPT_VALUES = 100_000
_LONGEST_WHO_OF_DAY = 90
_WHO: tuple[tuple[IdentityKind, str, Callable[[str, str], str]], ...] = (
    (IdentityKind.USER_ID, "customer_id", cells.identifier),
    (IdentityKind.EMAIL, "email", cells.email),
    (IdentityKind.PHONE, "phone", cells.phone),
)


@dataclass(frozen=True, slots=True)
class Given:
    """One order or refund of the file, and whose it is; `row` is where the file first names it."""

    row: int
    lines: int
    kind: IdentityKind
    who: str
    happened_us: int
    country: str
    draft: OrderDraft | RefundDraft


class _Column[Value]:
    """One column of the file: reads its cell, and remembers what it has read, for columns repeat their values."""

    def __init__(self, place: int, name: str, convert: Callable[[str, str], Value]) -> None:
        self._place, self._name, self._convert = place, name, convert
        self._known: dict[str, Value] = {}

    def __call__(self, values: list[str]) -> Value:
        text = values[self._place]
        try:
            return self._known[text]
        except KeyError:
            if len(self._known) >= _KEPT_VALUES:
                self._known.clear()
            value = self._known[text] = self._convert(self._name, text)
            return value


class LineReader:
    """Reads one row after the other into the staging."""

    def __init__(self, how: OrderMap, at: Mapping[str, int], reader: Reader, currency: str, report: Report) -> None:
        self._how, self._at, self._reader, self._report = how, at, reader, report
        self._who = [(kind, self._column(name, read)) for kind, name, read in _WHO if name in at]
        self._time = self._column("time", reader.instant)
        self._ref = self._text("order_id", lambda column, text: cells.identifier(column, text, 100))
        self._currency = self._text("currency", lambda column, text: self._code(column, text, currency), currency)
        self._sku = self._text("sku", lambda column, text: cells.words(column, text, 100))
        self._name = self._text("name", lambda column, text: cells.words(column, text, 255))
        self._quantity, self._price, self._amount, self._cost = (
            self._text(name, self._number) for name in ("quantity", "price", "amount", "cost")
        )
        self._extra_fields = [name for name in ORDER_FIELDS if name in at and name != "currency"]
        self._extras: dict[tuple[str, ...], str] = {}
        self._needs_price = not {"total", "subtotal"} & set(at)

    def read(self, table: Table, staging: Staging, note: Callable[[int], None]) -> None:
        """Read all rows; every row ends up taken, left out for a stated reason, or refused."""
        report, count, anonymous, taken = self._report, 0, 0, 0
        for row, values in table.rows():
            count += 1
            if count % _NOTE_EVERY == 0:
                note(count)
            try:
                if isinstance(values, Broken):
                    raise BadCell("row", values.reason)
                line = self._line(row, values)
            except BadCell as bad:
                report.refuse(row, bad.field, bad.message)
                continue
            if line is None:
                anonymous += 1
            else:
                taken += 1
                staging.add(*line)
        report.counts = {
            "lines read": count,
            "lines without customer": anonymous,
            "lines taken": taken,
            **report.counts,
        }

    def _line(self, row: int, values: list[str]) -> tuple[object, ...] | None:
        """Check a row; None when it names no customer."""
        ref = self._ref(values)
        cancels = bool(self._how.refund_prefix) and ref.startswith(self._how.refund_prefix)
        if cancels:
            self._report.add("cancellation lines")
        kind, who = self._whose(values)
        if not who:
            return None
        us = self._time(values)
        if self._how.customer_day:
            ref = self._day_ref(who, us)
        elif not ref:
            raise BadCell(self._called("order_id"), "is empty")
        quantity, price, amount = self._quantity(values), self._price(values), self._amount(values)
        if quantity.startswith("-") and not (cancels or self._how.negative_lines):
            raise BadCell(
                self._called("quantity"),
                f"{quantity} is negative; --allow-negative-lines takes such lines as they stand",
            )
        if not amount:
            self._check_price(price, quantity)
        extra = self._extra(values) if self._extra_fields else ""
        line = (
            row, ref, cancels, kind.value, who, us, self._currency(values), self._sku(values), self._name(values),
            quantity, price, amount, self._cost(values), extra,
        )  # fmt: skip
        if cancels:
            self._report.add("cancellation lines with a customer")
        return line

    def _whose(self, values: list[str]) -> tuple[IdentityKind, str]:
        for kind, column in self._who:
            if who := column(values):
                return kind, who
        return IdentityKind.USER_ID, ""

    def _check_price(self, price: str, quantity: str) -> None:
        if not price and self._needs_price:
            raise BadCell(self._called("price" if "price" in self._at else "amount"), "is empty")
        if price and not quantity and "quantity" in self._at:
            raise BadCell(self._called("quantity"), "is empty")

    def _column[Value](self, field: str, convert: Callable[[str, str], Value]) -> _Column[Value]:
        return _Column(self._at[field], self._called(field), convert)

    def _text(self, field: str, convert: Callable[[str, str], str], otherwise: str = "") -> Callable[[list[str]], str]:
        return self._column(field, convert) if field in self._at else lambda values: otherwise

    def _called(self, field: str) -> str:
        return self._how.columns.get(field, field)

    def _number(self, column: str, text: str) -> str:
        if not text.strip():
            return ""
        return str(self._reader.number(column, text) or 0)

    @staticmethod
    def _code(column: str, text: str, otherwise: str) -> str:
        return cells.currency_code(column, text) if text.strip() else otherwise

    def _day_ref(self, who: str, us: int) -> str:
        """A customer's day as an order number, the day as the file's time zone has it."""
        if len(who) > _LONGEST_WHO_OF_DAY:
            raise BadCell(self._called("customer_id"), f"is longer than {_LONGEST_WHO_OF_DAY} characters")
        return f"{who}-{instant_at(us).astimezone(self._reader.zone):%Y%m%d}"

    def _extra(self, values: list[str]) -> str:
        """What belongs to the order as a whole, where this row says it."""
        texts = tuple([values[self._at[field]] for field in self._extra_fields])
        known = self._extras.get(texts)
        if known is None:
            if len(self._extras) >= _KEPT_VALUES:
                self._extras.clear()
            known = self._extras[texts] = self._parse_extra(texts)
        return known

    def _parse_extra(self, texts: tuple[str, ...]) -> str:
        said: dict[str, str] = {}
        for field, text in zip(self._extra_fields, texts, strict=True):
            if not text.strip():
                continue
            if field in _ORDER_AMOUNTS:
                said[field] = self._number(self._called(field), text)
            else:
                said[field] = cells.words(self._called(field), text, 80)
        return json.dumps(said, ensure_ascii=True) if said else ""


def read_orders(staging: Staging, how: OrderMap, report: Report) -> Iterator[Given]:
    """Put the lines set aside together; a line that contradicts its order's first is refused."""
    for lines in staging.orders():
        first = lines[0]
        kept = [line for line in lines if _agrees(line, first, how, report)]
        extra: dict[str, str] = {}
        for text in dict.fromkeys(line.extra for line in kept if line.extra):
            extra = {**json.loads(text), **extra}
        if not first.is_refund:
            yield _given(first, kept, extra, _order(first, kept, extra))
            continue
        refund = RefundDraft(first.order_ref, first.happened_us, first.currency, -_paid(kept, extra))
        if refund.amount < 0:
            report.refuse(first.row, "amount", "a cancellation that takes money instead of giving it back", len(kept))
            report.counts["lines taken"] -= len(kept)
            continue
        yield _given(first, kept, extra, refund)


def _given(
    first: StagedLine, kept: list[StagedLine], extra: Mapping[str, str], draft: OrderDraft | RefundDraft
) -> Given:
    return Given(
        first.row, len(kept), IdentityKind(first.kind), first.who, first.happened_us, extra.get("country", ""), draft
    )


def _agrees(line: StagedLine, first: StagedLine, how: OrderMap, report: Report) -> bool:
    for field, theirs, own in (
        (how.columns.get("customer_id", "customer"), (first.kind, first.who), (line.kind, line.who)),
        (how.columns.get("currency", "currency"), first.currency, line.currency),
    ):
        if theirs != own:
            report.refuse(line.row, field, f"differs from row {first.row} of the same order {first.order_ref!r}")
            report.counts["lines taken"] -= 1
            return False
    return True


def _order(first: StagedLine, kept: list[StagedLine], extra: Mapping[str, str]) -> OrderDraft:
    amounts = {name: Decimal(extra[name]) for name in _ORDER_AMOUNTS if name in extra}
    return OrderDraft(
        source_ref=first.order_ref,
        placed_us=first.happened_us,
        currency=first.currency,
        lines=tuple(_draft(line) for line in kept if line.price or line.amount or line.quantity or line.sku),
        coupon=extra.get("coupon", ""),
        shipping=amounts.get("shipping", _ZERO),
        tax=amounts.get("tax", _ZERO),
        discount=amounts.get("discount", _ZERO),
        subtotal=amounts.get("subtotal"),
        total=amounts.get("total"),
        shipping_country=extra.get("country", ""),
    )


def _draft(line: StagedLine) -> LineDraft:
    quantity = Decimal(line.quantity or 1)
    amount = Decimal(line.amount) if line.amount else None
    price = Decimal(line.price) if line.price else _piece(amount, quantity)
    return LineDraft(line.sku, quantity, price, line.name, amount, Decimal(line.cost) if line.cost else None)


def _piece(amount: Decimal | None, quantity: Decimal) -> Decimal:
    """The price of one piece where only the whole line's amount is told; for show, the amount is what counts."""
    if amount is None or not quantity:
        return Decimal(0)
    return round(amount / quantity, 6)


def _paid(kept: list[StagedLine], extra: Mapping[str, str]) -> Decimal:
    if "total" in extra:
        return Decimal(extra["total"])
    return sum((_draft(line).paid() for line in kept), Decimal(0))
