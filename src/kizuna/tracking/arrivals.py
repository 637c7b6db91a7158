"""What the live debugger shows: the newest arrivals of a shop with what became of them, and every drop counted.

Only the newest couple of thousand lines are kept, and of a batch full of events that were taken a sample; the counts
per source, day and reason stay.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max, Sum

from kizuna.tracking.models import Arrival, DropCount

KEPT = 2000
TAKEN_AT_ONCE = 60
LONGEST_BODY = 8192
ACCEPTED = "accepted"
OUTCOMES = {
    ACCEPTED: "taken",
    "duplicate": "came before",
    "bad_json": "not readable as JSON",
    "too_large": "larger than 32 KB",
    "unknown_type": "an unknown type of call",
    "missing": "a required field is missing",
    "wrong_type": "a field has the wrong type",
    "too_long": "an identifier is too long",
    "too_deep": "nested too deeply",
    "bad_number": "a number that cannot be stored",
    "bad_time": "a time that cannot be right",
    "bad_order": "an order that makes no sense",
    "unknown_rate": "its currency has no exchange rate",
    "no_identity": "nobody it could belong to",
    "robot": "from a robot",
    "erased": "named a customer who was erased before it was taken",
    "internal_error": "we failed to take it; it is kept in the log",
}
"""Every outcome and what it means in words."""

_INSERT = (
    "INSERT INTO tracking_arrival (shop_id, source_id, received_us, call, name, who, outcome, detail, body)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_COUNT = (
    "INSERT INTO tracking_dropcount (shop_id, source_id, day, outcome, count) VALUES (%s, %s, %s, %s, %s)"
    " ON CONFLICT (shop_id, source_id, day, outcome) DO UPDATE SET count = tracking_dropcount.count + excluded.count"
)


@dataclass(frozen=True, slots=True)
class NewArrival:
    """One event as it came, and what became of it."""

    source_id: int
    received_us: int
    call: str
    name: str
    who: str
    outcome: str
    detail: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Filters:
    """Which arrivals to show; None shows all."""

    source_id: int | None = None
    outcome: str | None = None
    dropped_only: bool = False
    text: str = ""


def record(shop_id: int, arrivals: Sequence[NewArrival], day: int) -> int:
    """Store arrivals and count the drops of a UTC day; returns the newest arrival's id (0 without any).

    Of many that were taken together, evenly chosen ones are stored; of those dropped, every one.
    """
    drops = Counter((each.source_id, each.outcome) for each in arrivals if each.outcome != ACCEPTED)
    rows = [
        (
            shop_id,
            each.source_id,
            each.received_us,
            each.call[:10],
            each.name[:80],
            each.who[:255],
            each.outcome[:40],
            each.detail[:255],
            each.body[:LONGEST_BODY].decode("utf-8", "replace").replace("\x00", ""),
        )
        for each in _chosen(arrivals[-KEPT:])
    ]
    with connection.cursor() as cursor:
        if rows:
            cursor.executemany(_INSERT, rows)
        if drops:
            counted = [(shop_id, source, day, outcome, count) for (source, outcome), count in sorted(drops.items())]
            cursor.executemany(_COUNT, counted)
    return newest_id(shop_id) if rows else 0


def _chosen(arrivals: Sequence[NewArrival]) -> list[NewArrival]:
    taken = [place for place, each in enumerate(arrivals) if each.outcome == ACCEPTED]
    if len(taken) <= TAKEN_AT_ONCE:
        return list(arrivals)
    shown = {taken[-1 - number * len(taken) // TAKEN_AT_ONCE] for number in range(TAKEN_AT_ONCE)}
    return [each for place, each in enumerate(arrivals) if each.outcome != ACCEPTED or place in shown]


def newest_id(shop_id: int) -> int:
    """Find the id of a shop's newest arrival, 0 where there is none."""
    return Arrival.objects.filter(shop_id=shop_id).aggregate(newest=Max("id"))["newest"] or 0


def list_newest(shop_id: int, after_id: int, filters: Filters, limit: int) -> list[Arrival]:
    """List arrivals after an id, the newest first."""
    rows = Arrival.objects.filter(shop_id=shop_id, id__gt=after_id)
    if filters.source_id is not None:
        rows = rows.filter(source_id=filters.source_id)
    if filters.outcome is not None:
        rows = rows.filter(outcome=filters.outcome)
    if filters.dropped_only:
        rows = rows.exclude(outcome=ACCEPTED)
    if filters.text:
        rows = rows.filter(name__icontains=filters.text) | rows.filter(who__icontains=filters.text)
    return list(rows.order_by("-id")[:limit])


def count_drops(shop_id: int, from_day: int) -> dict[str, int]:
    """Count what was dropped since a UTC day, by outcome."""
    rows = DropCount.objects.filter(shop_id=shop_id, day__gte=from_day).values("outcome").annotate(sum=Sum("count"))
    return {row["outcome"]: row["sum"] for row in rows}


def prune(shop_ids: Collection[int]) -> None:
    """Let go of all but the newest lines of each shop."""
    for shop_id in shop_ids:
        rows = Arrival.objects.filter(shop_id=shop_id).order_by("-id")
        last = rows.values_list("id", flat=True)[KEPT : KEPT + 1].first()
        if last is not None:
            Arrival.objects.filter(shop_id=shop_id, id__lte=last)._raw_delete("default")
