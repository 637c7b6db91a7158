"""Visits as they are stored: page activity taken in as it arrives, in whatever order, with the result of a full cut.

The rule of 30 minutes is science.visits; here it meets the table. Whose visits they are follows from the visitor key.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from kizuna.science.visits import GAP_US, Interval, absorb
from kizuna.tables.rows import of_shop
from kizuna.tracking.models import Visit

_INSERT = "INSERT INTO tracking_visit (shop_id, identity_id, first_us, last_us, pages) VALUES (%s, %s, %s, %s, %s)"
_UPDATE = "UPDATE tracking_visit SET first_us = %s, last_us = %s, pages = %s WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Correction:
    """What to add to the stock V of a visitor key: +1 or -1 at an instant."""

    identity_id: int
    happened_us: int
    weight: int


def take_in(shop_id: int, activity: Sequence[tuple[int, int]]) -> list[Correction]:
    """Take in page activity, (visitor identity, instant), each once; returns the corrections of V.

    Exact whatever the order of arrival: two events 40 minutes apart become one visit when the one between arrives.
    """
    if not activity:
        return []
    events: dict[int, list[int]] = defaultdict(list)
    for identity_id, at_us in activity:
        events[identity_id].append(at_us)
    stored = _load(shop_id, events)
    corrections: dict[tuple[int, int], int] = defaultdict(int)
    after: dict[int, list[Interval]] = {}
    for identity_id, instants in events.items():
        visits = after[identity_id] = sorted(stored[identity_id], key=_first)
        for at_us in instants:
            place = bisect_left(visits, at_us, key=_first)
            change = absorb(visits[max(place - 1, 0) : place + 1], at_us)
            for replaced in change.replaced:
                visits.remove(replaced)
            insort(visits, change.visit, key=_first)
            for instant, weight in change.corrections:
                corrections[identity_id, instant] += weight
    _store(shop_id, stored, after)
    return [Correction(*who_when, weight) for who_when, weight in corrections.items() if weight]


def _first(visit: Interval) -> int:
    return visit.first_us


def _load(shop_id: int, events: dict[int, list[int]]) -> dict[int, dict[Interval, int]]:
    """Read the visits that the events may touch, with their rows."""
    earliest = min(min(instants) for instants in events.values()) - GAP_US
    latest = max(max(instants) for instants in events.values()) + GAP_US
    stored: dict[int, dict[Interval, int]] = {identity_id: {} for identity_id in events}
    rows = Visit.objects.filter(
        shop_id=shop_id, identity_id__in=list(events), first_us__lt=latest, last_us__gt=earliest
    )
    for row, identity_id, first, last, pages in rows.values_list("id", "identity_id", "first_us", "last_us", "pages"):
        stored[identity_id][Interval(first, last, pages)] = row
    return stored


def _store(shop_id: int, stored: dict[int, dict[Interval, int]], after: dict[int, list[Interval]]) -> None:
    """Write what differs; a visit that grew keeps its row."""
    inserts: list[tuple[int, ...]] = []
    updates: list[tuple[int, ...]] = []
    gone: list[int] = []
    for identity_id, visits in after.items():
        before = stored[identity_id]
        kept = set(visits)
        free = [row for visit, row in before.items() if visit not in kept]
        for visit in visits:
            if visit in before:
                continue
            if free:
                updates.append((visit.first_us, visit.last_us, visit.pages, free.pop()))
            else:
                inserts.append((shop_id, identity_id, visit.first_us, visit.last_us, visit.pages))
        gone += free
    with connection.cursor() as cursor:
        if inserts:
            cursor.executemany(_INSERT, inserts)
        if updates:
            cursor.executemany(_UPDATE, updates)
    if gone:
        of_shop(Visit.objects.filter(id__in=gone), shop_id).delete()
