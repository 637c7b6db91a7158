"""Exchange rates: the newest that began by the day counts; bad lines are named and good ones beside them kept."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.shops import rates
from kizuna.shops.rates import NewRate, UnknownRate
from kizuna.shops.tenants import Refused
from tests.shops.making import make_shop


def _rate(currency: str, day: str, rate: str) -> NewRate:
    return NewRate(currency, date.fromisoformat(day), Decimal(rate))


@pytest.mark.django_db
def test_the_newest_rate_that_began_by_the_day_counts():
    shop = make_shop(currency="EUR")
    assert rates.set_rates(shop, [_rate("USD", "2026-01-01", "0.9"), _rate("USD", "2026-02-01", "0.8")]) == 2
    assert rates.rate_on(shop, "USD", date(2026, 1, 31)) == Decimal("0.9")
    assert rates.rate_on(shop, "USD", date(2026, 2, 1)) == Decimal("0.8")
    assert rates.rate_on(shop, "EUR", date(1999, 1, 1)) == 1
    with pytest.raises(UnknownRate, match="no rate of USD is known on 2025-12-31"):
        rates.rate_on(shop, "USD", date(2025, 12, 31))
    with pytest.raises(UnknownRate):
        rates.rate_on(make_shop(currency="EUR"), "USD", date(2026, 2, 1))


@pytest.mark.django_db
def test_setting_a_rate_again_replaces_it():
    shop = make_shop(currency="EUR")
    rates.set_rates(shop, [_rate("USD", "2026-01-01", "0.9")])
    rates.set_rates(shop, [_rate("USD", "2026-01-01", "0.91"), _rate("USD", "2026-01-01", "0.92")])
    assert [row.rate for row in rates.list_rates(shop)] == [Decimal("0.92")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "field"),
    [
        (_rate("EUR", "2026-01-01", "2"), "currency"),
        (_rate("USD", "2026-01-01", "0"), "rate"),
        (_rate("USD", "2026-01-01", "NaN"), "rate"),
        (_rate("USD", "2026-01-01", "-1"), "rate"),
    ],
)
def test_a_rate_that_makes_no_sense_is_refused(row, field):
    with pytest.raises(Refused) as refusal:
        rates.set_rates(make_shop(currency="EUR"), [row])
    assert refusal.value.field == field


@pytest.mark.django_db
def test_a_rate_of_another_shop_cannot_be_removed():
    mine, other = make_shop(), make_shop()
    rates.set_rates(mine, [_rate("USD", "2026-01-01", "0.9")])
    row = rates.list_rates(mine)[0]
    with pytest.raises(Refused):
        rates.remove_rate(other, row.pk)
    assert rates.remove_rate(mine, row.pk) == _rate("USD", "2026-01-01", "0.9")


def test_pasted_lines_are_read_and_each_bad_one_is_named():
    text = (
        "\ufeffcurrency,from_day,rate\nUSD,2026-01-01,0.9\n\nusd;2026-02-01;0.8\nJPY\t2026-01-01\t0.006\n"
        "XX,2026-01-01,1\nUSD,31.1.2026,1\nUSD,2026-01-01,many\nUSD,2026-01-01,Infinity\nUSD,2026-01-01\n"
    )
    good, bad = rates.parse_rates(text, "EUR")
    assert good == [
        _rate("USD", "2026-01-01", "0.9"),
        _rate("USD", "2026-02-01", "0.8"),
        _rate("JPY", "2026-01-01", "0.006"),
    ]
    assert [line.split(":")[0] for line in bad] == [
        "line 6, currency",
        "line 7, from_day",
        "line 8, rate",
        "line 9, rate",
        "line 10, line",
    ]


@given(st.text(max_size=200))
def test_whatever_is_pasted_every_line_is_a_rate_or_an_error(text):
    good, bad = rates.parse_rates(text, "EUR")
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    assert len(good) + len(bad) in {len(lines), len(lines) - 1}
