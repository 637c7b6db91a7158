"""One split of a shop's history, every score measured: what `manage validate` prints.

Protocol *anchors* is that of the published tables: customer-day rows, everybody with a row by the split, later sales.
Protocol *kizuna* is that of the checks: placed customers, RF and its rivals, net profit after it, with intervals.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from kizuna.customers import links
from kizuna.flows import origins, validity
from kizuna.relationships.population import Links
from kizuna.relationships.validity import Missing
from kizuna.sales import ledger
from kizuna.science import periods, portfolio, rivals
from kizuna.science import validity as measures

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

_MEASURES = ("spearman", "gini", "lift")
_EPOCH = date(1970, 1, 1).toordinal()


class EmptySplit(ValueError):
    """Nobody to rank, nothing to rank them by, or a split that ends before it begins."""


@dataclass(frozen=True)
class Split:
    """The last day that is known and the last day that is looked at, both inclusive, in a zone."""

    known: date
    until: date
    zone: ZoneInfo

    def __post_init__(self) -> None:
        """Refuse a split without a day to look at."""
        if self.until <= self.known:
            raise EmptySplit("the last day must come after the split")

    @property
    def days(self) -> tuple[int, int]:
        """Both days as indices."""
        return self.known.toordinal() - _EPOCH, self.until.toordinal() - _EPOCH


def rank_by_protocol(shop: "Shop", split: Split) -> dict[str, Any]:
    """Measure the rivals on sales after the split exactly as the published tables do, with sales concentration."""
    known_day, last_day = split.days
    days = customer_days(shop, split.zone)
    known = days.upto(known_day)
    if not len(known.customer_id):
        raise EmptySplit("nobody had bought anything by the split")
    y = days.gained(known.customer_id, known_day, last_day)
    if not (y > 0).any():
        raise EmptySplit("nobody bought anything after the split")
    scores = dict(rivals.simple(known, known_day))
    scores["model"] = rivals.modelled(known, known_day, last_day - known_day)
    spent = portfolio.concentration(np.rint(rivals.monetary(known)).astype(np.int64))
    return {
        **_head(shop, split, "anchors"),
        "customers": len(known.customer_id),
        "buyers_after": int((y > 0).sum()),
        "scores": {
            name: dict(zip(_MEASURES, measures.measures(score, y).tolist(), strict=True))
            for name, score in scores.items()
        },
        "concentration": None
        if spent is None
        else {
            "top_fifth_holds": spent.held_by_top_fifth,
            "customers_holding_80_percent": spent.customers_holding_80_percent,
        },
    }


def rank_by_criterion(shop: "Shop", split: Split, random: np.random.Generator) -> dict[str, Any]:
    """Measure RF as of the end of the split's day and its rivals on net profit after it, with intervals."""
    at_us, until_us = (periods.local_midnight_us(day + 1, split.zone) - 1 for day in split.days)
    stand = validity.gather(shop, until_us)
    measured = origins.measure(stand.history, at_us, until_us, random)
    if isinstance(measured, Missing):
        raise EmptySplit(f"too few {measured.what}: {measured.have}, {measured.need} are needed")
    found = measured.found
    differences = {name: found.difference(found.names[0], name) for name in measured.rivals}
    return {
        **_head(shop, split, "kizuna"),
        "criterion_version": stand.history.criterion.version,
        "customers": measured.customers,
        "buyers_after": measured.buyers,
        "scores": {
            name: {measure: _told(found.estimate(name, column)) for column, measure in enumerate(_MEASURES)}
            for name in found.names
        },
        "gini_less_rival": {name: _told(each) for name, each in differences.items()},
        "beaten_by": sorted(measures.beaten_by(differences)),
    }


def customer_days(shop: "Shop", zone: ZoneInfo) -> rivals.CustomerDays:
    """All customer-day rows of a shop: orders and refunds summed over the day, in minor units, by today's links.

    Customers are numbered in the order of the identifier that their source gave them (numbers as numbers), which is
    the order of the files: where a score puts customers level, they stay in it.
    """
    facts = ledger.columns(shop.pk, None)
    identity = np.concatenate((facts.order_identity, facts.refund_identity))
    happened = np.concatenate((facts.order_us, facts.refund_us))
    money = np.concatenate((facts.order_revenue, -facts.refund_revenue))
    customer = Links(*links.columns(shop.pk, None)).customers(identity)
    known = customer >= 0
    people, row = np.unique(customer[known], return_inverse=True)
    called = links.strongest_values(shop.pk, ledger.FOREVER_US)
    order = sorted(range(len(people)), key=lambda place: _natural(called.get(int(people[place]), "")))
    number = np.empty(len(people), dtype=np.int64)
    number[order] = np.arange(len(people))
    return rivals.CustomerDays.of(number[row], periods.day_indices(happened[known], zone), money[known])


def _natural(identifier: str) -> tuple[int, str]:
    return (int(identifier) if identifier.isdecimal() and len(identifier) < 20 else -1, identifier)


def _head(shop: "Shop", split: Split, protocol: str) -> dict[str, Any]:
    return {
        "shop": shop.slug,
        "protocol": protocol,
        "split": split.known.isoformat(),
        "until": split.until.isoformat(),
        "days_after": (split.until - split.known).days,
        "timezone": split.zone.key,
        "currency": shop.currency,
    }


def _told(estimate: measures.Estimate) -> dict[str, float | None]:
    named = {"value": estimate.value, "error": estimate.error, "low": estimate.low, "high": estimate.high}
    return {name: value if np.isfinite(value) else None for name, value in named.items()}
