"""Snapshots of the portfolio: NG, the cuts and where every customer stood at one instant; stored once, never restated.

Here: packing the columns, finding and reading snapshots. When one is made is decided in flows.snapshots.
"""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from kizuna.relationships.kept import Kept, digest_of
from kizuna.relationships.models import Snapshot
from kizuna.science import portfolio
from kizuna.science.portfolio import Concentration, Cuts

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Letters = NDArray[np.str_]

DAILY = "daily_snapshot"
_HEAD = struct.Struct("<BQ")
_VERSION = 1
_LETTERS = np.array(["", "A", "B", "C", "D"])
_META = (
    "id",
    "day",
    "as_of_us",
    "period_from_us",
    "period_to_us",
    "criterion_id",
    "reference_id",
    "net_gain_minor",
    "cut_rf",
    "cut_net_profit_minor",
    "n_star",
    "counts",
    "concentration",
    "digest",
    "facts",
    "cause",
    "previous_id",
    "reconstructed",
    "made_at",
)
_kept: "Kept[SnapshotColumns]" = Kept(4)


class UnreadableSnapshotError(ValueError):
    """The stored columns are not of a version that this code knows."""


@dataclass(frozen=True)
class SnapshotView:
    """A snapshot without its columns."""

    id: int
    day: int
    as_of_us: int
    period_from_us: int
    period_to_us: int
    criterion_id: int
    reference_id: int | None
    net_gain_minor: int
    cut_rf: float | None
    cut_net_profit_minor: int | None
    n_star: int
    counts: Mapping[str, int]
    concentration: Mapping[str, Any]
    digest: str
    facts: str
    cause: str
    previous_id: int | None
    reconstructed: bool
    made_at: datetime

    @property
    def cuts(self) -> Cuts:
        """The cuts as science.portfolio takes them."""
        return Cuts(self.cut_rf, self.cut_net_profit_minor, self.n_star, self.net_gain_minor)


@dataclass(frozen=True, slots=True)
class SnapshotColumns:
    """Where everybody stood, customers ascending: RF, net profit over the period, segment shown ('' not placed)."""

    customer_id: Ints
    rf: Floats
    net_profit: Ints
    shown: Letters

    def shown_to(self, customer_id: Ints) -> Letters:
        """The segment each of these customers was shown in; '' for who was not there."""
        if not len(self.customer_id):
            return np.full(len(customer_id), "")
        place = np.minimum(np.searchsorted(self.customer_id, customer_id), len(self.customer_id) - 1)
        return np.where(self.customer_id[place] == customer_id, self.shown[place], "")


@dataclass(frozen=True)
class Content:
    """What a snapshot keeps of its columns: themselves, packed, and what lists and pages ask of them most."""

    packed: bytes
    counts: Mapping[str, int]
    concentration: Mapping[str, Any]


@dataclass(frozen=True)
class SnapshotDraft:
    """What a snapshot shall keep."""

    day: int
    as_of_us: int
    period: tuple[int, int]
    criterion_id: int
    reference_id: int | None
    cuts: Cuts
    cause: str
    previous_id: int | None
    reconstructed: bool = False
    facts: str = ""


def condense(columns: SnapshotColumns) -> Content:
    """Pack columns, count segments, measure the 80/20 rule: what takes long, done before anything is written."""
    letters, numbers = np.unique(columns.shown, return_counts=True)
    counted = dict(zip(letters.tolist(), numbers.tolist(), strict=True))
    counts = {**{letter: counted.get(letter, 0) for letter in "ABCD"}, "not_placed": counted.get("", 0)}
    return Content(pack(columns), counts, _measure(columns.net_profit))


def store(shop_id: int, draft: SnapshotDraft, content: Content, now: datetime) -> SnapshotView:
    """Store a snapshot; a second daily one of the same day is refused by the database."""
    row = Snapshot.objects.create(
        shop_id=shop_id,
        day=draft.day,
        as_of_us=draft.as_of_us,
        period_from_us=draft.period[0],
        period_to_us=draft.period[1],
        criterion_id=draft.criterion_id,
        reference_id=draft.reference_id,
        net_gain_minor=draft.cuts.net_gain_minor,
        cut_rf=draft.cuts.rf,
        cut_net_profit_minor=draft.cuts.net_profit_minor,
        n_star=draft.cuts.n_star,
        counts=dict(content.counts),
        concentration=content.concentration,
        columns=content.packed,
        digest=digest_of(content.packed),
        facts=draft.facts,
        cause=draft.cause,
        previous_id=draft.previous_id,
        reconstructed=draft.reconstructed,
        made_at=now,
    )
    return SnapshotView(**{name: getattr(row, name) for name in _META})


def find_last(shop_id: int) -> SnapshotView | None:
    """Find the last snapshot that is not reconstructed: the one customers are placed against."""
    return _first(Snapshot.objects.filter(shop_id=shop_id, reconstructed=False).order_by("-as_of_us", "-id"))


def find_at(shop_id: int, as_of_us: int) -> SnapshotView | None:
    """Find the last snapshot made for an instant at or before this one, reconstructed ones included."""
    return _first(Snapshot.objects.filter(shop_id=shop_id, as_of_us__lte=as_of_us).order_by("-as_of_us", "-id"))


def get(shop_id: int, snapshot_id: int) -> SnapshotView:
    """Get one snapshot of the shop."""
    return SnapshotView(*Snapshot.objects.values_list(*_META).get(shop_id=shop_id, pk=snapshot_id))


def list_snapshots(shop_id: int, since_us: int = 0) -> list[SnapshotView]:
    """List the snapshots from an instant on in order of time: what a time slider moves over."""
    rows = Snapshot.objects.filter(shop_id=shop_id, as_of_us__gte=since_us).order_by("as_of_us", "id")
    return [SnapshotView(*row) for row in rows.values_list(*_META)]


def columns(snapshot: SnapshotView) -> SnapshotColumns:
    """Read where everybody stood; a few snapshots are kept in memory."""
    return _kept.get(snapshot.digest, lambda: _loaded(snapshot.id))


def concentration(snapshot: SnapshotView) -> Concentration | None:
    """The 80/20 rule as it was measured on a snapshot's net profit; None where nobody brought any."""
    found = snapshot.concentration
    return Concentration(found["top_fifth"], found["holding_80_percent"]) if found else None


def forget_reconstructed(shop_id: int) -> Sequence[int]:
    """Delete the reconstructed snapshots before they are built anew from changed history; returns their instants."""
    rows = Snapshot.objects.filter(shop_id=shop_id, reconstructed=True)
    instants = list(rows.values_list("as_of_us", flat=True))
    rows.delete()
    return instants


def pack(columns: SnapshotColumns) -> bytes:
    """Columns as compact bytes, led by a version."""
    letters = np.searchsorted(_LETTERS, columns.shown).astype(np.uint8)
    steps = np.diff(columns.customer_id, prepend=0).astype("<i8")
    content = b"".join(
        (
            _planes(steps),
            _planes(columns.rf.astype("<f8").view("<i8")),
            _planes(columns.net_profit.astype("<i8")),
            letters.tobytes(),
        )
    )
    return _HEAD.pack(_VERSION, len(letters)) + zlib.compress(content, 6)


def unpack(packed: bytes) -> SnapshotColumns:
    """The columns that `pack` wrote, bit for bit."""
    try:
        version, count = _HEAD.unpack_from(packed)
        content = zlib.decompress(packed[_HEAD.size :]) if version == _VERSION else b""
    except (struct.error, zlib.error) as error:
        raise UnreadableSnapshotError("the stored snapshot is damaged") from error
    if version != _VERSION or len(content) != 25 * count:
        raise UnreadableSnapshotError(f"the stored snapshot has version {version}, this code reads {_VERSION}")
    steps, rf, profit = (_whole(content[8 * count * part : 8 * count * (part + 1)]) for part in range(3))
    letters = np.frombuffer(content[24 * count :], dtype=np.uint8)
    return SnapshotColumns(np.cumsum(steps), rf.view(np.float64), profit, _LETTERS[letters])


def _measure(net_profit: Ints) -> dict[str, Any]:
    """What a snapshot says of concentration: reckoned once, when it is stored."""
    found = portfolio.concentration(net_profit)
    if found is None:
        return {}
    return {
        "top_fifth": found.held_by_top_fifth,
        "holding_80_percent": found.customers_holding_80_percent,
        "shares": portfolio.shares_held(net_profit).round(6).tolist(),
    }


def _planes(values: NDArray[np.int64]) -> bytes:
    """The bytes of all values by significance, which deflates far better than value by value."""
    return np.ascontiguousarray(values.view(np.uint8).reshape(-1, 8).T).tobytes()


def _whole(planes: bytes) -> Ints:
    return np.ascontiguousarray(np.frombuffer(planes, dtype=np.uint8).reshape(8, -1).T).view("<i8").ravel()


def _first(rows: "QuerySet[Snapshot]") -> SnapshotView | None:
    found = rows.values_list(*_META).first()
    return None if found is None else SnapshotView(*found)


def _loaded(snapshot_id: int) -> SnapshotColumns:
    return unpack(bytes(Snapshot.objects.values_list("columns", flat=True).get(pk=snapshot_id)))
