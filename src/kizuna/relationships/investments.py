"""What was put into relationships: every expense booked once to an identity, and sums over customers and time.

Nothing here lowers net profit or moves a cut of the portfolio (model, section 2): the room of portfolio never reads it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Sum
from numpy.typing import NDArray

from kizuna.relationships.models import Investment, InvestmentKind
from kizuna.tables import rows

__all__ = ["Booking", "InvestmentKind", "InvestmentView", "book", "columns", "correct", "list_of", "total_of"]

type Ints = NDArray[np.int64]

_TABLE = "relationships_investment"
_TOGETHER = 5_000
_BOOKED = (
    "identity_id",
    "kind",
    "amount_minor",
    "at_us",
    "source_kind",
    "source_ref",
    "minutes",
    "channel",
    "conversation_id",
    "wish_id",
    "person_id",
)
_SHOWN = (
    "id",
    "identity_id",
    "kind",
    "channel",
    "amount_minor",
    "minutes",
    "at_us",
    "source_kind",
    "source_ref",
    "conversation_id",
    "wish_id",
    "person_id",
    "corrected_at",
)


@dataclass(frozen=True, slots=True)
class Booking:
    """An expense to book; (source_kind, source_ref) names what it was for, so that it is booked once."""

    identity_id: int
    kind: str
    amount_minor: int
    at_us: int
    source_kind: str
    source_ref: str
    minutes: float = 0.0
    channel: str = ""
    conversation_id: int | None = None
    wish_id: int | None = None
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class InvestmentView:
    """One expense as it is kept."""

    id: int
    identity_id: int
    kind: str
    channel: str
    amount_minor: int
    minutes: float
    at_us: int
    source_kind: str
    source_ref: str
    conversation_id: int | None
    wish_id: int | None
    person_id: int | None
    corrected_at: datetime | None


def book(shop_id: int, booking: Booking) -> bool:
    """Book an expense to a customer's identity; False where this source was booked before."""
    if booking.kind not in InvestmentKind.values:
        raise ValueError(f"{booking.kind!r} is none of {', '.join(InvestmentKind.values)}")
    names = ("shop_id", *_BOOKED)
    row = (shop_id, *(getattr(booking, name) for name in _BOOKED))
    return bool(rows.insert(_TABLE, names, [row], skip_known=True, returning="id"))


def correct(shop_id: int, investment_id: int, amount_minor: int, minutes: float, now: datetime) -> InvestmentView:
    """Correct what an expense was; returns what it was before. Raises LookupError where the shop has none such."""
    before = list(Investment.objects.select_for_update().filter(shop_id=shop_id, pk=investment_id).values_list(*_SHOWN))
    if not before:
        raise LookupError(f"investment {investment_id}")
    Investment.objects.filter(shop_id=shop_id, pk=investment_id).update(
        amount_minor=amount_minor, minutes=minutes, corrected_at=now
    )
    return InvestmentView(*before[0])


def find(shop_id: int, source_kind: str, source_ref: str) -> InvestmentView | None:
    """Find what was booked for a source."""
    found = Investment.objects.filter(shop_id=shop_id, source_kind=source_kind, source_ref=source_ref)
    return next((InvestmentView(*row) for row in found.values_list(*_SHOWN)), None)


def has_any(shop_id: int) -> bool:
    """Tell whether anything was invested in this shop's customers yet."""
    return Investment.objects.filter(shop_id=shop_id).exists()


def exists(shop_id: int, investment_id: int) -> bool:
    """Tell whether the shop has such an expense."""
    return Investment.objects.filter(shop_id=shop_id, pk=investment_id).exists()


def list_of(shop_id: int, identity_ids: Collection[int], limit: int = 200) -> list[InvestmentView]:
    """List what was put into a customer, the newest first."""
    spent = Investment.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids)).order_by("-at_us", "-id")
    return [InvestmentView(*row) for row in spent.values_list(*_SHOWN)[:limit]]


def list_of_conversation(shop_id: int, conversation_id: int) -> list[InvestmentView]:
    """List what a conversation took, the oldest first."""
    spent = Investment.objects.filter(shop_id=shop_id, conversation_id=conversation_id).order_by("at_us", "id")
    return [InvestmentView(*row) for row in spent.values_list(*_SHOWN)]


def list_of_wish(shop_id: int, wish_id: int) -> list[InvestmentView]:
    """List what a wish took, the oldest first."""
    spent = Investment.objects.filter(shop_id=shop_id, wish_id=wish_id).order_by("at_us", "id")
    return [InvestmentView(*row) for row in spent.values_list(*_SHOWN)]


def total_of(shop_id: int, identity_ids: Collection[int]) -> tuple[int, float, int | None]:
    """Sum what was put into a customer: amount, minutes, and since when (None: nothing yet)."""
    spent = Investment.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids))
    found = spent.aggregate(amount=Sum("amount_minor"), minutes=Sum("minutes"))
    first = spent.order_by("at_us").values_list("at_us", flat=True).first()
    return found["amount"] or 0, found["minutes"] or 0.0, first


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Every expense of a shop, column by column, by time."""

    identity_id: Ints
    at_us: Ints
    amount_minor: Ints
    conversation_id: Ints
    kind: Sequence[str]
    channel: Sequence[str]


def columns(shop_id: int, from_us: int = 0) -> Columns:
    """Read every expense of a shop from an instant on; conversation_id 0 where it belongs to none."""
    spent = list(
        Investment.objects.filter(shop_id=shop_id, at_us__gte=from_us)
        .order_by("at_us", "id")
        .values_list("identity_id", "at_us", "amount_minor", "conversation_id", "kind", "channel")
        .iterator(_TOGETHER)
    )
    numbers = np.array([[who, at, amount, talk or 0] for who, at, amount, talk, _, _ in spent], dtype=np.int64)
    who, at, amount, talk = numbers.reshape(-1, 4).T
    return Columns(who, at, amount, talk, [row[4] for row in spent], [row[5] for row in spent])
