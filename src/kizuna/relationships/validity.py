"""What checks of the criterion found, and the recalibrations that followed: stored as they were, never restated.

Here: the findings as plain figures, storing and reading them. How they are measured is flows.validity and
flows.origins; what a recalibration does is flows.recalibration.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from kizuna.relationships.models import Recalibration, ValidityCheck

if TYPE_CHECKING:
    from kizuna.shops.models import Person

type State = Literal["short", "good", "alarm"]
type Kind = Literal["weights", "half_lives", "both", "reference"]

OURS = "rf"
KINDS: tuple[Kind, ...] = ("weights", "half_lives", "both", "reference")


@dataclass(frozen=True)
class Figure:
    """A figure with its standard error and the interval that holds the truth 95 times of 100; None: nothing to tell."""

    value: float | None
    error: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ScoreFigures:
    """How well one score put customers in order at one origin."""

    gini: Figure
    spearman: Figure
    lift: Figure


@dataclass(frozen=True)
class OriginFigures:
    """One origin: who was known then, how each score did until `until_us`, ours less each rival's, and the flags."""

    at_us: int
    until_us: int
    customers: int
    buyers: int
    scores: Mapping[str, ScoreFigures]
    differences: Mapping[str, Figure]
    beaten_by: Sequence[str]
    fallen: bool


@dataclass(frozen=True)
class DriftFigures:
    """One factor (or RF) against the reference: how far it moved, what chance alone allows, and how loud to say it.

    before, now: shares of customers in bins of about a tenth each of the reference. above_middle: share of today's
    customers above the middle of the reference, above_before that of its own, half or fewer where many stand level.
    alarmed_since_us: None where it is calm.
    """

    since_us: int
    index: float
    threshold: float
    level: str
    before: Sequence[float]
    now: Sequence[float]
    zeros: bool
    distance: float
    above_middle: float
    above_before: float = 0.5
    alarmed_since_us: int | None = None


@dataclass(frozen=True)
class AlarmFigures:
    """Why the criterion needs care: a rival orders better, validity has fallen, or customers have drifted."""

    kind: Literal["rival", "fallen", "drift"]
    names: Sequence[str]
    since_us: int


@dataclass(frozen=True)
class OptionFigures:
    """One recalibration that could be done, and what it gained on origins that had not taught it."""

    kind: Kind
    half_lives: Mapping[str, int]
    weights: Mapping[str, float]
    before: float | None
    after: float | None
    change: Figure
    origins: int
    proven: bool


@dataclass(frozen=True)
class Missing:
    """What a check lacks: days of history, customers, or customers who bought afterwards."""

    what: Literal["history", "customers", "buyers"]
    have: int
    need: int


@dataclass(frozen=True)
class Findings:
    """Everything one check found; `missing` says why there is nothing else."""

    origins: Sequence[OriginFigures] = ()
    baseline: OriginFigures | None = None
    drift: Mapping[str, DriftFigures] = field(default_factory=dict)
    reference_customers: int | None = None
    alarms: Sequence[AlarmFigures] = ()
    options: Sequence[OptionFigures] = ()
    missing: Missing | None = None

    @property
    def state(self) -> State:
        """Short of something, good, or alarm."""
        if self.missing is not None:
            return "short"
        return "alarm" if self.alarms else "good"

    @property
    def best_option(self) -> OptionFigures | None:
        """The proven recalibration of half-lives or weights that gained most."""
        proven = [each for each in self.options if each.proven and each.kind != "reference"]
        return max(proven, key=lambda each: each.after or 0.0, default=None)


@dataclass(frozen=True)
class CheckView:
    """A stored check."""

    id: int
    as_of_us: int
    horizon_days: int
    criterion_version: int
    reference_version: int | None
    state: str
    made_at: datetime
    findings: Findings


@dataclass(frozen=True)
class CheckDraft:
    """What a check shall keep."""

    as_of_us: int
    horizon_days: int
    criterion_version: int
    reference_version: int | None
    findings: Findings


@dataclass(frozen=True)
class RecalibrationView:
    """A stored recalibration; `expected` is the option as it was offered."""

    id: int
    kind: str
    version_before: int
    version_after: int
    expected: OptionFigures
    person: str
    made_at: datetime
    undone_at: datetime | None


def store(shop_id: int, draft: CheckDraft, now: datetime) -> CheckView:
    """Store what a check found."""
    row = ValidityCheck.objects.create(
        shop_id=shop_id,
        as_of_us=draft.as_of_us,
        horizon_days=draft.horizon_days,
        criterion_version=draft.criterion_version,
        reference_version=draft.reference_version,
        state=draft.findings.state,
        findings=_plain(asdict(draft.findings)),
        made_at=now,
    )
    return _view(row)


def find_last(shop_id: int) -> CheckView | None:
    """Find the newest check."""
    row = ValidityCheck.objects.filter(shop_id=shop_id).order_by("-made_at", "-id").first()
    return None if row is None else _view(row)


def list_checks(shop_id: int, limit: int = 24) -> list[CheckView]:
    """List the newest checks, the newest first."""
    return [_view(row) for row in ValidityCheck.objects.filter(shop_id=shop_id).order_by("-made_at", "-id")[:limit]]


def record_recalibration(
    shop_id: int, option: OptionFigures, versions: tuple[int, int], person: "Person | None", now: datetime
) -> RecalibrationView:
    """Record a recalibration that took the criterion (or the reference) from one version to another."""
    row = Recalibration.objects.create(
        shop_id=shop_id,
        kind=option.kind,
        version_before=versions[0],
        version_after=versions[1],
        expected=_plain(asdict(option)),
        person=person,
        made_at=now,
    )
    return _recalibration(row)


def list_recalibrations(shop_id: int, limit: int = 10) -> list[RecalibrationView]:
    """List the newest recalibrations, the newest first."""
    rows = Recalibration.objects.filter(shop_id=shop_id).select_related("person").order_by("-made_at", "-id")
    return [_recalibration(row) for row in rows[:limit]]


def find_recalibration(shop_id: int, recalibration_id: int) -> RecalibrationView | None:
    """Find one recalibration of the shop, and hold it against a second undo until the transaction ends."""
    row = Recalibration.objects.select_for_update(of=("self",)).filter(shop_id=shop_id, pk=recalibration_id).first()
    return None if row is None else _recalibration(row)


def note_undone(shop_id: int, recalibration_id: int, now: datetime) -> None:
    """Note that a recalibration was undone."""
    Recalibration.objects.filter(shop_id=shop_id, pk=recalibration_id).update(undone_at=now)


def _view(row: ValidityCheck) -> CheckView:
    return CheckView(
        row.pk,
        row.as_of_us,
        row.horizon_days,
        row.criterion_version,
        row.reference_version,
        row.state,
        row.made_at,
        _findings(row.findings),
    )


def _findings(stored: Mapping[str, Any]) -> Findings:
    baseline, missing = stored["baseline"], stored["missing"]
    return Findings(
        origins=[_origin(each) for each in stored["origins"]],
        baseline=None if baseline is None else _origin(baseline),
        drift={name: DriftFigures(**each) for name, each in stored["drift"].items()},
        reference_customers=stored["reference_customers"],
        alarms=[AlarmFigures(**each) for each in stored["alarms"]],
        options=[_option(each) for each in stored["options"]],
        missing=None if missing is None else Missing(**missing),
    )


def _origin(stored: Mapping[str, Any]) -> OriginFigures:
    scores = {
        name: ScoreFigures(**{measure: Figure(**figure) for measure, figure in each.items()})
        for name, each in stored["scores"].items()
    }
    differences = {name: Figure(**each) for name, each in stored["differences"].items()}
    return OriginFigures(**{**stored, "scores": scores, "differences": differences})


def _option(stored: Mapping[str, Any]) -> OptionFigures:
    return OptionFigures(**{**stored, "change": Figure(**stored["change"])})


def _recalibration(row: Recalibration) -> RecalibrationView:
    return RecalibrationView(
        row.pk,
        row.kind,
        row.version_before,
        row.version_after,
        _option(row.expected),
        "" if row.person is None else row.person.name or row.person.email,
        row.made_at,
        row.undone_at,
    )


def _plain(value: Any) -> Any:
    """The same as JSON can hold it: what is not a finite number becomes null."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
