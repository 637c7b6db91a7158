"""Amounts are exact: ISO exponents, half-even, and no text that is no amount gets through."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.money import currency

CODES = st.sampled_from(["JPY", "EUR", "KWD", "CLF"])


@pytest.mark.parametrize(
    ("code", "decimals"),
    [("EUR", 2), ("JPY", 0), ("KRW", 0), ("CLP", 0), ("KWD", 3), ("TND", 3), ("CLF", 4), ("UYW", 4), ("XCG", 2)],
)
def test_exponents(code: str, decimals: int) -> None:
    assert currency.exponent(code) == decimals


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "BTC", "€", None, 978, "\U0001f600"])
def test_unknown_currency_is_named(code: object) -> None:
    with pytest.raises(currency.UnknownCurrency, match="no currency of ISO 4217"):
        currency.exponent(code)  # type: ignore[arg-type]


def test_as_many_currencies_as_the_world_has() -> None:
    assert 165 <= len(currency.list_codes()) <= 190
    assert all(len(code) == 3 and code.isupper() for code in currency.list_codes())


@pytest.mark.parametrize(
    ("text", "code", "minor"),
    [
        ("12.34", "EUR", 1234),
        (" 7 ", "EUR", 700),
        ("-0.5", "EUR", -50),
        (".5", "EUR", 50),
        ("1e3", "JPY", 1000),
        ("0.005", "EUR", 0),
        ("0.015", "EUR", 2),
        ("0.025", "EUR", 2),
        ("-0.015", "EUR", -2),
        ("2.5", "JPY", 2),
        ("3.5", "JPY", 4),
        ("1.0005", "KWD", 1000),
        (Decimal("19.99"), "USD", 1999),
        (3, "USD", 300),
    ],
)
def test_parse_minor(text: str, code: str, minor: int) -> None:
    assert currency.parse_minor(text, code) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "NaN",
        "nan",
        "inf",
        "-Infinity",
        "1,50",
        "1 000",
        "12€",
        "0x10",
        "١٢",
        "1e99",
        "9" * 60,
        "--1",
        "1_000",
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(currency.BadAmount):
        currency.parse_minor(text, "EUR")


def test_absurdly_large_amounts_are_refused() -> None:
    assert currency.parse_minor("100000000000", "EUR") == currency.MOST_MINOR
    with pytest.raises(currency.BadAmount, match="too large"):
        currency.parse_minor("100000000000.01", "EUR")


def test_no_reasonable_number_of_the_largest_amounts_overflows_a_sum() -> None:
    assert 900_000 * currency.MOST_MINOR < 2**63


@given(st.integers(-currency.MOST_MINOR, currency.MOST_MINOR), CODES)
def test_what_is_written_reads_back(minor: int, code: str) -> None:
    assert currency.parse_minor(currency.format_minor(minor, code), code) == minor


@given(st.integers(-(10**12), 10**12), CODES, CODES)
def test_conversion_is_the_nearest_whole_unit(minor: int, source: str, target: str) -> None:
    rate = Decimal("1.0837")
    exact = minor * rate * Decimal(10) ** (currency.exponent(target) - currency.exponent(source))
    if abs(exact) < currency.MOST_MINOR:
        assert abs(currency.convert_minor(minor, rate, source, target) - exact) <= Decimal("0.5")
