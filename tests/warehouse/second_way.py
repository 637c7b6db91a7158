"""The questions answered a second time, from what truly happened, in plain Python: loops, dicts and integers.

Nothing here is shared with the SQL or with kizuna.science, so engines cannot agree on a wrong answer.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator

from tests.warehouse.making import MINUTE, Row

type Answer = list[tuple]

HOUR_HALF = 30 * MINUTE
NEVER = -(2**63)
MESSAGES = ("Email Sent", "Letter Sent", "Fax Sent", "Phone Call Made")
CLICKS = ("Product Clicked", "Promotion Clicked", "Email Link Clicked")


def _sales(events: list[Row], until: int = 2**62) -> list[Row]:
    return [row for row in events if row["kind"] > 0 and row["ts_us"] <= until]


def _visits(events: list[Row], until: int) -> Iterator[list[Row]]:
    """The pages of each visit, in order."""
    by_visitor: dict[int, list[Row]] = defaultdict(list)
    for row in events:
        if row["is_page"] and row["visitor_id"] and row["ts_us"] <= until:
            by_visitor[row["visitor_id"]].append(row)
    for pages in by_visitor.values():
        pages.sort(key=lambda row: row["ts_us"])
        visit: list[Row] = []
        for page in pages:
            if visit and page["ts_us"] - visit[-1]["ts_us"] >= HOUR_HALF:
                yield visit
                visit = []
            visit.append(page)
        yield visit


def stocks(events: list[Row], lines: list[Row], as_of_us: int, landmark_us: int) -> Answer:
    """Terms one by one, each with its own power, added without rounding."""
    terms: dict[int, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    last: dict[int, int] = defaultdict(lambda: NEVER)
    for row in events:
        if row["ts_us"] > as_of_us or not (row["kind"] or row["counts_email"]):
            continue
        customer = row["customer_id"]
        terms[customer]["f"].append((row["ts_us"], row["is_purchase"]))
        terms[customer]["m"].append((row["ts_us"], row["revenue_minor"]))
        terms[customer]["e"].append((row["ts_us"], row["counts_email"]))
        if row["is_purchase"]:
            last[customer] = max(last[customer], row["ts_us"])
    for visit in _visits(events, as_of_us):
        terms[visit[0]["visitor_customer_id"]]["v"].append((visit[0]["ts_us"], 1))
    rows = []
    for customer in sorted(terms):
        sums = [
            math.fsum(w * 2.0 ** ((t - landmark_us) / (h * 86_400e6)) for t, w in terms[customer][factor])
            for factor in "fmve"
            for h in (30, 60, 90, 180, 365)
        ]
        rows.append((customer, last[customer], *sums))
    return rows


def net_profit(events: list[Row], lines: list[Row], from_us: int, to_us: int) -> Answer:
    """Everybody with an order or refund by the end."""
    sums: dict[int, int] = defaultdict(int)
    for row in _sales(events, to_us):
        sums[row["customer_id"]] += row["profit_minor"] if row["ts_us"] > from_us else 0
    return sorted(sums.items())


def purchases(events: list[Row], lines: list[Row], until_us: int) -> Answer:
    """Customer-days."""
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in _sales(events, until_us):
        for place, name in enumerate(("is_purchase", "revenue_minor", "profit_minor")):
            sums[row["customer_id"], row["day"]][place] += row[name]
    return [(*key, *sums[key]) for key in sorted(sums)]


def visits(events: list[Row], lines: list[Row], from_us: int, to_us: int) -> Answer:
    """Visits by the instant of their first page."""
    found = [
        (v[0]["visitor_customer_id"], v[0]["visitor_id"], v[0]["ts_us"], v[-1]["ts_us"], len(v))
        for v in _visits(events, to_us)
        if v[0]["ts_us"] > from_us
    ]
    return sorted(found, key=lambda row: row[1:3])


ORACLES: dict[str, Callable[..., Answer]] = {
    "stocks": stocks,
    "net_profit": net_profit,
    "purchases": purchases,
    "visits": visits,
}
