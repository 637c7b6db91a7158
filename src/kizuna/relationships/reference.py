"""Frozen reference populations: what a score z is measured against, dated and versioned so that drift is visible.

Here: storing and loading the distributions, per factor and half-life. When one is frozen is decided in flows.snapshots;
the distribution itself is science.ranking.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.relationships.kept import Kept, digest_of
from kizuna.relationships.models import Reference, ReferenceColumn
from kizuna.science import ranking

if TYPE_CHECKING:
    from kizuna.shops.models import Person

type Distributions = Mapping[tuple[str, int], ranking.Reference]

_kept: Kept[Distributions] = Kept(8)


class NoReferenceError(ValueError):
    """The shop never had this version of its reference."""


@dataclass(frozen=True)
class ReferenceView:
    """A frozen reference without its distributions."""

    id: int
    version: int
    as_of_us: int
    frozen_at: datetime
    automatic: bool
    customers: int
    digest: str


@dataclass(frozen=True)
class Frozen:
    """What shall be frozen: the population's distributions by (factor, half-life), its instant and its size."""

    distributions: Distributions
    as_of_us: int
    customers: int
    automatic: bool


def find_current(shop_id: int) -> ReferenceView | None:
    """Find the newest reference: the one that live scores are measured against."""
    row = Reference.objects.filter(shop_id=shop_id).order_by("-version").first()
    return None if row is None else _view(row)


def find_frozen_by(shop_id: int, at: datetime) -> ReferenceView | None:
    """Find the newest reference that was frozen at or before an instant, for a question as of then."""
    row = Reference.objects.filter(shop_id=shop_id, frozen_at__lte=at).order_by("-version").first()
    return None if row is None else _view(row)


def find_by_id(shop_id: int, reference_id: int | None) -> ReferenceView | None:
    """Find the reference that a snapshot carries; None for a provisional one."""
    if reference_id is None:
        return None
    row = Reference.objects.filter(shop_id=shop_id, pk=reference_id).first()
    return None if row is None else _view(row)


def freeze(shop_id: int, frozen: Frozen, person: "Person | None", now: datetime) -> ReferenceView:
    """Store a new version with all its distributions; older versions stay."""
    newest = find_current(shop_id)
    stored = {key: distribution.to_bytes() for key, distribution in frozen.distributions.items()}
    row = Reference.objects.create(
        shop_id=shop_id,
        version=1 if newest is None else newest.version + 1,
        as_of_us=frozen.as_of_us,
        frozen_at=now,
        person=person,
        automatic=frozen.automatic,
        customers=frozen.customers,
        digest=digest_of(*(repr(key).encode() + content for key, content in sorted(stored.items()))),
    )
    ReferenceColumn.objects.bulk_create(
        ReferenceColumn(reference=row, factor=factor, half_life=half_life, distribution=content)
        for (factor, half_life), content in stored.items()
    )
    return _view(row)


def restore(shop_id: int, version: int, person: "Person | None", now: datetime) -> ReferenceView:
    """Let an earlier version hold again, as a new one with its distributions, date and size; earlier ones stay.

    Raises NoReferenceError when the shop never had it.
    """
    row = Reference.objects.filter(shop_id=shop_id, version=version).first()
    if row is None:
        raise NoReferenceError(f"this shop has no version {version} of its reference")
    return freeze(shop_id, Frozen(_loaded(row.pk), row.as_of_us, row.customers, row.automatic), person, now)


def dates(shop_id: int, reference: ReferenceView, columns: Collection[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Find for (factor, half-life) columns of a reference the instant whose customers they describe.

    A later version may have joined a factor to distributions that an earlier one froze: those keep their date.
    """
    found: dict[tuple[str, int], tuple[int, bytes]] = {}
    versions = Reference.objects.filter(shop_id=shop_id, version__lte=reference.version).order_by("-version")
    for row in versions:
        stored = ReferenceColumn.objects.filter(reference=row, factor__in={factor for factor, _ in columns})
        for column in stored:
            key, content = (column.factor, column.half_life), bytes(column.distribution)
            if key in columns and (row.pk == reference.id or found.get(key, (0, b""))[1] == content):
                found[key] = (row.as_of_us, content)
    return {key: as_of_us for key, (as_of_us, _) in found.items()}


def load(reference: ReferenceView) -> Distributions:
    """Load the distributions of a frozen reference, which never change: a few are kept in memory."""
    return _kept.get(reference.digest, lambda: _loaded(reference.id))


def _loaded(reference_id: int) -> Distributions:
    return {
        (column.factor, column.half_life): ranking.Reference.from_bytes(bytes(column.distribution))
        for column in ReferenceColumn.objects.filter(reference_id=reference_id)
    }


def _view(row: Reference) -> ReferenceView:
    return ReferenceView(row.pk, row.version, row.as_of_us, row.frozen_at, row.automatic, row.customers, row.digest)
