"""BG/BB: customers who may buy once at each of a row of occasions, and may leave before any of them.

The chance of buying ~ Beta(alpha, beta), of leaving ~ Beta(gamma, delta). T counts occasions since the first purchase,
t_x is the last of them used. Not here: purchases at any time. Source: Fader, Hardie & Shang (2010), Marketing Science.
"""

from dataclasses import dataclass

import numpy as np
import scipy as sp
from numpy.typing import ArrayLike

from kizuna.science import fitting
from kizuna.science.fitting import Family, Likelihood, Prior
from kizuna.science.histories import UnreadableHistoryError, customers_and_repeaters, from_rows
from kizuna.science.purchasing import Fit, Floats, Histories, Ints, check_parameters

_ALIKE = 1e3


@dataclass(frozen=True, slots=True)
class BgBb:
    """The four parameters, all above 0, and what they answer; the unit of time is one occasion.

    Somebody is still a customer at T when they have not left before the next occasion, T + 1.
    """

    alpha: float
    beta: float
    gamma: float
    delta: float

    def __post_init__(self) -> None:
        check_parameters(self)

    def expected(self, t: Floats) -> Floats:
        """Expected purchases of a new customer in t whole occasions: alpha/(alpha+beta) sum_i<=t S(i).

        >>> BgBb(1.204, 0.750, 0.657, 2.783).expected([1.0, 6.0]).round(3).tolist()
        [0.498, 2.22]
        """
        ahead = _whole("t", t)
        steps = np.arange(int(ahead.max(initial=0)) + 1)
        kept = np.exp(sp.special.betaln(self.gamma, self.delta + steps) - sp.special.betaln(self.gamma, self.delta))
        kept[0] = 0.0
        return np.asarray(self.alpha / (self.alpha + self.beta) * np.cumsum(kept)[ahead])

    def conditional(self, histories: Histories, t: float) -> Floats:
        """Expected purchases in the next t occasions of each row: float64[n]; a sum, so gamma = 1 is no hole."""
        ahead = int(_whole("t", np.asarray(t)))
        n = _whole("T", histories.T).astype(np.float64)
        buys = (self.alpha + histories.x) / (self.alpha + self.beta + n)
        kept, total = np.ones(len(n)), np.zeros(len(n))
        for step in range(ahead):
            total += kept
            kept *= (self.delta + n + 1 + step) / (self.gamma + self.delta + n + 1 + step)
        return np.asarray(self.p_alive(histories) * buys * total)

    def p_alive(self, histories: Histories) -> Floats:
        """Probability that each row has not left before occasion T + 1: float64[n] in [0, 1]."""
        n = _whole("T", histories.T).astype(np.float64)
        return np.asarray(self._alive_throughout(histories) * (self.delta + n) / (self.gamma + self.delta + n))

    def probability(self, x: Ints, t: float) -> Floats:
        """Probability of x purchases in t occasions: float64, the shape of x; 0 where x > t."""
        ahead, counts = int(_whole("t", np.asarray(t))), np.asarray(x, dtype=np.int64)
        return _counted(counts, ahead, range(ahead + 1), (self.alpha, self.beta, self.delta), self.gamma)

    def conditional_probability(self, histories: Histories, y: Ints, t: float) -> Floats:
        """Probability that row i buys y[i] times in the next t occasions: float64[n]."""
        ahead, counts = int(_whole("t", np.asarray(t))), np.asarray(y, dtype=np.int64)
        x: Floats = histories.x.astype(np.float64)
        later = self.alpha + x, self.beta + histories.T - x, self.delta + histories.T + 1.0
        answer = _counted(counts, ahead, range(1, ahead + 1), later, self.gamma) if ahead else counts == 0
        alive = self.p_alive(histories)
        return np.asarray(alive * answer + (1.0 - alive) * (counts == 0))

    def discounted(self, histories: Histories, discount: float) -> Floats:
        """Expected purchases for ever after T, the k-th occasion ahead counted (1 + discount)^-k: float64[n].

        Source: Fader, Hardie & Shang 2010, equation 14 (DERT). discount > 0 per occasion.
        """
        if not discount > 0.0:
            raise ValueError("discount: must be above 0")
        n = histories.T
        buys = (self.alpha + histories.x) / (self.alpha + self.beta + n)
        later = sp.special.hyp2f1(1.0, self.delta + n + 1, self.gamma + self.delta + n + 1, 1.0 / (1.0 + discount))
        return np.asarray(self.p_alive(histories) * buys * later / (1.0 + discount))

    def log_likelihood(self, histories: Histories) -> float:
        """Log-likelihood of the histories (which occasions were used, not only how many), the sum over customers."""
        return likelihood(histories)(np.log([self.alpha, self.beta, self.gamma, self.delta]))[0]

    def simulate(self, T: Floats, random: np.random.Generator) -> Histories:
        """Draw one history for each number of occasions, whole numbers float64[n]."""
        n = _whole("T", T)
        leaves = np.clip(random.beta(self.gamma, self.delta, n.shape), 1e-15, 1.0)
        alive = np.minimum(n, random.geometric(leaves) - 1)
        chance = random.beta(self.alpha, self.beta, n.shape)
        x, t_x = np.zeros(len(n), dtype=np.int64), np.zeros(len(n))
        for occasion in range(1, int(alive.max(initial=0)) + 1):
            bought = (occasion <= alive) & (random.random(len(n)) < chance)
            x += bought
            t_x[bought] = occasion
        return from_rows(x, t_x, n.astype(np.float64))

    def _alive_throughout(self, histories: Histories) -> Floats:
        """Probability of not having left before occasion T, given the row."""
        terms = _Terms.of(histories)
        each = terms.logarithms(self.alpha, self.beta, self.gamma, self.delta)
        return np.asarray(np.exp(each[terms.begin] - np.logaddexp.reduceat(each, terms.begin)))


def fit(histories: Histories, *, prior: Prior | None = None, start: BgBb | None = None) -> Fit[BgBb]:
    """The BG/BB that the histories make most likely; T and t_x are whole occasions; as in fitting.fit_family.

    >>> found = fit(BgBb(1.2, 0.75, 0.66, 2.8).simulate(np.full(3000, 6.0), np.random.default_rng(1)))
    >>> found.converged, abs(found.model.delta - 2.8) < 2 * found.standard_errors["delta"]
    (True, True)
    """
    _whole("T", histories.T)
    _whole("t_x", histories.t_x)
    if (histories.x > histories.t_x).any():
        raise UnreadableHistoryError("x: more purchases than occasions up to t_x")
    return fitting.fit_family(_FAMILY, histories, prior, start)


def likelihood(histories: Histories) -> Likelihood:
    """The log-likelihood of log (alpha, beta, gamma, delta) and its gradient.

    L = B(a+x, b+n-x)/B(a, b) B(c, d+n)/B(c, d) + sum over m = t_x .. n-1 of B(a+x, b+m-x)/B(a, b) B(c+1, d+m)/B(c, d).
    """
    terms = _Terms.of(histories)
    count = histories.count.astype(np.float64)

    def value(at: Floats) -> tuple[float, Floats]:
        a, b, c, d = np.exp(at)
        each = terms.logarithms(a, b, c, d)
        whole = np.logaddexp.reduceat(each, terms.begin) if len(each) else each
        share = np.exp(each - whole[terms.row]) * count[terms.row]
        x, m, ended = terms.x, terms.m, terms.ended
        both, stay = (
            sp.special.digamma(a + b) - sp.special.digamma(a + b + m),
            sp.special.digamma(c + d) - sp.special.digamma(c + d + m + ended),
        )
        slope = np.array(
            [
                share @ (sp.special.digamma(a + x) - sp.special.digamma(a) + both),
                share @ (sp.special.digamma(b + m - x) - sp.special.digamma(b) + both),
                share @ (ended / c + stay),
                share @ (sp.special.digamma(d + m) - sp.special.digamma(d) + stay),
            ]
        )
        return float(count @ whole), slope * (a, b, c, d)

    return value


@dataclass(frozen=True, slots=True, eq=False)
class _Terms:
    """The terms of each row's likelihood one after another: first never left, then left after m occasions."""

    x: Floats
    m: Floats
    ended: Floats
    row: Ints
    begin: Ints

    @classmethod
    def of(cls, histories: Histories) -> "_Terms":
        last, n = _whole("t_x", histories.t_x), _whole("T", histories.T)
        number = n - last + 1
        begin = np.cumsum(number) - number
        row = np.repeat(np.arange(len(n)), number)
        place = np.arange(len(row)) - begin[row]
        m = np.where(place == 0, n[row], last[row] + place - 1).astype(np.float64)
        return cls(histories.x[row].astype(np.float64), m, (place > 0).astype(np.float64), row, begin)

    def logarithms(self, a: float, b: float, c: float, d: float) -> Floats:
        """The logarithm of each term, float64[terms]; each distinct beta function once."""
        most = int(self.m.max(initial=0)) + 1
        pairs, place = np.unique((self.x * most + self.m).astype(np.int64), return_inverse=True)
        x, m = pairs // most, pairs % most
        buys = sp.special.betaln(a + x, b + m - x) - sp.special.betaln(a, b)
        occasion = np.arange(most)
        ends = np.array([sp.special.betaln(c + ended, d + occasion) for ended in (0, 1)]) - sp.special.betaln(c, d)
        return np.asarray(buys[place] + ends[self.ended.astype(np.int64), self.m.astype(np.int64)])


def _counted(
    x: Ints, ahead: int, occasions: range, later: tuple[Floats | float, Floats | float, Floats | float], gamma: float
) -> Floats:
    """sum over occasions alive k of C(k, x) B(a+x, b+k-x)/B(a, b) P(alive for k of them), a, b, d = later.

    Where the first is certain (occasions from 1), d counts from there on.
    """
    a, b, d = later
    answer = np.zeros(x.shape)
    for alive in occasions:
        ended, stayed = alive < ahead, alive - occasions[0]
        y = np.where(x <= alive, x, 0)
        ways = sp.special.gammaln(alive + 1) - sp.special.gammaln(y + 1) - sp.special.gammaln(alive - y + 1)
        ends = sp.special.betaln(gamma + ended, d + stayed) - sp.special.betaln(gamma, d)
        each = np.exp(ways + sp.special.betaln(a + y, b + alive - y) - sp.special.betaln(a, b) + ends)
        answer += np.where(x <= alive, each, 0.0)
    return answer


def _whole(field: str, times: ArrayLike) -> Ints:
    found = np.asarray(times, dtype=np.float64)
    if not (np.isfinite(found).all() and (found >= 0).all() and (found == np.floor(found)).all()):
        raise UnreadableHistoryError(f"{field}: not a whole number of occasions")
    return found.astype(np.int64)


def _tell(model: BgBb, histories: Histories, unknown: frozenset[str]) -> tuple[str, ...]:
    if customers_and_repeaters(histories)[1] == 0:
        return ("Whether customers leave cannot be seen from these purchases.",)
    notes = []
    if model.gamma / (model.gamma + model.delta) < 1e-3:
        notes.append("There is no sign that customers leave.")
    elif model.gamma + model.delta > _ALIKE:
        notes.append("All customers seem alike in how they leave.")
    if model.alpha + model.beta > _ALIKE:
        notes.append("All customers seem to buy with the same chance.")
    if unknown:
        notes.append(f"These purchases do not tell {' and '.join(sorted(unknown))}: no error is given for it.")
    return tuple(notes)


_FAMILY = Family(
    model=BgBb,
    timed=(False, False, False, False),
    centre=(0.8, 1.2, 0.7, 3.0),
    spread=(1.0, 1.0, 1.0, 1.0),
    likelihood=likelihood,
    tell=_tell,
)
