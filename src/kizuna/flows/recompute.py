"""The full recompute: everything that was added up event by event is reckoned anew from the facts and compared.

Stocks to 1e-12 of the sum of |w|, visits and net profit exactly; the last snapshot is rebuilt. Identities go through in
portions; what is held of all facts at once is their columns, 16 to 24 bytes each.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from kizuna.customers import links
from kizuna.flows import portfolio, snapshots, taking
from kizuna.flows.portfolio import Question
from kizuna.jobs import queue
from kizuna.relationships import criterion as criteria
from kizuna.relationships import indicators, reckoning, reference, stocks
from kizuna.relationships import snapshots as stored
from kizuna.relationships.indicators import IndicatorView
from kizuna.relationships.population import Events, FactColumns, Weighted
from kizuna.relationships.reckoning import Reckoned
from kizuna.tracking import columns as journal

if TYPE_CHECKING:
    from kizuna.relationships.population import Ints
    from kizuna.shops.models import Shop

RECOMPUTED = "recomputed"
TOGETHER = 100_000
_WORDS = {
    "R": "the last purchase",
    "F": "the stock of purchases (F)",
    "M": "the stock of money spent (M)",
    "V": "the stock of visits (V)",
    "E": "the stock of mails (E)",
}


@dataclass
class Report:
    """What was compared, what differed in words, and the seconds spent reading, computing and writing.

    notes: what a snapshot says otherwise because facts were added or corrected after it; that is no difference.
    """

    identities: int = 0
    visits: int = 0
    customers: int = 0
    mended: bool = False
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: {"reading": 0.0, "computing": 0.0, "writing": 0.0})

    @property
    def agrees(self) -> bool:
        """Nothing differed."""
        return not self.differences

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Add the time inside to reading, computing or writing."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] += time.perf_counter() - start


def verify(shop: "Shop") -> Report:
    """Reckon everything anew and say what differs; writes nothing."""
    report = Report()
    for portion in _portions(shop, report):
        _compare(portion, report)
    _compare_snapshot(shop, report)
    return report


def recompute(shop: "Shop", now: datetime) -> Report:
    """Reckon everything anew and write what differs; a last snapshot that differs gets a successor, it is not restated.

    What differs is reckoned a second time while no fact is taken in, so that a running shop is mended rightly.
    """
    report = verify(shop)
    if report.agrees and not report.notes:
        return report
    with transaction.atomic():
        links.lock(shop.pk)
        again = Report()
        for portion in _portions(shop, again):
            if _compare(portion, again):
                with again.timed("writing"):
                    _write(shop, portion)
    for what, seconds in again.seconds.items():
        report.seconds[what] += seconds
    with report.timed("writing"):
        if stored.find_last(shop.pk) is not None:
            snapshots.place_everybody(shop, RECOMPUTED, now)
    report.mended = True
    return report


@dataclass(frozen=True)
class _Portion:
    """Some identities: what is stored and what their facts come to."""

    bounds: tuple[int, int]
    stocks: stocks.StockColumns
    indicators: "dict[str, tuple[IndicatorView, portfolio.Floats]]"
    visits: reckoning.VisitRows
    reckoned: Reckoned


def _portions(shop: "Shop", report: Report) -> Iterator[_Portion]:
    with report.timed("reading"):
        facts = portfolio.gather(shop.pk, None)
        pages = journal.page_activity_columns(shop.pk)
        identities = np.unique(links.columns(shop.pk, None)[0])
        registered = indicators.list_indicators(shop.pk)
    with report.timed("computing"):
        facts, pages = _by_identity(facts), _ordered(pages)
    for start in range(0, len(identities), TOGETHER):
        some = identities[start : start + TOGETHER]
        bounds = int(some[0]), int(some[-1]) + 1
        with report.timed("reading"):
            mine = reckoning.aligned(stocks.columns_between(shop.pk, *bounds), some)
            further = {each.name: (each, _indicator(shop, each, some)) for each in registered}
            visits = journal.visit_rows(shop.pk, *bounds)
        with report.timed("computing"):
            reckoned = reckoning.reckon(some, _between(facts, bounds), _sliced(pages, bounds))
        report.identities += len(some)
        report.visits += len(reckoned.visits[0])
        queue.report(min(1.0, (start + TOGETHER) / len(identities)))
        yield _Portion(bounds, mine, further, visits, reckoned)


def _indicator(shop: "Shop", indicator: IndicatorView, some: "Ints") -> portfolio.Floats:
    identity, sums = stocks.indicator_columns(shop.pk, indicator.id, some.tolist())
    return reckoning.spread(sums, np.searchsorted(some, identity), len(some))


def _compare(portion: _Portion, report: Report) -> bool:
    """Note what differs in a portion; true if anything does."""
    before = len(report.differences)
    with report.timed("computing"):
        for name, rows in reckoning.differing(portion.stocks, portion.reckoned).items():
            if rows.any():
                first = portion.stocks.identity_id[rows][0]
                report.differences.append(
                    f"{_WORDS[name]} of {_many(int(rows.sum()), 'identity', 'identities')} differs (first: {first})"
                )
        for name, (_, sums) in portion.indicators.items():
            mine = portion.reckoned.indicators[name]
            rows = reckoning.apart(sums, mine, mine)
            if rows.any():
                many = _many(int(rows.sum()), "identity", "identities")
                report.differences.append(f"the stock of the indicator {name} of {many} differs")
        wrong = reckoning.differing_visits(portion.visits, portion.reckoned.visits)
        if wrong:
            report.differences.append(f"{_many(wrong, 'visit', 'visits')} stored otherwise than page views say")
    return len(report.differences) > before


def _write(shop: "Shop", portion: _Portion) -> None:
    reckoned = portion.reckoned
    found = reckoning.differing(portion.stocks, reckoned)
    rows = np.logical_or.reduce(list(found.values()))
    stocks.restate(shop.pk, reckoning.chosen(reckoned.stocks, rows))
    for name, (indicator, sums) in portion.indicators.items():
        mine = reckoned.indicators[name]
        rows = reckoning.apart(sums, mine, mine)
        stocks.replace_indicator(shop.pk, indicator.id, reckoned.stocks.identity_id[rows], mine[rows])
    if reckoning.differing_visits(portion.visits, reckoned.visits):
        journal.replace_visits(shop.pk, *portion.bounds, reckoned.visits)


def _compare_snapshot(shop: "Shop", report: Report) -> None:
    """Rebuild the last snapshot with its own criterion, reference and predecessor, and compare it to the last digit.

    A snapshot is never restated: where its facts are not those of then any more, what differs is noted, no failure.
    """
    last = stored.find_last(shop.pk)
    if last is None:
        return
    with report.timed("reading"):
        criterion = criteria.get_by_id(shop.pk, last.criterion_id)
        frozen = reference.find_by_id(shop.pk, last.reference_id)
        facts = portfolio.gather(shop.pk, last.as_of_us, criterion.indicators)
        kept = stored.columns(last)
        previous = None if last.previous_id is None else stored.get(shop.pk, last.previous_id)
    with report.timed("computing"):
        question = Question(last.as_of_us, criterion, frozen)
        changed = last.facts not in ("", taking.mark_of(shop, facts, question))
        found = report.notes if changed else report.differences
        if changed:
            found.append("facts changed since the last snapshot was made")
        measured = portfolio.measure_facts(shop, question, facts)
        shown = taking.shown_after(measured, previous)
        report.customers = len(measured.customer_id)
        if measured.customer_id.tolist() != kept.customer_id.tolist():
            found.append("the last snapshot holds other customers than the facts place by then")
            return
        compared = {
            "net profit over the period": measured.net_profit != kept.net_profit,
            "the relationship factor": np.abs(measured.rf - kept.rf) > 1e-9,
            "the segment shown": shown != kept.shown,
        }
    for words, rows in compared.items():
        if rows.any():
            many = _many(int(rows.sum()), "customer", "customers")
            found.append(f"{words} of {many} in the last snapshot differs")
    if (measured.cuts.n_star, measured.cuts.net_gain_minor) != (last.n_star, last.net_gain_minor):
        found.append("the cuts or the net gain of the last snapshot differ")


def _by_identity(facts: FactColumns) -> FactColumns:
    """All columns ordered by identity, so that a portion is a slice."""
    return replace(
        facts,
        purchases=_ordered(facts.purchases),
        money=_ordered_weighted(facts.money),
        emails=_ordered(facts.emails),
        indicators={name: _ordered(events) for name, events in facts.indicators.items()},
    )


def _between(facts: FactColumns, bounds: tuple[int, int]) -> FactColumns:
    money = _slice(facts.money[0], bounds)
    return replace(
        facts,
        purchases=_sliced(facts.purchases, bounds),
        money=(facts.money[0][money], facts.money[1][money], facts.money[2][money]),
        emails=_sliced(facts.emails, bounds),
        indicators={name: _sliced(events, bounds) for name, events in facts.indicators.items()},
    )


def _ordered(events: Events) -> Events:
    order = np.argsort(events[0], kind="stable")
    return events[0][order], events[1][order]


def _ordered_weighted(events: Weighted) -> Weighted:
    order = np.argsort(events[0], kind="stable")
    return events[0][order], events[1][order], events[2][order]


def _slice(identity: "Ints", bounds: tuple[int, int]) -> slice:
    start, end = np.searchsorted(identity, bounds)
    return slice(int(start), int(end))


def _sliced(events: Events, bounds: tuple[int, int]) -> Events:
    part = _slice(events[0], bounds)
    return events[0][part], events[1][part]


def _many(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
