"""The criterion of a shop, version by version: half-life and weight of every factor; none is ever changed.

A shop that never set one has the default, version 0. What follows from a new version (placing everybody anew, the
audit log) is decided in flows.criterion; the mathematics of weights is in science.factor and science.ahp.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.relationships.models import Criterion
from kizuna.science import factor, stocks

if TYPE_CHECKING:
    from kizuna.shops.models import Person

EQUAL, HAND, AHP, LEARNED = "equal", "hand", "ahp", "learned"


class CriterionError(ValueError):
    """A half-life or weight cannot be used; the text says which and why."""


class NoVersionError(CriterionError):
    """The shop never had this version."""


@dataclass(frozen=True)
class CriterionView:
    """One version as other rooms see it; `id` is None for the default of a shop that never set one."""

    id: int | None
    version: int
    half_lives: Mapping[str, int]
    weights: Mapping[str, float]
    method: str = EQUAL
    comparisons: Sequence[Sequence[float]] | None = None
    created_at: datetime | None = None

    @property
    def factors(self) -> tuple[str, ...]:
        """All factors in their order: the five, then further indicators by name."""
        return tuple(self.weights)

    @property
    def indicators(self) -> tuple[str, ...]:
        """The names of the further indicators."""
        return tuple(name for name in self.weights if name not in stocks.FACTORS)

    @property
    def longest_half_life(self) -> int:
        """The longest half-life in days: what the shop's clock waits for."""
        return max(self.half_lives.values())


DEFAULT = CriterionView(
    None, 0, dict.fromkeys(stocks.FACTORS, stocks.DEFAULT_HALF_LIFE), factor.equal_weights(stocks.FACTORS)
)


@dataclass(frozen=True)
class CriterionDraft:
    """What a new version shall say; weights need not sum to 1 yet."""

    half_lives: Mapping[str, int]
    weights: Mapping[str, float]
    method: str
    comparisons: Sequence[Sequence[float]] | None = None


def get_current(shop_id: int) -> CriterionView:
    """Get the version that holds now; the default where none was ever stored."""
    newest = Criterion.objects.filter(shop_id=shop_id).order_by("-version").first()
    return DEFAULT if newest is None else _view(newest)


def get_version(shop_id: int, version: int) -> CriterionView:
    """Get one version by its number; raises NoVersionError when the shop never had it."""
    found = Criterion.objects.filter(shop_id=shop_id, version=version).first()
    if found is not None:
        return _view(found)
    if version == 0:
        return DEFAULT
    raise NoVersionError(f"this shop has no version {version} of its criterion")


def get_by_id(shop_id: int, criterion_id: int) -> CriterionView:
    """Get the version that a snapshot carries."""
    return _view(Criterion.objects.get(shop_id=shop_id, pk=criterion_id))


def list_versions(shop_id: int) -> list[CriterionView]:
    """List every version, the newest first; at least the default."""
    stored = [_view(row) for row in Criterion.objects.filter(shop_id=shop_id).order_by("-version")]
    return stored if stored and stored[-1].version == 0 else [*stored, DEFAULT]


def hold(shop_id: int, now: datetime) -> int:
    """Store the default as version 0, so that a snapshot can carry it, and return its id; repeat-safe."""
    row, _ = Criterion.objects.get_or_create(
        shop_id=shop_id,
        version=0,
        defaults={
            "half_lives": dict(DEFAULT.half_lives),
            "weights": dict(DEFAULT.weights),
            "method": EQUAL,
            "created_at": now,
        },
    )
    return row.pk


def add_version(shop_id: int, draft: CriterionDraft, person: "Person | None", now: datetime) -> CriterionView:
    """Store a new version, weights scaled to sum 1; raises CriterionError naming the factor that is wrong."""
    _check(draft)
    try:
        weights = factor.normalise_weights(draft.weights)
    except factor.FactorWeightError as error:
        raise CriterionError(str(error)) from error
    hold(shop_id, now)
    newest = Criterion.objects.select_for_update().filter(shop_id=shop_id).order_by("-version")[0]
    row = Criterion.objects.create(
        shop_id=shop_id,
        version=newest.version + 1,
        half_lives={name: int(draft.half_lives[name]) for name in weights},
        weights=weights,
        method=draft.method,
        comparisons=draft.comparisons,
        person=person,
        created_at=now,
    )
    return _view(row)


def _check(draft: CriterionDraft) -> None:
    missing = [name for name in stocks.FACTORS if name not in draft.weights]
    if missing:
        raise CriterionError(f"a weight is missing: {', '.join(missing)} (0 is allowed)")
    for name in draft.weights:
        if draft.half_lives.get(name) not in stocks.HALF_LIVES:
            choices = ", ".join(map(str, stocks.HALF_LIVES))
            raise CriterionError(f"the half-life of {name} must be one of {choices} days")
    if draft.method not in (EQUAL, HAND, AHP, LEARNED):
        raise CriterionError(f"{draft.method!r} is no way of setting weights")


def _view(row: Criterion) -> CriterionView:
    weights, half_lives = row.weights, row.half_lives
    names = [*stocks.FACTORS, *sorted(name for name in weights if name not in stocks.FACTORS)]
    return CriterionView(
        row.pk,
        row.version,
        {name: half_lives[name] for name in names},
        {name: weights[name] for name in names},
        row.method,
        row.comparisons,
        row.created_at,
    )
