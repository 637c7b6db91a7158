"""Forecasts as stored: a run for each shop and day, and what it says of each customer in parts found by one seek.

Here: writing a run in short steps that nobody sees before the last, and reading it. What a run says is reckoned in
flows.forecast. Columns as in snapshots (docs/decisions/0009); the two figures lists sort by also stand in Standing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import F
from numpy.typing import NDArray

from kizuna.relationships import packing
from kizuna.relationships.models import ForecastPart, ForecastRun, Standing

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Figures = Mapping[str, Any]

PART = 1_024
KEPT_RUNS = 2
KEPT_DAYS = 400
_VERSION = 1
_KINDS = ("<i8", "<f4", "<f4", "<f4", "<f4", "<i8", "<i8", "<i8")
_META = ("id", "day", "as_of_us", "terms", "method", "totals", "back_test", "customers", "made_at")


@dataclass(frozen=True)
class RunView:
    """A complete run without its parts."""

    id: int
    day: int
    as_of_us: int
    terms: Figures
    method: Figures
    totals: Mapping[str, Figures]
    back_test: Figures | None
    customers: int
    made_at: datetime


@dataclass(frozen=True)
class RunDraft:
    """What a run shall keep beside its parts."""

    day: int
    as_of_us: int
    terms: Figures
    method: Figures
    totals: Mapping[str, Figures]
    back_test: Figures | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a run says of one customer: still one (0 to 1), purchases and value ahead, each between low and high."""

    still: float
    purchases: float
    purchases_low: float
    purchases_high: float
    value_minor: int
    value_low_minor: int
    value_high_minor: int


@dataclass(frozen=True, slots=True)
class ForecastColumns:
    """`Outlook` in columns, in rows by customer id ascending."""

    customer_id: Ints
    still: Floats
    purchases: Floats
    purchases_low: Floats
    purchases_high: Floats
    value_minor: Ints
    value_low_minor: Ints
    value_high_minor: Ints

    def rows(self, start: int, end: int) -> "ForecastColumns":
        """Some rows of it."""
        return ForecastColumns(*(getattr(self, field.name)[start:end] for field in fields(self)))

    def find(self, customer_id: int) -> Outlook | None:
        """What is said of one customer."""
        row = int(np.searchsorted(self.customer_id, customer_id))
        if row == len(self.customer_id) or self.customer_id[row] != customer_id:
            return None
        return Outlook(*(getattr(self, field.name)[row].item() for field in fields(Outlook)))


NOBODY = ForecastColumns(*(np.empty(0, dtype=kind) for kind in _KINDS))


def begin(shop_id: int, draft: RunDraft, customers: int, now: datetime) -> int:
    """Store a run that nobody sees yet; returns its id. What an interrupted one left is deleted."""
    ForecastRun.objects.filter(shop_id=shop_id, complete=False).delete()
    row = ForecastRun.objects.create(
        shop_id=shop_id,
        day=draft.day,
        as_of_us=draft.as_of_us,
        terms=draft.terms,
        method=draft.method,
        totals=draft.totals,
        back_test=draft.back_test,
        customers=customers,
        made_at=now,
    )
    return row.pk


def add_parts(shop_id: int, run_id: int, columns: ForecastColumns) -> None:
    """Store what an unfinished run says of some customers, in parts of PART."""
    parts = (columns.rows(start, start + PART) for start in range(0, len(columns.customer_id), PART))
    ForecastPart.objects.bulk_create(
        ForecastPart(shop_id=shop_id, run_id=run_id, first_customer_id=int(part.customer_id[0]), columns=_pack(part))
        for part in parts
    )


def finish(shop_id: int, run_id: int) -> None:
    """Let a run be seen instead of an earlier one of its day; older runs keep their figures, not their parts."""
    run = ForecastRun.objects.get(shop_id=shop_id, pk=run_id)
    ForecastRun.objects.filter(shop_id=shop_id, day=run.day, complete=True).exclude(pk=run_id).delete()
    ForecastRun.objects.filter(shop_id=shop_id, pk=run_id).update(complete=True)
    ForecastRun.objects.filter(shop_id=shop_id, complete=True, day__lt=run.day - KEPT_DAYS).delete()
    newest = _complete(shop_id).values_list("pk", flat=True)[:KEPT_RUNS]
    ForecastPart.objects.filter(shop_id=shop_id).exclude(run_id__in=[*newest]).delete()


def forget(shop_id: int) -> None:
    """Delete every run of a shop: nobody has bought any more."""
    ForecastRun.objects.filter(shop_id=shop_id).delete()


def find_last(shop_id: int) -> RunView | None:
    """Find the newest complete run."""
    found = _complete(shop_id).values_list(*_META).first()
    return None if found is None else RunView(*found)


def find_outlook(shop_id: int, run: RunView, customer_id: int) -> Outlook | None:
    """Find what a run says of one customer; None for who had not bought by then."""
    return list_outlooks(shop_id, run, [customer_id]).get(customer_id)


def list_outlooks(shop_id: int, run: RunView, customer_ids: Sequence[int]) -> dict[int, Outlook]:
    """Read what a run says of these customers, one seek for each that is not in a part already read."""
    found: dict[int, Outlook] = {}
    part: ForecastColumns | None = None
    for customer in sorted(set(customer_ids)):
        if part is None or customer > part.customer_id[-1]:
            part = _part_with(shop_id, run.id, customer) or part
        outlook = None if part is None else part.find(customer)
        if outlook is not None:
            found[customer] = outlook
    return found


def read_parts(shop_id: int, run: RunView) -> Iterator[ForecastColumns]:
    """Read a whole run, part by part, customers ascending."""
    rows = ForecastPart.objects.filter(shop_id=shop_id, run_id=run.id).order_by("first_customer_id")
    for packed in rows.values_list("columns", flat=True).iterator(64):
        yield _unpack(bytes(packed))


def columns(shop_id: int, run: RunView) -> ForecastColumns:
    """Read a whole run at once; empty where its parts were let go."""
    parts = list(read_parts(shop_id, run))
    if not parts:
        return NOBODY
    return ForecastColumns(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(ForecastColumns))
    )


def note(shop_id: int, columns: ForecastColumns) -> int:
    """Write value and likelihood to the standings of these customers where they differ; returns how many changed."""
    told = list(
        zip(columns.customer_id.tolist(), columns.value_minor.tolist(), columns.still.round(4).tolist(), strict=True)
    )
    known = _noted(shop_id, columns.customer_id)
    changed = [row for row in told if row[0] in known and known[row[0]] != (row[1], row[2])]
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE relationships_standing SET expected_value_minor = %s, still_customer = %s"
            " WHERE customer_id = %s AND shop_id = %s",
            [(value, still, customer, shop_id) for customer, value, still in changed],
        )
    return len(changed)


def list_absent(shop_id: int, present: Ints) -> Ints:
    """List the customers whose standings carry figures though a run does not speak of them."""
    noted = Standing.objects.filter(shop_id=shop_id, expected_value_minor__isnull=False)
    before = np.fromiter(noted.values_list("pk", flat=True).iterator(5_000), dtype=np.int64)
    return np.setdiff1d(before, present)


def unnote(shop_id: int, customer_id: Ints) -> None:
    """Take the figures off the standings of these customers."""
    some = Standing.objects.annotate(bare_shop=F("shop_id") + 0).filter(bare_shop=shop_id, pk__in=customer_id.tolist())
    some.update(expected_value_minor=None, still_customer=None)


def _noted(shop_id: int, customer_id: Ints) -> dict[int, tuple[int | None, float | None]]:
    """What the standings of these customers say now, looked up by key: a range of ids may hold a million visitors."""
    rows = Standing.objects.annotate(bare_shop=F("shop_id") + 0).filter(bare_shop=shop_id, pk__in=customer_id.tolist())
    told = rows.values_list("pk", "expected_value_minor", "still_customer")
    return {pk: (value, still) for pk, value, still in told}


def _complete(shop_id: int) -> Any:
    return ForecastRun.objects.filter(shop_id=shop_id, complete=True).order_by("-as_of_us", "-id")


def _part_with(shop_id: int, run_id: int, customer_id: int) -> ForecastColumns | None:
    rows = ForecastPart.objects.filter(shop_id=shop_id, run_id=run_id, first_customer_id__lte=customer_id)
    packed = rows.order_by("-first_customer_id").values_list("columns", flat=True).first()
    return None if packed is None else _unpack(bytes(packed))


def _pack(columns: ForecastColumns) -> bytes:
    steps = np.diff(columns.customer_id, prepend=0)
    rest = (getattr(columns, field.name) for field in fields(columns)[1:])
    return packing.pack(_VERSION, [each.astype(kind) for each, kind in zip((steps, *rest), _KINDS, strict=True)])


def _unpack(packed: bytes) -> ForecastColumns:
    columns = packing.unpack(packed, _VERSION, _KINDS)
    steps, *value = (columns[place].astype(np.int64) for place in (0, 5, 6, 7))
    still, mean, low, high = (column.astype(np.float64) for column in columns[1:5])
    return ForecastColumns(np.cumsum(steps), still, mean, low, high, *value)
