"""The Staffing page in words and drawings: the week hour by hour, where it was tight, what one more would change."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from kizuna.flows.staffing import SECONDS
from kizuna.html import charts, figures
from kizuna.html.charts import Axes, Line
from kizuna.html.scales import Linear, spread
from kizuna.science.queueing import Goal
from kizuna.science.staffing import Choice, Hour

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ASSUMED = {"chat": "how long a chat takes", "patience": "how long visitors wait", "at_once": "chats at once"}
STEPS = 7
TIGHT = 5
NEARLY = 0.34
"""Missing a third of a person on average is what changes of shift do; from there on an hour is short."""


@dataclass(frozen=True)
class Week:
    """A planned week, the share of each hour in which the shop works, and the goal."""

    hours: Sequence[Hour]
    works: Sequence[float]
    goal: Goal

    def counts(self, slot: int) -> bool:
        """Whether an hour is one in which the shop works or somebody sat."""
        return self.works[slot] > 0 or self.hours[slot].sat >= 0.1


@dataclass(frozen=True)
class Cell:
    """One hour of the table."""

    needed: str
    sat: str
    warmth: int
    short: bool
    closed: bool
    told: str


@dataclass(frozen=True)
class Day:
    """One weekday: its hours, and hours of people needed and sat."""

    name: str
    cells: Sequence[Cell]
    needed: str
    sat: str
    short: bool


def seconds(value: float) -> str:
    """Write a time as people say it: 20 seconds, 2 minutes."""
    whole = round(value)
    if whole < 60 or whole % 60:
        return "1 second" if whole == 1 else f"{whole} seconds" if whole < 120 else f"{value / 60:.1f} minutes"
    return "1 minute" if whole == 60 else f"{whole // 60} minutes"


def short(value: float) -> str:
    """Write a time in little room: 45 s, 2.8 min."""
    return f"{value:.0f} s" if value < 60 else f"{rate(value / 60)} min"


def goal(wanted: Goal) -> str:
    """Write a goal: 80 % of visitors within 20 seconds."""
    return f"{figures.share(wanted.share, 0)} of visitors within {seconds(wanted.time)}"


def rate(value: float) -> str:
    """Write a number that may be a mean: 3, 2.4, 0.3."""
    return f"{value:.0f}" if value >= 9.95 or abs(value - round(value)) < 0.05 else f"{value:.1f}"


def facts(body: Mapping[str, Any], wanted: Goal) -> dict[str, str]:
    """What was measured, in words."""
    weeks = body["days"] / 7
    place = min(range(len(SECONDS)), key=lambda each: abs(SECONDS[each] - wanted.time))
    low, high = body["patience_low_s"], body["patience_high_s"]
    between = f"truly between {short(low or 0)} and {short(high or 0)}"
    if not high:
        between = f"at least {seconds(low or 0)}: nobody has left yet"
    return {
        "chats": figures.whole(body["chats"] / weeks),
        "weeks": rate(weeks),
        "chat": short(body["chat_s"]) if body["chat_s"] else "unknown",
        "lengths": figures.whole(body["lengths"]),
        "patience": short(body["patience_s"]) if body["patience_s"] else "unknown",
        "between": between if body["asked"] else "nobody has waited yet",
        "left": figures.share(body["left"] / body["asked"] if body["asked"] else None),
        "left_number": figures.whole(body["left"]),
        "met": figures.share(body["met_within"][place] / body["asked"] if body["asked"] else None),
        "within": seconds(SECONDS[place]),
        "closed": figures.whole(body["closed_hours"]),
    }


def choices(found: Sequence[Choice], wanted: Goal) -> list[dict[str, Any]]:
    """What each number of people would reach in one hour."""
    return [
        {
            "operators": each.operators,
            "reached": figures.share(each.reached, 0),
            "meter": charts.meter(each.reached, "tone-c" if each.reached >= wanted.share else "tone-b", _told(each)),
            "enough": each.reached >= wanted.share,
            "left": figures.share(each.left, 0),
            "wait": short(each.wait_s) if math.isfinite(each.wait_s) else "without end",
            "busy": figures.share(each.busy, 0),
        }
        for each in found
    ]


def _told(choice: Choice) -> str:
    return f"{figures.share(choice.reached, 0)} met in time by {choice.operators}"


def week(told: Week) -> dict[str, Any]:
    """The table of the week, its sums, where it was tight, and the week as a drawing."""
    shown = [slot for slot in range(168) if told.counts(slot) or told.hours[slot].arrivals > 0]
    first, last = min((slot % 24 for slot in shown), default=9), max((slot % 24 for slot in shown), default=17)
    most = max((told.hours[slot].needed for slot in range(168) if told.counts(slot)), default=1) or 1
    days = [_day(told, day, range(first, last + 1), most) for day in range(7)]
    working = [told.hours[slot] for slot in range(168) if told.counts(slot)]
    needed, sat = sum(each.needed for each in working), sum(each.sat for each in working)
    chats = sum(each.arrivals for each in working) or 1.0
    return {
        "heads": [f"{hour:02d}" for hour in range(first, last + 1)],
        "days": days,
        "needed": figures.whole(needed),
        "sat": rate(sat),
        "missing": rate(sum(each.short for each in working)),
        "reached_sat": figures.share(sum(each.arrivals * each.reached_sat for each in working) / chats, 0),
        "left_sat": figures.share(sum(each.arrivals * each.left_sat for each in working) / chats, 0),
        "reached_then": figures.share(sum(each.arrivals * each.reached_then for each in working) / chats, 0),
        "tight": _tight(told),
        "nobody_sat": sat == 0,
        "drawn": _drawn(told, first, last),
    }


def _day(told: Week, day: int, hours: Sequence[int], most: int) -> Day:
    slots = [24 * day + hour for hour in hours]
    working = [told.hours[slot] for slot in slots if told.counts(slot)]
    needed, sat = sum(each.needed for each in working), sum(each.sat for each in working)
    cells = [_cell(told, slot, most) for slot in slots]
    return Day(DAYS[day], cells, str(needed), rate(sat), any(cell.short for cell in cells))


def _cell(told: Week, slot: int, most: int) -> Cell:
    hour, name = told.hours[slot], _name(slot)
    if not told.counts(slot):
        came = f"{rate(hour.arrivals)} chats an hour while you were closed" if hour.arrivals else "closed"
        return Cell(rate(hour.arrivals) if hour.arrivals >= 0.05 else "", "", 0, False, True, f"{name}: {came}")
    short = hour.short >= NEARLY
    words = (
        f"{name}: {rate(hour.arrivals)} chats an hour, {hour.needed} needed, {rate(hour.sat)} sat on average"
        f" ({figures.share(hour.reached_sat, 0)} met in time, {figures.share(hour.left_sat, 0)} would leave)"
    )
    warmth = math.ceil(hour.needed / most * STEPS)
    return Cell(str(hour.needed), rate(hour.sat), warmth, short, False, words)


def _tight(told: Week) -> list[dict[str, str]]:
    """The hours in which most visitors are lost for want of people."""
    short = [(slot, hour) for slot, hour in enumerate(told.hours) if told.counts(slot) and hour.short >= NEARLY]
    short.sort(key=lambda pair: (-pair[1].arrivals * pair[1].left_sat, pair[0]))
    return [
        {
            "name": _name(slot),
            "chats": rate(hour.arrivals),
            "needed": str(hour.needed),
            "sat": rate(hour.sat),
            "met": figures.share(hour.reached_sat, 0),
            "left": figures.share(hour.left_sat, 0),
        }
        for slot, hour in short[:TIGHT]
    ]


def _name(slot: int) -> str:
    return f"{DAYS[slot // 24]} {slot % 24:02d}–{slot % 24 + 1:02d} h"


def _drawn(told: Week, first: int, last: int) -> SafeString:
    """Needed and sat through the week, without the hours of the night in which nobody comes."""
    wide = last - first + 1
    needed, sat = [], []
    for day in range(7):
        for hour in range(wide):
            slot = 24 * day + first + hour
            here, counts = told.hours[slot], told.counts(slot)
            needed.append((float(day * wide + hour), float(here.needed) if counts else 0.0))
            sat.append((float(day * wide + hour), here.sat if counts else 0.0))
    for points in (needed, sat):
        points.append((7.0 * wide, points[-1][1]))
    axes = Axes(
        x=Linear(0, 7 * wide),
        y=spread([value for _, value in (*needed, *sat)], zero=True),
        x_ticks=[(day * wide + wide / 2, DAYS[day][:3]) for day in range(7)],
        y_text=rate,
        height=190,
    )
    total = sum(value for _, value in needed[:-1]), sum(value for _, value in sat[:-1])
    words = f"{total[0]:.0f} hours of people needed in a week, {total[1]:.0f} sat"
    lines = [Line(needed, "tone-1", filled=True, stepped=True), Line(sat, "tone-b", stepped=True)]
    return charts.line_chart("Needed and sat through the week", words, lines, axes)
