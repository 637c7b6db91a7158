"""Who is on the shop's pages now: one row a visitor, however many tabs, written in batches by the door.

A row is good for a minute after it was last seen; old ones are swept. Who they are to the shop is looked up by flows.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from kizuna.conversations.models import OnlineVisitor
from kizuna.tables import rows

if TYPE_CHECKING:
    from django.db.models import QuerySet

GOOD_US = 60_000_000
MOST_SHOWN = 2_000
_TABLE = "conversations_onlinevisitor"
_FOUND = ("url", "title", "source", "language", "cart_minor", "currency", "seen_us")


@dataclass(frozen=True, slots=True)
class Glance:
    """What a visitor's page said last; `since_us` is when they came, kept from the first glance of a visit."""

    shop_id: int
    visitor_key: str
    identity_id: int | None
    customer_id: int | None
    url: str
    title: str
    source: str
    language: str
    cart_minor: int
    currency: str
    since_us: int
    page_since_us: int
    seen_us: int


@dataclass(frozen=True, slots=True)
class Online:
    """A visitor online, as consoles show them."""

    id: int
    visitor_key: str
    identity_id: int | None
    customer_id: int | None
    url: str
    title: str
    source: str
    language: str
    cart_minor: int
    currency: str
    since_us: int
    page_since_us: int
    seen_us: int
    invited_us: int | None


def upsert_many(glances: Sequence[Glance]) -> None:
    """Write what pages said last; a visitor away for longer than a minute begins a new visit."""
    names = [each.name for each in fields(Glance)]
    newest = {(each.shop_id, each.visitor_key): each for each in glances}
    told = [tuple(getattr(each, name) for name in names) for _, each in sorted(newest.items())]
    if not told:
        return
    marks = f"({', '.join(['%s'] * len(names))})"
    kept = ", ".join(f"{name} = excluded.{name}" for name in _FOUND)
    again = f"{_TABLE}.seen_us < excluded.seen_us - {GOOD_US}"
    end = (
        f" ON CONFLICT (shop_id, visitor_key) DO UPDATE SET {kept},"
        f" identity_id = COALESCE(excluded.identity_id, {_TABLE}.identity_id),"
        f" customer_id = COALESCE(excluded.customer_id, {_TABLE}.customer_id),"
        f" page_since_us = CASE WHEN {again} OR {_TABLE}.url <> excluded.url"
        f" THEN excluded.page_since_us ELSE {_TABLE}.page_since_us END,"
        f" since_us = CASE WHEN {again} THEN excluded.since_us ELSE {_TABLE}.since_us END,"
        f" invited_us = CASE WHEN {again} THEN NULL ELSE {_TABLE}.invited_us END"
    )
    begin = f"INSERT INTO {_TABLE} ({', '.join(names)}) VALUES "  # noqa: S608
    rows.write(begin, marks, end, told)


def touch(shop_id: int, visitor_keys: Collection[str], now_us: int) -> None:
    """Note that visitors are still there."""
    if visitor_keys:
        _lock(shop_id, visitor_keys).update(seen_us=now_us)


def leave(shop_id: int, visitor_keys: Collection[str], now_us: int) -> None:
    """Let visitors be gone at once."""
    if visitor_keys:
        _lock(shop_id, visitor_keys).filter(seen_us__gt=now_us - GOOD_US).update(seen_us=now_us - GOOD_US)


def list_online(shop_id: int, now_us: int) -> list[Online]:
    """List who is on the shop's pages, the newest first."""
    found = OnlineVisitor.objects.filter(shop_id=shop_id, seen_us__gt=now_us - GOOD_US).order_by("-seen_us", "-id")
    names = [each.name for each in fields(Online)]
    return [Online(*row) for row in found.values_list(*names)[:MOST_SHOWN]]


def find(shop_id: int, number: int) -> OnlineVisitor | None:
    """Find somebody's row, also when they have left since."""
    return OnlineVisitor.objects.filter(shop_id=shop_id, pk=number).first()


def count_online(shop_id: int, now_us: int) -> int:
    """Count who is on the shop's pages."""
    return OnlineVisitor.objects.filter(shop_id=shop_id, seen_us__gt=now_us - GOOD_US).count()


def note_invited(shop_id: int, visitor_key: str, now_us: int) -> bool:
    """Note that a visitor was invited; False where they are not online."""
    here = OnlineVisitor.objects.filter(shop_id=shop_id, visitor_key=visitor_key, seen_us__gt=now_us - GOOD_US)
    return here.update(invited_us=now_us) > 0


def sweep(before_us: int) -> int:
    """Forget who was seen last before an instant."""
    return OnlineVisitor.objects.filter(seen_us__lt=before_us).delete()[0]


def _lock(shop_id: int, visitor_keys: Collection[str]) -> "QuerySet[OnlineVisitor]":
    """Lock visitors' rows by key, as `upsert_many` takes them: an UPDATE alone locks them as they happen to lie."""
    wanted = OnlineVisitor.objects.filter(shop_id=shop_id, visitor_key__in=visitor_keys)
    locked = wanted.select_for_update().order_by("visitor_key").values_list("pk", flat=True)
    return OnlineVisitor.objects.filter(pk__in=list(locked))
