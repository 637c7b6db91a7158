"""The report on the live operator as a job: reckoned once a day or when asked, kept, never on a page view.

For the last 7, 28 and 91 days. What came after a chat is counted where its seven days are over: the same number of
days, seven earlier. Nothing of it names a customer.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction
from django.tasks import task

from kizuna.conversations.live import marks, measured
from kizuna.customers import identity
from kizuna.flows import daily
from kizuna.flows.daily import Daily
from kizuna.flows.live_report import baselines, gathering, loss, lot, people, times
from kizuna.flows.live_report.gathering import ANSWERED, Chat, Gathered
from kizuna.flows.live_report.lot import Draw, Drawn
from kizuna.jobs import queue, standing
from kizuna.relationships import kept_reports, standings
from kizuna.relationships.kept_reports import ReportView
from kizuna.science import periods, proportions, spreads
from kizuna.science.periods import DAY_US
from kizuna.shops import audit, tenants
from kizuna.tracking import columns as journal

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

REPORT = "live_effect"
WINDOWS = (7, 28, 91)
FEWEST_STILL = 10


@dataclass(frozen=True, slots=True)
class Window:
    """A period of the report: (from, now], and the one as long whose days after are over."""

    days: int
    from_us: int
    now_us: int

    @property
    def settled_us(self) -> int:
        """Chats opened until then have their days after behind them."""
        return self.now_us - loss.AFTER_US

    @property
    def settled_from_us(self) -> int:
        """Where the period begins whose days after are over."""
        return self.from_us - loss.AFTER_US


def refresh(shop: "Shop", now: datetime) -> ReportView:
    """Reckon the report and keep it. Repeat-safe."""
    now_us = periods.epoch_us(now)
    first_us = measured.first_chat_us(shop.pk)
    body: dict[str, Any] = {"first_chat_us": first_us, "after_days": loss.AFTER_DAYS, "windows": {}}
    if first_us is not None and first_us <= now_us:
        reach = now_us - max(WINDOWS) * DAY_US - loss.AFTER_US
        earlier_us = first_us - max(WINDOWS) * DAY_US
        gathered = gathering.gather(shop, reach, now_us, earlier_us)
        queue.report(0.4)
        visits, drawn = _visits(shop, gathered, reach), _drawn(shop, gathered)
        before = gathering.read_chats(shop, gathering.WRITTEN, earlier_us, first_us)
        for place, days in enumerate(WINDOWS):
            window = Window(days, now_us - days * DAY_US, now_us)
            body["windows"][str(days)] = _window(gathered, window, visits, before) | {
                "by_lot": _by_lot(gathered, window, drawn)
            }
            queue.report(0.5 + 0.15 * (place + 1))
    made = ReportView(now_us, now, body)
    with transaction.atomic():
        kept_reports.keep(shop.pk, REPORT, made)
    return made


@task(queue_name="slow")
def refresh_shop(shop_id: int, now_us: int) -> None:
    """Reckon the report of a shop."""
    refresh(tenants.get_shop_by_id(shop_id), periods.instant_at(now_us))


_daily = Daily(refresh_shop, "live_effect:")
ask, find_job = _daily.ask, _daily.find_job


@standing.every("live_effect", seconds=daily.LOOK_S)
def ask_where_due(now: datetime) -> None:
    """Ask for every shop with a chat whose local day changed since its last report."""
    _daily.ask_where(_is_due, now)


def _is_due(shop: "Shop", now: datetime) -> bool:
    return _daily.lacks_report(shop, REPORT, now) and measured.first_chat_us(shop.pk) is not None


def _window(
    gathered: Gathered, window: Window, visits: tuple[gathering.Ints, gathering.Ints], before: Sequence[Chat]
) -> dict[str, Any]:
    """Every figure of one period but what the lot proves."""
    chats = [each for each in gathered.chats if each.talk.opened_us > window.from_us]
    written = [each for each in gathered.written if each.talk.opened_us > window.from_us]
    worked = people.hours(gathered.spells, window.from_us, window.now_us)
    counted = times.counts(chats)
    hours = sum(worked.values())
    return {
        "from_us": window.from_us,
        "counts": counted,
        "times": times.all_times(chats, gathered.clock),
        "steps": _steps(gathered, chats, window),
        "survey": people.survey(chats, gathered.scores),
        "hours": hours,
        "per_hour": counted[ANSWERED] / hours if hours else None,
        "people": people.per_operator(gathered, chats, _settled(gathered, window), window.from_us),
        "by_mail": baselines.by_mail(chats, written, gathered.clock, window.now_us),
        "before": baselines.before_and_now(before, [*chats, *written], gathered.clock, window.now_us),
        "after": _after(gathered, window, visits),
        "system": _system(gathered, window),
        "profile": {
            part: asdict(proportions.share(good, all_of))
            for part, (good, all_of) in marks.count_marks(gathered.shop.pk, window.from_us, window.now_us).items()
        },
    }


def _settled(gathered: Gathered, window: Window) -> list[Chat]:
    """The chats of as long a period whose days after are over."""
    return [each for each in gathered.chats if window.settled_from_us < each.talk.opened_us <= window.settled_us]


def _after(gathered: Gathered, window: Window, visits: tuple[gathering.Ints, gathering.Ints]) -> dict[str, Any]:
    """What customers did in the days after their chats, and what an hour at the desk brought."""
    chats = _settled(gathered, window)
    served = loss.moments(chats, gathered.money, ANSWERED)
    hours = sum(people.hours(gathered.spells, window.settled_from_us, window.settled_us).values())
    around = loss.Around(loss.every(gathered.chats, gathered.money), visits, window.settled_us)
    alike = loss.against_alike(served, around, gathered.money)
    total = int(loss.credited(gathered.money, loss.every(chats, gathered.money)).sum())
    per_hour = None
    if alike is not None and hours:
        rate = len(served.customer) / hours
        per_hour = {edge: alike["profit"][edge] * rate for edge in ("difference", "low", "high")}
    return {
        "people": len(served.customer),
        "profit_minor": total,
        "bought": int(loss.brought(gathered.money, served)[1].sum()),
        "hours": hours,
        "per_hour_minor": total / hours if hours else None,
        "more_per_hour_minor": per_hour,
        "still": _still(gathered, alike["pairs"]) if alike else None,
        "alike": None if alike is None else {name: alike[name] for name in ("profit", "bought")},
        "lost": loss.against_lost(chats, gathered.money),
    }


def _still(gathered: Gathered, pairs: Sequence[tuple[int, list[int]]]) -> dict[str, float] | None:
    """How surely those answered, and those alike, are customers still, by the last forecast."""
    known = standings.likelihoods(gathered.shop.pk, [who for one, near in pairs for who in (one, *near)])
    rows = []
    for one, near in pairs:
        mine, theirs = known.get(one), [each for who in near if (each := known.get(who)) is not None]
        if mine is not None and theirs:
            rows.append((mine, sum(theirs) / len(theirs)))
    if len(rows) < FEWEST_STILL:
        return None
    table = np.array(rows)
    return {"n": len(rows), "answered": float(table[:, 0].mean()), "alike": float(table[:, 1].mean())}


def _drawn(shop: "Shop", gathered: Gathered) -> tuple[Drawn, Draw]:
    """Everybody ever drawn, and since when the share held out is what it is."""
    invited = marks.list_first_invitations(shop.pk, gathered.now_us)
    found = identity.find_visitors(shop.pk, [each.visitor_key for each in invited if each.identity_id is None])
    changed = audit.find_last_change(shop.pk, "panel_changed", "holdout_share")
    since_us = 0 if changed is None else periods.epoch_us(changed)
    return lot.own(invited, found, gathered.money), Draw(since_us, gathered.now_us, marks.holdout_share(shop.pk))


def _by_lot(gathered: Gathered, window: Window, drawn: tuple[Drawn, Draw]) -> dict[str, Any]:
    """The people first invited in the period against those whom the lot held back, one share held out in all of it."""
    everybody, draw = drawn
    from_us = max(window.settled_from_us, draw.from_us)
    return lot.by_lot(everybody, replace(draw, from_us=from_us, to_us=window.settled_us), gathered.money)


def _system(gathered: Gathered, window: Window) -> dict[str, Any]:
    """How well the wire did, as panels themselves report."""
    zone = ZoneInfo(gathered.shop.timezone)
    first, last = (periods.day_index(each, zone) for each in (window.from_us + DAY_US, window.now_us))
    told = marks.read_reports(gathered.shop.pk, first, last)
    ends = {share: spreads.in_classes(told.delivery_ms, share) for share in (0.5, 0.9, 0.99)}
    return {
        "chats": told.chats,
        "reconnects": told.reconnects,
        "failures": told.failures,
        "messages": sum(told.delivery_ms.values()),
        "delivery_ms": {str(share): None if end == float("inf") else end for share, end in ends.items()},
    }


def _steps(gathered: Gathered, chats: Sequence[Chat], window: Window) -> list[dict[str, Any]]:
    """The period in days, or in weeks where it is long: chats, those lost, and the middle first response."""
    length = DAY_US if window.days <= max(WINDOWS[:-1]) else 7 * DAY_US
    steps = []
    for place in range(window.days * DAY_US // length):
        begin = window.from_us + place * length
        mine = [each for each in chats if begin < each.talk.opened_us <= begin + length]
        told = times.measure(times.firsts(mine), gathered.clock)["wall"]
        steps.append(
            {
                "from_us": begin,
                "asked": len(mine),
                "abandoned": sum(each.became == gathering.ABANDONED for each in mine),
                "first": None if told is None else told["median"],
            }
        )
    return steps


def _visits(shop: "Shop", gathered: Gathered, reach_us: int) -> tuple[gathering.Ints, gathering.Ints]:
    """Whose visits began when, since as long before the period as alikeness looks back."""
    who, at_us = journal.visit_columns(shop.pk, gathered.now_us)
    late = at_us > reach_us - loss.BEFORE_US
    return gathered.money.customers(who[late].tolist()), at_us[late]
