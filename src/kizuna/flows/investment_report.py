"""What the Investments page shows, reckoned as a job: per segment and month, return, comparison, cost by channel.

Reads what was booked, the ledger and the snapshots; writes nothing but its report. Net profit stays what it was.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction
from django.tasks import task
from numpy.typing import NDArray

from kizuna.conversations import contacts
from kizuna.customers import links
from kizuna.flows import daily, portfolio
from kizuna.flows.daily import Daily
from kizuna.jobs import queue, standing
from kizuna.relationships import investments, kept_reports, snapshots, standings
from kizuna.relationships.investments import Columns
from kizuna.relationships.kept_reports import ReportView
from kizuna.sales import ledger
from kizuna.science import matching, periods
from kizuna.science.periods import DAY_US
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.relationships.snapshots import SnapshotView
    from kizuna.shops.models import Shop

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

REPORT = "investments"
HORIZON_DAYS = 90
MOST_MONTHS = 24
SEGMENTS = ("A", "B", "C", "D", "")
_APART_US = 28 * DAY_US


@dataclass(frozen=True)
class Earnings:
    """Net profit of customers as sums over time, so that any stretch is two look-ups."""

    customer: Ints
    at_us: Ints
    total: Ints

    def until(self, customer: Ints, at_us: Ints) -> Ints:
        """Net profit of each customer up to and including an instant."""
        end = self._place(customer, at_us)
        start = np.searchsorted(self.customer, customer, side="left")
        return self.total[end] - self.total[start]

    def between(self, customer: Ints, from_us: Ints, to_us: Ints) -> Ints:
        """Net profit of each customer in (from, to]."""
        return self.until(customer, to_us) - self.until(customer, from_us)

    def _place(self, customer: Ints, at_us: Ints) -> Ints:
        low = np.searchsorted(self.customer, customer, side="left")
        high = np.searchsorted(self.customer, customer, side="right")
        found = [
            start + np.searchsorted(self.at_us[start:end], at, side="right")
            for start, end, at in zip(low.tolist(), high.tolist(), at_us.tolist(), strict=True)
        ]
        return np.array(found, dtype=np.int64)


def refresh(shop: "Shop", now: datetime) -> ReportView:
    """Reckon the report and keep it. Repeat-safe."""
    clock = portfolio.shop_now(shop, periods.epoch_us(now))
    spent = investments.columns(shop.pk)
    owner = _owners(shop, spent.identity_id)
    earned = read_earnings(shop)
    queue.report(0.4)
    segments = standings.segments(shop.pk)
    first = _firsts(owner, spent.at_us)
    body = {
        "by_segment": _by_segment(spent, owner, (first, segments), earned, clock),
        "by_month": _by_month(shop, spent, owner, segments),
        "by_kind": _by_kind(spent),
        "comparison": _comparison(shop, first, segments, earned, clock),
        "channels": _channels(shop, spent),
        "horizon_days": HORIZON_DAYS,
    }
    made = ReportView(clock, now, body)
    with transaction.atomic():
        kept_reports.keep(shop.pk, REPORT, made)
    return made


@task(queue_name="slow")
def refresh_shop(shop_id: int, now_us: int) -> None:
    """Reckon the report of a shop."""
    refresh(tenants.get_shop_by_id(shop_id), periods.instant_at(now_us))


_daily = Daily(refresh_shop, "investments:")
ask, find_job = _daily.ask, _daily.find_job


@standing.every("investments", seconds=daily.LOOK_S)
def ask_where_due(now: datetime) -> None:
    """Ask for every shop with something invested whose local day changed since its last report."""
    _daily.ask_where(_is_due, now)


def _is_due(shop: "Shop", now: datetime) -> bool:
    return _daily.lacks_report(shop, REPORT, now) and investments.has_any(shop.pk)


def read_earnings(shop: "Shop") -> Earnings:
    """Read what every customer brought, under today's links."""
    orders = ledger.columns(shop.pk, None)
    identity = np.concatenate((orders.order_identity, orders.refund_identity))
    at_us = np.concatenate((orders.order_us, orders.refund_us))
    profit = np.concatenate((orders.order_profit, orders.refund_profit))
    customer = _owners(shop, identity)
    order = np.lexsort((at_us, customer))
    return Earnings(customer[order], at_us[order], np.r_[np.int64(0), np.cumsum(profit[order])])


def _by_segment(
    spent: Columns, owner: Ints, who: tuple[dict[int, int], dict[int, str]], earned: Earnings, clock: int
) -> list[dict[str, Any]]:
    """Per segment of today: customers invested in, what was invested, what they brought since the first of it."""
    first, segments = who
    people = np.array(sorted(first), dtype=np.int64)
    since = np.array([first[customer] for customer in people.tolist()], dtype=np.int64)
    brought = earned.between(people, since, np.full(len(people), max(clock, int(since.max(initial=0)))))
    letter = np.array([segments.get(customer, "") for customer in people.tolist()], dtype="<U1")
    paid = np.array([segments.get(customer, "") for customer in owner.tolist()], dtype="<U1")
    return [
        {
            "segment": each,
            "customers": int((letter == each).sum()),
            "invested_minor": int(spent.amount_minor[(paid == each) & (owner > 0)].sum()),
            "brought_minor": int(brought[letter == each].sum()),
        }
        for each in SEGMENTS
        if (letter == each).any()
    ]


def _by_month(shop: "Shop", spent: Columns, owner: Ints, segments: dict[int, str]) -> list[dict[str, Any]]:
    """Per shop-local month: what was invested, whole and by segment of today."""
    month = _months(shop, spent.at_us)
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each, customer, amount in zip(month.tolist(), owner.tolist(), spent.amount_minor.tolist(), strict=True):
        sums[each][segments.get(customer, "")] += amount
    return [{"month": each, "segments": dict(sums[each])} for each in sorted(sums)[-MOST_MONTHS:]]


def _by_kind(spent: Columns) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for kind, amount in zip(spent.kind, spent.amount_minor.tolist(), strict=True):
        sums[kind] += amount
    return dict(sums)


def _comparison(
    shop: "Shop", first: dict[int, int], segments: dict[int, str], earned: Earnings, clock: int
) -> dict[str, Any]:
    """Those invested in against others who stood alike in RF and e-CNRR then: net profit in the days after."""
    outcome: list[float] = []
    alike: list[float] = []
    letters: list[str] = []
    span = HORIZON_DAYS * DAY_US
    watched = {who: at for who, at in first.items() if at + span <= clock}
    views = _monthly(shop)
    for view, following in zip(views, [*views[1:], None][: len(views)], strict=True):
        end = clock if following is None else following.as_of_us
        people = sorted(who for who, at in watched.items() if view.as_of_us <= at < end)
        for who, mine, others in _matched(view, people, first, earned):
            letters.append(segments.get(who, ""))
            outcome.append(mine)
            alike.append(others)
    return {
        key: _told(np.array(outcome), np.array(alike), np.array(letters, dtype="<U1"), key)
        for key in ("all", *sorted(set(letters) - {""}))
    } | {"waiting": len(first) - len(watched)}


def _matched(
    view: "SnapshotView", people: list[int], first: dict[int, int], earned: Earnings
) -> list[tuple[int, float, float]]:
    """For people invested in since a snapshot: their net profit after, and the mean of those alike (NaN: nobody)."""
    columns = snapshots.columns(view)
    if not people or not len(columns.customer_id):
        return []
    span = HORIZON_DAYS * DAY_US
    placed = np.stack((matching.ranks(columns.rf), matching.ranks(columns.net_profit.astype(np.float64))), axis=1)
    row = {customer: place for place, customer in enumerate(columns.customer_id.tolist())}
    known = [who for who in people if who in row]
    latest = max((first[who] for who in known), default=0) + span
    free = np.array([first.get(who, latest + 1) > latest for who in columns.customer_id.tolist()], dtype=np.bool_)
    others, ids = placed[free], columns.customer_id[free]
    found = matching.nearest(placed[[row[who] for who in known]].reshape(-1, 2), others)
    told = []
    for who, rows in zip(known, found, strict=True):
        start = first[who]
        both = np.r_[np.int64(who), ids[rows]]
        ends = np.full(len(both), start, dtype=np.int64)
        profit = earned.between(both, ends, ends + span)
        told.append((who, float(profit[0]), float(profit[1:].mean()) if len(rows) else float("nan")))
    return told


def _told(outcome: Floats, alike: Floats, letters: NDArray[np.str_], key: str) -> dict[str, Any] | None:
    mine = np.ones(len(letters), dtype=np.bool_) if key == "all" else letters == key
    paired = mine & ~np.isnan(alike)
    found = matching.compare(outcome[paired], alike[paired], int((mine & np.isnan(alike)).sum()))
    return None if found is None else asdict(found)


def _channels(shop: "Shop", spent: Columns) -> list[dict[str, Any]]:
    """Per month and channel: conversations brought to their end, and what they had cost."""
    number, closed_us, channel = contacts.closed_columns(shop.pk)
    cost: dict[int, int] = defaultdict(int)
    for talk, amount in zip(spent.conversation_id.tolist(), spent.amount_minor.tolist(), strict=True):
        cost[talk] += amount
    month = _months(shop, closed_us)
    sums: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for talk, each, name in zip(number.tolist(), month.tolist(), channel, strict=True):
        sums[each, name][0] += 1
        sums[each, name][1] += cost[talk]
    kept = sorted({each for each, _ in sums})[-MOST_MONTHS:]
    return [
        {"month": each, "channel": name, "resolved": count, "cost_minor": amount}
        for (each, name), (count, amount) in sorted(sums.items())
        if each in kept
    ]


def _monthly(shop: "Shop") -> "list[SnapshotView]":
    kept: list[SnapshotView] = []
    for view in snapshots.list_snapshots(shop.pk):
        if not kept or view.as_of_us - kept[-1].as_of_us >= _APART_US:
            kept.append(view)
    return kept


def _firsts(owner: Ints, at_us: Ints) -> dict[int, int]:
    """When each customer was first invested in."""
    found: dict[int, int] = {}
    for customer, at in zip(owner.tolist(), at_us.tolist(), strict=True):
        if customer:
            found.setdefault(customer, at)
    return found


def _months(shop: "Shop", at_us: Ints) -> Ints:
    return periods.month_indices(periods.day_indices(at_us, ZoneInfo(shop.timezone)))


def _owners(shop: "Shop", identity: Ints) -> Ints:
    """Whose identities they are today; 0 for an identity that is gone."""
    held, customer = links.columns(shop.pk, None)
    if not len(held) or not len(identity):
        return np.zeros(len(identity), dtype=np.int64)
    order = np.argsort(held, kind="stable")
    row = np.minimum(np.searchsorted(held[order], identity), len(held) - 1)
    return np.where(held[order][row] == identity, customer[order][row], 0)
