"""Wishes as lists: the board by stage of handling, the list with its filters page by page, counts.

What a single wish is and how it moves is in wishes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import batched
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from kizuna.conversations.models import ServiceRequest, Stage, WishStep
from kizuna.conversations.wishes import OPEN
from kizuna.tables.rows import of_shop

BOARD = (*OPEN, Stage.FULFILLED)
PAGE = 50
COLUMN = 30
MOST_COUNTED = 1_000
_WITH = ("kind", "department", "assignee", "customer")


@dataclass(frozen=True, slots=True)
class WishFilters:
    """What of the wishes is asked for; empty fields do not narrow it."""

    stages: tuple[str, ...] = ()
    department_ids: tuple[int, ...] = ()
    kind_id: int | None = None
    assignee_id: int | None = None
    priority: int | None = None
    customer_ids: tuple[int, ...] | None = None
    words: str = ""
    is_late: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One stage of the board: its first wishes and how many there are."""

    stage: Stage
    wishes: list[ServiceRequest]
    count: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.wishes)


@dataclass(frozen=True, slots=True)
class WishPage:
    """Some rows of the list and the cursor that continues it."""

    rows: list[ServiceRequest] = field(default_factory=list)
    next_cursor: str = ""


def board(shop_id: int, filters: WishFilters, now_us: int) -> list[Column]:
    """Show the wishes in hand by stage, what is due first on top; the customer's own order breaks ties."""
    chosen = _chosen(shop_id, filters, now_us)
    counts = dict(chosen.filter(stage__in=BOARD).order_by().values_list("stage").annotate(Count("pk")))
    return [
        Column(
            stage,
            list(chosen.filter(stage=stage).select_related(*_WITH).order_by("due_us", "own_priority", "id")[:COLUMN])
            if counts.get(stage)
            else [],
            counts.get(stage, 0),
        )
        for stage in BOARD
    ]


def list_page(shop_id: int, filters: WishFilters, now_us: int, cursor: str = "", size: int = PAGE) -> WishPage:
    """List wishes, the newest first; a cursor that cannot be read begins anew."""
    rows = _chosen(shop_id, filters, now_us).select_related(*_WITH).order_by("-forwarded_us", "-id")
    after = read_cursor(cursor)
    if after is not None:
        rows = rows.filter(Q(forwarded_us__lt=after[0]) | Q(forwarded_us=after[0], pk__lt=after[1]))
    found = list(rows[: size + 1])
    following = found[size - 1] if len(found) > size else None
    return WishPage(found[:size], "" if following is None else f"{following.forwarded_us}-{following.pk}")


def read_cursor(cursor: str) -> tuple[int, int] | None:
    """Read the cursor of a page; None where it is none."""
    forwarded, _, number = cursor.partition("-")
    if not (forwarded.isascii() and forwarded.isdigit() and number.isascii() and number.isdigit()):
        return None
    pair = int(forwarded), int(number)
    return pair if max(pair) < 2**63 else None


def count(shop_id: int, filters: WishFilters, now_us: int, cap: int = MOST_COUNTED) -> int:
    """Count the wishes that pass the filters, up to a cap."""
    return _chosen(shop_id, filters, now_us).order_by()[:cap].count()


def open_steps(wish_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Count (done, all) steps of wishes, for cards."""
    rows = WishStep.objects.filter(wish_id__in=list(wish_ids)).order_by().values_list("wish_id")
    counted = rows.annotate(every=Count("pk"), done=Count("pk", filter=~Q(done_us=None)))
    return {wish_id: (done, every) for wish_id, every, done in counted}


def customer_of(shop_id: int, public_id: UUID) -> int | None:
    """Find whose wish it is."""
    found = ServiceRequest.objects.filter(shop_id=shop_id, public_id=public_id)
    return found.values_list("customer_id", flat=True).first()


def follow(shop_id: int, owners: Mapping[int, int]) -> None:
    """Show the wishes of identities as those of the customers who have them now, {identity: customer}."""
    for part in batched(owners, 5_000):
        theirs = of_shop(ServiceRequest.objects.filter(identity_id__in=part), shop_id)
        for wish_id, identity_id, customer_id in theirs.values_list("id", "identity_id", "customer_id"):
            if customer_id != owners[identity_id or 0]:
                ServiceRequest.objects.filter(pk=wish_id).update(customer_id=owners[identity_id or 0])


def _chosen(shop_id: int, filters: WishFilters, now_us: int) -> QuerySet[ServiceRequest]:
    asked = Q(shop_id=shop_id)
    if filters.stages:
        asked &= Q(stage__in=filters.stages)
    if filters.department_ids:
        steps = WishStep.objects.filter(shop_id=shop_id, department_id__in=filters.department_ids, done_us=None)
        asked &= Q(department_id__in=filters.department_ids) | Q(pk__in=steps.values("wish_id"))
    for name in ("kind_id", "assignee_id", "priority"):
        value = getattr(filters, name)
        asked &= Q() if value is None else Q(**{name: value})
    if filters.customer_ids is not None:
        asked &= Q(customer_id__in=filters.customer_ids)
    for word in filters.words.split()[:8]:
        asked &= Q(title__icontains=word) | Q(text__icontains=word) | Q(customer__name__icontains=word)
    if filters.is_late:
        asked &= Q(due_us__lt=now_us, stage__in=OPEN)
    if filters.waits:
        asked &= Q(waits_since_us__isnull=False)
    return ServiceRequest.objects.filter(asked)
