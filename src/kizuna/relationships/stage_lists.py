"""Lists and columns over kept stages: who stands where, page by page, and everything at once for reports.

Who has no row is at stage 0; whether somebody is a target customer is their shown segment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db.models import Count, F, Q, QuerySet
from numpy.typing import NDArray

from kizuna.relationships.models import StageMove, StageStanding

type Ints = NDArray[np.int64]

TARGET = ("A", "B")
"""The segments whose customers must be retained or strengthened: those that stages are shown for."""
PAGE = 25
_CHUNK = 20_000
_SHOWN = (
    "customer_id",
    "customer__public_id",
    "customer__standing__label",
    "customer__standing__segment",
    "customer__standing__rf",
    "stage",
    "highest",
    "cycles",
    "depth",
    "since_us",
    "last_talk_us",
    "dormant",
)


@dataclass(frozen=True, slots=True)
class StageRow:
    """One customer of a list."""

    customer_id: int
    public_id: UUID
    label: str
    segment: str
    rf: float | None
    stage: int
    highest: int
    cycles: int
    depth: int
    since_us: int | None
    last_talk_us: int | None
    dormant: bool


@dataclass(frozen=True, slots=True)
class StageFilter:
    """Whom to list: a highest stage, target customers only, dormant or not; None does not narrow."""

    stage: int | None = None
    target_only: bool = True
    dormant: bool | None = None


def list_page(shop_id: int, wanted: StageFilter, page: int, size: int = PAGE) -> tuple[list[StageRow], bool]:
    """List one page, who reached their stage last first; (it, whether another follows)."""
    rows = _chosen(shop_id, wanted).order_by("-highest", F("since_us").desc(nulls_last=True), "customer_id")
    found = list(rows.values_list(*_SHOWN)[page * size : (page + 1) * size + 1])
    return [StageRow(*row) for row in found[:size]], len(found) > size


def iterate(shop_id: int, wanted: StageFilter) -> Iterator[StageRow]:
    """Give everybody whom a filter leaves, for a file."""
    rows = _chosen(shop_id, wanted).order_by("-highest", "customer_id")
    return (StageRow(*row) for row in rows.values_list(*_SHOWN).iterator(_CHUNK))


def counts(shop_id: int, *, target_only: bool) -> dict[int, tuple[int, int]]:
    """Count customers by highest stage, and the dormant among them; stage 0 only of those who have a row."""
    rows = _chosen(shop_id, StageFilter(target_only=target_only)).order_by().values_list("highest")
    found = rows.annotate(all=Count("customer_id"), dormant=Count("customer_id", filter=Q(dormant=True)))
    return {highest: (everybody, dormant) for highest, everybody, dormant in found}


def list_unspoken(shop_id: int, before_us: int, limit: int) -> list[StageRow]:
    """List target customers whom nobody has talked with since an instant, the strongest first."""
    rows = _chosen(shop_id, StageFilter()).filter(last_talk_us__lt=before_us, dormant=False)
    ordered = rows.order_by(F("customer__standing__rf").desc(nulls_last=True), "customer_id")
    return [StageRow(*row) for row in ordered.values_list(*_SHOWN)[:limit]]


@dataclass(frozen=True, slots=True, eq=False)
class MoveColumns:
    """The moves that raised somebody's highest stage, column by column, by customer and time."""

    customer_id: Ints
    at_us: Ints
    stage: Ints
    cause: list[str]
    via_portal: list[bool]


def move_columns(shop_id: int) -> MoveColumns:
    """Read when each customer first reached each stage, and what caused it."""
    rows = StageMove.objects.filter(shop_id=shop_id).order_by("customer_id", "number")
    seen: dict[int, int] = {}
    kept = []
    for customer, at_us, to_stage, cause, via in rows.values_list(
        "customer_id", "at_us", "to_stage", "cause", "via_portal"
    ).iterator(_CHUNK):
        if to_stage > seen.get(customer, 0):
            seen[customer] = to_stage
            kept.append((customer, at_us, to_stage, cause, via))
    numbers = np.array([row[:3] for row in kept], dtype=np.int64).reshape(-1, 3)
    customer_id, at, stage = numbers.T
    return MoveColumns(customer_id, at, stage, [row[3] for row in kept], [row[4] for row in kept])


def _chosen(shop_id: int, wanted: StageFilter) -> "QuerySet[StageStanding]":
    rows = StageStanding.objects.filter(shop_id=shop_id)
    if wanted.stage is not None:
        rows = rows.filter(highest=wanted.stage)
    if wanted.target_only:
        rows = rows.filter(customer__standing__segment__in=TARGET)
    return rows if wanted.dormant is None else rows.filter(dormant=wanted.dormant)
