"""Kinds of wish and service levels: which department fulfils what, and within how much working time.

A kind's own time comes first, then its department's for the priority, then the shop's usual one, then ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kizuna.conversations.models import Priority, ServiceLevel, ServiceRequest, WishKind, WishRules
from kizuna.shops.tenants import NotThere, Refused

DAY_MINUTES = 8 * 60
USUAL_MINUTES = {
    Priority.LOW: 10 * DAY_MINUTES,
    Priority.NORMAL: 5 * DAY_MINUTES,
    Priority.HIGH: 2 * DAY_MINUTES,
    Priority.URGENT: DAY_MINUTES,
}
LONGEST_MINUTES = 260 * DAY_MINUTES
MOST_KINDS = 100

START = (
    ("Product wanted", "product"),
    ("Made to order or gift", "special"),
    ("Delivery at a chosen time", "delivery"),
    ("Change of an order", "change"),
    ("Repair, fitting or spare part", "repair"),
    ("Exchange or return", "exchange"),
    ("Advice", "advice"),
    ("Papers and invoices", "papers"),
    ("Complaint to put right", "complaint"),
)
"""(name, which start examples speak of it): what a shop begins with; it renames and adds as it likes."""


@dataclass(frozen=True, slots=True)
class KindDraft:
    """What an owner says of a kind of wish."""

    name: str
    department_id: int | None = None
    capability_id: int | None = None
    minutes: int | None = None
    needs_approval: bool = False
    usual_steps: Sequence[tuple[str, int | None]] = ()


def ensure_start(shop_id: int) -> None:
    """Give a shop that has no kind of wish yet the ones to begin with."""
    if not WishKind.objects.filter(shop_id=shop_id).exists():
        WishKind.objects.bulk_create(
            [
                WishKind(shop_id=shop_id, name=name, seed=seed, position=number)
                for number, (name, seed) in enumerate(START)
            ],
            ignore_conflicts=True,
        )


def list_kinds(shop_id: int) -> list[WishKind]:
    """List the kinds in use, in the shop's order."""
    wanted = WishKind.objects.filter(shop_id=shop_id, archived_at=None).select_related("department")
    return list(wanted.order_by("position", "name"))


def find(shop_id: int, kind_id: int | None) -> WishKind | None:
    """Find a kind by its number."""
    return None if kind_id is None else WishKind.objects.filter(shop_id=shop_id, pk=kind_id).first()


def get(shop_id: int, public_id: UUID | str) -> WishKind:
    """Get a kind by what addresses show. Raises NotThere."""
    try:
        found = WishKind.objects.filter(shop_id=shop_id, public_id=UUID(str(public_id))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotThere("kind", "there is no such kind of wish")
    return found


def store(shop_id: int, draft: KindDraft, kind: WishKind | None) -> WishKind:
    """Store a new kind, or change one. Raises Refused with the field."""
    name = draft.name.strip()
    if not 1 <= len(name) <= 80:
        raise Refused("name", "give a name of 1 to 80 characters")
    taken = WishKind.objects.filter(shop_id=shop_id, name=name).exclude(pk=kind.pk if kind else 0)
    if taken.exists():
        raise Refused("name", f"there is a kind of wish called {name!r} already")
    if draft.minutes is not None and not 1 <= draft.minutes <= LONGEST_MINUTES:
        raise Refused("minutes", "must be more than nothing and at most a year of work")
    count = WishKind.objects.filter(shop_id=shop_id).count()
    if kind is None and count >= MOST_KINDS:
        raise Refused("name", f"at most {MOST_KINDS} kinds can be kept")
    row = kind or WishKind(shop_id=shop_id, position=count)
    row.name, row.department_id, row.capability_id = name, draft.department_id, draft.capability_id
    row.minutes, row.needs_approval = draft.minutes, draft.needs_approval
    row.usual_steps = [[title.strip()[:200], department] for title, department in draft.usual_steps if title.strip()]
    row.save()
    return row


def archive(kind: WishKind, now: datetime) -> None:
    """Take a kind out of use, or back into it; wishes of it stay."""
    kind.archived_at = now if kind.archived_at is None else None
    kind.save(update_fields=["archived_at"])


def minutes_of(shop_id: int, kind: WishKind | None, department_id: int | None, priority: int) -> int:
    """Say within how much working time such a wish is to be fulfilled."""
    if kind is not None and kind.minutes is not None:
        return kind.minutes
    levels = ServiceLevel.objects.filter(shop_id=shop_id, priority=priority)
    by_department = {each.department_id: each.minutes for each in levels}
    usual = by_department.get(None, USUAL_MINUTES[Priority(priority)])
    return by_department.get(department_id, usual)


def minutes_of_wish(wish: ServiceRequest) -> int:
    """Say the same of a stored wish."""
    return minutes_of(wish.shop_id, wish.kind, wish.department_id, wish.priority)


def list_levels(shop_id: int) -> dict[tuple[int | None, int], int]:
    """Read the service levels that were set, by department (None: usual) and priority."""
    rows = ServiceLevel.objects.filter(shop_id=shop_id)
    return {(each.department_id, each.priority): each.minutes for each in rows}


def set_levels(shop_id: int, levels: dict[tuple[int | None, int], int]) -> None:
    """Keep exactly these service levels. Raises Refused."""
    for (_, priority), minutes in levels.items():
        if priority not in Priority.values or not 1 <= minutes <= LONGEST_MINUTES:
            raise Refused("minutes", "must be more than nothing and at most a year of work")
    ServiceLevel.objects.filter(shop_id=shop_id).delete()
    ServiceLevel.objects.bulk_create(
        ServiceLevel(shop_id=shop_id, department_id=department_id, priority=priority, minutes=minutes)
        for (department_id, priority), minutes in levels.items()
    )


def rules_of(shop_id: int) -> WishRules:
    """Read what the owner decided about wishes; without a decision, they are only proposed."""
    return WishRules.objects.filter(shop_id=shop_id).first() or WishRules(shop_id=shop_id)


def set_rules(shop_id: int, opens_by_itself: bool, least_chance: float) -> WishRules:
    """Keep what the owner decided. Raises Refused."""
    if not 0.5 <= least_chance <= 1:
        raise Refused("least_chance", "must lie between 50 % and 100 %")
    given = {"opens_by_itself": opens_by_itself, "least_chance": least_chance}
    return WishRules.objects.update_or_create(shop_id=shop_id, defaults=given)[0]
