"""The table of exchange rates of a shop: what one unit of a currency is worth in the shop's own from a day on.

Amounts are converted where orders are recorded (sales); nothing is fetched from anywhere, the shop gives its rates.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from kizuna.money import currency
from kizuna.shops.models import ExchangeRate, Shop
from kizuna.shops.tenants import NotThere, Refused

HIGHEST = Decimal(10) ** 9
LOWEST = Decimal(10) ** -9


class UnknownRate(LookupError):
    """No rate of this currency is known on or before the day."""

    def __init__(self, currency: str, day: date) -> None:
        super().__init__(f"no rate of {currency} is known on {day.isoformat()}")
        self.currency = currency
        self.day = day


@dataclass(frozen=True)
class NewRate:
    """One row for the table."""

    currency: str
    from_day: date
    rate: Decimal


def rate_on(shop: Shop, currency: str, day: date) -> Decimal:
    """Give the rate into the shop's currency on a day: the newest that began by then; raises UnknownRate."""
    if currency == shop.currency:
        return Decimal(1)
    known = ExchangeRate.objects.filter(shop=shop, currency=currency, from_day__lte=day).order_by("-from_day").first()
    if known is None:
        raise UnknownRate(currency, day)
    return known.rate


def list_rates(shop: Shop) -> list[ExchangeRate]:
    """List a shop's rates by currency, the newest first."""
    return list(ExchangeRate.objects.filter(shop=shop).order_by("currency", "-from_day"))


def set_rates(shop: Shop, rates: Iterable[NewRate]) -> int:
    """Store rates, replacing those of the same currency and day; returns how many."""
    rows = {}
    for new in rates:
        _check(shop, new)
        rows[new.currency, new.from_day] = ExchangeRate(
            shop=shop, currency=new.currency, from_day=new.from_day, rate=new.rate
        )
    ExchangeRate.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["shop", "currency", "from_day"],
        update_fields=["rate"],
        batch_size=200,
    )
    return len(rows)


def remove_rate(shop: Shop, rate_id: int) -> NewRate:
    """Remove one row of the table and return what it said."""
    row = ExchangeRate.objects.filter(shop=shop, pk=rate_id).first()
    if row is None:
        raise NotThere("rate", "there is no such rate")
    removed = NewRate(row.currency, row.from_day, row.rate)
    row.delete()
    return removed


def parse_rates(text: str, own_currency: str) -> tuple[list[NewRate], list[str]]:
    """Read lines of currency, day and rate; returns the rows, and one sentence for each line that is not usable."""
    good: list[NewRate] = []
    bad: list[str] = []
    lines = text.lstrip("\ufeff").splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=_delimiter(line)))]
        if number == 1 and cells and cells[0].lower() == "currency":
            continue
        try:
            good.append(parse_rate(cells, own_currency))
        except Refused as refusal:
            bad.append(f"line {number}, {refusal.field}: {refusal.message}")
    return good, bad


def parse_rate(cells: list[str], own_currency: str) -> NewRate:
    """Read one row; refused with the column that is to blame."""
    if len(cells) != 3:
        raise Refused("line", f"give three values: currency, day, rate; found {len(cells)}")
    code, day_text, rate_text = cells
    if not currency.is_known(code.upper()):
        raise Refused("currency", f"{code!r} is not a currency such as USD")
    if code.upper() == own_currency:
        raise Refused("currency", f"{own_currency} is the shop's own currency, its rate is always 1")
    try:
        day = date.fromisoformat(day_text)
    except ValueError:
        raise Refused("from_day", f"{day_text!r} is not a day such as 2026-01-31") from None
    try:
        rate = Decimal(rate_text)
    except InvalidOperation:
        raise Refused("rate", f"{rate_text!r} is not a number such as 0.8612") from None
    if not rate.is_finite() or not LOWEST <= rate <= HIGHEST:
        raise Refused("rate", f"{rate_text!r} must be a number above zero")
    return NewRate(code.upper(), day, rate)


def _check(shop: Shop, new: NewRate) -> None:
    if new.currency == shop.currency:
        raise Refused("currency", f"{new.currency} is the shop's own currency, its rate is always 1")
    if not currency.is_known(new.currency):
        raise Refused("currency", f"{new.currency!r} is not a currency such as USD")
    if not new.rate.is_finite() or not LOWEST <= new.rate <= HIGHEST:
        raise Refused("rate", "must be a number above zero")


def _delimiter(line: str) -> str:
    return next((sign for sign in ("\t", ";") if sign in line), ",")
