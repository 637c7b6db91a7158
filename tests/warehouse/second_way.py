"""The questions answered a second time, from what truly happened, in plain Python: loops, dicts and integers.

Nothing here is shared with the SQL or with kizuna.science, so engines cannot agree on a wrong answer.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import accumulate, combinations, pairwise

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


def cohort_retention(events: list[Row], lines: list[Row]) -> Answer:
    """Customers by month of first purchase, and every later month in which anything was bought or given back."""
    first: dict[int, int] = {}
    for row in _sales(events):
        if row["is_purchase"]:
            first[row["customer_id"]] = min(row["month"], first.get(row["customer_id"], row["month"]))
    active: dict[tuple[int, int], set[int]] = defaultdict(set)
    revenue: dict[tuple[int, int], int] = defaultdict(int)
    for row in _sales(events):
        cohort = first.get(row["customer_id"])
        if cohort is not None and row["month"] >= cohort:
            key = cohort, row["month"]
            revenue[key] += row["revenue_minor"]
            active[key] |= {row["customer_id"]} if row["is_purchase"] else set()
    size = Counter(first.values())
    return [(*key, size[key[0]], len(active[key]), revenue[key]) for key in sorted(revenue)]


def concentration(events: list[Row], lines: list[Row], from_us: int, to_us: int) -> Answer:
    """The largest first."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for row in _sales(events, to_us):
        if row["ts_us"] > from_us:
            sums[row["customer_id"]][0] += row["revenue_minor"]
            sums[row["customer_id"]][1] += row["profit_minor"]
    ordered = sorted(sums, key=lambda customer: (-sums[customer][0], customer))
    held = list(accumulate(max(0, sums[customer][0]) for customer in ordered))
    return [(customer, *sums[customer], place + 1, held[place]) for place, customer in enumerate(ordered)]


def first_touch(events: list[Row], lines: list[Row]) -> Answer:
    """The earliest source of each customer."""
    found: dict[int, tuple[int, int, str]] = {}
    for row in events:
        if row["source"]:
            touch = row["ts_us"], row["ev_id"], row["source"]
            found[row["customer_id"]] = min(touch, found.get(row["customer_id"], touch))
    return [(customer, found[customer][2]) for customer in sorted(found)]


def last_touch(events: list[Row], lines: list[Row], window_us: int, from_us: int, to_us: int) -> Answer:
    """Look back from every purchase."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for order in _sales(events, to_us):
        if order["is_purchase"] and order["ts_us"] > from_us:
            touches = [
                (row["ts_us"], row["ev_id"], row["source"])
                for row in events
                if row["source"]
                and row["customer_id"] == order["customer_id"]
                and order["ts_us"] - window_us <= row["ts_us"] <= order["ts_us"]
            ]
            sums_of = sums[max(touches)[2] if touches else ""]
            for place, gained in enumerate((1, order["revenue_minor"], order["profit_minor"])):
                sums_of[place] += gained
    return [(source, *sums[source]) for source in sorted(sums, key=str.encode)]


def attention(events: list[Row], lines: list[Row], from_us: int, to_us: int, cap_us: int = 5 * MINUTE) -> Answer:
    """Pages and the pauses between them inside a visit, and clicks."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    within = [row for row in events if from_us < row["ts_us"] <= to_us]
    for visit in _visits(within, to_us):
        customer = visit[0]["visitor_customer_id"]
        sums[customer][0] += len(visit)
        sums[customer][2] += sum(min(cap_us, b["ts_us"] - a["ts_us"]) for a, b in pairwise(visit))
    for row in within:
        if row["name"] in CLICKS:
            sums[row["customer_id"]][1] += 1
    return [(customer, *sums[customer]) for customer in sorted(sums)]


def basket_pairs(events: list[Row], lines: list[Row], least: int) -> Answer:
    """Sets of products by order."""
    baskets: dict[int, set[str]] = defaultdict(set)
    for line in lines:
        if line["sku"] and line["quantity_e4"] > 0:
            baskets[line["ev_id"]].add(line["sku"])
    found = Counter(pair for basket in baskets.values() for pair in combinations(sorted(basket, key=str.encode), 2))
    kept = [(*pair, orders) for pair, orders in found.items() if orders >= least]
    return sorted(kept, key=lambda row: (row[0].encode(), row[1].encode()))


def percentiles(events: list[Row], lines: list[Row], from_us: int, to_us: int) -> Answer:
    """Nearest rank: the ceil(p n / 100)-th of the sorted values."""
    by_customer: dict[int, list[int]] = defaultdict(list)
    measured: dict[str, list[int]] = {"gap_us": [], "order_minor": []}
    for row in _sales(events, to_us):
        if row["is_purchase"]:
            by_customer[row["customer_id"]].append(row["ts_us"])
            if row["ts_us"] > from_us:
                measured["order_minor"].append(row["revenue_minor"])
    for instants in by_customer.values():
        measured["gap_us"] += [b - a for a, b in pairwise(sorted(instants)) if b > from_us]
    return [
        (measure, percent, sorted(values)[math.ceil(percent * len(values) / 100) - 1], len(values))
        for measure, values in measured.items()
        for percent in (1, 5, 10, 25, 50, 75, 90, 95, 99)
        if values
    ]


def _state(bought: list[int], at_us: int, step_us: int) -> int:
    recency = min(5, (at_us - max(bought)) // step_us)
    return 10 * recency + (4 if len(bought) >= 6 else 3 if len(bought) >= 3 else len(bought))


def transitions(events: list[Row], lines: list[Row], step_us: int, from_us: int, to_us: int) -> Answer:
    """Walk every customer through every whole step."""
    found: Counter[tuple[int, int, int]] = Counter()
    for customer in {row["customer_id"] for row in events}:
        own = [row for row in events if row["customer_id"] == customer]
        for start in range(from_us, to_us - step_us + 1, step_us):
            end = start + step_us
            before = [row["ts_us"] for row in own if row["is_purchase"] and row["ts_us"] <= start]
            after = [row["ts_us"] for row in own if row["is_purchase"] and row["ts_us"] <= end]
            wrote = any(
                row["name"] in MESSAGES and row["direction"] == 2 and start < row["ts_us"] <= end for row in own
            )
            if before:
                found[_state(before, start, step_us), int(wrote), _state(after, end, step_us)] += 1
    return [(*key, found[key]) for key in sorted(found)]


ORACLES: dict[str, Callable[..., Answer]] = {
    each.__name__: each
    for each in (
        stocks,
        net_profit,
        purchases,
        visits,
        cohort_retention,
        concentration,
        first_touch,
        last_touch,
        attention,
        basket_pairs,
        percentiles,
        transitions,
    )
}
