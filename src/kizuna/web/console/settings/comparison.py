"""Forms for weights: by hand in per cent, or by comparing the five factors in pairs (AHP).

Reads what was typed into numbers; the mathematics is in science.ahp, the rule what is accepted in flows.criterion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import log
from typing import Any

import numpy as np
from django import forms

from kizuna.relationships import criterion as criteria
from kizuna.relationships import indicators
from kizuna.relationships.criterion import CriterionView
from kizuna.science import ahp
from kizuna.science.stocks import FACTORS

NAMES = {
    "R": "Recency of the last purchase",
    "F": "Frequency of purchases",
    "M": "Money spent",
    "V": "Visits to the site",
    "E": "E-mails from the customer",
}
SHORT = {"R": "Recency", "F": "Frequency", "M": "Money", "V": "Visits", "E": "E-mails"}
DEGREES = {
    9: "extremely more", 7: "very much more", 5: "much more", 3: "somewhat more", 1: "as much",
}  # fmt: skip
PAIRS = tuple(combinations(FACTORS, 2))


@dataclass(frozen=True)
class Judged:
    """What a set of comparisons amounts to."""

    weights: Mapping[str, float]
    ratio: float
    accepted: bool
    worst: str


class WeightsForm(forms.Form):
    """The share of each factor in per cent; they are scaled to 100."""

    def __init__(self, shop_id: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = name_factors(shop_id)
        for factor, weight in criteria.get_current(shop_id).weights.items():
            self.fields[factor] = forms.FloatField(
                label=names[factor], min_value=0, max_value=1000, initial=round(weight * 100, 2)
            )

    def clean(self) -> dict[str, Any]:
        """Refuse weights that are all zero."""
        given = super().clean() or {}
        if not self.errors and not any(given.values()):
            raise forms.ValidationError("At least one factor needs a weight above zero.")
        return given


class ComparisonForm(forms.Form):
    """One judgement per pair of the five factors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for first, second in PAIRS:
            self.fields[first + second] = forms.ChoiceField(
                choices=_choices(first, second), initial="1", label=f"{SHORT[first]} and {SHORT[second]}"
            )

    def judgements(self) -> dict[tuple[str, str], float]:
        """Give what was chosen as the flow takes it."""
        return {(first, second): _parse(self.cleaned_data[first + second]) for first, second in PAIRS}


def name_factors(shop_id: int) -> dict[str, str]:
    """Name every factor of a shop, its further indicators too."""
    return {**NAMES, **{each.name: each.label for each in indicators.list_indicators(shop_id)}}


def judge(judgements: Mapping[tuple[str, str], float]) -> Judged:
    """Say what weights the judgements give, how far they contradict each other, and which one most."""
    matrix = np.array([[_cell(judgements, row, column) for column in FACTORS] for row in FACTORS])
    found = ahp.judge(matrix, FACTORS)
    weights = dict(zip(FACTORS, found.weights.tolist(), strict=True))

    def strain(pair: tuple[str, str]) -> float:
        return abs(log(judgements[pair] * weights[pair[1]] / weights[pair[0]]))

    first, second = max(judgements, key=strain)
    return Judged(weights, found.consistency_ratio, found.accepted, f"{SHORT[first]} and {SHORT[second]}")


def judge_stored(current: CriterionView) -> Judged | None:
    """Judge the comparisons that the criterion was made from, if it was."""
    if current.method != criteria.AHP or not current.comparisons:
        return None
    cells = current.comparisons
    return judge({(a, b): cells[FACTORS.index(a)][FACTORS.index(b)] for a, b in PAIRS})


def list_stored(current: CriterionView) -> dict[str, str]:
    """Give the stored comparisons as the form shows them."""
    cells = current.comparisons
    if not cells:
        return {}
    return {a + b: _write(cells[FACTORS.index(a)][FACTORS.index(b)]) for a, b in PAIRS}


def _choices(first: str, second: str) -> list[tuple[str, str]]:
    more = [(str(degree), _words(first, degree)) for degree in range(9, 1, -1)]
    less = [(f"1/{degree}", _words(second, degree)) for degree in range(2, 10)]
    return [*more, ("1", "matter alike"), *less]


def _words(factor: str, degree: int) -> str:
    meaning = DEGREES.get(degree)
    return f"{SHORT[factor]} matters {degree} times as much" + (f" ({meaning})" if meaning else "")


def _parse(text: str) -> float:
    return 1 / int(text[2:]) if text.startswith("1/") else float(text)


def _write(value: float) -> str:
    return str(round(value)) if value >= 1 else f"1/{round(1 / value)}"


def _cell(judgements: Mapping[tuple[str, str], float], row: str, column: str) -> float:
    if row == column:
        return 1.0
    return judgements[row, column] if (row, column) in judgements else 1 / judgements[column, row]
