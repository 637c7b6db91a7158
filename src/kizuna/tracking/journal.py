"""The journal: facts stored in bulk; a fact is never changed. Reading them as columns is tracking.columns.

Day and month are written in the shop's zone with the fact. The cap on E, at most three mails per identity and
shop-local day, is applied when a fact is stored (model, section 2).
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from kizuna.science import periods
from kizuna.tables import public_ids
from kizuna.tables import rows as rows_of
from kizuna.tracking.models import Fact
from kizuna.tracking.plan import EventShape

MOST_MAILS_A_DAY = 3
_INSERT = (
    "INSERT INTO tracking_fact (public_id, shop_id, identity_id, visitor_id, source_id, happened_us, received_us, day,"
    " month, name, channel, direction, about, is_transaction, is_page_activity, counts_email, came_from, message_id,"
    " properties) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


@dataclass(frozen=True, slots=True)
class NewFact:
    """A fact to be stored, of an identity that is known."""

    identity_id: int
    source_id: int
    happened_us: int
    received_us: int
    shape: EventShape
    message_id: str
    properties: dict[str, Any]
    visitor_id: int | None = None
    is_human_mail: bool = False
    came_from: str = ""


def record(shop_id: int, zone: ZoneInfo, facts: Sequence[NewFact]) -> list[bool]:
    """Store facts of a shop; returns which of them count in E."""
    if not facts:
        return []
    days = periods.day_indices(np.array([fact.happened_us for fact in facts], dtype=np.int64), zone)
    months = periods.month_indices(days)
    counting = _counting_mails(shop_id, facts, days.tolist())
    rows = [
        (
            public_ids.make(fact.happened_us).hex,
            shop_id,
            fact.identity_id,
            fact.visitor_id,
            fact.source_id,
            fact.happened_us,
            fact.received_us,
            day,
            month,
            fact.shape.name,
            int(fact.shape.channel),
            int(fact.shape.direction),
            int(fact.shape.about),
            fact.shape.is_transaction,
            fact.shape.is_page_activity,
            counts,
            fact.came_from,
            fact.message_id,
            json.dumps(fact.properties, ensure_ascii=False),
        )
        for fact, day, month, counts in zip(facts, days.tolist(), months.tolist(), counting, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)
    return counting


def rebuild_days(shop_id: int, zone: ZoneInfo, after_id: int) -> int | None:
    """Write day and month of the next facts anew, for a shop that changed its zone; the last id, None at the end."""
    calendar = partial(periods.days_and_months, zone=zone)
    return rows_of.rewrite_days("tracking_fact", "happened_us", shop_id, after_id, calendar)


def _counting_mails(shop_id: int, facts: Sequence[NewFact], days: Sequence[int]) -> list[bool]:
    writers = {fact.identity_id for fact in facts if fact.is_human_mail}
    if not writers:
        return [False] * len(facts)
    spent: Counter[tuple[int, int]] = Counter()
    asked = {day for fact, day in zip(facts, days, strict=True) if fact.is_human_mail}
    rows = Fact.objects.filter(
        shop_id=shop_id, identity_id__in=writers, counts_email=True, day__gte=min(asked), day__lte=max(asked)
    )
    spent.update(rows.values_list("identity_id", "day"))
    counting = []
    for fact, day in zip(facts, days, strict=True):
        counts = fact.is_human_mail and spent[fact.identity_id, day] < MOST_MAILS_A_DAY
        spent[fact.identity_id, day] += counts
        counting.append(counts)
    return counting
