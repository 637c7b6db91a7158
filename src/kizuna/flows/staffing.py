"""What the Staffing page shows, reckoned as a job: when chats come, how long they take, how patient people are.

Reads turns and spells of the last weeks by the shop's own hours; writes nothing but its report. How many operators are
needed for that is science.staffing, asked by the page, because what-ifs change it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.tasks import task

from kizuna.conversations.live import seats, waits
from kizuna.conversations.live.seats import SeatState
from kizuna.flows import daily
from kizuna.flows.daily import Daily
from kizuna.jobs import queue, standing
from kizuna.relationships import kept_reports
from kizuna.relationships.kept_reports import ReportView
from kizuna.science import periods, queueing
from kizuna.science.response_times import Sitting
from kizuna.shops import hours, tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

REPORT = "staffing"
WEEKS = 8
SECONDS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600)
AT_DESK = (SeatState.AVAILABLE, SeatState.BUSY, SeatState.WRAP_UP)
_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class _Window:
    """Whole days of the shop, from the first to the last inclusive, and how often each weekday was among them."""

    zone: ZoneInfo
    from_us: int
    to_us: int
    weekdays: Counter[int]
    days: int


def refresh(shop: "Shop", now: datetime) -> ReportView:
    """Reckon the report and keep it. Repeat-safe."""
    now_us = periods.epoch_us(now)
    window = _window(shop, now_us)
    stays = waits.list_sittings(shop.pk, window.from_us, window.to_us)
    queue.report(0.3)
    body = {
        "days": window.days,
        "from_us": window.from_us,
        "to_us": window.to_us,
        "arrivals": _arrivals(stays, window),
        "sat": _sat(shop, window),
        "open": _open(shop),
        "at_once": _at_once(shop),
        **_measured(stays, now_us),
    }
    made = ReportView(now_us, now, body)
    with transaction.atomic():
        kept_reports.keep(shop.pk, REPORT, made)
    return made


@task(queue_name="slow")
def refresh_shop(shop_id: int, now_us: int) -> None:
    """Reckon the report of a shop."""
    refresh(tenants.get_shop_by_id(shop_id), periods.instant_at(now_us))


_daily = Daily(refresh_shop, "staffing-")
ask, find_job = _daily.ask, _daily.find_job


@standing.every("staffing", seconds=daily.LOOK_S)
def ask_where_due(now: datetime) -> None:
    """Ask for every shop with chats whose local day changed since its last report."""
    _daily.ask_where(_is_due, now)


def _is_due(shop: "Shop", now: datetime) -> bool:
    return _daily.lacks_report(shop, REPORT, now) and waits.find_first_us(shop.pk) is not None


def _window(shop: "Shop", now_us: int) -> _Window:
    """The last weeks up to yesterday, but no day before the first chat."""
    zone = ZoneInfo(shop.timezone)
    today = periods.instant_at(now_us).astimezone(zone).date()
    start = today - timedelta(days=7 * WEEKS)
    first_us = waits.find_first_us(shop.pk)
    if first_us is not None:
        start = max(start, periods.instant_at(first_us).astimezone(zone).date())
    days = [start + timedelta(days=each) for each in range((today - start).days)] if first_us is not None else []
    return _Window(
        zone, _midnight(start, zone), _midnight(today, zone), Counter(each.weekday() for each in days), len(days)
    )


def _midnight(day: date, zone: ZoneInfo) -> int:
    return periods.epoch_us(datetime(day.year, day.month, day.day, tzinfo=zone))


def _arrivals(stays: Sequence[Sitting], window: _Window) -> list[float]:
    """Chats an hour, by hour of the week; also those that nobody could take."""
    came = Counter(_slot(stay.from_us, window.zone) for stay in stays)
    return [came[slot] / window.weekdays[slot // 24] if window.weekdays[slot // 24] else 0.0 for slot in range(168)]


def _sat(shop: "Shop", window: _Window) -> list[float]:
    """Operators at the desk on average, by hour of the week."""
    total = [0.0] * 168
    for spell in seats.list_spells(shop.pk, window.from_us, window.to_us):
        if spell.state in AT_DESK:
            begin, end = max(spell.from_us, window.from_us), min(spell.to_us or window.to_us, window.to_us)
            for slot, seconds in _slots(begin, end, window.zone):
                total[slot] += seconds
    return [
        each / 3600.0 / window.weekdays[slot // 24] if window.weekdays[slot // 24] else 0.0
        for slot, each in enumerate(total)
    ]


def _open(shop: "Shop") -> list[float]:
    """The share of each hour of the week in which the shop works."""
    minutes = [0] * 168
    for weekday, opens, closes in hours.list_spans(shop):
        for hour in range(24):
            minutes[24 * weekday + hour] += max(0, min(closes, 60 * hour + 60) - max(opens, 60 * hour))
    return [each / 60 for each in minutes]


def _at_once(shop: "Shop") -> float | None:
    """How many chats the operators of today take at once, on average."""
    found = [each.capacity for each in seats.list_seats(shop.pk)]
    return sum(found) / len(found) if found else None


def _measured(stays: Sequence[Sitting], now_us: int) -> dict[str, Any]:
    """How long chats took and people waited; who came while nobody was there has not waited.

    A chat takes what everybody who had it took together, as each hand-over is work for the one arrival. Who said
    nothing before it was taken back has not served: the wait went on.
    """
    waited = [stay for stay in stays if stay.served_us is not None or stay.end != "no_hours"]
    lengths = [
        sum(to_us - from_us for _, from_us, to_us in stay.held) / _SECOND_US
        for stay in waited
        if stay.held and stay.ended_us is not None
    ]
    seconds = [((stay.served_us or stay.ended_us or now_us) - stay.from_us) / _SECOND_US for stay in waited]
    gone = [stay.served_us is None and stay.end == "abandoned" for stay in waited]
    patience = queueing.fit_patience(seconds, gone)
    met = [wait for wait, stay in zip(seconds, waited, strict=True) if stay.served_us is not None]
    return {
        "chats": len(stays),
        "closed_hours": len(stays) - len(waited),
        "asked": len(waited),
        "left": patience.left,
        "met_within": [sum(wait <= limit for wait in met) for limit in SECONDS],
        "lengths": len(lengths),
        "chat_s": sum(lengths) / len(lengths) if lengths else None,
        "patience_s": patience.mean if patience.left else None,
        "patience_low_s": patience.low if waited else None,
        "patience_high_s": patience.high if patience.left else None,
    }


def _slot(at_us: int, zone: ZoneInfo) -> int:
    local = periods.instant_at(at_us).astimezone(zone)
    return 24 * local.weekday() + local.hour


def _slots(from_us: int, to_us: int, zone: ZoneInfo) -> Iterator[tuple[int, float]]:
    """The hours of the week that a stretch touches, with the seconds in each."""
    at_us = from_us
    while at_us < to_us:
        local = periods.instant_at(at_us).astimezone(zone)
        passed_us = (local.minute * 60 + local.second) * _SECOND_US + local.microsecond
        until_us = min(to_us, at_us + 3600 * _SECOND_US - passed_us)
        yield 24 * local.weekday() + local.hour, (until_us - at_us) / _SECOND_US
        at_us = until_us
