"""`import_events`: events in the shape of the Segment wire, one JSON object a line, as the live door takes them.

An event needs its own time; without a messageId it gets one from its content, and a shop's imported ids are kept for
ever, so that repeating a file changes nothing. What an event does is flows.facts.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

from django.db import transaction

from kizuna.flows import facts, ingest, snapshots
from kizuna.flows.imports import tables
from kizuna.flows.imports.report import Progress, Report
from kizuna.flows.imports.sheets import SheetFile
from kizuna.science.periods import epoch_us
from kizuna.shops import sources
from kizuna.tracking import wire
from kizuna.tracking.arrivals import ACCEPTED
from kizuna.tracking.wire import RawEvent, Unreadable

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

DUPLICATE = "duplicate"
_TOGETHER = 100
_TIMES = ("timestamp", "originalTimestamp")


def import_events(shop: "Shop", file: SheetFile, now: datetime, progress: Progress | None = None) -> Report:
    """Import a file of events, gzip or not; what is not taken is in the report with its line and field."""
    note = progress or (lambda doing, done, whole: None)
    report = Report(f"{file.path.name}: one event a line", dry_run=file.dry_run)
    report.counts = {"rows read": 0, "rows taken": 0, "events new": 0, "events as before": 0}
    source = sources.get_own_source(shop, sources.FILES)
    now_us = epoch_us(now)
    whole = tables.count_lines(file.path)
    for some in batched(_read(file, report, now_us), _TOGETHER):
        incoming = [facts.read(source.pk, source.kind, raw, shop.currency) for _, raw in some]
        with transaction.atomic():
            taken = ingest.take_safely(shop, incoming, now_us)
            if file.dry_run:
                transaction.set_rollback(True)
        _count(report, [row for row, _ in some], taken)
        note("Taking events", report.counts["rows read"], max(whole, report.counts["rows read"]))
    if report.counts["events new"] and not file.dry_run:
        snapshots.settle(shop, now)
    return report


def _read(file: SheetFile, report: Report, now_us: int) -> Iterator[tuple[int, RawEvent]]:
    for row, line in enumerate(tables.read_lines(file.path), start=1):
        if not line.strip():
            continue
        report.add("rows read")
        try:
            event = wire.read_object(line)
        except Unreadable as problem:
            report.refuse(row, "event", f"is not JSON: {problem}")
            continue
        if all(event.get(name) is None for name in _TIMES):
            report.refuse(row, "timestamp", "is missing: an event from a file needs the time at which it happened")
            continue
        yield row, RawEvent("", json.dumps(_as_told(event)).encode(), now_us)


def _as_told(event: dict[str, Any]) -> dict[str, Any]:
    """An event that was sent long ago: its `timestamp` is right already, and no clock is to be corrected by now."""
    kept = {name: value for name, value in event.items() if name not in ("sentAt", "receivedAt")}
    if kept.get("timestamp") is not None:
        kept.pop("originalTimestamp", None)
    return kept


def _count(report: Report, rows: Sequence[int], taken: facts.Taken) -> None:
    for row, outcome, drop in zip(rows, taken.outcomes, taken.drops, strict=True):
        if outcome == ACCEPTED:
            report.add("events new")
        elif outcome == DUPLICATE:
            report.add("events as before")
        else:
            field, detail = (drop.field, drop.detail) if drop else ("event", "could not be taken; the log says why")
            report.refuse(row, field, f"{detail} ({outcome})")
            continue
        report.add("rows taken")
