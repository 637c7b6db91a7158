"""One cell of a file: text to identifier, instant, number or yes and no, or a BadCell naming field and reason.

Source identifiers stay text: integral floats lose ".0", leading zeros stay (model, section 9). Facts before 1990 or
more than a day ahead of receipt are refused (model, section 2).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from kizuna.money import currency
from kizuna.science.periods import DAY_US, epoch_us

NOTHING = frozenset({"", "nan", "NaN", "null", "NULL", "None", "none", "<NA>", "N/A", "n/a", "#N/A"})
FIRST_YEAR = 1990
LAST_YEAR = 9000
SMALLEST_PLACE = 12
_INTEGRAL = re.compile(r"(\d+)\.0+")
_YES = frozenset({"1", "true", "yes", "y", "t", "on", "granted", "subscribed", "opted_in"})
_NO = frozenset({"0", "false", "no", "n", "f", "off", "denied", "unsubscribed", "opted_out"})
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")


class BadCell(ValueError):
    """A cell cannot be used; `field` is the column's name in the file."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass
class Reader:
    """How times and numbers of one file are to be read."""

    zone: ZoneInfo
    now_us: int
    time_format: str | None = None
    decimal_comma: bool = False

    def instant(self, column: str, text: str) -> int:
        """Read a time as epoch microseconds; without an offset it is in the file's zone."""
        if not text.strip():
            raise BadCell(column, "is empty")
        try:
            if self.time_format:
                local = datetime.strptime(text.strip(), self.time_format)  # noqa: DTZ007 (the zone follows)
            else:
                local = datetime.fromisoformat(text.strip())
        except ValueError:
            form = self.time_format or "2026-01-31 14:05:00"
            raise BadCell(column, f"{_short(text)} is not a time written like {form}") from None
        if local.year < FIRST_YEAR:
            raise BadCell(column, f"{_short(text)} lies before {FIRST_YEAR}")
        if local.year > LAST_YEAR:
            raise BadCell(column, f"{_short(text)} lies in the future")
        us = epoch_us((local if local.tzinfo else local.replace(tzinfo=self.zone)).astimezone(UTC))
        if us > self.now_us + DAY_US:
            raise BadCell(column, f"{_short(text)} lies in the future")
        return us

    def number(self, column: str, text: str) -> Decimal:
        """Read a finite number of a sensible size."""
        plain = _without_comma(text) if self.decimal_comma else text
        try:
            number = currency.parse_decimal(plain)
        except currency.BadAmount as bad:
            raise BadCell(column, str(bad)) from None
        if abs(number) > currency.MOST_MINOR:
            raise BadCell(column, f"{_short(text)} is too large to be true")
        if number and number.adjusted() < -SMALLEST_PLACE:
            raise BadCell(column, f"{_short(text)} is too small to be true")
        return number


def identifier(column: str, text: str, longest: int = 255) -> str:
    """Read a source's identifier as text; nothing where the cell says nothing."""
    text = text.strip()
    if text in NOTHING:
        return ""
    if text.endswith("0") and (whole := _INTEGRAL.fullmatch(text)):
        return whole[1]
    if len(text) > longest:
        raise BadCell(column, f"is longer than {longest} characters")
    if not text.isprintable():
        raise BadCell(column, f"{_short(text)} holds characters that cannot be printed or are in another encoding")
    return text


def words(column: str, text: str, longest: int) -> str:
    """Read free text on one line, cut to a length."""
    if not text.isprintable():
        if any("\udc80" <= sign <= "\udcff" for sign in text):
            raise BadCell(column, f"{_short(text)} is not in the encoding of the file")
        text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return text.strip()[:longest]


def email(column: str, text: str) -> str:
    """Read an e-mail address in lower case; nothing where the cell says nothing."""
    address = identifier(column, text, 254).lower()
    if address and not _EMAIL.fullmatch(address):
        raise BadCell(column, f"{_short(text)} is not an e-mail address")
    return address


def phone(column: str, text: str) -> str:
    """Read a telephone number as digits with an optional plus before them."""
    given = identifier(column, text, 40)
    digits = re.sub(r"[\s()./-]", "", given)
    if given and not re.fullmatch(r"\+?\d{4,20}", digits):
        raise BadCell(column, f"{_short(text)} is not a telephone number")
    return digits


def yes_or_no(column: str, text: str) -> bool | None:
    """Read yes or no; None where the cell says nothing."""
    word = text.strip().lower()
    if text.strip() in NOTHING:
        return None
    if word in _YES or word in _NO:
        return word in _YES
    raise BadCell(column, f"{_short(text)} is neither yes nor no")


def currency_code(column: str, text: str) -> str:
    """Read a currency."""
    code = text.strip().upper()
    if not currency.is_known(code):
        raise BadCell(column, str(currency.UnknownCurrency(text.strip())))
    return code


def _without_comma(text: str) -> str:
    """1.234,50 as 1234.50."""
    return text.replace(".", "").replace(",", ".") if "," in text else text


def _short(text: str) -> str:
    shown = repr(text.encode("utf-8", "backslashreplace").decode())
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
