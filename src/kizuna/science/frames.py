"""Science from data frames: columns of pandas, polars, pyarrow or plain arrays become what the models take, and back.

Here: reading columns with errors that name them, histories and spending from one row per purchase, and a frame of
answers of the kind that came in. Not here: any model. Whoever has NumPy arrays can call the models without this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import ArrayLike, NDArray

from kizuna.science import gamma_gamma, histories
from kizuna.science.purchasing import Floats, Histories, Ints

type Column = NDArray[np.generic]


class ColumnError(ValueError):
    """A column that is missing or cannot be read as what it should be: column is its name."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"column {column!r}: {reason}")
        self.column = column


@dataclass(frozen=True, slots=True, eq=False)
class Purchases:
    """Purchases by customer and day: customer int64[n] numbers into labels, day since 1970-01-01, money float64[n].

    labels: the customers as the table names them, ascending. money is 1 each where the table has no amount.
    """

    labels: Column
    customer: Ints
    day: Ints
    money: Floats

    def histories(self, until: date | int, unit_days: float = 7.0) -> tuple[Column, Histories]:
        """Labels of the customers who bought by the end of `until`, and their histories (histories.from_days)."""
        known, found = histories.from_days(self.customer, self.day, day_number(until), unit_days)
        return self.labels[known], found

    def spending(self, until: date | int, *, first: bool = True) -> tuple[Ints, Floats]:
        """Purchases with money and their average per customer, in the order of histories (gamma_gamma.spending)."""
        kept = self.day <= day_number(until)
        _, x, mean = gamma_gamma.spending(self.customer[kept], self.day[kept], self.money[kept], first=first)
        return x, mean


def purchases(table: Any, customer: str, day: str, money: str | None = None) -> Purchases:
    """Read one row per purchase from a data frame or a mapping of columns, by the names of its columns.

    Customers may be numbers or text; days are dates, times (their own wall clock counts) or whole day numbers. Raises
    ColumnError. Rows of one customer and day are one purchase later on.

    >>> table = {"who": ["b", "a", "b"], "on": [3, 5, 9], "paid": [5.0, 8.0, 7.0]}
    >>> found = purchases(table, "who", "on", "paid")
    >>> found.labels.tolist(), found.customer.tolist(), found.spending(9)[1].tolist()
    (['a', 'b'], [1, 0, 1], [8.0, 6.0])
    """
    labels, place = np.unique(_labels(table, customer), return_inverse=True)
    days = days_of(table, day)
    amounts = numbers(table, money) if money is not None else np.ones(len(days))
    for name, found in ((day, days), (money, amounts)):
        if len(found) != len(place):
            raise ColumnError(str(name), f"{len(found)} rows, {customer!r} has {len(place)}")
    return Purchases(labels, place.astype(np.int64), days, amounts)


def numbers(table: Any, name: str) -> Floats:
    """A column as float64[n]; refuses text and missing values.

    >>> numbers({"paid": [1, 2.5]}, "paid").tolist()
    [1.0, 2.5]
    """
    found = _column(table, name)
    if found.dtype.kind == "O":
        found = _from_objects(name, found)
    if found.dtype.kind not in "biuf":
        raise ColumnError(name, f"holds {found.dtype}, not numbers")
    values = found.astype(np.float64)
    if np.isnan(values).any():
        raise ColumnError(name, f"nothing in row {int(np.argmax(np.isnan(values)))}")
    return values


def days_of(table: Any, name: str) -> Ints:
    """A column of dates, times or day numbers as days since 1970-01-01, int64[n].

    >>> days_of({"on": np.array(["1970-01-02", "1997-09-30"], dtype="datetime64[D]")}, "on").tolist()
    [1, 10134]
    """
    found = _column(table, name)
    if found.dtype.kind == "O" and all(isinstance(each, date) for each in found):
        found = np.array([each.replace(tzinfo=None) if isinstance(each, datetime) else each for each in found])
        found = found.astype("datetime64[D]")
    if found.dtype.kind == "M":
        if np.isnat(found).any():
            raise ColumnError(name, f"nothing in row {int(np.argmax(np.isnat(found)))}")
        return found.astype("datetime64[D]").astype(np.int64)
    if found.dtype.kind not in "iufO":
        raise ColumnError(name, f"holds {found.dtype}, not dates: turn it into dates first")
    values = numbers(table, name)
    if (values != np.floor(values)).any():
        raise ColumnError(name, "holds fractions, not days")
    if (np.abs(values) > histories.FARTHEST_DAY).any():
        raise ColumnError(name, "holds numbers too far from 0 to be days")
    return values.astype(np.int64)


def day_number(day: date | int) -> int:
    """A date as days since 1970-01-01; a number stays as it is.

    >>> day_number(date(1997, 9, 30)), day_number(7)
    (10134, 7)
    """
    return day if isinstance(day, int) else (day - date(1970, 1, 1)).days


def frame_like(table: Any, columns: Mapping[str, ArrayLike]) -> Any:
    """A frame of the kind of `table` with new columns; a plain mapping of arrays for a mapping.

    >>> frame_like({"a": [1]}, {"customer": ["x"], "value": np.array([2.0])})["value"].tolist()
    [2.0]
    """
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    if isinstance(table, Mapping):
        return arrays
    frame = nw.from_native(table, eager_only=True)
    return nw.from_dict(arrays, backend=frame.implementation).to_native()


def _column(table: Any, name: str) -> Column:
    """A column as an array of one dimension, times without their zone."""
    if isinstance(table, Mapping):
        if name not in table:
            raise ColumnError(name, f"there is none; there are {', '.join(map(repr, table))}")
        found = np.asarray(table[name])
        if found.ndim != 1:
            raise ColumnError(name, "not one value a row")
        return found
    try:
        frame = nw.from_native(table, eager_only=True)
    except TypeError as error:
        raise TypeError(f"not a data frame in memory: {type(table).__module__}.{type(table).__name__}") from error
    if name not in frame.columns:
        raise ColumnError(name, f"there is none; there are {', '.join(map(repr, frame.columns))}")
    series = frame[name]
    if series.is_null().any():
        raise ColumnError(name, f"nothing in row {int(np.argmax(series.is_null().to_numpy()))}")
    if isinstance(series.dtype, nw.Datetime) and series.dtype.time_zone is not None:
        series = series.dt.replace_time_zone(None)
    return np.asarray(series.to_numpy())


def _labels(table: Any, name: str) -> Column:
    """Customers as numbers or text that can be put in order."""
    found = _column(table, name)
    if found.dtype.kind == "O":
        if all(isinstance(each, str) for each in found):
            return found.astype(np.str_)
        found = _from_objects(name, found)
    if found.dtype.kind == "f":
        if not (np.isfinite(found).all() and (found == np.floor(found)).all()):
            raise ColumnError(name, "holds fractions or nothing, not customers")
        return found.astype(np.int64)
    if found.dtype.kind not in "iuU":
        raise ColumnError(name, f"holds {found.dtype}, not customers")
    return found


def _from_objects(name: str, found: Column) -> Column:
    """Objects that are all numbers, as an array of numbers."""
    if any(each is None for each in found):
        raise ColumnError(name, f"nothing in row {[each is None for each in found].index(True)}")
    try:
        return found.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ColumnError(name, "holds mixed things") from error
