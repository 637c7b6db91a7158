"""Merging customers, taking it back, and suggestions that a person decides.

Both are re-linking with dated links: nothing is copied, summed or deleted. What a rule may merge by itself is in
customers.partition; here is what it leaves behind so that it can be undone.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from kizuna.customers import links, profiles
from kizuna.customers.links import Relink
from kizuna.customers.models import Customer, Identity, IdentityKind, Link, Merge, MergeSuggestion
from kizuna.science import periods

MOST_ALIKE = 8


class CannotMerge(ValueError):
    """These two cannot be merged: they are the same, or one of them has been merged away already."""


class CannotUnmerge(LookupError):
    """There is no such merge, or it was undone already."""


@dataclass(frozen=True, slots=True)
class Relinked:
    """What a merge or un-merge touched: the merge's id and the customers to place anew."""

    merge_id: int
    customer_ids: frozenset[int]


def merge(shop_id: int, kept_id: int, merged_id: int, person_id: int | None, now: datetime) -> Relinked:
    """Give every identity of one customer to another; raises CannotMerge."""
    links.lock(shop_id)
    members = links.identities_of(shop_id, {kept_id, merged_id})
    if kept_id == merged_id:
        raise CannotMerge("a customer cannot be merged with itself")
    if not members[kept_id] or not members[merged_id]:
        raise CannotMerge("one of the two has been merged away already")
    row = Merge.objects.create(
        shop_id=shop_id,
        kept_id=kept_id,
        merged_id=merged_id,
        identity_ids=members[merged_id],
        cause="person" if person_id else "rule",
        person_id=person_id,
        merged_at=now,
    )
    now_us = periods.epoch_us(now)
    touched = links.relink(shop_id, [Relink(each, kept_id, now_us, "merged") for each in members[merged_id]])
    profiles.refresh(shop_id, {kept_id})
    _pair(shop_id, kept_id, merged_id).update(accepted=True, decided_at=now)
    return Relinked(row.id, frozenset(touched))


def unmerge(shop_id: int, merge_id: int, now: datetime) -> Relinked:
    """Give back the identities that a merge moved, and those that came through them since; raises CannotUnmerge.

    Identities that went to somebody else in the meantime stay there. The pair is remembered as two persons, so that no
    rule merges them again.
    """
    links.lock(shop_id)
    row = Merge.objects.select_for_update().filter(shop_id=shop_id, id=merge_id, undone_at=None).first()
    if row is None:
        raise CannotUnmerge("there is no such merge, or it was undone already")
    holder = _now_at(shop_id, row.kept_id)
    returning = _with_followers(shop_id, set(row.identity_ids), holder)
    now_us = periods.epoch_us(now)
    touched = links.relink(shop_id, [Relink(each, row.merged_id, now_us, "unmerged") for each in sorted(returning)])
    row.undone_at = now
    row.save(update_fields=["undone_at"])
    first, second = sorted((holder, row.merged_id))
    MergeSuggestion.objects.update_or_create(
        shop_id=shop_id,
        first_id=first,
        second_id=second,
        defaults={"accepted": False, "decided_at": now},
        create_defaults={
            "reason": "unmerged",
            "evidence": "",
            "suggested_at": now,
            "accepted": False,
            "decided_at": now,
        },
    )
    profiles.refresh(shop_id, touched)
    return Relinked(row.id, frozenset(touched))


def list_merges(shop_id: int, customer_id: int | None, limit: int | None = None) -> list[Merge]:
    """List the merges that can be undone, into a customer or of the shop, the newest first."""
    rows = Merge.objects.filter(shop_id=shop_id, undone_at=None).select_related("kept", "merged", "person")
    if customer_id is not None:
        rows = rows.filter(kept_id=customer_id)
    return list(rows.order_by("-merged_at", "-id")[:limit])


def list_suggestions(shop_id: int, customer_id: int | None, limit: int) -> list[MergeSuggestion]:
    """List the suggestions that nobody has decided, of one customer or of the shop, the newest first."""
    rows = MergeSuggestion.objects.filter(
        shop_id=shop_id, decided_at=None, first__merged_into=None, second__merged_into=None
    )
    if customer_id is not None:
        rows = rows.filter(Q(first_id=customer_id) | Q(second_id=customer_id))
    return list(rows.select_related("first", "second").order_by("-suggested_at", "-id")[:limit])


def has_merge(shop_id: int, merge_id: int) -> bool:
    """Say whether the shop has this merge, undone or not."""
    return Merge.objects.filter(shop_id=shop_id, id=merge_id).exists()


def has_suggestion(shop_id: int, suggestion_id: int) -> bool:
    """Say whether the shop has this suggestion, decided or not."""
    return MergeSuggestion.objects.filter(shop_id=shop_id, id=suggestion_id).exists()


def find_suggestion(shop_id: int, suggestion_id: int) -> MergeSuggestion | None:
    """Find a suggestion that nobody has decided yet."""
    return MergeSuggestion.objects.filter(shop_id=shop_id, id=suggestion_id, decided_at=None).first()


def decline(shop_id: int, suggestion_id: int, now: datetime) -> bool:
    """Remember that the two are different persons; no rule merges them from now on. False where already decided."""
    rows = MergeSuggestion.objects.filter(shop_id=shop_id, id=suggestion_id, decided_at=None)
    return rows.update(accepted=False, decided_at=now) == 1


def suggest(shop_id: int, pairs: Iterable[tuple[int, int, str, str]], now_us: int) -> None:
    """Suggest that pairs of customers are one person, (one, other, reason, evidence); known pairs stay as they are."""
    rows = []
    for one, other, reason, evidence in pairs:
        first, second = sorted((one, other))
        rows.append(
            MergeSuggestion(
                shop_id=shop_id,
                first_id=first,
                second_id=second,
                reason=reason,
                evidence=evidence[:255],
                suggested_at=periods.instant_at(now_us),
            )
        )
    MergeSuggestion.objects.bulk_create(rows, ignore_conflicts=True)


def suggest_alike(shop_id: int, customer_ids: Collection[int], now_us: int) -> None:
    """Suggest merging customers with others of whom the same e-mail or phone is said.

    An address that very many share (a placeholder, an office) suggests nothing.
    """
    said = Customer.objects.filter(shop_id=shop_id, id__in=customer_ids, merged_into=None)
    pairs: list[tuple[int, int, str, str]] = []
    for column, kind in (("email", IdentityKind.EMAIL), ("phone", IdentityKind.PHONE)):
        rows: list[tuple[int, str]] = list(said.exclude(**{column: ""}).values_list("id", column))
        owners = _owners(shop_id, column, kind, {value for _, value in rows})
        for customer_id, value in rows:
            others = owners.get(value, set()) - {customer_id}
            if len(others) <= MOST_ALIKE:
                pairs += [(customer_id, other, f"same_{column}", value) for other in others]
    suggest(shop_id, pairs, now_us)


def kept_apart(shop_id: int, customer_ids: Collection[int]) -> set[frozenset[int]]:
    """Read which pairs among these customers a person has declared to be different persons."""
    rows = MergeSuggestion.objects.filter(shop_id=shop_id, accepted=False, first_id__in=customer_ids)
    return {frozenset(pair) for pair in rows.values_list("first_id", "second_id")}


def note_rule_merges(shop_id: int, merges: Sequence[tuple[int, int, Sequence[int], str]], now_us: int) -> None:
    """Keep what is needed to undo merges that a rule made: (kept, merged, identities, cause)."""
    Merge.objects.bulk_create(
        Merge(
            shop_id=shop_id,
            kept_id=kept_id,
            merged_id=merged_id,
            identity_ids=list(identity_ids),
            cause=cause,
            merged_at=periods.instant_at(now_us),
        )
        for kept_id, merged_id, identity_ids, cause in merges
    )


def _now_at(shop_id: int, customer_id: int) -> int:
    """Follow a customer to where its identities are now."""
    seen: set[int] = set()
    while customer_id not in seen:
        seen.add(customer_id)
        rows = Customer.objects.filter(shop_id=shop_id, id=customer_id)
        customer_id = rows.values_list("merged_into_id", flat=True).get() or customer_id
    return customer_id


def _with_followers(shop_id: int, moved: set[int], holder: int) -> set[int]:
    """Of the moved identities those still with the holder, and whatever joined the holder through them."""
    came_through: Mapping[int, int | None] = dict(
        Link.objects.filter(shop_id=shop_id, customer_id=holder, to_us=None).values_list("identity_id", "via")
    )
    here = set(Identity.objects.filter(shop_id=shop_id, customer_id=holder).values_list("id", flat=True))
    returning = moved & here
    while more := {each for each, via in came_through.items() if via in returning} - returning:
        returning |= more
    return returning


def _owners(shop_id: int, column: str, kind: IdentityKind, wanted: set[str]) -> dict[str, set[int]]:
    owners: dict[str, set[int]] = {}
    if not wanted:
        return owners
    said = Customer.objects.filter(shop_id=shop_id, merged_into=None, **{f"{column}__in": wanted})
    for value, customer_id in said.values_list(column, "id"):
        owners.setdefault(value, set()).add(customer_id)
    vouched = Identity.objects.filter(shop_id=shop_id, kind=kind, key__in=wanted)
    for value, customer_id in vouched.values_list("key", "customer_id"):
        owners.setdefault(value, set()).add(customer_id)
    return owners


def _pair(shop_id: int, one: int, other: int) -> Any:
    first, second = sorted((one, other))
    return MergeSuggestion.objects.filter(shop_id=shop_id, first_id=first, second_id=second)
