"""What a shop's customers will still bring: fitted to the past, told with intervals, tested on held-back weeks.

Here: putting a shop's days and segments through science (outlook, ahead, back_test) and wording what is kept.
Reads snapshots for segments; writes nothing. When it happens is flows.forecast.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from kizuna.flows.customer_days import Book, CustomerDays
from kizuna.relationships import snapshots
from kizuna.relationships.forecasts import ForecastColumns
from kizuna.science import back_test, lifetime_value, outlook, periods, silence, worth
from kizuna.science.ahead import Ahead, Estimates, look_ahead, widen
from kizuna.science.outlook import Fitted

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

type Floats = outlook.Floats
type Ints = outlook.Ints
type Report = Callable[[float], None]

SEGMENTS = ("none", "A", "B", "C", "D")
MOST_TESTED = 6


@dataclass(frozen=True, slots=True)
class Terms:
    """How far ahead, what money a year later is worth less, and what keeping in touch costs a customer and month."""

    months: int
    discount_year: float
    maintenance_minor: int


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A forecast as it is kept."""

    columns: ForecastColumns
    totals: Mapping[str, Mapping[str, Any]]
    method: Mapping[str, Any]
    back_test: Mapping[str, Any] | None


def foresee(shop: "Shop", book: Book, day: int, terms: Terms, report: Report) -> Foreseen | None:
    """Forecast from what was known at the end of a local day; None where nobody had bought."""
    days = book.until(day)
    if not len(days.day):
        return None
    fitted = outlook.fit(days.customer, days.day, days.profit, day)
    report(0.3)
    groups, segments_us = _segments(shop, fitted.customers, day)
    asked = worth.Terms(terms.months, terms.discount_year, terms.maintenance_minor)
    ahead = look_ahead(fitted, asked, groups, len(SEGMENTS), seed=day)
    report(0.6)
    tested = _test(shop, book, day)
    report(1.0)
    method = {**_method(fitted, days), "segments_us": segments_us}
    return Foreseen(_columns(fitted, ahead), _totals(ahead, groups, tested), method, tested)


def tested_months(first_day: int, day: int) -> int:
    """How many of the newest months are held back to test on: about half of the past, whole ones, at most 6."""
    return min(MOST_TESTED, int((day - first_day) / 2 / worth.MONTH_DAYS + 0.1))


def _test(shop: "Shop", book: Book, day: int) -> dict[str, Any] | None:
    """Forecast from what was known some weeks ago, by the very same steps, and compare with what came since."""
    months = tested_months(int(book.until(day).day.min()), day)
    origin = day - round(months * worth.MONTH_DAYS)
    days = book.until(origin)
    if not months or not len(days.day):
        return None
    fitted = outlook.fit(days.customer, days.day, days.profit, origin)
    groups, _ = _segments(shop, fitted.customers, origin)
    ahead = look_ahead(fitted, worth.Terms(months, 0.0), groups, len(SEGMENTS), seed=origin)
    whole = book.until(day)
    mine = np.isin(whole.customer, fitted.customers)
    bought = CustomerDays(whole.customer[mine], whole.day[mine], whole.profit[mine])
    rows = np.searchsorted(fitted.customers, bought.customer[bought.day > origin])
    came = np.bincount(rows, minlength=len(fitted.customers)).astype(np.float64)
    earned = book.profit_between(fitted.customers, origin, day)
    by_group = {
        name: _compared(ahead, place, (came[groups == place].sum(), earned[groups == place].sum()))
        for place, name in sorted(enumerate(SEGMENTS), key=lambda each: (each[0] == 0, each[0]))
        if (groups == place).any()
    }
    return {
        "origin_day": origin,
        "until_day": day,
        "months": months,
        "customers": len(fitted.customers),
        "model": fitted.choice.name,
        "level": lifetime_value.LEVEL,
        **_compared(ahead, len(SEGMENTS), (float(came.sum()), float(earned.sum()))),
        "segments": {
            name: {"customers": int((groups == SEGMENTS.index(name)).sum()), **told} for name, told in by_group.items()
        },
        "classes": [
            {"x": each.x, "customers": each.customers, "expected": each.expected, "actual": each.actual}
            for each in back_test.by_frequency(fitted.repeats, ahead.purchases.mean, came)
        ],
        "coverage": back_test.coverage(ahead.purchases.low, ahead.purchases.high, came),
        "tracking": _tracking(fitted, bought, day),
    }


def _compared(ahead: Ahead, place: int, came: tuple[float, float]) -> dict[str, Any]:
    told = {}
    for name, said, actual in (
        ("purchases", ahead.group_purchases, came[0]),
        ("profit", ahead.group_value, came[1]),
    ):
        mean, low, high = (float(each[place]) for each in (said.mean, said.low, said.high))
        error = back_test.error(mean, float(actual))
        told[name] = {"said": mean, "low": low, "high": high, "came": float(actual), "error": error}
    return told


def _tracking(fitted: Fitted, bought: CustomerDays, until_day: int) -> dict[str, list[float]]:
    starts = np.flatnonzero(np.diff(bought.customer, prepend=-1))
    repeats = np.delete(bought.day, starts)
    first = bought.day[starts]
    track = back_test.tracking(first, repeats, fitted.expected_by_age(until_day - int(first.min())), until_day)
    return {
        "day": track.day.tolist(),
        "actual": track.actual.tolist(),
        "expected": track.expected.round(3).tolist(),
    }


def _segments(shop: "Shop", customers: Ints, day: int) -> tuple[Ints, int | None]:
    """The segment each customer was shown in at the end of a day, its place in SEGMENTS, and of which instant that is.

    That is the last snapshot's; None where there was none yet, and nobody was placed.
    """
    end_us = periods.local_midnight_us(day + 1, ZoneInfo(shop.timezone))
    snapshot = snapshots.find_at(shop.pk, end_us)
    if snapshot is None:
        return np.zeros(len(customers), dtype=np.int64), None
    shown = snapshots.columns(snapshot).shown_to(customers)
    return np.searchsorted(np.array(["", *SEGMENTS[1:]]), shown).astype(np.int64), snapshot.as_of_us


def _columns(fitted: Fitted, ahead: Ahead) -> ForecastColumns:
    value = (ahead.value.mean, ahead.value.low, ahead.value.high)
    return ForecastColumns(
        fitted.customers,
        ahead.still,
        ahead.purchases.mean,
        ahead.purchases.low,
        ahead.purchases.high,
        *(np.rint(each).astype(np.int64) for each in value),
    )


def _totals(ahead: Ahead, groups: Ints, tested: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Sums by segment and of everybody, their ranges widened by how wrong the sum was when tested."""
    purchases = widen(ahead.group_purchases, tested["purchases"]["error"] if tested else None)
    value = widen(ahead.group_value, tested["profit"]["error"] if tested else None)
    told = {}
    for place, name in enumerate((*SEGMENTS, "all")):
        inside = groups == place if name != "all" else np.ones(len(groups), dtype=np.bool_)
        if inside.any():
            told[name] = {
                "customers": int(inside.sum()),
                "still": float(ahead.still[inside].sum()),
                "purchases": [max(0.0, float(each[place])) for each in _three(purchases)],
                "value": [float(each[place]) for each in _three(value)],
            }
    return told


def _three(estimate: Estimates) -> tuple[Floats, Floats, Floats]:
    return estimate.mean, estimate.low, estimate.high


def _method(fitted: Fitted, days: CustomerDays) -> dict[str, Any]:
    margins = fitted.margins
    gained = margins.profitable.sum()
    return {
        "model": fitted.choice.name,
        "still_by": fitted.still_name,
        "parameters": fitted.parameters,
        "scores": [
            {"name": each.name, "foretold": each.foretold, "ranking": float(np.nan_to_num(each.ranking))}
            for each in fitted.choice.scores
        ],
        "scored_on": fitted.choice.actual,
        "level": lifetime_value.LEVEL,
        "quiet_days": silence.silence_days(days.customer, days.day),
        "usual_share": margins.usual_share,
        "gain_minor": float(margins.profitable @ margins.mean_gain / gained) if gained else 0.0,
        "loss_minor": margins.loss,
        "notes": [*fitted.notes],
    }
