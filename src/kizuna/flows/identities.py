"""Merging customers and taking it back, from the console: re-linking, audit, and both placed anew.

The rules are customers.merging; who may do it is asked at the door (shops.roles).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.customers import merging
from kizuna.customers.merging import CannotMerge, CannotUnmerge, Relinked
from kizuna.flows import following, placing, stages
from kizuna.science import periods
from kizuna.shops import audit

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

__all__ = ["CannotMerge", "CannotUnmerge", "NoSuggestion", "Pair", "accept_suggestion", "merge", "unmerge"]


class NoSuggestion(LookupError):
    """There is no such suggestion of this shop, or somebody has decided it already."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two customers: the one that stays, and the one whose identities go to it."""

    kept_id: int
    merged_id: int


@transaction.atomic
def merge(shop: "Shop", pair: Pair, person: "Person | None", now: datetime) -> int:
    """Merge two customers and place what is left; returns the merge's id. Raises CannotMerge."""
    person_id = None if person is None else person.pk
    relinked = merging.merge(shop.pk, pair.kept_id, pair.merged_id, person_id, now)
    audit.record(shop, person, "customers_merged", f"customer {pair.kept_id}", None, {"merged": pair.merged_id}, now)
    _place(shop, relinked, "merged", now)
    return relinked.merge_id


@transaction.atomic
def unmerge(shop: "Shop", merge_id: int, person: "Person | None", now: datetime) -> None:
    """Undo a merge, of a person or of a rule, and place both customers. Raises CannotUnmerge."""
    relinked = merging.unmerge(shop.pk, merge_id, now)
    audit.record(shop, person, "customers_unmerged", f"merge {merge_id}", None, None, now)
    _place(shop, relinked, "unmerged", now)


@transaction.atomic
def accept_suggestion(shop: "Shop", suggestion_id: int, person: "Person | None", now: datetime) -> int:
    """Merge the two that are suggested, into the one known longer; returns the merge's id.

    Raises NoSuggestion, or CannotMerge where one of them was merged away in the meantime.
    """
    suggestion = merging.find_suggestion(shop.pk, suggestion_id)
    if suggestion is None:
        raise NoSuggestion("there is no such suggestion to decide")
    return merge(shop, Pair(suggestion.first_id, suggestion.second_id), person, now)


@transaction.atomic
def decline_suggestion(shop: "Shop", suggestion_id: int, person: "Person | None", now: datetime) -> None:
    """Remember that the two are different persons; no rule will merge them. Raises NoSuggestion."""
    if not merging.decline(shop.pk, suggestion_id, now):
        raise NoSuggestion("there is no such suggestion to decide")
    audit.record(shop, person, "merge_declined", f"suggestion {suggestion_id}", None, None, now)


def _place(shop: "Shop", relinked: Relinked, cause: str, now: datetime) -> None:
    following.follow(shop, relinked.customer_ids)
    placing.place(shop, relinked.customer_ids, cause, periods.epoch_us(now))
    stages.review(shop, relinked.customer_ids, periods.epoch_us(now))
