"""Tiers of privileges: what each sees, who holds which, and how a customer rises at once but falls only after grace.

Levels, not names, are what other rooms and capabilities speak of: 3 nearest, 1 everybody. Which segment a customer is
in is told by the caller; segments themselves have hysteresis already, the grace period comes on top.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kizuna.privileges.models import HeldTier, Tier
from kizuna.privileges.site import grace_us
from kizuna.shops.tenants import Refused

EVERYBODY, NEAREST = 1, 3
SEGMENTS = ("A", "B", "C", "D")
FEATURES = ("choices", "wishes", "importance", "write", "surveys", "invite")
"""What a tier may open on the premium site. What was learned, preferences and one's own particulars are everybody's."""

_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class TierView:
    """A tier as settled; `since_us` and `falls_us` only where it is somebody's."""

    level: int
    name: str
    segments: tuple[str, ...]
    sees: frozenset[str]
    promise: str
    earned_by: str
    since_us: int | None = None
    falls_us: int | None = None

    def may(self, feature: str) -> bool:
        """Tell whether customers of this tier find a part of the premium site."""
        return feature in self.sees


DEFAULTS = (
    TierView(
        3,
        "Inner circle",
        ("A",),
        frozenset(FEATURES),
        "Your wishes come first, you see what we can do and by when, and you talk to one person who knows you.",
        "Staying close to us over a long time: buying, visiting and writing to us regularly.",
    ),
    TierView(
        2,
        "Good friends",
        ("B", "C"),
        frozenset(FEATURES) - {"importance"},
        "You see what we can do and by when, and your wishes are taken up by a person.",
        "Coming back to us: with an order, a visit, or a message.",
    ),
    TierView(
        1,
        "Welcome",
        ("D",),
        frozenset({"write", "surveys", "invite"}),
        "You reach us directly, and we answer.",
        "Being a customer of ours.",
    ),
)


def list_tiers(shop_id: int) -> list[TierView]:
    """List the three tiers of a shop, the nearest first."""
    kept = {row.level: row for row in Tier.objects.filter(shop_id=shop_id)}
    return [_view(kept[each.level]) if each.level in kept else each for each in DEFAULTS]


def change_tiers(shop_id: int, wanted: Sequence[TierView]) -> dict[str, tuple[object, object]]:
    """Store the tiers; returns what changed as {level field: (before, after)}. Raises Refused."""
    _check(wanted)
    changed: dict[str, tuple[object, object]] = {}
    before = {each.level: each for each in list_tiers(shop_id)}
    for each in wanted:
        for name in ("name", "segments", "sees", "promise", "earned_by"):
            old, new = _plain(getattr(before[each.level], name)), _plain(getattr(each, name))
            if old != new:
                changed[f"{name} {each.level}"] = (old, new)
        values = {
            "name": each.name.strip(),
            "segments": list(each.segments),
            "sees": sorted(each.sees),
            "promise": each.promise.strip(),
            "earned_by": each.earned_by.strip(),
        }
        Tier.objects.update_or_create(shop_id=shop_id, level=each.level, defaults=values)
    return changed


def tier_of(shop_id: int, customer_id: int) -> TierView:
    """Read the tier that a customer holds, with since when, and until when where it will be given up."""
    held = HeldTier.objects.filter(shop_id=shop_id, customer_id=customer_id).first()
    every = {each.level: each for each in list_tiers(shop_id)}
    if held is None or held.level not in every:
        return every[EVERYBODY]
    tier = every[held.level]
    return TierView(
        *(tier.level, tier.name, tier.segments, tier.sees, tier.promise, tier.earned_by, held.since_us, held.falls_us)
    )


def levels_of(shop_id: int, customer_ids: Collection[int]) -> dict[int, int]:
    """Read the level of each customer."""
    found = dict.fromkeys(customer_ids, EVERYBODY)
    wanted = list(found)
    for start in range(0, len(wanted), _ROWS):
        part = HeldTier.objects.filter(shop_id=shop_id, customer_id__in=wanted[start : start + _ROWS])
        found.update(part.values_list("customer_id", "level"))
    return found


def count_held(shop_id: int) -> dict[int, tuple[int, int]]:
    """Count who holds each level above everybody, and how many of them are within their grace period."""
    counted = dict.fromkeys(range(EVERYBODY + 1, NEAREST + 1), (0, 0))
    for level in counted:
        held = HeldTier.objects.filter(shop_id=shop_id, level=level)
        counted[level] = (held.count(), held.exclude(falls_us=None).count())
    return counted


def refresh(shop_id: int, segments: Mapping[int, str], now_us: int) -> dict[int, int]:
    """Let customers hold what their segment gives, {customer: segment}; returns the new level of who rose or fell.

    A rise is at once. A fall waits until the lower place has lasted the grace period without a break; a customer who
    is back in time has lost nothing. Repeat-safe; ask again with the same segments to let due falls happen.
    """
    giving = _levels_of_segments(shop_id)
    grace = grace_us(shop_id)
    changed: dict[int, int] = {}
    wanted = list(segments)
    for start in range(0, len(wanted), _ROWS):
        part = wanted[start : start + _ROWS]
        held = {row.customer_id: row for row in HeldTier.objects.filter(shop_id=shop_id, customer_id__in=part)}
        made, moved, gone = [], [], []
        for customer in part:
            level, row = giving.get(segments[customer], EVERYBODY), held.get(customer)
            if row is None:
                if level > EVERYBODY:
                    made.append(HeldTier(customer_id=customer, shop_id=shop_id, level=level, since_us=now_us))
                    changed[customer] = level
                continue
            before = (row.level, row.lower_level, row.falls_us)
            _settle(row, level, grace, now_us)
            if row.level != before[0]:
                changed[customer] = row.level
            if row.level == EVERYBODY:
                gone.append(customer)
            elif before != (row.level, row.lower_level, row.falls_us):
                moved.append(row)
        HeldTier.objects.bulk_create(made, ignore_conflicts=True)
        HeldTier.objects.bulk_update(
            moved, ["level", "since_us", "lower_level", "lower_since_us", "falls_us"], batch_size=200
        )
        HeldTier.objects.filter(shop_id=shop_id, customer_id__in=gone).delete()
    return changed


def list_due(shop_id: int, now_us: int) -> list[int]:
    """List the customers whose grace period is over."""
    due = HeldTier.objects.filter(shop_id=shop_id, falls_us__lte=now_us)
    return list(due.values_list("customer_id", flat=True))


def inherit(shop_id: int, gone_id: int, kept_id: int) -> None:
    """Let a customer hold at least what the customer merged into them held."""
    gone = HeldTier.objects.filter(shop_id=shop_id, customer_id=gone_id).first()
    kept = HeldTier.objects.filter(shop_id=shop_id, customer_id=kept_id).first()
    if gone is None or (kept is not None and kept.level >= gone.level):
        return
    HeldTier.objects.update_or_create(
        customer_id=kept_id, defaults={"shop_id": shop_id, "level": gone.level, "since_us": gone.since_us}
    )


def _settle(row: HeldTier, level: int, grace: int, now_us: int) -> None:
    """Move one holder towards the level that their segment gives."""
    if level >= row.level:
        if level > row.level:
            row.level, row.since_us = level, now_us
        row.lower_level = row.lower_since_us = row.falls_us = None
        return
    row.lower_level = level
    if row.lower_since_us is None:
        row.lower_since_us = now_us
    row.falls_us = row.lower_since_us + grace
    if row.falls_us <= now_us:
        row.level, row.since_us = level, now_us
        row.lower_level = row.lower_since_us = row.falls_us = None


def _levels_of_segments(shop_id: int) -> dict[str, int]:
    """The highest level that each segment gives."""
    giving: dict[str, int] = {}
    for tier in list_tiers(shop_id):
        for segment in tier.segments:
            giving[segment] = max(giving.get(segment, EVERYBODY), tier.level)
    return giving


def _check(wanted: Sequence[TierView]) -> None:
    if sorted(each.level for each in wanted) != [each.level for each in reversed(DEFAULTS)]:
        raise Refused("level", "settle each of the three tiers once")
    for each in wanted:
        if not each.name.strip() or len(each.name) > 60:
            raise Refused(f"name_{each.level}", "give each tier a name of at most 60 characters")
        if not set(each.segments) <= set(SEGMENTS) or not each.sees <= set(FEATURES):
            raise Refused(f"segments_{each.level}", "choose among what is offered")
    taken = [segment for each in wanted for segment in each.segments]
    if len(taken) != len(set(taken)):
        raise Refused("segments_1", "a segment belongs to one tier only")


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, tuple | frozenset) else value


def _view(row: Tier) -> TierView:
    return TierView(row.level, row.name, tuple(row.segments), frozenset(row.sees), row.promise, row.earned_by)
