"""A better criterion from the shop's own past: half-lives from the grid and learned weights, proven on later origins.

Weights are non-negative, sum to 1 and are shrunk to equal; how much is chosen by cross-validation over rolling origins:
only origins whose outcome was known at a later origin may teach what is tested there. Source: model, section 2.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy as sp
from numpy.typing import NDArray

from kizuna.science import rivals, validity
from kizuna.science.stocks import FACTORS, HALF_LIVES
from kizuna.science.validity import Estimate

type Floats = NDArray[np.float64]
type HalfLives = Mapping[str, int]
type Weights = Mapping[str, float]

SHRINKAGES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, math.inf)
"""From nearly free to exactly equal."""
_WORTH = 0.002
"""A half-life is changed only if it orders better by more than this in normalised Gini."""


class TooShort(ValueError):
    """No origin's outcome was known at a later origin: nothing learned could be proven yet."""


@dataclass(frozen=True)
class Origin:
    """What was known of the customers at an instant, and what they brought until another.

    z: the score among these customers by (factor, half-life), every factor at every half-life of the grid, float64[n]
    each; y: float64[n], what they brought until until_us.
    """

    at_us: int
    until_us: int
    z: Mapping[tuple[str, int], Floats]
    y: Floats

    def columns(self, half_lives: HalfLives) -> Floats:
        """The scores of all factors: float64[n, factors]."""
        return np.column_stack([self.z[each] for each in half_lives.items()])


@dataclass(frozen=True)
class Rule:
    """Half-lives and weights by factor, in one order."""

    half_lives: HalfLives
    weights: Weights

    def score(self, origin: Origin) -> Floats:
        """RF of the customers of an origin."""
        omega = np.array([self.weights[name] for name in self.half_lives])
        score: Floats = origin.columns(self.half_lives) @ omega
        return score


@dataclass(frozen=True)
class Proof:
    """What a way of learning gained at origins that had not taught it: the mean change of the normalised Gini.

    rule: learned from all origins, what would be used from now on. origins: how many it was tested on.
    """

    rule: Rule
    before: float
    after: float
    change: Estimate
    origins: int

    @property
    def proven(self) -> bool:
        """Whether it orders better beyond 2 standard errors."""
        return self.change.value > 0 and self.change.error > 0 and self.change.value > 2 * self.change.error


def learn_weights(columns: Sequence[Floats], outcomes: Sequence[Floats], shrinkage: float) -> Floats:
    """Weights omega >= 0, sum 1, for which the weighted sum of scores follows the percentile of what came after.

    columns: float64[n, k] per origin, outcomes: float64[n]; each origin counts alike. Minimises the mean squared error
    of percentile(y) ~ a + Z v plus shrinkage x var(Z) x |v - mean(v)|^2 over v >= 0; omega = v / sum v. An infinite
    shrinkage, or scores that say nothing, give equal weights. Source: model, section 2; Lawson & Hanson 1974 (nnls).

    >>> z = np.column_stack((np.arange(100.0) / 100, np.arange(100.0)[::-1] / 100))
    >>> learn_weights([z], [np.arange(100.0)], 0.0).tolist(), learn_weights([z], [np.arange(100.0)], math.inf).tolist()
    ([1.0, 0.0], [0.5, 0.5])
    """
    k = columns[0].shape[1]
    equal = np.full(k, 1 / k)
    gram, moment = np.zeros((k, k)), np.zeros(k)
    for z, y in zip(columns, outcomes, strict=True):
        centred, target = z - z.mean(axis=0), rivals.percentiles(np.maximum(y, 0.0))
        gram += centred.T @ centred / len(z)
        moment += centred.T @ (target - target.mean()) / len(z)
    spread = float(np.trace(gram)) / k
    if math.isinf(shrinkage) or spread == 0:
        return equal
    pulled = gram + shrinkage * spread * (np.eye(k) - 1 / k) + 1e-9 * spread * np.eye(k)
    root = np.linalg.cholesky(pulled)
    v, _ = sp.optimize.nnls(root.T, np.linalg.solve(root, moment))
    total = float(v.sum())
    return v / total if total > 0 else equal


def best_half_lives(origins: Sequence[Origin], start: Rule) -> HalfLives:
    """The half-life of each factor that orders best over the origins, one factor after the other, the rest held.

    A factor without weight keeps its own. Source: model, section 2 (half-lives come only from the grid).
    """
    chosen = dict(start.half_lives)
    gained = _mean_gini(origins, start)
    for name in sorted(chosen, key=lambda factor: -start.weights[factor]):
        if start.weights[name] == 0:
            continue
        for days in HALF_LIVES:
            if days == start.half_lives[name]:
                continue
            tried = _mean_gini(origins, Rule({**chosen, name: days}, start.weights))
            if tried > gained + _WORTH:
                gained, chosen = tried, {**chosen, name: days}
    return chosen


def learn(origins: Sequence[Origin], start: Rule, shrinkage: float) -> Rule:
    """Learned weights for the half-lives as they are; a further indicator that was given none keeps none."""
    taught = {name: days for name, days in start.half_lives.items() if name in FACTORS or start.weights[name] > 0}
    columns = [origin.columns(taught) for origin in origins]
    omega = learn_weights(columns, [origin.y for origin in origins], shrinkage)
    learned = dict(zip(taught, omega.tolist(), strict=True))
    return Rule(start.half_lives, {name: learned.get(name, 0.0) for name in start.half_lives})


def prove(
    origins: Sequence[Origin], start: Rule, random: np.random.Generator, *, half_lives: bool, weights: bool
) -> Proof:
    """Learn half-lives, weights or both, with the shrinkage that did best at later origins, and test it there.

    Raises TooShort.
    """
    tests = _tests(origins)
    options = SHRINKAGES if weights else (None,)

    def teach(taught: Sequence[Origin]) -> list[Rule]:
        held = Rule(best_half_lives(taught, start), start.weights) if half_lives else start
        return [held if each is None else learn(taught, held, each) for each in options]

    tried = [teach(taught) for taught, _ in tests]
    gained = [
        np.mean([_gini(rules[place], origin) for rules, (_, origin) in zip(tried, tests, strict=True)])
        for place in range(len(options))
    ]
    best = max(range(len(options)), key=lambda place: (gained[place], place))
    tested = [(rules[best], origin) for rules, (_, origin) in zip(tried, tests, strict=True)]
    return _proof(teach(origins)[best], tested, start, random)


def _tests(origins: Sequence[Origin]) -> list[tuple[list[Origin], Origin]]:
    """Each origin with those whose outcome was known by then."""
    found = []
    for origin in origins:
        taught = [each for each in origins if each.until_us <= origin.at_us]
        if taught:
            found.append((taught, origin))
    if not found:
        raise TooShort("no outcome was known at a later origin yet")
    return found


def _proof(rule: Rule, tested: Sequence[tuple[Rule, Origin]], start: Rule, random: np.random.Generator) -> Proof:
    """The mean over the tested origins; errors are added as if they all went the same way, which is the worst case."""
    before, after, changes = [], [], []
    for learned, origin in tested:
        scores = {"before": start.score(origin), "after": learned.score(origin)}
        found = validity.resample(scores, origin.y, random, draws=100)
        before.append(found.estimate("before").value)
        after.append(found.estimate("after").value)
        changes.append(found.difference("after", "before"))
    change = Estimate(*np.mean([[each.value, each.error, each.low, each.high] for each in changes], axis=0).tolist())
    return Proof(rule, float(np.mean(before)), float(np.mean(after)), change, len(tested))


def _mean_gini(origins: Sequence[Origin], rule: Rule) -> float:
    return float(np.mean([_gini(rule, origin) for origin in origins]))


def _gini(rule: Rule, origin: Origin) -> float:
    return validity.normalised_gini(rule.score(origin), origin.y)
