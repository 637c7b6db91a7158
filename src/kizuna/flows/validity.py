"""Is the criterion still good? A check over rolling origins, stored; monthly by schedule, and whenever somebody asks.

Here: reading the facts once, running the check as a job, judging what it found into alarms. The arithmetic of one
origin is flows.origins; what follows an alarm is flows.recalibration. Source: model, section 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction
from django.tasks import task

from kizuna.customers import links
from kizuna.flows import origins, portfolio
from kizuna.flows.origins import History, Measured
from kizuna.jobs import queue, standing
from kizuna.jobs.queue import JobView
from kizuna.relationships import criterion as criteria
from kizuna.relationships import reference, validity
from kizuna.relationships.population import Distributions, Links
from kizuna.relationships.reference import ReferenceView
from kizuna.relationships.validity import (
    OURS,
    AlarmFigures,
    CheckDraft,
    CheckView,
    DriftFigures,
    Figure,
    Findings,
    Kind,
    Missing,
    OptionFigures,
    OriginFigures,
    ScoreFigures,
)
from kizuna.sales import ledger
from kizuna.science import drift, learning, periods
from kizuna.science import validity as measures
from kizuna.science.validity import Estimate
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

RELATIONSHIP = "RF"
"""The whole relationship factor among the drifting columns."""


@dataclass(frozen=True)
class Stand:
    """What a check starts from: the history, the reference with the instants it describes, and the check before."""

    history: History
    as_of_us: int
    reference: ReferenceView | None
    frozen: Distributions
    described_us: Mapping[str, int]
    before: CheckView | None


def check(shop: "Shop", now: datetime, random: np.random.Generator) -> CheckView:
    """Check the criterion that holds now against what customers brought, and store what was found.

    Reads before it writes; reports its progress where it runs as a job.
    """
    as_of_us = portfolio.shop_now(shop, periods.epoch_us(now))
    criterion = criteria.get_current(shop.pk)
    current = reference.find_current(shop.pk)
    first_us = ledger.first_fact_us(shop.pk)
    chosen = origins.plan(as_of_us if first_us is None else first_us, as_of_us, ZoneInfo(shop.timezone))
    if isinstance(chosen, Missing):
        findings = Findings(missing=chosen)
    else:
        findings = examine(gather(shop, as_of_us), chosen, random)
    draft = CheckDraft(
        as_of_us, origins.HORIZON_DAYS, criterion.version, None if current is None else current.version, findings
    )
    with transaction.atomic():
        return validity.store(shop.pk, draft, now)


def gather(shop: "Shop", as_of_us: int) -> Stand:
    """Read all that a check needs of a shop."""
    criterion = criteria.get_current(shop.pk)

    @lru_cache(maxsize=2)
    def links_at(at_us: int) -> Links:
        return Links(*links.columns(shop.pk, at_us))

    def reference_at(at_us: int) -> Distributions | None:
        found = reference.find_frozen_by(shop.pk, periods.instant_at(at_us))
        return None if found is None else reference.load(found)

    history = History(
        portfolio.gather(shop.pk, as_of_us, criterion.indicators),
        criterion,
        links_at,
        reference_at,
        Links(*links.columns(shop.pk, None)),
        ZoneInfo(shop.timezone),
    )
    current = reference.find_current(shop.pk)
    described = {} if current is None else reference.dates(shop.pk, current, set(criterion.half_lives.items()))
    by_name = {factor: at_us for (factor, _), at_us in described.items()}
    frozen = {} if current is None else reference.load(current)
    return Stand(history, as_of_us, current, frozen, by_name, validity.find_last(shop.pk))


def examine(stand: Stand, chosen: Sequence[tuple[int, int]], random: np.random.Generator) -> Findings:
    """Measure every origin, drift and what could be learned, and judge."""
    measured: list[Measured] = []
    missing: Missing | None = None
    for number, (at_us, until_us) in enumerate(chosen):
        one = origins.measure(stand.history, at_us, until_us, random)
        if isinstance(one, Missing):
            missing, measured = one, []
        else:
            measured.append(one)
        queue.report((number + 1) / (len(chosen) + 2))
    if not measured:
        return Findings(missing=missing)
    figures = [_figures(each) for each in measured]
    baseline = _baseline(stand, figures)
    figures = [replace(each, fallen=_fallen(each, baseline)) for each in figures]
    moved = drifted(stand, random)
    queue.report((len(chosen) + 1) / (len(chosen) + 2))
    proofs = origins.teach_all(measured, stand.history.criterion, random)
    return Findings(
        origins=figures,
        baseline=baseline,
        drift=moved,
        reference_customers=None if stand.reference is None else stand.reference.customers,
        alarms=alarms(figures, moved),
        options=[*(_option(kind, proof) for kind, proof in proofs.items()), *_fresh_reference(stand, moved)],
    )


def drifted(stand: Stand, random: np.random.Generator) -> dict[str, DriftFigures]:
    """Compare today's customers with those of the reference, factor by factor and RF as a whole.

    The customers of then are reckoned from the facts, so that it is known who is in both. Nothing without a reference,
    or with one of today.
    """
    if stand.reference is None:
        return {}
    frozen, criterion = stand.frozen, stand.history.criterion
    weighed = [name for name in criterion.factors if criterion.weights[name] > 0 and name in stand.described_us]
    since = {name: stand.described_us[name] for name in weighed}
    since[RELATIONSHIP] = min(since.values(), default=stand.reference.as_of_us)
    then = {at_us: origins.see(stand.history, at_us, frozen) for at_us in set(since.values()) if at_us < stand.as_of_us}
    now = origins.see(stand.history, stand.as_of_us, frozen)
    found = {}
    for name, at_us in since.items():
        if at_us not in then or not len(then[at_us].people.customer_id):
            continue
        before, half_life = then[at_us], criterion.half_lives.get(name, 0)
        _, rows, rows_now = np.intersect1d(
            before.people.customer_id, now.people.customer_id, assume_unique=True, return_indices=True
        )
        if name == RELATIONSHIP:
            columns, scored = (before.scores.rf, now.scores.rf), (before.scores.rf, now.scores.rf)
        else:
            columns = before.ranked(name, half_life, at_us), now.ranked(name, half_life, stand.as_of_us)
            scored = before.scores.z[name], now.scores.z[name]
        shift = drift.compare(*columns, (rows, rows_now), random)
        above = tuple(float((each > np.median(scored[0])).mean()) for each in scored)
        found[name] = _drift_figures(stand, name, at_us, shift, above)
    return found


def alarms(figures: Sequence[OriginFigures], moved: Mapping[str, DriftFigures]) -> list[AlarmFigures]:
    """Judge: beaten by a rival or fallen below the baseline at two origins running, or drifted."""
    found = []
    since = measures.running_since([bool(each.beaten_by) for each in figures])
    if since is not None:
        last = figures[-1]
        names = sorted(last.beaten_by, key=lambda name: last.differences[name].value or 0.0)
        found.append(AlarmFigures("rival", names, figures[since].until_us))
    since = measures.running_since([each.fallen for each in figures])
    if since is not None:
        found.append(AlarmFigures("fallen", [], figures[since].until_us))
    loud = {name: each for name, each in moved.items() if each.alarmed_since_us is not None}
    if loud:
        names = sorted(loud, key=lambda name: -loud[name].index)
        found.append(AlarmFigures("drift", names, min(each.alarmed_since_us or 0 for each in loud.values())))
    return found


@transaction.atomic
def ask(shop: "Shop", now: datetime) -> None:
    """Let a job check the criterion now, one for all who ask meanwhile."""
    queue.enqueue_once(run_check, _key(shop), shop_id=shop.pk, now_us=periods.epoch_us(now))


def find_job(shop: "Shop") -> JobView | None:
    """Find the check of a shop that waits, runs or was given up since the last one was stored."""
    job = queue.find_unfinished(_key(shop))
    last = validity.find_last(shop.pk)
    if job is not None and last is not None and job.finished_at is not None and job.finished_at <= last.made_at:
        return None
    return job


def still_holds(shop: "Shop", check: CheckView) -> bool:
    """Say whether a check was of the criterion and the reference that hold now."""
    current = reference.find_current(shop.pk)
    version = None if current is None else current.version
    return check.criterion_version == criteria.get_current(shop.pk).version and check.reference_version == version


@task(queue_name="slow")
def run_check(shop_id: int, now_us: int) -> None:
    """Check the criterion of a shop; the draws depend on shop and instant only, so repeating it finds the same."""
    check(tenants.get_shop_by_id(shop_id), periods.instant_at(now_us), np.random.default_rng([shop_id, now_us]))


@standing.every("validity.monthly", cron="23 2 2 * *")
def check_monthly(now: datetime) -> None:
    """Let every shop's criterion be checked."""
    for shop in tenants.list_shops():
        ask(shop, now)


def _key(shop: "Shop") -> str:
    return f"validity:{shop.pk}"


def _figures(measured: Measured) -> OriginFigures:
    found = measured.found
    scores = {
        name: ScoreFigures(
            gini=_figure(found.estimate(name, measures.GINI)),
            spearman=_figure(found.estimate(name, measures.SPEARMAN)),
            lift=_figure(found.estimate(name, measures.LIFT)),
        )
        for name in found.names
    }
    differences = {name: found.difference(OURS, name) for name in measured.rivals}
    beaten = sorted(measures.beaten_by(differences))
    told = {name: _figure(each) for name, each in differences.items()}
    return OriginFigures(
        measured.at_us, measured.until_us, measured.customers, measured.buyers, scores, told, beaten, False
    )


def _baseline(stand: Stand, figures: Sequence[OriginFigures]) -> OriginFigures:
    """What validity is held against: the first origin ever checked under this version of the criterion."""
    before = stand.before
    if (
        before is not None
        and before.criterion_version == stand.history.criterion.version
        and before.horizon_days == origins.HORIZON_DAYS
        and before.findings.baseline is not None
    ):
        return before.findings.baseline
    return figures[0]


def _fallen(now: OriginFigures, baseline: OriginFigures) -> bool:
    return measures.fallen_below(_estimate(now.scores[OURS].gini), _estimate(baseline.scores[OURS].gini))


def _drift_figures(stand: Stand, name: str, at_us: int, shift: drift.Shift, above: Sequence[float]) -> DriftFigures:
    alarmed = None
    if shift.alarms:
        known = None if stand.before is None else stand.before.findings.drift.get(name)
        going_on = known is not None and known.since_us == at_us and known.alarmed_since_us is not None
        alarmed = known.alarmed_since_us if known is not None and going_on else stand.as_of_us
    return DriftFigures(
        at_us,
        shift.index,
        shift.threshold,
        shift.level,
        shift.before,
        shift.now,
        shift.zeros,
        shift.ks.distance,
        above[1],
        above[0],
        alarmed,
    )


def _option(kind: str, proof: learning.Proof) -> OptionFigures:
    named: Kind = "weights" if kind == "weights" else "half_lives" if kind == "half_lives" else "both"
    return OptionFigures(
        named,
        dict(proof.rule.half_lives),
        dict(proof.rule.weights),
        proof.before,
        proof.after,
        _figure(proof.change),
        proof.origins,
        proof.proven,
    )


def _fresh_reference(stand: Stand, moved: Mapping[str, DriftFigures]) -> list[OptionFigures]:
    """A fresh reference answers drift, and nothing else."""
    if all(each.alarmed_since_us is None for each in moved.values()):
        return []
    criterion = stand.history.criterion
    return [
        OptionFigures(
            "reference", dict(criterion.half_lives), dict(criterion.weights), None, None, Figure(None), 0, True
        )
    ]


def _figure(estimate: Estimate) -> Figure:
    return Figure(estimate.value, estimate.error, estimate.low, estimate.high)


def _estimate(figure: Figure) -> Estimate:
    nothing = float("nan")
    each = (figure.value, figure.error, figure.low, figure.high)
    return Estimate(*(nothing if one is None else one for one in each))
