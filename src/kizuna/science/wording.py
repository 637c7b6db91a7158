"""Which of some labels a text speaks for, learned from labelled texts, with the words that spoke for it.

Terms are words and the runs of three and four letters within them, which bear endings and compounds; weights are
sublinear tf-idf of unit length; the classes come from a multinomial logistic regression (scikit-learn, only to learn:
judging is a sum over the words).
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

RUNS = (3, 4)
LONGEST_TEXT = 4_000
MOST_TERMS = 8_000
_STRENGTH = 20.0
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class TextModel:
    """A learned model: weight[label][term] speaks for a label, idf[term] how rare a term is."""

    labels: tuple[str, ...]
    terms: tuple[str, ...]
    idf: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]

    def index(self) -> Mapping[str, int]:
        """Where each term stands; made once by whoever judges many texts."""
        return {term: place for place, term in enumerate(self.terms)}


@dataclass(frozen=True)
class Verdict:
    """How likely each label is, and for the likeliest the words that spoke for it, the strongest first."""

    chances: Mapping[str, float]
    words: tuple[tuple[str, float], ...]

    @property
    def label(self) -> str:
        """The likeliest label."""
        return max(self.chances, key=lambda label: (self.chances[label], label))


@dataclass(frozen=True)
class Held:
    """One text that was held back: its true label and what a model that had never seen it said."""

    truth: str
    said: str
    chance: float


class TooFew(ValueError):
    """Fewer than two labels have examples: there is nothing to tell apart."""


def terms_of(text: str) -> list[tuple[str, str]]:
    """The terms of a text, each with the word it stands in.

    >>> [term for term, _ in terms_of("A red")]
    ['red', ' re', 'red', 'ed ', ' red', 'red ']
    """
    found = []
    for word in _WORD.findall(text[:LONGEST_TEXT]):
        framed = f" {word.casefold()} "
        found.append((word.casefold(), word))
        for size in RUNS:
            found += [(framed[start : start + size], word) for start in range(len(framed) - size + 1)]
    return found


def fit(texts: Sequence[str], labels: Sequence[str]) -> TextModel:
    """Learn to tell the labels apart. Raises TooFew."""
    from scipy.sparse import lil_array
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    names = tuple(sorted(set(labels)))
    if len(names) < 2:
        raise TooFew("two labels at least need examples")
    counted = [Counter(term for term, _ in terms_of(text)) for text in texts]
    spread = Counter(term for each in counted for term in each)
    terms = tuple(sorted(term for term, texts_with in spread.most_common(MOST_TERMS) if texts_with > 1))
    idf = [math.log((1 + len(texts)) / (1 + spread[term])) + 1 for term in terms]
    places = {term: place for place, term in enumerate(terms)}
    table = lil_array((len(texts), len(terms)))
    for row, each in enumerate(counted):
        for place, value in _weigh(each, places, idf).items():
            table[row, place] = value
    learner = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=100, tol=1e-3)
    with threadpool_limits(1):  # the table is small: threads would only wait for each other
        learner.fit(table.tocsr(), [names.index(label) for label in labels])
    coefficients, intercepts = learner.coef_, learner.intercept_
    if len(names) == 2:
        coefficients, intercepts = np.vstack([-coefficients, coefficients]) / 2, np.array([-1, 1]) * intercepts[0] / 2
    return TextModel(
        names,
        terms,
        tuple(round(value, 5) for value in idf),
        tuple(tuple(round(float(value), 4) for value in row) for row in coefficients),
        tuple(round(float(value), 5) for value in intercepts),
    )


def judge(model: TextModel, text: str, index: Mapping[str, int] | None = None, most_words: int = 5) -> Verdict:
    """Say how likely each label is for a text, and which of its words spoke for the likeliest."""
    found = terms_of(text)
    places = model.index() if index is None else index
    weighed = _weigh(Counter(term for term, _ in found), places, model.idf)
    sums = [
        intercept + sum(row[place] * value for place, value in weighed.items())
        for row, intercept in zip(model.weights, model.intercepts, strict=True)
    ]
    highest = max(sums)
    raised = [math.exp(value - highest) for value in sums]
    chances = {label: value / sum(raised) for label, value in zip(model.labels, raised, strict=True)}
    best = model.labels.index(Verdict(chances, ()).label)
    counts = Counter(term for term, _ in found)
    spoke: dict[str, float] = {}
    for term, word in found:
        place = places.get(term)
        if place is not None:
            share = model.weights[best][place] * weighed[place] / counts[term]
            spoke[word.casefold()] = spoke.get(word.casefold(), 0.0) + share
    strongest = sorted(spoke.items(), key=lambda pair: (-pair[1], pair[0]))[:most_words]
    return Verdict(chances, tuple((word, round(value, 3)) for word, value in strongest if value > 0))


def hold_back(texts: Sequence[str], labels: Sequence[str], parts: int = 5) -> list[Held]:
    """Judge every text by a model learned from the other parts; each label is dealt over the parts in its order."""
    dealt = Counter[str]()
    part_of = []
    for label in labels:
        part_of.append(dealt[label] % parts)
        dealt[label] += 1
    held: list[Held | None] = [None] * len(texts)
    for part in range(parts):
        kept = [place for place, each in enumerate(part_of) if each != part]
        out = [place for place, each in enumerate(part_of) if each == part]
        if not out or len({labels[place] for place in kept}) < 2:
            continue
        model = fit([texts[place] for place in kept], [labels[place] for place in kept])
        index = model.index()
        for place in out:
            verdict = judge(model, texts[place], index)
            held[place] = Held(labels[place], verdict.label, verdict.chances[verdict.label])
    return [each or Held(label, "", 0.0) for each, label in zip(held, labels, strict=True)]


def _weigh(counted: Mapping[str, int], places: Mapping[str, int], idf: Sequence[float]) -> dict[int, float]:
    """Sublinear tf-idf of unit length, by place of the term."""
    raw = {places[term]: (1 + math.log(count)) * idf[places[term]] for term, count in counted.items() if term in places}
    length = math.sqrt(sum(value * value for value in raw.values()))
    return {place: value / length for place, value in raw.items()} if length else {}
