"""What happens when an owner changes the criterion: a new version, an audit entry, and everybody placed anew by a job.

Earlier snapshots keep the version they were made with. Undo is to apply an earlier version again, as a new one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction
from django.tasks import task

from kizuna.customers import links
from kizuna.flows import snapshots
from kizuna.jobs import queue
from kizuna.relationships import criterion as criteria
from kizuna.relationships import indicators, stocks
from kizuna.relationships.criterion import CriterionDraft, CriterionView
from kizuna.relationships.indicators import IndicatorDraft, IndicatorView
from kizuna.science import ahp, periods
from kizuna.science.stocks import FACTORS, accumulate
from kizuna.shops import audit, tenants
from kizuna.tracking import columns as journal

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

_LEAST_SHARE = 1e-6


@transaction.atomic
def change_half_lives(
    shop: "Shop", half_lives: Mapping[str, int], person: "Person | None", now: datetime
) -> CriterionView:
    """Set the half-life in days of the factors named; the others keep theirs. Raises CriterionError."""
    current = criteria.get_current(shop.pk)
    _check_names(current, half_lives)
    draft = CriterionDraft({**current.half_lives, **half_lives}, current.weights, current.method, current.comparisons)
    return _change(shop, draft, person, now)


@transaction.atomic
def change_weights(shop: "Shop", weights: Mapping[str, float], person: "Person | None", now: datetime) -> CriterionView:
    """Set the weights of all factors by hand, or equal where the five are alike; they are scaled to sum 1.

    A further indicator has a weight of its own: whether the five are equal does not depend on it.
    """
    current = criteria.get_current(shop.pk)
    _check_names(current, weights)
    whole = {**dict.fromkeys(current.weights, 0.0), **weights}
    five = {whole[name] for name in FACTORS}
    method = criteria.EQUAL if len(five) == 1 and max(five) > 0 else criteria.HAND
    return _change(shop, CriterionDraft(current.half_lives, whole, method), person, now)


@transaction.atomic
def make_equal(shop: "Shop", person: "Person | None", now: datetime) -> CriterionView:
    """Give the five factors the same weight; further indicators keep their share, none where they had none.

    Raises CriterionError where nothing is left for the five.
    """
    current = criteria.get_current(shop.pk)
    kept = {name: current.weights[name] for name in current.indicators}
    share = 1.0 - sum(kept.values())
    if share < _LEAST_SHARE:
        raise criteria.CriterionError("the further indicators weigh everything: give them less first")
    alike = dict.fromkeys(FACTORS, share / len(FACTORS))
    return _change(shop, CriterionDraft(current.half_lives, {**alike, **kept}, criteria.EQUAL), person, now)


@transaction.atomic
def change_weights_by_comparison(
    shop: "Shop", judgements: Mapping[tuple[str, str], float], person: "Person | None", now: datetime
) -> CriterionView:
    """Set the weights of the five factors from judgements "i matters so many times as much as j", one per pair.

    Further indicators keep their share. Raises science.ahp's InconsistentJudgementsError from a ratio of .10 on.
    """
    weights = ahp.accepted_weights(judgements, FACTORS)
    current = criteria.get_current(shop.pk)
    kept = {name: current.weights[name] for name in current.indicators}
    share = 1.0 - sum(kept.values())
    scaled = {name: weight * share for name, weight in weights.items()}
    draft = CriterionDraft(current.half_lives, {**scaled, **kept}, criteria.AHP, _matrix(judgements))
    return _change(shop, draft, person, now)


@transaction.atomic
def adopt_learned(
    shop: "Shop", half_lives: Mapping[str, int], weights: Mapping[str, float], person: "Person | None", now: datetime
) -> CriterionView:
    """Set half-lives and weights learned from the shop's own past, of every factor. Raises CriterionError."""
    current = criteria.get_current(shop.pk)
    if set(weights) != set(current.weights):
        raise criteria.CriterionError("the factors have changed since this was learned")
    return _change(shop, CriterionDraft(half_lives, weights, criteria.LEARNED), person, now)


@transaction.atomic
def restore_version(shop: "Shop", version: int, person: "Person | None", now: datetime) -> CriterionView:
    """Apply an earlier version again, as a new one: the undo of every change."""
    earlier = criteria.get_version(shop.pk, version)
    draft = CriterionDraft(earlier.half_lives, earlier.weights, earlier.method, earlier.comparisons)
    return _change(shop, draft, person, now)


@transaction.atomic
def register_indicator(shop: "Shop", draft: IndicatorDraft, person: "Person | None", now: datetime) -> IndicatorView:
    """Register a further indicator with a weight; the other weights make room. A job adds its history.

    Without a weight nothing else changes, the way in which the weights were set neither.
    """
    indicator = indicators.register(shop.pk, draft)
    current = criteria.get_current(shop.pk)
    if not 0 <= draft.weight < 1:
        raise criteria.CriterionError(f"the weight of {draft.name} must be at least 0 and below 1")
    weights = {name: weight * (1 - draft.weight) for name, weight in current.weights.items()}
    method, comparisons = (criteria.HAND, None) if draft.weight else (current.method, current.comparisons)
    half_lives = {**current.half_lives, draft.name: draft.half_life}
    changed = CriterionDraft(half_lives, {**weights, draft.name: draft.weight}, method, comparisons)
    _add(shop, changed, person, now)
    now_us = periods.epoch_us(now)
    queue.enqueue_once(add_history, f"indicator:{indicator.id}", shop_id=shop.pk, name=indicator.name, now_us=now_us)
    return indicator


@task(queue_name="slow")
def add_history(shop_id: int, name: str, now_us: int) -> None:
    """Reckon the stock of a newly registered indicator from all facts, then place everybody anew."""
    shop = tenants.get_shop_by_id(shop_id)
    backfill_indicator(shop, name)
    snapshots.place_everybody(shop, snapshots.CRITERION_CHANGED, periods.instant_at(now_us))


@transaction.atomic
def backfill_indicator(shop: "Shop", name: str) -> None:
    """Write the stock of an indicator as its facts say; no fact is taken in meanwhile, so none counts twice."""
    links.lock(shop.pk)
    indicator = next(each for each in indicators.list_indicators(shop.pk) if each.name == name)
    identity, happened = journal.indicator_columns(shop.pk, indicator.event_names, indicator.direction, None)
    owners, index = np.unique(identity, return_inverse=True)
    sums = accumulate(index, happened, np.ones(len(identity)), len(owners))
    stocks.replace_indicator(shop.pk, indicator.id, owners, sums)


def _change(shop: "Shop", draft: CriterionDraft, person: "Person | None", now: datetime) -> CriterionView:
    added = _add(shop, draft, person, now)
    snapshots.replace_later(shop, snapshots.CRITERION_CHANGED, now)
    return added


def _add(shop: "Shop", draft: CriterionDraft, person: "Person | None", now: datetime) -> CriterionView:
    before = criteria.get_current(shop.pk)
    added = criteria.add_version(shop.pk, draft, person, now)
    audit.record(shop, person, "criterion_changed", "criterion", _told(before), _told(added), now)
    return added


def _told(view: CriterionView) -> dict[str, object]:
    return {
        "version": view.version,
        "half_lives": dict(view.half_lives),
        "weights": dict(view.weights),
        "method": view.method,
    }


def _check_names(current: CriterionView, named: Mapping[str, object]) -> None:
    unknown = [name for name in named if name not in current.weights]
    if unknown:
        raise criteria.CriterionError(f"{', '.join(unknown)}: no such factor in this shop")


def _matrix(judgements: Mapping[tuple[str, str], float]) -> list[list[float]]:
    matrix = np.eye(len(FACTORS))
    for (row, column), value in judgements.items():
        i, j = FACTORS.index(row), FACTORS.index(column)
        matrix[i, j], matrix[j, i] = value, 1 / value
    return [list(map(float, row)) for row in matrix]
