"""Currencies and amounts: ISO 4217 exponents, exact parsing to integer minor units, plain formatting, conversion.

Everything is exact decimals, rounded half-even where an amount becomes an integer. No rates live here (shops.rates)
and no language: `format_minor` writes digits and a point, pages add separators and symbols.
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation, localcontext

_EXPONENTS: dict[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY"
    " COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS"
    " INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR"
    " MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP"
    " STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_WITHDRAWN_SINCE_2020 = {2: "ANG BGN CUC HRK SLL ZWL"}
"""Still found in the order history of a shop, so still understood."""

_EXPONENT: dict[str, int] = {
    code: exponent
    for table in (_EXPONENTS, _WITHDRAWN_SINCE_2020)
    for exponent, codes in table.items()
    for code in codes.split()
}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_LONGEST = 50
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
MOST_MINOR = 10**13
"""The largest amount taken, in minor units either side of zero: 900,000 of them fit a BIGINT sum, exact as floats."""


class UnknownCurrency(ValueError):
    """The code is not one of ISO 4217's."""

    def __init__(self, code: object) -> None:
        super().__init__(f"{_shown(code)} is no currency of ISO 4217; use a code such as EUR, GBP or USD")
        self.code = code


class BadAmount(ValueError):
    """The text is no amount of money; the message says why."""


def is_known(code: str) -> bool:
    """Tell whether a currency code exists."""
    return code in _EXPONENT


def list_codes() -> list[str]:
    """List every currency code that is understood, in alphabetical order."""
    return sorted(_EXPONENT)


def exponent(code: str) -> int:
    """Give the number of decimals between the currency's unit and its minor unit.

    >>> exponent("EUR"), exponent("JPY"), exponent("KWD")
    (2, 0, 3)
    """
    try:
        return _EXPONENT[code]
    except (KeyError, TypeError):
        raise UnknownCurrency(code) from None


def parse_decimal(value: str | int | Decimal) -> Decimal:
    """Read a finite number exactly; raises BadAmount for anything else, NaN and infinity included.

    Written with a point, without separators between thousands; surrounding blanks are ignored.

    >>> parse_decimal(" -12.50 ")
    Decimal('-12.50')
    """
    if isinstance(value, str):
        text = value.strip()
        if not text:
            raise BadAmount("is empty")
        if len(text) > _LONGEST or not text.isascii() or not _NUMBER.fullmatch(text):
            raise BadAmount(f"{_shown(value)} is not a number")
        value = text
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadAmount(f"{_shown(value)} is not a number") from None
    if not number.is_finite():
        raise BadAmount(f"{_shown(value)} is not a number")
    return number


def in_minor(amount: Decimal, code: str) -> Decimal:
    """Express an amount in minor units without rounding it.

    >>> in_minor(Decimal("222.831"), "GBP")
    Decimal('22283.1')
    """
    return _EXACT.scaleb(amount, exponent(code))


def round_minor(amount: Decimal) -> int:
    """Round an exact number of minor units to a whole one, half-even; raises BadAmount when it is absurdly large.

    >>> round_minor(Decimal("0.5")), round_minor(Decimal("1.5")), round_minor(Decimal("-2.5"))
    (0, 2, -2)
    """
    if not amount.is_finite() or abs(amount) > MOST_MINOR:
        raise BadAmount(f"{_shown(amount)} minor units is too large to be an amount")
    return int(amount.to_integral_value(rounding=ROUND_HALF_EVEN))


def parse_minor(value: str | int | Decimal, code: str) -> int:
    """Read an amount written in units of the currency as whole minor units, half-even.

    >>> parse_minor("12.34", "EUR"), parse_minor("0.125", "USD"), parse_minor(Decimal(990), "JPY")
    (1234, 12, 990)
    """
    return round_minor(in_minor(parse_decimal(value), code))


def format_minor(minor: int, code: str) -> str:
    """Write whole minor units in units of the currency, with a point and all decimals.

    >>> format_minor(-1205, "EUR"), format_minor(990, "JPY"), format_minor(7, "KWD")
    ('-12.05', '990', '0.007')
    """
    decimals = exponent(code)
    if not decimals:
        return str(minor)
    whole, part = divmod(abs(minor), 10**decimals)
    return f"{'-' if minor < 0 else ''}{whole}.{part:0{decimals}d}"


def minor_factor(rate: Decimal, source: str, target: str) -> Decimal:
    """Give how many minor units of the target one minor unit of the source is worth, at a rate between whole units.

    >>> minor_factor(Decimal("0.0061"), "JPY", "EUR") * 1000
    Decimal('610.00')
    """
    return _EXACT.scaleb(rate, exponent(target) - exponent(source))


def convert_minor(minor: int, rate: Decimal, source: str, target: str) -> int:
    """Convert whole minor units into another currency's, half-even.

    >>> convert_minor(100_00, Decimal("1.17"), "GBP", "EUR")
    11700
    """
    with localcontext(_EXACT):
        return round_minor(minor * minor_factor(rate, source, target))


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
