"""Lists of customers read from Standing: filtered, sorted, paged by key, counted; never from facts.

A page is found by index, however deep: `list_page` continues after the last row's (value, id), and rows without a
value come last in either direction. A filter that leaves few is looked up first and its rows sorted; filters that leave
many are tested while walking the index of the order. Moves between segments are in relationships.moves.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat

from kizuna.relationships.models import Standing

SORTS = {
    "profit": "net_profit_minor",
    "factor": "rf",
    "ordered": "last_order_us",
    "seen": "last_seen_us",
    "name": "label",
    "value": "expected_value_minor",
}
RISING_FIRST = frozenset({"name"})
NOT_PLACED = "none"
PAGE = 50
FEW = 5_000
TESTED = frozenset({"known", "still_customer"})
"""Filters that no index holds: they are tested while walking."""
SEGMENT_INDEXES = frozenset({"net_profit_minor", "rf", "last_order_us"})


@dataclass(frozen=True)
class Between:
    """A closed range; None leaves that side open."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Filters:
    """Which customers: every field narrows; `customer_ids` is what a search or a selection found."""

    segments: tuple[str, ...] = ()
    known: bool | None = None
    country: str = ""
    factor: Between = Between()
    profit_minor: Between = Between()
    ordered_us: Between = Between()
    still: Between = Between()
    customer_ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Order:
    """In which order; names of SORTS."""

    sort: str = "profit"
    rising: bool = False


@dataclass(frozen=True)
class Page:
    """One page of a list and where the next begins; None: this was the last."""

    rows: list[Standing]
    next_cursor: str | None


class Dot(NamedTuple):
    """A placed customer's place on the portfolio."""

    public_id: UUID
    label: str
    segment: str
    rf: float
    net_profit_minor: int


@dataclass(frozen=True)
class SegmentTotal:
    """How many customers a segment has and what they bring."""

    customers: int
    net_profit_minor: int


def list_page(shop_id: int, filters: Filters, order: Order, cursor: str = "", size: int = PAGE) -> Page:
    """List one page; an unreadable cursor begins at the start."""
    column = SORTS[order.sort]
    rows: list[Standing] = []
    after = _read_cursor(cursor, _kind_of(column))
    for stage in _stages(_ordered(shop_id, filters, column), column, order.rising, after):
        rows += stage.select_related("customer")[: size + 1 - len(rows)]
        if len(rows) > size:
            break
    if len(rows) <= size:
        return Page(rows, None)
    last = rows[size - 1]
    return Page(rows[:size], _write_cursor(getattr(last, column), last.pk))


def is_cursor(cursor: str, sort: str) -> bool:
    """Say whether a page of this order can begin at a cursor; the empty one is the start."""
    return not cursor or _read_cursor(cursor, _kind_of(SORTS[sort])) is not None


def count(shop_id: int, filters: Filters, cap: int = 1_000) -> int:
    """Count the customers a filter leaves, up to a cap."""
    return _chosen(shop_id, filters).order_by().values("pk")[:cap].count()


def segment_totals(shop_id: int, filters: Filters | None = None) -> dict[str, SegmentTotal]:
    """Count customers and sum net profit per segment; the empty segment holds those not yet placed."""
    rows = (
        _chosen(shop_id, filters or Filters())
        .annotate(letter=Concat("segment", Value("")) if filters and filters.country else F("segment"))
        .order_by()
        .values_list("letter")
        .annotate(customers=Count("pk"), profit=Sum("net_profit_minor"))
    )
    return {segment: SegmentTotal(customers, profit or 0) for segment, customers, profit in rows}


def list_countries(shop_id: int, most: int = 250) -> list[str]:
    """List the countries customers are in, by skipping through the index from one to the next."""
    found: list[str] = []
    countries = Standing.objects.filter(shop_id=shop_id).order_by("country").values_list("country", flat=True)
    following = countries.filter(country__gt="").first()
    while following is not None and len(found) < most:
        found.append(following)
        following = countries.filter(country__gt=following).first()
    return found


def list_dots(shop_id: int, filters: Filters, most: int) -> list[Dot]:
    """List the places of the placed customers with the highest net profit."""
    return _dots(_chosen(shop_id, filters).order_by("-net_profit_minor", "pk"), most)


def list_places(shop_id: int, public_ids: Sequence[UUID]) -> list[Dot]:
    """List the present places of these customers; those not placed are left out."""
    rows = Standing.objects.filter(shop_id=shop_id, customer__public_id__in=public_ids)
    return _dots(rows, len(public_ids))


def find_standing(shop_id: int, customer_id: int) -> Standing | None:
    """Find one customer's row."""
    return Standing.objects.filter(shop_id=shop_id, pk=customer_id).first()


def find_ids(shop_id: int, public_ids: Sequence[UUID]) -> list[int]:
    """Find the customers behind public ids, for a selection; strangers are left out."""
    rows = Standing.objects.filter(shop_id=shop_id, customer__public_id__in=public_ids)
    return list(rows.values_list("pk", flat=True))


def ids_in_country(shop_id: int, country: str) -> list[int]:
    """List the customers who are in a country today, for pictures of days that kept none."""
    return list(Standing.objects.filter(shop_id=shop_id, country=country).order_by().values_list("pk", flat=True))


def names_of(shop_id: int, customer_ids: Sequence[int]) -> dict[int, tuple[UUID, str]]:
    """Give the public id and label of customers."""
    rows = _among(shop_id, customer_ids)
    return {pk: (public_id, label) for pk, public_id, label in rows.values_list("pk", "customer__public_id", "label")}


def is_empty(shop_id: int) -> bool:
    """Say whether the shop has no customer at all."""
    return not Standing.objects.filter(shop_id=shop_id).exists()


def _chosen(shop_id: int, filters: Filters) -> QuerySet[Standing]:
    rows = Standing.objects.filter(shop_id=shop_id)
    if filters.customer_ids is not None:
        rows = _among(shop_id, filters.customer_ids)
    for condition in _conditions(filters).values():
        rows = rows.filter(condition)
    return rows


def _among(shop_id: int, customer_ids: Sequence[int]) -> QuerySet[Standing]:
    """Rows of these customers, looked up by key; the shop is tested so that no index of the shop is scanned instead."""
    rows = Standing.objects.annotate(bare_shop=F("shop_id") + 0)
    return rows.filter(bare_shop=shop_id, pk__in=customer_ids)


def _conditions(filters: Filters) -> dict[str, Q]:
    """What each filter asks of its column."""
    conditions = {}
    if filters.segments:
        letters = ["" if name == NOT_PLACED else name for name in filters.segments]
        conditions["segment"] = Q(segment=letters[0]) if len(letters) == 1 else Q(segment__in=letters)
    if filters.known is not None:
        conditions["known"] = Q(known=filters.known)
    if filters.country:
        conditions["country"] = Q(country=filters.country)
    for column, between in (
        ("rf", filters.factor),
        ("net_profit_minor", filters.profit_minor),
        ("last_order_us", filters.ordered_us),
        ("still_customer", filters.still),
    ):
        condition = Q()
        if between.low is not None:
            condition &= Q(**{f"{column}__gte": between.low})
        if between.high is not None:
            condition &= Q(**{f"{column}__lte": between.high})
        if condition:
            conditions[column] = condition
    return conditions


def _ordered(shop_id: int, filters: Filters, column: str) -> QuerySet[Standing]:
    """The chosen rows so that reading them in the order of a column stays quick, whatever the filters leave."""
    conditions = _conditions(filters)
    rows = Standing.objects.filter(shop_id=shop_id)
    if filters.customer_ids is not None:
        return _chosen(shop_id, filters)
    for name in [name for name in conditions if name not in {*TESTED, column}]:
        if name == "segment" and len(filters.segments) == 1 and column in SEGMENT_INDEXES:
            continue
        few = list(rows.filter(conditions[name]).values_list("pk", flat=True)[: FEW + 1])
        if len(few) <= FEW:
            return _chosen(shop_id, replace(filters, customer_ids=tuple(few)))
    return _walked(rows, filters, conditions, column)


def _walked(rows: QuerySet[Standing], filters: Filters, conditions: dict[str, Q], column: str) -> QuerySet[Standing]:
    """Rows to be read along the index of the order: other columns are wrapped so that no index of theirs tempts."""
    for name, condition in conditions.items():
        if name == "segment" and (len(filters.segments) > 1 or column not in SEGMENT_INDEXES):
            letters = ["" if each == NOT_PLACED else each for each in filters.segments]
            rows = rows.annotate(bare_segment=Concat("segment", Value(""))).filter(bare_segment__in=letters)
        elif name == "country" and column != "net_profit_minor":
            rows = rows.annotate(bare_country=Concat("country", Value(""))).filter(bare_country=filters.country)
        else:
            rows = rows.filter(condition)
    return rows


def _dots(rows: QuerySet[Standing], most: int) -> list[Dot]:
    placed = rows.filter(net_profit_minor__isnull=False, rf__isnull=False)
    fields = placed.values_list("customer__public_id", "label", "segment", "rf", "net_profit_minor")[:most]
    return [Dot(public_id, label, segment, rf or 0.0, profit or 0) for public_id, label, segment, rf, profit in fields]


def _stages(
    chosen: QuerySet[Standing], column: str, rising: bool, after: tuple[object, int] | None
) -> list[QuerySet[Standing]]:
    """The list in pieces, each one seek: the rest of the tie, then what follows, then rows without a value."""
    order = (column, "-pk") if rising else (f"-{column}", "pk")
    tie_after = "pk__lt" if rising else "pk__gt"
    valued = chosen.filter(**{f"{column}__isnull": False}).order_by(*order)
    without = chosen.filter(**{f"{column}__isnull": True}).order_by("pk")
    if after is None:
        return [valued, without]
    value, last_id = after
    if value is None:
        return [without.filter(pk__gt=last_id)]
    beyond = f"{column}__gt" if rising else f"{column}__lt"
    return [valued.filter(**{column: value, tie_after: last_id}), valued.filter(**{beyond: value}), without]


def _write_cursor(value: object, last_id: int) -> str:
    return urlsafe_b64encode(json.dumps([value, last_id]).encode()).decode().rstrip("=")


def _kind_of(column: str) -> type | tuple[type, ...]:
    return str if column == "label" else (int, float)


def _read_cursor(cursor: str, kind: type | tuple[type, ...]) -> tuple[object, int] | None:
    if not cursor:
        return None
    try:
        value, last_id = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError):
        return None
    fits = value is None or isinstance(value, kind)
    return (value, last_id) if fits and isinstance(last_id, int) else None
