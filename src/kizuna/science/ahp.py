"""Weights from pairwise judgements: the analytic hierarchy process.

Here: the principal eigenvector of a reciprocal comparison matrix and its consistency. Not here: asking for judgements.
Source: Saaty, The Analytic Hierarchy Process (1980); acceptance below .10 as in the model, section 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)
"""Mean consistency index of random matrices of order 1 to 10 (Saaty)."""
ACCEPTED_BELOW = 0.10
_TOLERANCE = 1e-6


class MatrixShapeError(ValueError):
    """The judgements do not form a square matrix of order 1 to 10 with one name per row."""


class JudgementError(ValueError):
    """One cell cannot be right; row and column are its names."""

    def __init__(self, row: str, column: str, reason: str) -> None:
        super().__init__(f"{row} against {column}: {reason}")
        self.row = row
        self.column = column


class InconsistentJudgementsError(ValueError):
    """The judgements contradict each other: the consistency ratio is .10 or more."""

    def __init__(self, ratio: float) -> None:
        super().__init__(f"the judgements contradict each other: consistency ratio {ratio:.3f}, must be below .10")
        self.ratio = ratio


@dataclass(frozen=True, slots=True)
class Judgement:
    """Weights float64[n] (> 0, sum 1), the principal eigenvalue (>= n) and the consistency ratio (>= 0)."""

    weights: Floats
    eigenvalue: float
    consistency_ratio: float

    @property
    def accepted(self) -> bool:
        """Consistent enough to be used."""
        return self.consistency_ratio < ACCEPTED_BELOW


def judge(matrix: Floats, names: Sequence[str] | None = None) -> Judgement:
    """Weights and consistency: A w = lambda w with the largest lambda; CR = (lambda - n) / (n - 1) / RI(n).

    matrix: float64[n, n], n = 1..10, a_ij > 0 says how much more i matters than j, a_ji = 1 / a_ij. Raises
    MatrixShapeError, or JudgementError naming the cell; does not refuse inconsistency. Source: Saaty 1980.

    >>> judge(np.array([[1.0, 2.0, 4.0], [0.5, 1.0, 2.0], [0.25, 0.5, 1.0]])).weights.round(4).tolist()
    [0.5714, 0.2857, 0.1429]
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    _check(matrix, names)
    n = len(matrix)
    eigenvalues, vectors = np.linalg.eig(matrix)
    top = int(np.argmax(eigenvalues.real))
    principal = np.abs(vectors[:, top].real)
    eigenvalue = max(float(eigenvalues[top].real), float(n))
    ratio = 0.0 if n < 3 else (eigenvalue - n) / (n - 1) / RANDOM_INDEX[n - 1]
    return Judgement(principal / principal.sum(), eigenvalue, ratio)


def accepted_weights(judgements: Mapping[tuple[str, str], float], names: Sequence[str]) -> dict[str, float]:
    """Weights by name from one judgement per pair, accepted only if the consistency ratio is below .10.

    judgements: (i, j) -> how much more i matters than j; each pair once, in either direction. Raises JudgementError
    naming the pair, MatrixShapeError, or InconsistentJudgementsError. Source: Saaty 1980; model, section 2.

    >>> {name: round(w, 3) for name, w in accepted_weights({("R", "F"): 4.0}, ["R", "F"]).items()}
    {'R': 0.8, 'F': 0.2}
    """
    judgement = judge(_matrix(judgements, names), names)
    if not judgement.accepted:
        raise InconsistentJudgementsError(judgement.consistency_ratio)
    return dict(zip(names, judgement.weights.tolist(), strict=True))


def _matrix(judgements: Mapping[tuple[str, str], float], names: Sequence[str]) -> Floats:
    matrix = np.eye(len(names))
    place = {name: index for index, name in enumerate(names)}
    for (row, column), value in judgements.items():
        if row not in place or column not in place or row == column:
            raise JudgementError(row, column, "is no pair of the factors compared")
        if (column, row) in judgements:
            raise JudgementError(row, column, "is judged twice")
        _check_cell(value, row, column)
        matrix[place[row], place[column]] = value
        matrix[place[column], place[row]] = 1 / value
    for i, row in enumerate(names):
        for column in names[i + 1 :]:
            if (row, column) not in judgements and (column, row) not in judgements:
                raise JudgementError(row, column, "is not judged yet")
    return matrix


def _check(matrix: Floats, names: Sequence[str] | None) -> None:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise MatrixShapeError(f"a comparison matrix is square, this one has shape {matrix.shape}")
    n = len(matrix)
    if not 1 <= n <= len(RANDOM_INDEX):
        raise MatrixShapeError(f"{n} factors are compared, 1 to {len(RANDOM_INDEX)} can be")
    rows = [f"row {i + 1}" for i in range(n)] if names is None else list(names)
    columns = [f"column {i + 1}" for i in range(n)] if names is None else list(names)
    if len(rows) != n or len(set(rows)) != n:
        raise MatrixShapeError(f"{n} rows need {n} different names, given: {', '.join(rows)}")
    for i in range(n):
        for j in range(n):
            _check_cell(float(matrix[i, j]), rows[i], columns[j])
    for i in range(n):
        for j in range(i, n):
            product = float(matrix[i, j] * matrix[j, i])
            if i == j and abs(float(matrix[i, i]) - 1) > _TOLERANCE:
                raise JudgementError(rows[i], columns[i], f"is {matrix[i, i]:g}, a factor against itself is 1")
            if abs(product - 1) > _TOLERANCE:
                raise JudgementError(rows[j], columns[i], f"is {matrix[j, i]:g}, must be 1 / {matrix[i, j]:g}")


def _check_cell(value: float, row: str, column: str) -> None:
    if not (np.isfinite(value) and value > 0):
        raise JudgementError(row, column, f"is {value:g}, must be a number above 0")
