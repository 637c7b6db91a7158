"""What every engine is: a session over one holding that answers portable SQL with columns of three types.

Here: the protocol, the options, and the strict making of columns. An engine that gives another type or a NULL than the
question promises has misread it, so that is an error and never converted silently.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

type Answer = dict[str, NDArray[Any]]
type Gives = Mapping[str, str]


class EngineMissing(RuntimeError):
    """The chosen engine cannot run here; the text says what to do."""


class WrongAnswer(RuntimeError):
    """An engine gave something else than the question promises."""


@dataclass(frozen=True)
class Options:
    """How engines run. memory: limit of DuckDB such as '1GB' ('' its own default). spill: folder for what exceeds it.

    url: of PostgreSQL. spark_master: local[*], or spark://host:port of a cluster that sees the same files.
    """

    memory: str = ""
    spill: Path | None = None
    threads: int | None = None
    url: str = ""
    spark_master: str = "local[*]"


class Session(Protocol):
    """One holding, open on one engine."""

    def ask(self, sql: str, gives: Gives) -> Answer:
        """Answer a statement with the columns it gives, in their order."""

    def close(self) -> None:
        """Let go of everything the session made."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Closing:
    """Sessions as context managers."""

    def close(self) -> None:
        """Let go of everything the session made."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_KINDS = {"BIGINT": "i", "DOUBLE": "f", "TEXT": "OUT"}
_PYTHON = {"BIGINT": int, "DOUBLE": float, "TEXT": str}


def checked(given: Mapping[str, NDArray[Any]], gives: Gives) -> Answer:
    """The columns of an answer by name, each of the promised type and without NULL; raises WrongAnswer."""
    if list(given) != list(gives):
        raise WrongAnswer(f"columns {', '.join(given)} instead of {', '.join(gives)}")
    return {name: _column(name, given[name], kind) for name, kind in gives.items()}


def _column(name: str, values: NDArray[Any], kind: str) -> NDArray[Any]:
    if np.ma.is_masked(values):
        raise WrongAnswer(f"{name} holds NULL")
    plain = np.ma.getdata(values)
    if plain.dtype.kind not in _KINDS[kind]:
        raise WrongAnswer(f"{name} came as {plain.dtype} instead of {kind}")
    if kind == "TEXT":
        return plain.astype(object)
    return np.ascontiguousarray(plain, dtype=np.int64 if kind == "BIGINT" else np.float64)


def from_rows(names: Sequence[str], rows: Iterable[Sequence[object]], gives: Gives) -> Answer:
    """The columns of an answer that came row by row; raises WrongAnswer as `checked` does."""
    columns = list(zip(*rows, strict=True)) or [() for _ in names]
    given: dict[str, NDArray[Any]] = {}
    for name, column in zip(names, columns, strict=True):
        kind = gives.get(name, "TEXT")
        strange = {type(value).__name__ for value in column if type(value) is not _PYTHON[kind]}
        if strange:
            raise WrongAnswer(f"{name} came as {', '.join(sorted(strange))} instead of {kind}")
        given[name] = np.array(column, dtype={"BIGINT": np.int64, "DOUBLE": np.float64, "TEXT": object}[kind])
    return checked(given, gives)
