"""The attenuated stocks of identities as they are stored: added to, corrected and read in bulk.

Forward decay (science.stocks) makes every change an addition, in any order; R alone is a maximum. What a stock is worth
at an instant and who is placed where is reckoned in relationships.population, from the columns read here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kizuna.relationships import bulk
from kizuna.science import stocks as science

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

SUMMED = ("F", "M", "V", "E")
_R_BIT = 1 << len(SUMMED)
_TABLE = "relationships_identitystock"
_INDICATOR_TABLE = "relationships_indicatorstock"
_NAMES = {factor: tuple(f"{factor.lower()}{days}" for days in science.HALF_LIVES) for factor in SUMMED}
_EVERY_NAME = tuple(name for factor in SUMMED for name in _NAMES[factor])
_INDICATOR_NAMES = tuple(f"s{days}" for days in science.HALF_LIVES)
_ROW = np.dtype([("identity", np.int64), ("last", np.int64), *((name, np.float64) for name in _EVERY_NAME)])
_INDICATOR_ROW = np.dtype([("identity", np.int64), *((name, np.float64) for name in _INDICATOR_NAMES)])

_SELECT = (
    f"SELECT identity_id, COALESCE(last_purchase_us, {science.NO_PURCHASE + 1} - 1),"  # noqa: S608
    f" {', '.join(_EVERY_NAME)} FROM {_TABLE} WHERE shop_id = %s"
)


class UnknownFactorError(ValueError):
    """The factor is none of the five that are kept per identity."""


@dataclass(frozen=True, slots=True)
class Change:
    """One addition to a stock: F, M, V or E by `weight` (negative to correct), or a purchase for R (weight ignored)."""

    identity_id: int
    factor: str
    happened_us: int
    weight: float


@dataclass(frozen=True, slots=True)
class StockColumns:
    """Stocks of identities, rows ascending: last purchase (NO_PURCHASE where none), sums float64[n, 5] per factor."""

    identity_id: Ints
    last_purchase_us: Ints
    sums: Mapping[str, Floats]


def apply(shop_id: int, changes: Sequence[Change]) -> None:
    """Add changes to the stocks of a shop's identities.

    Commutative: any order and any cut into calls give the same sums. Not repeat-safe: the flow's cursor is.
    """
    if not changes:
        return
    identities = np.fromiter((change.identity_id for change in changes), np.int64, len(changes))
    factors = np.fromiter((_code(change.factor) for change in changes), np.int64, len(changes))
    happened = np.fromiter((change.happened_us for change in changes), np.int64, len(changes))
    weights = np.fromiter((change.weight for change in changes), np.float64, len(changes))
    owners, index = np.unique(identities, return_inverse=True)
    touched = np.zeros(len(owners), dtype=np.int64)
    columns: dict[int, list[list[float]]] = {}
    for code in np.unique(factors).tolist():
        chosen = factors == code
        touched[index[chosen]] |= 1 << code
        if 1 << code == _R_BIT:
            last = np.full(len(owners), science.NO_PURCHASE)
            np.maximum.at(last, index[chosen], happened[chosen])
            columns[code] = [last.tolist()]
        else:
            sums = science.accumulate(index[chosen], happened[chosen], weights[chosen], len(owners))
            columns[code] = sums.T.tolist()
    for mask in np.unique(touched).tolist():
        _add(shop_id, mask, (owners, np.flatnonzero(touched == mask)), columns)


def apply_indicator(shop_id: int, indicator_id: int, facts: tuple[Ints, Ints, Floats]) -> None:
    """Add facts (identity_id[], happened_us[], weight[]) to the stocks of a further indicator."""
    identity, happened, weight = facts
    if len(identity):
        owners, index = np.unique(identity, return_inverse=True)
        sums = science.accumulate(index, happened, weight, len(owners))
        added = ", ".join(f"{name} = {_INDICATOR_TABLE}.{name} + excluded.{name}" for name in _INDICATOR_NAMES)
        _write_indicator(shop_id, indicator_id, (owners, sums), added)


def restate(shop_id: int, columns: StockColumns) -> None:
    """Write last purchases and the stocks of the factors given over what is stored, leaving other factors alone."""
    names = tuple(name for factor in columns.sums for name in _NAMES[factor])
    kinds = ("int",) * 3 + ("float",) * len(names)
    assign = ", ".join(f"{name} = excluded.{name}" for name in ("last_purchase_us", *names))
    last = [None if value == science.NO_PURCHASE else value for value in columns.last_purchase_us.tolist()]
    sums = [column for each in columns.sums.values() for column in each.T.tolist()]
    statement = bulk.Upsert(
        _TABLE, ("shop_id", "identity_id", "last_purchase_us", *names), kinds, ("identity_id",), assign
    )
    bulk.write(statement, [[shop_id] * len(last), columns.identity_id.tolist(), last, *sums])


def replace_indicator(shop_id: int, indicator_id: int, identity_id: Ints, sums: Floats) -> None:
    """Write the whole stock of a further indicator as given: float64[n, 5]."""
    assign = ", ".join(f"{name} = excluded.{name}" for name in _INDICATOR_NAMES)
    _write_indicator(shop_id, indicator_id, (identity_id, sums), assign)


def columns(shop_id: int, identity_ids: Iterable[int] | None = None) -> StockColumns:
    """Read the stocks of the whole shop, or of the identities named, ordered by identity."""
    return _stock_columns(bulk.gathered(_read(shop_id, identity_ids), _ROW))


def columns_between(shop_id: int, from_identity: int, to_identity: int) -> StockColumns:
    """Read the stocks of identities in [from, to), ordered by identity."""
    select = f"{_SELECT} AND identity_id >= %s AND identity_id < %s"
    parts = bulk.read(select, "identity_id", _ROW, [shop_id, from_identity, to_identity])
    return _stock_columns(bulk.gathered(parts, _ROW))


def indicator_columns(
    shop_id: int, indicator_id: int, identity_ids: Iterable[int] | None = None
) -> tuple[Ints, Floats]:
    """Read the stocks of a further indicator: identity_id[n] ascending and sums float64[n, 5]."""
    select = (
        f"SELECT identity_id, {', '.join(_INDICATOR_NAMES)} FROM {_INDICATOR_TABLE}"  # noqa: S608
        " WHERE shop_id = %s AND indicator_id = %s"
    )
    parts = bulk.read(select, "identity_id", _INDICATOR_ROW, [shop_id, indicator_id], identity_ids)
    rows = bulk.gathered(parts, _INDICATOR_ROW)
    return rows["identity"].copy(), _side_by_side(rows, _INDICATOR_NAMES)


def _code(factor: str) -> int:
    code = "FMVER".find(factor)
    if code < 0 or len(factor) != 1:
        raise UnknownFactorError(f"{factor!r} is none of R, F, M, V, E")
    return code


def _add(shop_id: int, mask: int, owners: tuple[Ints, NDArray[np.intp]], columns: dict[int, list[list[float]]]) -> None:
    """One statement for each set of factors that identities have in common, so that every row is written once."""
    identity, places = owners
    statement, codes = _addition(mask)
    rows = places.tolist()
    chosen = [[column[row] for row in rows] for code in codes for column in columns[code]]
    bulk.write(statement, [[shop_id] * len(rows), identity[places].tolist(), *chosen])


@lru_cache(maxsize=32)
def _addition(mask: int) -> tuple[bulk.Upsert, tuple[int, ...]]:
    codes = tuple(code for code in range(len(SUMMED)) if mask & 1 << code)
    names = tuple(name for code in codes for name in _NAMES[SUMMED[code]])
    assign = [f"{name} = {_TABLE}.{name} + excluded.{name}" for name in names]
    kinds = ("int", "int") + ("float",) * len(names)
    if mask & _R_BIT:
        codes, names, kinds = (*codes, len(SUMMED)), (*names, "last_purchase_us"), (*kinds, "int")
        assign.append(
            f"last_purchase_us = CASE WHEN {_TABLE}.last_purchase_us >= excluded.last_purchase_us"
            f" THEN {_TABLE}.last_purchase_us ELSE excluded.last_purchase_us END"
        )
    columns = ("shop_id", "identity_id", *names)
    return bulk.Upsert(_TABLE, columns, kinds, ("identity_id",), ", ".join(assign)), codes


def _write_indicator(shop_id: int, indicator_id: int, stocks: tuple[Ints, Floats], assign: str) -> None:
    identity_id, sums = stocks
    names = ("shop_id", "indicator_id", "identity_id", *_INDICATOR_NAMES)
    kinds = ("int",) * 3 + ("float",) * len(_INDICATOR_NAMES)
    statement = bulk.Upsert(_INDICATOR_TABLE, names, kinds, ("indicator_id", "identity_id"), assign)
    rows = len(identity_id)
    bulk.write(statement, [[shop_id] * rows, [indicator_id] * rows, identity_id.tolist(), *sums.T.tolist()])


def _read(shop_id: int, identity_ids: Iterable[int] | None) -> Iterator[NDArray[np.void]]:
    return bulk.read(_SELECT, "identity_id", _ROW, [shop_id], identity_ids)


def _stock_columns(rows: NDArray[np.void]) -> StockColumns:
    sums = {factor: _side_by_side(rows, _NAMES[factor]) for factor in SUMMED}
    return StockColumns(rows["identity"].copy(), rows["last"].copy(), sums)


def _side_by_side(rows: NDArray[np.void], names: Sequence[str]) -> Floats:
    return np.column_stack([rows[name] for name in names])
