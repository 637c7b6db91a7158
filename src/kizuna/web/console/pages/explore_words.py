"""The words of the explore page: measures, dimensions, spans of time, values, and questions to begin with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kizuna.science import spans
from kizuna.tracking.timeline import CHANNELS
from kizuna.web.console.pages.words import SEGMENTS


@dataclass(frozen=True)
class Measure:
    """What is counted: its name, whether it is money, whether it counts somebody once however often they come."""

    key: str
    name: str
    meaning: str
    money: bool = False
    distinct: bool = False


MEASURES = {
    each.key: each
    for each in (
        Measure("revenue", "Revenue", "what was paid, less refunds", money=True),
        Measure("profit", "Net profit", "revenue less goods, payment, shipping and marketing", money=True),
        Measure("orders", "Orders", "purchases; one of several categories counts in each of them", distinct=True),
        Measure("customers", "Customers", "who bought; each counts once in every figure", distinct=True),
        Measure("active", "People", "who bought, visited or wrote, visitors too", distinct=True),
        Measure("visits", "Visits", "pages seen with pauses under half an hour"),
        Measure("messages_in", "Messages in", "what customers wrote and said"),
        Measure("messages_out", "Messages out", "what the shop wrote and said"),
    )
}
AXES = {
    "month": "Month",
    "week": "Week",
    "day": "Day",
    "quarter": "Quarter",
    "year": "Year",
    "segment": "Segment",
    "source": "Came from",
    "country": "Country",
    "category": "Product category",
    "channel": "Channel",
}
DIMENSIONS = tuple(name for name in AXES if name not in spans.LEVELS)
NOTHING = {
    "segment": "Not yet placed",
    "source": "Direct, or not known",
    "country": "Country not known",
    "category": "No product",
}
ORDER_CHANNEL = 0
SPANS = {"12m": "Last 12 months", "90d": "Last 90 days", "year": "This year", "all": "All time"}
SHOWS = {"number": "Figures", "share": "Share of total", "change": "Change on the period before"}
MOST_LISTED = 40


@dataclass(frozen=True)
class Starter:
    """A question to begin with, one click each."""

    icon: str
    title: str
    query: str


STARTERS = (
    Starter("today", "Revenue by month and segment", "m=revenue&rows=month&cols=segment&view=chart"),
    Starter("star", "Where do our best customers come from?", "m=customers&m=profit&rows=source&segment=A&span=all"),
    Starter("cart", "Which categories earn the most?", "m=profit&m=revenue&m=orders&rows=category"),
    Starter("up", "Is the shop growing?", "m=revenue&m=orders&m=customers&rows=quarter&show=change&span=all"),
    Starter("web", "Which countries buy?", "m=revenue&m=customers&rows=country&view=chart"),
    Starter("chat", "Do we talk with those who matter?", "m=messages_out&m=messages_in&m=active&rows=segment"),
    Starter("eye", "Visits and orders by week", "m=visits&m=orders&rows=week&span=90d&view=chart"),
)


def value_words(axis: str, code: int, labels: Mapping[str, Sequence[str]]) -> str:
    """Write what a row or column stands for."""
    if axis in spans.LEVELS:
        return span_words(axis, code)
    if axis == "channel":
        return channel_words(code)
    text = labels[axis][code]
    if axis == "segment" and text:
        return f"{text} · {SEGMENTS[text].name}" if text in SEGMENTS else text
    return text or NOTHING[axis]


def channel_words(code: int) -> str:
    """Write a channel; orders and refunds tell of none."""
    if code == ORDER_CHANNEL:
        return "Orders and refunds"
    name = next((label for label, channel in CHANNELS.items() if channel == code), "other")
    return name[:1].upper() + name[1:]


def span_words(level: str, index: int) -> str:
    """Write a span of time: 2026, Q1 2026, Mar 2026, week 12 of 2026, 3 Mar 2026."""
    first = spans.date_of(spans.bounds(level, index)[0])
    if level == "year":
        return f"{first.year}"
    if level == "quarter":
        return f"Q{(first.month + 2) // 3} {first.year}"
    if level == "month":
        return f"{first:%b} {first.year}"
    if level == "week":
        year, week, _ = first.isocalendar()
        return f"Week {week}, {year}"
    return f"{first.day} {first:%b} {first.year}"
