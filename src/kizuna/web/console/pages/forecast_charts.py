"""The tracking plot of a forecast: repeat purchases that came and that were expected, in sum and week by week.

Drawn as Fader, Hardie & Lee (2005) do; the upright line is where the forecast began and the comparison is honest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.utils.safestring import SafeString

from kizuna.html import charts, figures
from kizuna.html.charts import Axes, Line
from kizuna.html.scales import Linear, spread

_EPOCH = date(1970, 1, 1)
_TICKS = 5


@dataclass(frozen=True)
class Track:
    """Both pictures, and their figures as rows of (day, came, expected, both in sum)."""

    cumulative: SafeString
    weekly: SafeString
    rows: Sequence[tuple[str, str, str, str, str]]


def draw(back_test: Mapping[str, Any] | None) -> Track | None:
    """Draw the tracking of a back-test; None where there was too little past for one."""
    if back_test is None or len(back_test["tracking"]["day"]) < 3:
        return None
    track = back_test["tracking"]
    day, came, said = (np.asarray(track[name], dtype=np.float64) for name in ("day", "actual", "expected"))
    came_weekly, said_weekly = np.diff(came, prepend=0.0), np.diff(said, prepend=0.0)
    origin = float(back_test["origin_day"])
    return Track(
        _chart("Repeat purchases in sum", (day, came, said), origin),
        _chart("Repeat purchases a week", (day[1:], came_weekly[1:], said_weekly[1:]), origin),
        [
            (_day(each), figures.whole(a), figures.whole(b), figures.whole(c), figures.whole(d))
            for each, a, b, c, d in zip(
                day.tolist(), came_weekly.tolist(), said_weekly.tolist(), came.tolist(), said.tolist(), strict=True
            )
        ],
    )


def _chart(title: str, columns: tuple[Any, Any, Any], origin: float) -> SafeString:
    day, came, said = columns
    axes = Axes(
        x=Linear(float(day[0]), float(day[-1])),
        y=spread([float(came.max()), float(said.max())], zero=True),
        x_ticks=_ticks(float(day[0]), float(day[-1])),
        y_text=figures.short,
        stops=[(origin, "forecast from here")],
        height=210,
    )
    words = f"Up to {_day(day[-1])}: {figures.whole(came[-1])} came, {figures.whole(said[-1])} expected."
    lines = [
        Line(list(zip(day.tolist(), came.tolist(), strict=True)), tone="tone-a", filled=True),
        Line(list(zip(day.tolist(), said.tolist(), strict=True)), faint=True),
    ]
    return charts.line_chart(title, words, lines, axes)


def _ticks(first: float, last: float) -> list[tuple[float, str]]:
    places = [first + (last - first) * step / (_TICKS - 1) for step in range(_TICKS)]
    return [(place, f"{_EPOCH + timedelta(days=round(place)):%b %Y}") for place in places]


def _day(day: float) -> str:
    found = _EPOCH + timedelta(days=round(day))
    return f"{found.day} {found:%b %Y}"
