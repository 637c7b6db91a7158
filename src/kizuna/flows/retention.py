"""Who keeps buying, reckoned once a night with the cube's base: cohorts by month, and how long customers go on buying.

Read from the base's customer-days, never on view. What counts as gone is science.silence; curves are Kaplan-Meier's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kizuna.science import cohorts, periods, silence, spans, survival
from kizuna.science.cohorts import RetentionTable
from kizuna.science.silence import Durations
from kizuna.warehouse.rollup import Cells

type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]

MOST_COHORTS = 36
MOST_GROUPS = 6
FEWEST = 20
_POINTS = 90
MILESTONES = (3, 6, 12)
MONTH_DAYS = 365.25 / 12
_ASKED = (np.array(MILESTONES) * MONTH_DAYS).astype(np.int64)
"""The days whose shares are told in words: they are kept exactly."""


@dataclass(frozen=True)
class Group:
    """One curve: whose, how many, the share still buying after `days` with its interval, and when half had gone."""

    key: str
    customers: int
    gone: int
    median_days: float | None
    days: Sequence[int]
    share: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    at_risk: Sequence[int]

    @property
    def few(self) -> bool:
        """Whether there are so few that the curve says little."""
        return self.customers < FEWEST


@dataclass(frozen=True)
class Comparison:
    """Curves side by side; chance: how easily chance alone makes such differences, None for a single curve."""

    groups: Sequence[Group]
    chance: float | None


@dataclass(frozen=True)
class Retention:
    """What the page shows: the cohort table with what each cohort brought, and comparisons by their name.

    once: the share of those watched long enough who bought on one day only and then fell silent.
    """

    table: RetentionTable
    revenue: Ints
    until_day: int
    silence_days: int
    once: float
    comparisons: Mapping[str, Comparison] = field(default_factory=dict)


def reckon(bought: Cells, labels: Mapping[str, Sequence[str]], until_day: int) -> dict[str, Any]:
    """Reckon cohorts and curves from customer-days (warehouse.rollup.purchases), ready to be stored as JSON."""
    buys = (bought["orders"] > 0) & (bought["day"] <= until_day)
    customer, day = bought["customer_id"][buys], bought["day"][buys]
    if not len(customer):
        return {}
    until_month = int(periods.month_indices(np.array([until_day]))[0])
    table = cohorts.retention_table(customer, periods.month_indices(day), until_month)
    gap = silence.silence_days(customer, day)
    lives = silence.until_silent(customer, day, until_day, gap)
    starts = np.searchsorted(customer, lives.customer)
    codes = {name: bought[name][buys][starts] for name in ("segment", "source")}
    kept = slice(-MOST_COHORTS, None)
    return {
        "until_day": until_day,
        "silence_days": gap,
        "once": _once(lives, gap),
        "cohort": table.cohort[kept].tolist(),
        "size": table.size[kept].tolist(),
        "active": table.active[kept, :MOST_COHORTS].tolist(),
        "revenue": _revenue(bought, lives, table, until_day)[kept, :MOST_COHORTS].tolist(),
        "comparisons": _comparisons(lives, codes, labels),
    }


def load(kept: Mapping[str, Any]) -> Retention | None:
    """Make of what was stored what the page shows; None where nobody has bought."""
    if not kept:
        return None
    cohort, size = (np.array(kept[name], dtype=np.int64) for name in ("cohort", "size"))
    active, revenue = (np.array(kept[name], dtype=np.int64) for name in ("active", "revenue"))
    age = np.arange(active.shape[1])
    until_month = int(periods.month_indices(np.array([kept["until_day"]]))[0])
    table = RetentionTable(cohort, size, active, cohort[:, None] + age <= until_month)
    comparisons = {
        name: Comparison([Group(**group) for group in found["groups"]], found["chance"])
        for name, found in kept["comparisons"].items()
    }
    return Retention(table, revenue, kept["until_day"], kept["silence_days"], kept["once"], comparisons)


def _revenue(bought: Cells, lives: Durations, table: RetentionTable, until_day: int) -> Ints:
    """What each cohort brought at each age in minor units, refunds taken off in the month they were given."""
    known = np.isin(bought["customer_id"], lives.customer) & (bought["day"] <= until_day)
    customer, month = bought["customer_id"][known], periods.month_indices(bought["day"][known])
    first = periods.month_indices(lives.first_day)[np.searchsorted(lives.customer, customer)]
    later = month >= first
    revenue = np.zeros_like(table.active)
    place = (first[later] - table.cohort[0], month[later] - first[later])
    np.add.at(revenue, place, bought["revenue_minor"][known][later])
    return revenue


def _once(lives: Durations, gap: int) -> float:
    """Of those watched for a whole silence at least, the share whose first one began on their first day."""
    watched = lives.ended | (lives.days >= gap)
    return float((lives.days[watched] == gap).mean()) if watched.any() else 0.0


def _comparisons(
    lives: Durations, codes: Mapping[str, Ints], labels: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, Any]]:
    everybody = np.zeros(len(lives.customer), dtype=np.int64)
    quarter = spans.index_of("quarter", lives.first_day)
    recent = np.unique(quarter)[-MOST_GROUPS:].tolist()
    ways: dict[str, tuple[Ints, list[int], dict[int, str]]] = {
        "all": (everybody, [0], {0: ""}),
        "cohort": (quarter, recent, {number: str(number) for number in recent}),
    }
    for name, code in codes.items():
        listed, counts = np.unique(code, return_counts=True)
        largest = listed[np.argsort(-counts, kind="stable")][:MOST_GROUPS].tolist()
        ways[name] = (code, sorted(largest) if name == "segment" else largest, dict(enumerate(labels[name])))
    found = {}
    for name, (group, chosen, names) in ways.items():
        curves = [_curve(names[number], lives, group == number) for number in chosen]
        found[name] = {"groups": [each for each in curves if each], "chance": _chance(lives, group, chosen)}
    return found


def _curve(key: str, lives: Durations, mine: Bools) -> dict[str, Any]:
    """One curve at steps short enough to draw; empty where nobody was watched for a day."""
    mine = mine & (lives.days > 0)
    days, ended = lives.days[mine], lives.ended[mine]
    if not len(days):
        return {}
    curve = survival.kaplan_meier(np.zeros(len(days)), days, ended)
    longest = int(days.max())
    even = np.linspace(0, longest, min(longest + 1, _POINTS)).astype(np.int64)
    steps = np.unique(np.concatenate((even, _ASKED[longest >= _ASKED], np.unique(days[ended])[:1])))
    place = np.maximum(np.searchsorted(curve.t, steps, side="right") - 1, 0)
    half = curve.quantile(0.5)
    return {
        "key": key,
        "customers": len(days),
        "gone": int(ended.sum()),
        "median_days": half if np.isfinite(half) else None,
        "days": steps.tolist(),
        "share": curve.survival[place].round(6).tolist(),
        "low": np.nan_to_num(curve.low[place], nan=1.0).round(6).tolist(),
        "high": np.nan_to_num(curve.high[place], nan=1.0).round(6).tolist(),
        "at_risk": (len(days) - np.searchsorted(np.sort(days), steps, side="left")).tolist(),
    }


def _chance(lives: Durations, group: Ints, chosen: Sequence[int]) -> float | None:
    if len(chosen) < 2:
        return None
    mine = np.isin(group, chosen) & (lives.days > 0)
    days = lives.days[mine]
    return survival.log_rank(np.zeros(len(days)), days, lives.ended[mine], group[mine]).p_value
