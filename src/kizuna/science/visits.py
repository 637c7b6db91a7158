"""Visits: page activity of one visitor key with gaps under 30 minutes.

Here: cutting a whole history at once, and taking in one page event at a time, in any order, with the same result.
Not here: whose visits they are; visits are never re-cut across keys. The rule is Kizuna's (model, section 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

type Ints = NDArray[np.int64]

GAP_US = 30 * 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """One visit: its first and last page event (epoch microseconds) and the number of page events."""

    first_us: int
    last_us: int
    pages: int = 1


@dataclass(frozen=True, slots=True)
class Change:
    """What one page event does: `replaced` visits (0, 1 or 2 of those given) give way to `visit`.

    corrections: (instant, +1 or -1) to add to the stock V, because a visit counts at its first event.
    """

    replaced: tuple[Interval, ...]
    visit: Interval
    corrections: tuple[tuple[int, int], ...]

    @property
    def kind(self) -> Literal["added", "extended", "joined"]:
        """Whether the event opened a visit, belongs to one, or closes the gap between two."""
        if not self.replaced:
            return "added"
        return "extended" if len(self.replaced) == 1 else "joined"


def sessionise(owner_index: Ints, happened_us: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Visits of many visitor keys: a gap under 30 minutes joins, 30 minutes or more starts a new visit.

    owner_index, happened_us: int64[n] in any order; result (owner_index, first_us, last_us, pages), each int64[v],
    ordered by owner and time. Source: model, section 2 (V).

    >>> minute = 60_000_000
    >>> [column.tolist() for column in sessionise(np.array([4, 4, 4]), np.array([0, 29, 59]) * minute)]
    [[4, 4], [0, 3540000000], [1740000000, 3540000000], [2, 1]]
    """
    if len(owner_index) != len(happened_us):
        raise ValueError(f"{len(owner_index)} owners and {len(happened_us)} instants do not match")
    owner, at = _in_order(owner_index, happened_us)
    starts = np.ones(len(at), dtype=bool)
    starts[1:] = (owner[1:] != owner[:-1]) | (at[1:] - at[:-1] >= GAP_US)
    first = np.flatnonzero(starts)
    end = np.append(first[1:], len(at)) if len(at) else first
    return owner[first], at[first], at[end - 1], (end - first).astype(np.int64)


def _in_order(owner: Ints, at: Ints) -> tuple[Ints, Ints]:
    """Both columns by owner and time: sorted as little as what arrived needs, which is mostly by owner alone."""
    if (np.diff(owner) < 0).any():
        order = _stable_order(owner)
        owner, at = owner[order], at[order]
    late = np.flatnonzero((np.diff(at) < 0) & (np.diff(owner) == 0))
    if len(late):
        rows = np.flatnonzero(np.isin(owner, owner[late]))
        at = at.copy()
        at[rows] = at[rows[np.lexsort((at[rows], owner[rows]))]]
    return owner, at


def _stable_order(owner: Ints) -> Ints:
    """The stable order of integers: their place rides in the low bits of one plain, far faster sort."""
    bits = len(owner).bit_length()
    low = int(owner.min())
    if int(owner.max()) - low >= 1 << (62 - bits):
        return np.argsort(owner, kind="stable")
    packed = (owner - low << bits) | np.arange(len(owner))
    packed.sort()
    places: Ints = packed & ((1 << bits) - 1)
    return places


def absorb(visits: Sequence[Interval], at_us: int) -> Change:
    """What one page event changes, given the visits of its visitor key around it.

    visits: those within 30 minutes of the event (more do no harm: one that the event does not touch is left alone);
    they must be visits already cut, so that at most two are touched. Each event is given once. Whatever the order of
    events, the visits and the sum of corrections equal those of `sessionise`. Source: model, section 2 (V).

    >>> minute = 60_000_000
    >>> change = absorb([Interval(0, 0), Interval(40 * minute, 50 * minute, 3)], 20 * minute)
    >>> change.kind, change.visit, change.corrections
    ('joined', Interval(first_us=0, last_us=3000000000, pages=5), ((2400000000, -1),))
    """
    touched = sorted(
        (visit for visit in visits if visit.first_us - GAP_US < at_us < visit.last_us + GAP_US),
        key=lambda visit: visit.first_us,
    )
    if len(touched) > 2:
        raise ValueError(f"{len(touched)} visits lie within 30 minutes of one event: they were not cut by this rule")
    if not touched:
        return Change((), Interval(at_us, at_us), ((at_us, 1),))
    visit = Interval(
        min(at_us, touched[0].first_us),
        max(at_us, touched[-1].last_us),
        sum(each.pages for each in touched) + 1,
    )
    return Change(tuple(touched), visit, _corrections(touched, visit.first_us))


def _corrections(touched: Sequence[Interval], first_us: int) -> tuple[tuple[int, int], ...]:
    """The visit now counts at first_us: take away every other instant at which a part of it was counted."""
    gone = tuple((each.first_us, -1) for each in touched if each.first_us != first_us)
    return gone if touched[0].first_us == first_us else (*gone, (first_us, 1))
