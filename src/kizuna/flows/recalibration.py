"""Recalibrating the criterion in one action, as the last check offers it, and taking it back.

Learned weights and better half-lives become a new version of the criterion, today's customers a new reference; a check
follows by itself. Undo applies what held before again, as a new version: nothing is ever changed in place.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.flows import criterion as criterion_flow
from kizuna.flows import snapshots
from kizuna.flows import validity as validity_flow
from kizuna.relationships import criterion as criteria
from kizuna.relationships import reference, validity
from kizuna.relationships.validity import OptionFigures, RecalibrationView
from kizuna.shops import audit

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

REFERENCE = "reference"


class CannotRecalibrate(ValueError):
    """It is not offered, or something changed since; the text says which."""


def list_options(shop: "Shop") -> list[OptionFigures]:
    """List what the last check offers and still fits: proven, and measured under the criterion that holds now."""
    last = validity.find_last(shop.pk)
    if last is None or last.criterion_version != criteria.get_current(shop.pk).version:
        return []
    current = reference.find_current(shop.pk)
    same_reference = last.reference_version == (None if current is None else current.version)
    return [
        option
        for option in last.findings.options
        if option.proven and (option.kind != REFERENCE or same_reference) and _changes(shop, option)
    ]


def recalibrate(shop: "Shop", kind: str, person: "Person | None", now: datetime) -> RecalibrationView:
    """Do what the last check offers under this name; a check of the result follows. Raises CannotRecalibrate."""
    option = next((each for each in list_options(shop) if each.kind == kind), None)
    if option is None:
        raise CannotRecalibrate("this is not offered any more; check the criterion again")
    if option.kind == REFERENCE:
        return _freshen(shop, option, person, now)
    with transaction.atomic():
        before = criteria.get_current(shop.pk).version
        if option.kind == "half_lives":
            after = criterion_flow.change_half_lives(shop, option.half_lives, person, now)
        else:
            after = criterion_flow.adopt_learned(shop, option.half_lives, option.weights, person, now)
        return _recorded(shop, option, (before, after.version), person, now)


@transaction.atomic
def undo(shop: "Shop", recalibration_id: int, person: "Person | None", now: datetime) -> bool | None:
    """Take a recalibration back: true, or None where this shop has none such.

    Raises CannotRecalibrate where something was changed after it, or it was taken back already.
    """
    done = validity.find_recalibration(shop.pk, recalibration_id)
    if done is None:
        return None
    if not may_undo(shop, done):
        raise CannotRecalibrate("something was changed after it; choose the version to return to in the settings")
    if done.kind == REFERENCE:
        restored = reference.restore(shop.pk, done.version_before, person, now)
        was, after = {"version": done.version_after}, {"version": restored.version, "customers": restored.customers}
        audit.record(shop, person, "reference_restored", "reference population", was, after, now)
        snapshots.replace_later(shop, snapshots.REFERENCE_FROZEN, now)
    else:
        criterion_flow.restore_version(shop, done.version_before, person, now)
    validity.note_undone(shop.pk, recalibration_id, now)
    validity_flow.ask(shop, now)
    return True


def may_undo(shop: "Shop", done: RecalibrationView) -> bool:
    """Say whether what a recalibration brought about still holds, so that undo is no surprise."""
    if done.undone_at is not None:
        return False
    if done.kind == REFERENCE:
        current = reference.find_current(shop.pk)
        return current is not None and current.version == done.version_after
    return criteria.get_current(shop.pk).version == done.version_after


def _freshen(shop: "Shop", option: OptionFigures, person: "Person | None", now: datetime) -> RecalibrationView:
    """Freezing reads many facts, so it is no part of the transaction that records it."""
    before = reference.find_current(shop.pk)
    if before is None:
        raise CannotRecalibrate("there is no reference yet")
    frozen = snapshots.freeze_reference(shop, person, now)
    with transaction.atomic():
        return _recorded(shop, option, (before.version, frozen.version), person, now)


def _recorded(
    shop: "Shop", option: OptionFigures, versions: tuple[int, int], person: "Person | None", now: datetime
) -> RecalibrationView:
    recorded = validity.record_recalibration(shop.pk, option, versions, person, now)
    validity_flow.ask(shop, now)
    return recorded


def _changes(shop: "Shop", option: OptionFigures) -> bool:
    """Whether an option would change anything of a criterion that still has these factors."""
    current = criteria.get_current(shop.pk)
    if set(option.weights) != set(current.weights):
        return False
    if option.kind == REFERENCE:
        return True
    moved = max(abs(option.weights[name] - current.weights[name]) for name in current.weights)
    return moved > 0.001 or dict(option.half_lives) != dict(current.half_lives)
