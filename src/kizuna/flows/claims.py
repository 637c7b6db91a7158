"""The model's claims tested on the shop's own data, reckoned as a job once a day for the page that tells them.

Does more communication go with more strength; strength with e-CNRR and with staying; what more retention would be worth
here; what keeping a customer costs against winning one, per source. Figures only: words are the page's.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction
from django.tasks import task
from numpy.typing import NDArray

from kizuna.flows import claims_facts, daily, forecast, investing, portfolio
from kizuna.flows.claims_facts import Book, Followed
from kizuna.flows.daily import Daily
from kizuna.jobs import queue, standing
from kizuna.relationships import kept_reports
from kizuna.relationships.kept_reports import ReportView
from kizuna.sales import ledger
from kizuna.science import claims, periods, proportions
from kizuna.science.claims import Going, Together
from kizuna.science.periods import DAY_US
from kizuna.science.proportions import Share
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

type Ints = NDArray[np.int64]
type Flags = NDArray[np.bool_]

REPORT = "claims"
HORIZON_DAYS = 5 * 365
MORE = 0.05
"""Five in a hundred: as points of all customers, and of those who stay today."""
CONTACT_DAYS = ((0, 0), (1, 1), (2, 3), (4, None))
MOST_SOURCES = 12
_YEAR = 365.25


def refresh(shop: "Shop", now: datetime) -> ReportView:
    """Reckon the claims as of the shop's clock and keep them. Repeat-safe."""
    clock = portfolio.shop_now(shop, periods.epoch_us(now))
    book = claims_facts.read_book(shop, clock)
    followed = claims_facts.follow(shop, book, clock)
    queue.report(0.6)
    days = claims_facts.longest_span(book, clock)
    body = {
        "customers": len(followed.kept),
        "talk": _talk(followed),
        "strength": _strength(followed),
        "worth": None if days is None else _worth(shop, book, clock, days),
        "sources": None if days is None else _sources(shop, book, clock, days, now),
    }
    made = ReportView(clock, now, body)
    with transaction.atomic():
        kept_reports.keep(shop.pk, REPORT, made)
    return made


@task(queue_name="slow")
def refresh_shop(shop_id: int, now_us: int) -> None:
    """Reckon the claims of a shop."""
    refresh(tenants.get_shop_by_id(shop_id), periods.instant_at(now_us))


_daily = Daily(refresh_shop, "claims:")
ask, find_job = _daily.ask, _daily.find_job


@standing.every("claims", seconds=daily.LOOK_S)
def ask_where_due(now: datetime) -> None:
    """Ask for every shop with an order whose local day changed since its last report."""
    _daily.ask_where(_is_due, now)


def _is_due(shop: "Shop", now: datetime) -> bool:
    return _daily.lacks_report(shop, REPORT, now) and ledger.has_orders(shop.pk)


def _talk(followed: Followed) -> dict[str, Any] | None:
    """Days of contact in a quarter against strength at its end, and a quarter later among those who stood alike."""
    days = followed.days.astype(np.float64)
    now = claims.together(days, followed.before)
    if now is None:
        return None
    parts = [
        {"from": low, "to": high, **_part(followed, (days >= low) & (days <= (np.inf if high is None else high)))}
        for low, high in CONTACT_DAYS
    ]
    later = claims.among_alike(days, followed.after, followed.before)
    return {"now": asdict(now), "later": _kept(later), "parts": [each for each in parts if each["customers"]]}


def _strength(followed: Followed) -> dict[str, Any] | None:
    """Strength at the origin against net profit after it and against buying again, by fourths of customers."""
    profit = claims.together(followed.full, followed.profit)
    if profit is None:
        return None
    fourth = _fourths(followed.full)
    parts = [{"fourth": each, **_part(followed, fourth == each)} for each in range(4)]
    weakest, strongest = (_share(followed.kept[fourth == each]) for each in (0, 3))
    apart = proportions.difference(strongest, weakest)
    return {"profit": asdict(profit), "apart": asdict(apart), "parts": parts}


def _share(kept: Flags) -> Share:
    return proportions.share(int(kept.sum()), len(kept))


def _part(followed: Followed, mine: Flags) -> dict[str, Any]:
    number = int(mine.sum())
    kept = _share(followed.kept[mine])
    return {
        "customers": number,
        "strength": float(followed.after[mine].mean()) if number else None,
        "profit_minor": float(followed.profit[mine].mean()) if number else None,
        "kept": {"share": kept.share, "low": kept.low, "high": kept.high},
    }


def _worth(shop: "Shop", book: Book, clock: int, days: int) -> dict[str, Any]:
    """What it would bring if more of those who bought in a span bought again in the next, over five years."""
    origin = clock - days * DAY_US
    whole = book.buyers(origin - days * DAY_US, origin)
    again = np.isin(whole, book.buyers(origin, clock))
    share = _share(again)
    going = Going(
        kept=int(again.sum()),
        whole=len(whole),
        profit=book.profits(whole[again], origin, clock),
        people=len(book.buyers(origin, clock)),
        spans=round(HORIZON_DAYS / days),
        keep=(1 + forecast.terms_of(shop).discount_year) ** (-days / _YEAR),
    )
    raised = (share.share + MORE, share.share * (1 + MORE))
    found = [claims.worth_of_retention(going, each) for each in raised]
    return {
        "days": days,
        "whole": len(whole),
        "share": asdict(share),
        "each_minor": float(going.profit.mean()) if len(going.profit) else None,
        "people": going.people,
        "years": round(going.spans * days / 365),
        "points": None if found[0] is None else asdict(found[0]),
        "percent": None if found[1] is None else asdict(found[1]),
    }


def _sources(shop: "Shop", book: Book, clock: int, days: int, now: datetime) -> list[dict[str, Any]]:
    """Per source: new customers of the last span and their cost each; of those won before, kept ones and theirs."""
    origin = clock - days * DAY_US
    invited = claims_facts.invited(shop, book)
    winning = dict(investing.terms_of(shop, now).winning_minor)
    if invited:
        winning[claims_facts.INVITED] = round(sum(invited.values()) / len(invited))
    who, first_us = book.firsts()
    fresh = who[(first_us > origin) & (first_us <= clock)]
    old = book.buyers(origin - days * DAY_US, origin)
    old = old[np.isin(old, who[first_us <= origin])]
    spent, kept = claims_facts.spent_on(shop, book, old, origin, clock), np.isin(old, book.buyers(origin, clock))
    new_source, old_source = (claims_facts.sources_of(shop, each, invited) for each in (fresh, old))
    rows = []
    for name in _largest(new_source, old_source):
        mine = old_source == name
        rows.append(
            {
                "source": name,
                "won": int((new_source == name).sum()),
                "winning_minor": winning.get(name),
                "known": int(mine.sum()),
                "kept": int(kept[mine].sum()),
                "keeping": claims.cost_per_kept(spent[mine], kept[mine]),
            }
        )
    return rows


def _largest(*sources: NDArray[np.object_]) -> Sequence[str]:
    """The sources with most customers, the largest first."""
    names, counts = np.unique(np.concatenate(sources).astype(str), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_SOURCES]
    return [str(name) for name in names[order]]


def _fourths(values: NDArray[np.float64]) -> Ints:
    """In which fourth of all each stands, 0 the weakest; ties by their order."""
    place = np.empty(len(values), dtype=np.int64)
    place[np.argsort(values, kind="stable")] = np.arange(len(values))
    return place * 4 // max(len(values), 1)


def _kept(found: Together | None) -> dict[str, Any] | None:
    return None if found is None else asdict(found)
