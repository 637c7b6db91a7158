"""Money as pages show it: a symbol or code, thin spaces between thousands, a real minus sign.

Exact digits come from money.currency; only how they look is decided here.
"""

from kizuna.html.figures import MINUS, THIN, short
from kizuna.money import currency

SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "CNY": "CN¥"}


def money(minor: int | None, code: str) -> str:
    """Write an amount with all its decimals; None is a dash."""
    if minor is None:
        return "–"
    whole, point, part = currency.format_minor(abs(minor), code).partition(".")
    return _signed(minor, code, f"{int(whole):,}".replace(",", THIN) + point + part)


def money_round(minor: int | None, code: str) -> str:
    """Write an amount in whole units, as figures on cards and in lists; small ones keep their decimals."""
    if minor is None:
        return "–"
    unit = 10 ** currency.exponent(code)
    if abs(minor) < 100 * unit and minor % unit:
        return money(minor, code)
    return _signed(minor, code, f"{round(abs(minor) / unit):,}".replace(",", THIN))


def money_short(minor: float, code: str) -> str:
    """Write an amount in a few characters, as axes do: € 1.2k."""
    return _signed(minor, code, short(abs(minor) / 10 ** currency.exponent(code)))


def _signed(minor: float, code: str, digits: str) -> str:
    return f"{MINUS if minor < 0 else ''}{SYMBOLS.get(code, code)}{THIN}{digits}"
