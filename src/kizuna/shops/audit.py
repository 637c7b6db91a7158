"""The audit log: who changed what and when, with before and after; rows are only ever added.

Flows write it in the transaction of the change itself. It keeps ids and settings, never a customer's personal data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from django.core.paginator import Page, Paginator

from kizuna.shops.models import AuditEntry, Person, Shop

PAGE_ROWS = 50
Values = Mapping[str, object] | None


@dataclass(frozen=True)
class Filter:
    """What of the log a page shows; empty fields do not narrow it."""

    action: str = ""
    person_id: int | None = None
    target: str = ""


def record(
    shop: Shop | None, person: Person | None, action: str, target: str, before: Values, after: Values, now: datetime
) -> None:
    """Add one entry; `action` is in the past tense, `target` says what was changed in words of the console."""
    AuditEntry.objects.create(
        shop=shop,
        person=person,
        at=now,
        action=action,
        target=target[:120],
        before=_plain(before),
        after=_plain(after),
    )


def list_entries(shop: Shop, chosen: Filter, page: int) -> Page[AuditEntry]:
    """List a page of a shop's log, the newest first."""
    rows = AuditEntry.objects.filter(shop=shop).select_related("person").order_by("-at", "-id")
    if chosen.action:
        rows = rows.filter(action=chosen.action)
    if chosen.person_id is not None:
        rows = rows.filter(person_id=chosen.person_id)
    if chosen.target:
        rows = rows.filter(target__icontains=chosen.target)
    return Paginator(rows, PAGE_ROWS).get_page(page)


def list_actions(shop: Shop) -> list[str]:
    """List the kinds of change that a shop's log holds, for a filter."""
    return list(AuditEntry.objects.filter(shop=shop).order_by("action").values_list("action", flat=True).distinct())


def find_last_change(shop_id: int, action: str, name: str) -> datetime | None:
    """Find when a setting was last changed by an action; None where the log knows of no change."""
    rows = AuditEntry.objects.filter(shop_id=shop_id, action=action, after__has_key=name).order_by("-at", "-id")
    return rows.values_list("at", flat=True).first()


def _plain(values: Values) -> dict[str, object] | None:
    return None if values is None else {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain_value(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_value(inner) for inner in value]
    return value
