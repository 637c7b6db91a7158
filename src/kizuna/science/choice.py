"""Which purchase model fits a shop: chosen by what each would have foretold of held-back weeks, not by taste.

Here: fitting all four to the time before, scoring them on the time after by several criteria, and saying which and why
in plain words. Not here: money, or back-testing a forecast that runs. Source: Fader & Hardie's validation by holdout.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kizuna.science import bg_nbd, mbg_nbd, nbd, pareto_nbd, validity
from kizuna.science.histories import customers_and_repeaters, from_days, whole_numbers
from kizuna.science.purchasing import Fit, Floats, Histories, Ints

MODELS: dict[str, Any] = {"MBG/NBD": mbg_nbd, "BG/NBD": bg_nbd, "Pareto/NBD": pareto_nbd, "NBD": nbd}
"""In the order of preference where the holdout does not tell them apart."""
ENOUGH = 50_000
"""Beyond so many customers, an even sample of them is enough to choose by."""
_FEWEST_BUYERS, _ORDERED_ALIKE = 5, 0.01


@dataclass(frozen=True, slots=True)
class Score:
    """How one model foretold the holdout.

    log_likelihood: of what each customer did, the mean; gap: to the best, and its standard error over customers;
    foretold: purchases of all customers; ranking: Spearman's correlation of expected and actual purchases.
    """

    name: str
    log_likelihood: float
    gap: float
    gap_error: float
    foretold: float
    ranking: float

    @property
    def as_good(self) -> bool:
        """Whether chance alone may explain the gap to the best."""
        return self.gap <= 2 * self.gap_error


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen model fitted to all the time there is, the scores in order of preference, and why in plain words.

    actual: purchases in the holdout of the customers known before it. Without scores there was nothing to choose by.
    """

    name: str
    fit: Fit[Any]
    scores: tuple[Score, ...]
    actual: int
    notes: tuple[str, ...]


def choose(customer: Ints, day: Ints, until_day: int, holdout_days: int, unit_days: float = 7.0) -> Choice:
    """Choose a model by the last `holdout_days` until `until_day`, from one row a purchase: int64[n] each.

    Best is the highest holdout log-likelihood; among models that chance may set apart (2 standard errors), the one
    nearer the total of purchases, then the one that orders customers better, then the order of MODELS.

    >>> few = choose(np.array([1, 1, 2]), np.array([0, 30, 4]), until_day=60, holdout_days=20)
    >>> few.name, few.notes[0]
    ('MBG/NBD', 'Too few customers bought in the last 20 days to choose a model by them: MBG/NBD is taken.')
    """
    who, when = whole_numbers("customer", customer), whole_numbers("day", day)
    if holdout_days < 1:
        raise ValueError("holdout_days: below 1")
    everything = from_days(who, when, until_day, unit_days)[1]
    known, bought, sampled = _held_back(who, when, (until_day - holdout_days, until_day), unit_days)
    if np.count_nonzero(bought) < _FEWEST_BUYERS or customers_and_repeaters(known)[1] == 0:
        few = f"Too few customers bought in the last {holdout_days} days to choose a model by them: MBG/NBD is taken."
        taken = mbg_nbd.fit(everything)
        return Choice("MBG/NBD", taken, (), int(bought.sum()), (few, *taken.notes))
    before = {name: model.fit(known) for name, model in MODELS.items()}
    scores = _scores(before, known, bought, holdout_days / unit_days)
    name = preferred(scores, int(bought.sum()), _chance(bought))
    found = MODELS[name].fit(everything, start=before[name].model)
    why = _reasons(name, scores, int(bought.sum()), holdout_days)
    if sampled:
        why = (*why, f"Chosen by an even sample of {known.group.size:,} customers, fitted to all.")
    return Choice(name, found, scores, int(bought.sum()), (*why, *found.notes))


def preferred(scores: tuple[Score, ...], actual: int, chance: float) -> str:
    """The name of the model to take: as good as the best, near the total, ordering well, first in order.

    actual: purchases in the holdout; chance: how far a total may be off by chance alone, one standard error.

    >>> likely, near = Score("likely", -1.0, 0.0, 0.0, 150.0, 0.5), Score("near", -1.1, 0.1, 0.06, 110.0, 0.4)
    >>> unlikely, ordering = Score("far", -1.3, 0.3, 0.06, 100.0, 0.9), Score("ordering", -1.1, 0.1, 0.06, 95.0, 0.45)
    >>> preferred((likely, near, unlikely), 100, 20.0), preferred((likely, near, unlikely), 100, 60.0)
    ('near', 'likely')
    >>> preferred((likely, near, unlikely, ordering), 100, 20.0)
    'ordering'
    """
    left = [score for score in scores if score.as_good]
    nearest = min(abs(score.foretold - actual) for score in left)
    left = [score for score in left if abs(score.foretold - actual) <= nearest + chance]
    highest = max(np.nan_to_num(score.ranking, nan=-1.0) for score in left)
    return next(s.name for s in left if np.nan_to_num(s.ranking, nan=-1.0) >= highest - _ORDERED_ALIKE)


def _held_back(who: Ints, when: Ints, span: tuple[int, int], unit_days: float) -> tuple[Histories, Ints, bool]:
    """Histories before the holdout, and the days with a purchase in it for each customer known then."""
    split, until_day = span
    customers = np.unique(who[when <= split])
    step = max(1, -(-customers.size // ENOUGH))
    if step > 1:
        customers = customers[::step]
        kept = np.isin(who, customers)
        who, when = who[kept], when[kept]
    known = from_days(who, when, split, unit_days)[1]
    inside = (when > split) & (when <= until_day)
    place = np.searchsorted(customers, who[inside])
    place[place == customers.size] = 0
    mine = customers[place] == who[inside] if customers.size else np.zeros(0, dtype=np.bool_)
    pairs = np.unique(np.stack((place[mine], when[inside][mine])), axis=1) if mine.any() else np.zeros((2, 0), np.int64)
    return known, np.bincount(pairs[0], minlength=customers.size).astype(np.int64), step > 1


def _scores(before: dict[str, Fit[Any]], known: Histories, bought: Ints, t: float) -> tuple[Score, ...]:
    """Score every model on the customers int64[c] of `known.group`; equal (history, purchases) are computed once."""
    most = int(bought.max()) + 1
    pair, each = np.unique(known.group * most + bought, return_inverse=True)
    row, y = pair // most, pair % most
    rows = Histories(known.x[row], known.t_x[row], known.T[row], np.ones(row.size, dtype=np.int64), each)
    logs = {name: _logs(fit.model.conditional_probability(rows, y, t))[each] for name, fit in before.items()}
    best = max(logs, key=lambda name: float(logs[name].mean()))
    scores = []
    for name, log in logs.items():
        expected = before[name].model.conditional(known, t)
        apart = logs[best] - log
        error = float(apart.std() / np.sqrt(apart.size))
        ranking = validity.spearman(expected[known.group], bought.astype(np.float64))
        total = float(known.count @ expected)
        scores.append(Score(name, float(log.mean()), float(apart.mean()), error, total, ranking))
    return tuple(scores)


def _logs(probability: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(probability, 1e-300)))


def _chance(bought: Ints) -> float:
    """Standard error of the total over customers like these."""
    return float(bought.std() * np.sqrt(bought.size))


def _reasons(name: str, scores: tuple[Score, ...], actual: int, holdout_days: int) -> tuple[str, ...]:
    chosen = next(score for score in scores if score.name == name)
    off = chosen.foretold / actual - 1
    notes = [
        f"{name} is taken: of the {actual:,} purchases that known customers made in the last {holdout_days} days it"
        f" would have foretold {chosen.foretold:,.0f} ({off:+.0%})."
    ]
    alike = [score.name for score in scores if score.as_good and score.name != name]
    behind = [score.name for score in scores if not score.as_good and score.name != name]
    if alike:
        notes.append(f"{_listed(alike)} told as well what each customer would do; totals and ranking decided.")
    if behind:
        notes.append(f"{_listed(behind)} told clearly less well what each customer would do.")
    return tuple(notes)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
