"""The pump that moves what capture acknowledged from the inbox to facts, in short transactions with their cursor.

Killed at any point it starts again where the last commit ended, and nothing is lost or doubled. An event that we fail
to take is set aside alone: the rest of its batch goes on. What an event does is flows.facts.
"""

import logging
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError, transaction

from kizuna.flows import facts
from kizuna.flows.facts import Incoming, Taken
from kizuna.jobs import standing, turns
from kizuna.science import periods
from kizuna.shops import keys, tenants
from kizuna.tracking import aside, cursors, inbox, seen, wire
from kizuna.tracking.cursors import Position

if TYPE_CHECKING:
    from kizuna.shops.keys import SourceView
    from kizuna.shops.models import Shop
    from kizuna.tracking.aside import Waiting
    from kizuna.tracking.inbox import Inbox, Received

EVENTS_AT_ONCE = 400
REQUESTS_AT_ONCE = 400
BYTES_AT_ONCE = 2 * 1024 * 1024
RETRIED_AT_ONCE = 200
LONGEST_LOGGED = 32 * 1024
TOO_MANY = 8
PRUNING = "inbox-pruning"
"""The turn to prune the inbox: held by a backup, whose copy of the inbox must have what its database has not."""
_PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_READONLY")
_log = logging.getLogger(__name__)


class AllFailed(RuntimeError):
    """Every event of a batch failed: the fault is ours, and setting all of them aside would only hide it."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """One event of a request, and where the cursor stands once it is taken."""

    request: "Received"
    raw: wire.RawEvent
    then: Position


@standing.pump("ingest", interval_s=0.05)
def process_pending(now: datetime) -> bool:
    """Take the next events of the inbox; True where there may be more."""
    return take_pending(inbox.open_inbox(), now)


@standing.every("ingest.prune", seconds=300)
def prune(now: datetime) -> None:
    """Let go of requests that were taken, unless a backup runs, and of message ids older than 30 days."""
    with turns.take_turn(PRUNING) as mine:
        if mine:
            inbox.open_inbox().prune_through(cursors.read(inbox.CURSOR).request_id)
    with transaction.atomic():
        seen.prune(periods.epoch_us(now) // periods.DAY_US, keys.list_file_sources())


def take_pending(box: "Inbox", now: datetime) -> bool:
    """Take the next few hundred events of an inbox in one transaction with the cursor; False where nothing waits.

    A passing fault of the database is raised, so that the worker tries again; the cursor has not moved then.
    """
    position, struck = cursors.read(inbox.CURSOR), cursors.read(inbox.STRUCK)
    requests = box.read_after(position.request_id, REQUESTS_AT_ONCE, BYTES_AT_ONCE)
    if not requests:
        return False
    cuts = list(islice(_cut(requests, position), EVENTS_AT_ONCE))
    then = cuts[-1].then if cuts else Position(requests[-1].id)
    sources = keys.find_sources({cut.request.source_id for cut in cuts})
    by_shop = _read(cuts, sources)
    with transaction.atomic():
        if cursors.lock(inbox.CURSOR) != position or cursors.read(inbox.STRUCK) != struck:
            return True
        for shop, incoming in by_shop:
            taken = take_safely(shop, incoming, periods.epoch_us(now))
            _check_fault(shop, taken, incoming[0].source_id, periods.epoch_us(now))
        cursors.move(inbox.CURSOR, then)
        keys.note_use(sorted(sources), [], now)
    return True


def take_safely(shop: "Shop", incoming: Sequence[Incoming], now_us: int) -> Taken:
    """Take events; where that fails, halve them until what fails is alone, set it aside, and take the others."""
    try:
        return facts.take(shop, incoming, now_us)
    except Exception as problem:
        if _is_passing(problem):
            raise
        if len(incoming) == 1:
            each = incoming[0]
            _log.exception("shop %s: an event was set aside: %r", shop.slug, each.raw.body[:LONGEST_LOGGED])
            aside.keep(each.source_id, each.raw, traceback.format_exc())
            return facts.take(shop, [facts.failed(each)], now_us)
    middle = len(incoming) // 2
    halves = [take_safely(shop, part, now_us) for part in (incoming[:middle], incoming[middle:])]
    return Taken(
        tuple(outcome for half in halves for outcome in half.outcomes),
        tuple(drop for half in halves for drop in half.drops),
    )


@standing.every("ingest.retry_set_aside", cron="41 * * * *")
def retry_set_aside(now: datetime) -> int:
    """Try again what was set aside, one by one; returns how many were taken now."""
    return sum(retry(each, now) for each in aside.list_waiting(RETRIED_AT_ONCE))


def retry(waiting: "Waiting", now: datetime) -> bool:
    """Try one event again that was set aside; says whether it was taken, and notes why not."""
    source = keys.find_sources({waiting.source_id}).get(waiting.source_id)
    if source is None:
        return False
    try:
        with transaction.atomic():
            if not aside.hold(waiting.id):
                return False
            shop = tenants.get_shop_by_id(source.shop_id)
            facts.take(shop, [facts.read(source.id, source.kind, waiting.raw, shop.currency)], periods.epoch_us(now))
            aside.forget([waiting.id])
    except Exception as problem:
        if _is_passing(problem):
            raise
        aside.note_attempt(waiting.id, traceback.format_exc())
        return False
    return True


def _is_passing(problem: Exception) -> bool:
    """Whether a fault lies in the database's circumstances (locked, full, gone) and not in what it was given."""
    if isinstance(problem, InterfaceError):
        return True
    name = getattr(problem.__cause__, "sqlite_errorname", None)
    return isinstance(problem, OperationalError) and (name is None or name.startswith(_PASSING))


def _check_fault(shop: "Shop", taken: Taken, source_id: int, now_us: int) -> None:
    """Where every event of a shop failed, try one that nothing can be wrong with; if that fails too, the fault is ours.

    Otherwise the events are to blame, and stay aside: whoever holds a public write key could stop all shops with them.
    """
    failed = [outcome for outcome in taken.outcomes if outcome == "internal_error"]
    if len(failed) < max(TOO_MANY, len(taken.outcomes)):
        return
    body = f'{{"anonymousId": "kizuna-probe", "messageId": "kizuna-probe-{now_us}"}}'
    harmless = wire.RawEvent("page", body.encode(), now_us)
    try:
        with transaction.atomic():
            facts.take(shop, [facts.read(source_id, "server", harmless, shop.currency)], now_us)
            transaction.set_rollback(True)
    except Exception as problem:
        if _is_passing(problem):
            raise
        raise AllFailed(f"none of {len(failed)} events could be taken: the fault is here, they stay") from problem


def _cut(requests: "Sequence[Received]", position: Position) -> Iterator[_Cut]:
    """Every event of the requests after the position, each with the position that follows it."""
    previous, skip = position.request_id, position.part
    for request in requests:
        events = list(wire.split(request.call, request.body, request.received_us))
        for number, raw in enumerate(events[skip:], start=skip + 1):
            then = Position(request.id) if number == len(events) else Position(previous, number)
            yield _Cut(request, raw, then)
        previous, skip = request.id, 0


def _read(cuts: Sequence[_Cut], sources: "dict[int, SourceView]") -> "list[tuple[Shop, list[Incoming]]]":
    """Read events outside of any transaction, shop by shop in their order; those of a vanished source are let go."""
    shops = {source.shop_id: tenants.get_shop_by_id(source.shop_id) for source in sources.values()}
    by_shop: dict[int, list[Incoming]] = {shop_id: [] for shop_id in shops}
    for cut in cuts:
        source = sources.get(cut.request.source_id)
        if source is None:
            _log.error("request %s came from a source that is gone: %r", cut.request.id, cut.raw.body[:2000])
            continue
        by_shop[source.shop_id].append(_read_one(source, cut.raw, shops[source.shop_id].currency))
    return [(shops[shop_id], incoming) for shop_id, incoming in by_shop.items() if incoming]


def _read_one(source: "SourceView", raw: wire.RawEvent, shop_currency: str) -> Incoming:
    try:
        return facts.read(source.id, source.kind, raw, shop_currency)
    except Exception:
        _log.exception("source %s: an event could not be read: %r", source.id, raw.body[:LONGEST_LOGGED])
        return facts.failed(Incoming(source.id, raw))
