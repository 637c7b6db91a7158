"""Purchase histories (x, t_x, T) from days or from rows, equal ones grouped so that each is computed once.

Refuses what cannot be a history and names the column. Not here: reading a database or a data frame. Source: Fader,
Hardie & Lee (2005): x = repeat purchases, t_x = when the last one was, T = how long the customer is known.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kizuna.science.purchasing import Floats, Histories, Ints

LARGEST_COUNT = 2**53
FARTHEST_DAY = 2**61
ONE_KEY = 2**62
_LONGEST_GRID, _WORTH_A_GRID = 2**20, 2**14


class UnreadableHistoryError(ValueError):
    """The rows cannot be purchase histories; the message opens with the name of the column."""


def from_days(customer: ArrayLike, day: ArrayLike, until_day: int, unit_days: float = 7.0) -> tuple[Ints, Histories]:
    """Histories at the end of `until_day` from one row a purchase: int64[n] customers and day indices.

    Returns the customers who bought by then, ascending, and their histories in units of `unit_days`; several rows of
    a customer on one day are one purchase, and later days are left out.

    >>> customers, known = from_days([7, 7, 7, 3], [0, 14, 14, 7], until_day=21)
    >>> customers.tolist(), known.x.tolist(), known.t_x.tolist(), known.T.tolist()
    ([3, 7], [0, 1], [0.0, 2.0], [2.0, 3.0])
    """
    if not 0 < unit_days < np.inf:
        raise UnreadableHistoryError("unit_days: must be above 0")
    who, when = whole_numbers("customer", customer), whole_numbers("day", day)
    if who.shape != when.shape:
        raise UnreadableHistoryError("day: not as many rows as customer")
    for name, days in (("day", when), ("until_day", whole_numbers("until_day", [until_day]))):
        if ((days < -FARTHEST_DAY) | (days > FARTHEST_DAY)).any():
            raise UnreadableHistoryError(f"{name}: too far from 0 to be a day")
    seen = when <= until_day
    who, when = _distinct_pairs(who[seen], when[seen])
    starts = np.flatnonzero(np.concatenate(([True], who[1:] != who[:-1]))) if who.size else np.empty(0, dtype=np.int64)
    ends = np.append(starts[1:], who.size) - 1 if who.size else starts
    first, last = when[starts], when[ends]
    return who[starts], _group((ends - starts).astype(np.int64), last - first, until_day - first, unit_days)


def from_rows(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Histories:
    """Histories from one row a customer: x whole numbers, t_x and T in one unit of time, 0 <= t_x <= T.

    >>> known = from_rows([0, 2, 0], [0, 30.43, 0], [38.86, 38.86, 38.86])
    >>> known.x.tolist(), known.count.tolist(), known.group.tolist()
    ([0, 2], [2, 1], [0, 1, 0])
    """
    count = whole_numbers("x", x)
    recency, length = _times("t_x", t_x), _times("T", T)
    if not count.shape == recency.shape == length.shape:
        raise UnreadableHistoryError("t_x: x, t_x and T do not have the same number of rows")
    for name, wrong, why in (
        ("x", count < 0, "below 0"),
        ("x", count > LARGEST_COUNT, "too large to be a number of purchases"),
        ("t_x", recency > length, "after T, the end of the observation"),
        ("t_x", (count == 0) & (recency != 0), "not 0 though x is 0"),
        ("t_x", (count > 0) & (recency == 0), "0 though x is above 0"),
    ):
        if wrong.any():
            raise UnreadableHistoryError(f"{name}: {why} (row {int(np.flatnonzero(wrong)[0])})")
    return _group(count, recency, length, 1.0)


def whole_numbers(name: str, column: ArrayLike) -> Ints:
    """The column as int64[n]; refuses fractions, nan and what does not fit, by the column's name.

    >>> whole_numbers("x", [1.0, 2.0]).tolist()
    [1, 2]
    >>> whole_numbers("x", [2**63])
    Traceback (most recent call last):
    kizuna.science.histories.UnreadableHistoryError: x: too large for a whole number of 64 bits
    """
    found = _column(name, column)
    if found.dtype.kind in "bi":
        return found.astype(np.int64, copy=False)
    if found.dtype.kind not in "ufO" or (found.dtype.kind == "O" and not all(isinstance(each, int) for each in found)):
        raise UnreadableHistoryError(f"{name}: not whole numbers")
    if found.dtype.kind == "f" and not (np.isfinite(found).all() and (found == np.floor(found)).all()):
        raise UnreadableHistoryError(f"{name}: not whole numbers")
    if found.size and (int(found.max()) >= 2**63 or int(found.min()) < -(2**63)):
        raise UnreadableHistoryError(f"{name}: too large for a whole number of 64 bits")
    return found.astype(np.int64)


def ranks[Number: (np.int64, np.float64)](column: NDArray[Number]) -> tuple[NDArray[Number], Ints]:
    """The distinct values ascending and the place of each row among them; without sorting rows on an even grid.

    >>> [each.tolist() for each in ranks(np.array([0.5, 0.0, 1.5, 0.5]))]
    [[0.0, 0.5, 1.5], [1, 0, 2, 1]]
    """
    if column.size < _WORTH_A_GRID:
        distinct, place = np.unique(column, return_inverse=True)
        return distinct, place.astype(np.int64, copy=False)
    ordered = np.sort(column)
    distinct = ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))]
    grid = _lattice(distinct)
    if grid is None:
        return distinct, np.searchsorted(distinct, column)
    start, step = grid
    table = np.zeros(int(np.rint((distinct[-1] - start) / step)) + 1, dtype=np.int64)
    table[np.rint((distinct - start) / step).astype(np.int64)] = np.arange(distinct.size)
    return distinct, table[np.rint((column - start) / step).astype(np.int64)]


def total(histories: Histories, each_row: Floats) -> float:
    """The sum over customers of a figure of each row: float64[n] to one number.

    >>> total(from_rows([0, 0, 1], [0, 0, 1], [2, 2, 2]), np.array([1.0, 10.0]))
    12.0
    """
    return float(histories.count @ each_row)


def customers_and_repeaters(histories: Histories) -> tuple[int, int]:
    """How many customers there are, and how many of them came back at least once.

    >>> customers_and_repeaters(from_rows([0, 0, 1], [0, 0, 1], [2, 2, 2]))
    (3, 1)
    """
    return int(histories.count.sum()), int(histories.count[histories.x > 0].sum())


def _column(name: str, column: ArrayLike) -> NDArray[Any]:
    found = np.asarray(column)
    if found.size == 0:
        found = found.reshape(-1).astype(np.int64)
    if found.ndim != 1:
        raise UnreadableHistoryError(f"{name}: not one value a row")
    return found


def _times(name: str, column: ArrayLike) -> Floats:
    found = _column(name, column)
    if found.dtype.kind not in "biuf":
        raise UnreadableHistoryError(f"{name}: not numbers")
    times = found.astype(np.float64, copy=False)
    if not np.isfinite(times).all():
        raise UnreadableHistoryError(f"{name}: not a finite number (row {int(np.flatnonzero(~np.isfinite(times))[0])})")
    if (times < 0).any():
        raise UnreadableHistoryError(f"{name}: below 0 (row {int(np.flatnonzero(times < 0)[0])})")
    return times


def _distinct_pairs(who: Ints, when: Ints) -> tuple[Ints, Ints]:
    """The distinct (customer, day) in order; packed into one key to sort where both fit."""
    if who.size == 0:
        return who, when
    least, days = int(when.min()), int(when.max()) - int(when.min()) + 1
    lowest = int(who.min())
    if (int(who.max()) - lowest + 1) * days < ONE_KEY:
        key = np.sort((who - lowest) * days + (when - least))
        key = key[np.flatnonzero(np.diff(key, prepend=-1))]
        return key // days + lowest, key % days + least
    order = np.lexsort((when, who))
    who, when = who[order], when[order]
    new = np.concatenate(([True], (np.diff(who) != 0) | (np.diff(when) != 0)))
    return who[new], when[new]


def _group[Number: (np.int64, np.float64)](x: Ints, t_x: NDArray[Number], T: NDArray[Number], unit: float) -> Histories:
    """Equal histories as one row, rows ordered by (x, T, t_x)."""
    xs, key = ranks(x)
    Ts, place = ranks(T)
    key *= Ts.size
    key += place
    ts, place = ranks(t_x)
    pairs = None
    if xs.size * Ts.size * ts.size >= ONE_KEY:
        pairs, key = ranks(key)
    key *= ts.size
    key += place
    del place
    key, group = ranks(key)
    pair = key // max(ts.size, 1)
    if pairs is not None:
        pair = pairs[pair]
    rows = xs[pair // max(Ts.size, 1)], ts[key % max(ts.size, 1)], Ts[pair % max(Ts.size, 1)]
    count = np.bincount(group, minlength=key.size).astype(np.int64)
    return Histories(rows[0], rows[1] / unit, rows[2] / unit, count, group)


def _lattice(distinct: NDArray[Any]) -> tuple[float, float] | None:
    """Start and step of the even grid on which ascending distinct values lie, so that each has a place of its own."""
    if distinct.size < 2:
        return None
    start, step = float(distinct[0]), float(np.diff(distinct).min())
    if not (step > 0 and (float(distinct[-1]) - start) / step < _LONGEST_GRID):
        return None
    places = np.rint((distinct - start) / step)
    return (start, step) if (np.diff(places) >= 1).all() else None
