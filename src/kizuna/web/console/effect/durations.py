"""Durations and their ladder: seconds in words, and a row per measure from its middle to its slow end on a log scale.

Shapes and words only; which measures a page shows is told by the page.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from kizuna.html.figures import MINUS, THIN
from kizuna.html.markup import element, number

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_LONGEST = 7 * 86_400
TICKS = ((10, "10 s"), (60, "1 min"), (600, "10 min"), (3_600, "1 h"), (86_400, "1 day"))


def words(seconds: float | None) -> str:
    """Write a duration in at most two units: 42 s, 1 min 5 s, 3 h 10 min, 2 d 4 h; None is a dash.

    >>> words(0.4), words(65), words(11_400), words(None)
    ('under 1\\u202fs', '1\\u202fmin 5\\u202fs', '3\\u202fh 10\\u202fmin', '–')
    """
    if seconds is None:
        return "–"
    if seconds < 0:
        return MINUS + words(-seconds)
    if 0 < seconds < 1:
        return f"under 1{THIN}s"
    left, told = round(seconds), list[str]()
    for place, (size, unit) in enumerate(_UNITS):
        if told or left >= size or size == 1:
            count, left = divmod(left, size)
            if count or not told:
                told.append(f"{count}{THIN}{unit}")
            if len(told) == 2 or place == len(_UNITS) - 1 or not left:
                break
            if _UNITS[place + 1][0] > left:
                break
    return " ".join(told)


def place(seconds: float) -> float:
    """Where a duration stands on the ladder, in per cent: 1 second at the left, 7 days at the right."""
    return 100 * math.log(min(max(seconds, 1.0), _LONGEST)) / math.log(_LONGEST)


@dataclass(frozen=True)
class Rung:
    """One measure: its name and what it means, how many, its middle and slow end, drawn."""

    name: str
    meaning: str
    n: int
    median: str
    p90: str
    drawn: SafeString
    aside: bool = False


def rung(name: str, meaning: str, spread: Mapping[str, Any] | None, tone: str, *, aside: bool = False) -> Rung:
    """Draw one measure; None where there is nothing to measure yet."""
    if spread is None:
        return Rung(name, meaning, 0, "–", "–", _drawn(name, None, tone), aside)
    return Rung(
        name, meaning, spread["n"], words(spread["median"]), words(spread["p90"]), _drawn(name, spread, tone), aside
    )


def axis() -> Sequence[tuple[str, str]]:
    """Give the ticks of the ladder as places and words."""
    return [(f"{number(place(seconds))}%", text) for seconds, text in TICKS]


def _drawn(name: str, spread: Mapping[str, Any] | None, tone: str) -> SafeString:
    grid = [_upright(f"{number(place(seconds))}%") for seconds, _ in TICKS]
    if spread is None:
        return element("svg", element("title", f"{name}: nothing yet"), *grid, class_="chart rung", role="img")
    low, high = place(spread["median"]), place(spread["p90"])
    told = f"{name}: half within {words(spread['median'])}, nine of ten within {words(spread['p90'])}"
    bar = element(
        "rect", class_="reach", x=f"{number(low)}%", width=f"{number(max(high - low, 0.6))}%", y="9", height="8", rx="4"
    )
    dot = element("circle", class_="point", cx=f"{number(low)}%", cy="13", r="6")
    return element("svg", element("title", told), *grid, bar, dot, class_=f"chart rung {tone}", role="img")


def _upright(x: str) -> SafeString:
    return element("line", class_="grid-line", x1=x, x2=x, y1="0", y2="100%")


def interval(low: float, value: float, high: float, reach: float, told: str) -> SafeString:
    """Draw a difference with its interval around a line at nothing; `reach` is what the edges stand for."""
    span = reach or 1.0
    left, middle, right = (50 + 50 * min(max(each / span, -1.0), 1.0) for each in (low, value, high))
    wide = f"{number(max(right - left, 0.6))}%"
    tone = "good" if low > 0 else "bad" if high < 0 else "tone-none"
    return element(
        "svg",
        element("title", told),
        element("line", class_="zero-line", x1="50%", x2="50%", y1="0", y2="100%"),
        element("rect", class_="reach", x=f"{number(left)}%", width=wide, y="7", height="6", rx="3"),
        element("circle", class_="point", cx=f"{number(middle)}%", cy="10", r="5"),
        class_=f"chart whisk {tone}",
        role="img",
    )  # fmt: skip
