"""The first page: what changed, who moved between segments and why, and what needs attention.

Periods are whole shop-local days up to the shop's clock, so a shop whose facts end in the past shows a full page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString

from kizuna.customers import merging
from kizuna.flows import portfolio as portfolio_flow
from kizuna.flows import upkeep
from kizuna.flows import validity as validity_flow
from kizuna.html import charts, figures
from kizuna.relationships import lists, moves, reference, snapshots, validity
from kizuna.relationships.lists import Dot, Filters
from kizuna.relationships.snapshots import SnapshotView
from kizuna.sales import days
from kizuna.sales.days import DayTotal
from kizuna.science import periods
from kizuna.shops import roles
from kizuna.tracking import arrivals
from kizuna.web.console import amounts
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages import cooling, today_dialogue, validity_words
from kizuna.web.console.pages.today_dialogue import Task
from kizuna.web.console.pages.totals import count_now
from kizuna.web.console.pages.words import SEGMENTS, SegmentWords, cause_words, move_words

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

DAY_US = 86_400_000_000
SPAN_CHOICES = (7, 30, 90)
MOST_MOVES = 8
NO_LOSS = frozenset({"duplicate", "robot", "unknown_rate"})
MOST_NAMED = 5


@dataclass(frozen=True)
class Figure:
    """One card on top: a figure now, its change, and its course."""

    label: str
    value: str
    change: str
    rising: bool | None
    course: SafeString


@dataclass(frozen=True)
class Moved:
    """One move in words."""

    move: moves.MoveView
    words: str
    cause: str


@dataclass(frozen=True)
class Share:
    """One segment in the small portfolio of the page."""

    words: SegmentWords
    customers: int
    net_profit: str


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show today."""
    now_us = int(timezone.now().timestamp() * 1_000_000)
    shop_now_us = portfolio_flow.shop_now(shop, now_us)
    span = _span(request)
    if lists.is_empty(shop.pk):
        return render(request, "console/today/empty.html", {"now_us": now_us})
    last = snapshots.find_last(shop.pk)
    since_us = shop_now_us - span * DAY_US
    totals = count_now(shop.pk, last, waiting=True)
    moved = moves.list_moves(shop.pk, since_us, MOST_MOVES)
    context = {
        "now_us": now_us,
        "shop_now_us": shop_now_us,
        "stale": shop_now_us != now_us,
        "span": span,
        "spans": SPAN_CHOICES,
        "figures": _figures(shop, shop_now_us, span),
        "moved": [
            Moved(move, move_words(move.from_segment, move.to_segment), cause_words(move.cause)) for move in moved
        ],
        "moves": _counted(moves.count_moves(shop.pk, since_us)),
        "tasks": _tasks(request, shop, last, now_us),
        "cooled": cooling.list_cooled(shop.pk, last, since_us, MOST_NAMED),
        "strengthen": _strengthen(shop),
        "shares": _shares(shop, totals),
        "share_bar": _share_bar(totals),
        "last": last,
        "greeting": _greeting(request, now_us, shop),
    }
    return render(request, "console/today/page.html", context)


def _span(request: ShopRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked.isdecimal() and len(asked) < 4 and int(asked) in SPAN_CHOICES else 30


def _figures(shop: "Shop", shop_now_us: int, span: int) -> list[Figure]:
    today = periods.day_index(shop_now_us, ZoneInfo(shop.timezone))
    both = days.list_days(shop.pk, today - 2 * span + 1, today)
    before, now = both[:span], both[span:]
    revenue = [day.revenue_minor for day in both]
    profit = [day.net_profit_minor for day in both]
    orders = [day.orders for day in both]
    return [
        _figure("Revenue", amounts.money_round(sum(revenue[span:]), shop.currency), revenue, span),
        _figure("Net profit", amounts.money_round(sum(profit[span:]), shop.currency), profit, span),
        _figure("Orders", figures.whole(sum(orders[span:])), orders, span),
        _average(shop, before, now),
    ]


def _figure(label: str, value: str, course: Sequence[int], span: int) -> Figure:
    before, now = sum(course[:span]), sum(course[span:])
    drawn = charts.sparkline(_weekly(course[span:]), f"{label} per day over the last {span} days")
    return Figure(label, value, figures.change(before, now), None if before == now else now > before, drawn)


def _average(shop: "Shop", before: Sequence[DayTotal], now: Sequence[DayTotal]) -> Figure:
    def mean(part: Sequence[DayTotal]) -> float:
        count = sum(day.orders for day in part)
        return sum(day.revenue_minor for day in part) / count if count else 0.0

    course = [mean([day]) for day in now]
    drawn = charts.sparkline(_weekly(course), "Revenue per order per day")
    old, new = mean(before), mean(now)
    rising = None if old == new else new > old
    return Figure(
        "Revenue per order", amounts.money_round(round(new), shop.currency), figures.change(old, new), rising, drawn
    )


def _weekly(course: Sequence[float]) -> list[float]:
    """Smooth a long course a little, so that weekends do not hide the trend."""
    if len(course) < 60:
        return list(course)
    return [sum(course[max(0, i - 3) : i + 4]) / len(course[max(0, i - 3) : i + 4]) for i in range(len(course))]


def _counted(pairs: dict[tuple[str, str], int]) -> dict[str, int]:
    return {
        "into_a": sum(count for (_, to), count in pairs.items() if to == "A"),
        "out_of_a": sum(count for (left, _), count in pairs.items() if left == "A"),
        "all": sum(pairs.values()),
    }


def _strengthen(shop: "Shop") -> list[Dot]:
    return lists.list_dots(shop.pk, Filters(segments=("B",)), MOST_NAMED)


def _shares(shop: "Shop", totals: dict[str, lists.SegmentTotal]) -> list[Share]:
    shown = []
    for letter, words in SEGMENTS.items():
        total = totals.get(letter, lists.SegmentTotal(0, 0))
        profit = amounts.money_round(total.net_profit_minor, shop.currency) if letter else ""
        shown.append(Share(words, total.customers, profit))
    return shown


def _share_bar(totals: dict[str, lists.SegmentTotal]) -> SafeString:
    parts = [
        (f"tone-{letter.lower()}", float(totals[letter].net_profit_minor)) for letter in "ABCD" if letter in totals
    ]
    return charts.share_bar(parts, "Net profit by segment")


def _tasks(request: ShopRequest, shop: "Shop", last: SnapshotView | None, now_us: int) -> list[Task]:
    root = f"/s/{shop.slug}/"
    works, writes = (roles.may(request.role, action) for action in ("work_wishes", "reach_out"))
    tasks = today_dialogue.list_tasks(shop, now_us, wishes=works, reach_out=writes)
    if roles.may(request.role, "edit_customers"):
        waiting = len(merging.list_suggestions(shop.pk, None, 51))
        if waiting:
            count = "More than 50 pairs" if waiting > 50 else f"{waiting} pair{'s' if waiting != 1 else ''}"
            text = f"{count} of customers may be one person each; you decide."
            tasks.append(Task("merge", "", "Same person?", text, f"{root}customers/merges/", "Decide"))
    if roles.may(request.role, "debug"):
        dropped = arrivals.count_drops(shop.pk, now_us // DAY_US - 1)
        lost = sum(count for outcome, count in dropped.items() if outcome not in NO_LOSS)
        if lost:
            text = f"{figures.whole(lost)} event{'s' if lost != 1 else ''} could not be taken since yesterday."
            tasks.append(
                Task("debugger", "warn", "Events are being dropped", text, f"{root}debugger/?dropped=1", "See why")
            )
        unpriced = dropped.get("unknown_rate", 0)
        if unpriced:
            text = (
                f"{figures.whole(unpriced)} order{'s' if unpriced != 1 else ''} or refund{'s' if unpriced != 1 else ''}"
                " since yesterday came in a currency without an exchange rate and could not be taken."
            )
            mine = roles.may(request.role, "edit_settings")
            where = "settings/currencies/" if mine else "debugger/?outcome=unknown_rate"
            act = "Add rates" if mine else "See which"
            tasks.append(Task("alert", "warn", "Exchange rates are missing", text, f"{root}{where}", act))
    tasks += _validity(shop, root, may_recalibrate=roles.may(request.role, "edit_criterion"))
    stuck = upkeep.count_stuck(shop) if roles.may(request.role, "edit_settings") else 0
    if stuck:
        text = f"{figures.whole(stuck)} {'things' if stuck != 1 else 'thing'} could not be finished in the background."
        tasks.append(Task("refresh", "warn", "Work is stuck", text, f"{root}settings/work/", "Look"))
    if roles.may(request.role, "edit_criterion") and last is not None and reference.find_current(shop.pk) is None:
        text = "Scores are provisional until a reference is frozen; that happens by itself at 100 placed customers."
        tasks.append(Task("clock", "", "No reference yet", text, f"{root}settings/factors/", "Freeze one"))
    return tasks


def _validity(shop: "Shop", root: str, *, may_recalibrate: bool) -> list[Task]:
    """What the last check of the criterion alarms about, unless something was recalibrated since."""
    check = validity.find_last(shop.pk)
    if check is None or check.state != "alarm" or not validity_flow.still_holds(shop, check):
        return []
    title, text = validity_words.task_words(check, validity_words.name_factors(shop.pk))
    act, where = ("Recalibrate", "validity/#recalibrate") if may_recalibrate else ("See why", "validity/")
    return [Task("validity", "warn", title, text, f"{root}{where}", act)]


def _greeting(request: ShopRequest, now_us: int, shop: "Shop") -> str:
    hour = int(figures.moment(now_us, shop.timezone)[-5:-3])
    part = "Good morning" if 4 <= hour < 12 else "Good afternoon" if hour < 18 else "Good evening"
    name = (request.user.name or "").split(" ")[0]
    return f"{part}, {name}" if name else part
