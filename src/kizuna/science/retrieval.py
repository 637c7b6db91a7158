"""Which texts answer a question best: BM25 over weighted stems, with beginnings, slips of the pen and compounds.

score(text) = coverage * sum over asked stems of idf * tf (k + 1) / (tf + k (1 - b + b length / mean length)), with
idf = ln(1 + (n - d + .5) / (d + .5)). A stem nobody wrote is looked for as the beginning of one, as one with a slip
(one in words from 4 signs, two from 8, never in the first) and within longer ones, for a part of its weight; n counts
as FEW_TEXTS at least, so that a handful of texts is not all common words. Robertson & Zaragoza 2009.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

K, B = 1.2, 0.75
BEGINS, SLIPPED, WITHIN = 0.8, 0.6, 0.5
MOST_ASKED = 24
FEW_ASKED = 4
NEEDED_OF_FEW, NEEDED_OF_MANY = 0.34, 0.2
WORTH_SHOWING = 0.25
MOST_ALIKE = 12
FEW_TEXTS = 40


@dataclass(frozen=True, slots=True)
class Match:
    """A text that speaks of what was asked: how well, which part of the question, by which of its stems."""

    id: int
    score: float
    coverage: float
    stems: tuple[str, ...]


@dataclass(slots=True)
class Index:
    """Texts by their stems, ready to be asked."""

    holders: Mapping[str, Sequence[tuple[int, float]]]
    lengths: Mapping[int, float]
    mean_length: float
    grams: Mapping[str, Sequence[str]] = field(repr=False)

    def search(self, asked: Sequence[str], limit: int = 10) -> list[Match]:
        """Rank the texts for the stems of a question; nothing when none speaks of enough of it."""
        wanted = list(dict.fromkeys(asked))[:MOST_ASKED]
        if not wanted or not self.lengths:
            return []
        rarest = self._rarity(0)
        total, scores, covered = 0.0, defaultdict[int, float](float), defaultdict[int, float](float)
        spoke: defaultdict[int, list[str]] = defaultdict(list)
        for each in wanted:
            best: dict[int, tuple[float, float, str]] = {}
            known = self._known(each)
            weight = max((self._rarity(len(self.holders[stem])) for stem, _ in known), default=rarest)
            total += weight
            for stem, part in known:
                for text, tf in self.holders[stem]:
                    gained = part * self._rarity(len(self.holders[stem])) * self._saturated(text, tf)
                    if gained > best.get(text, (0.0,))[0]:
                        best[text] = (gained, part * weight, stem)
            for text, (gained, cover, stem) in best.items():
                scores[text] += gained
                covered[text] += cover
                spoke[text].append(stem)
        few = len(wanted) <= FEW_ASKED
        found = []
        for text, score in scores.items():
            coverage = covered[text] / total
            if coverage >= (NEEDED_OF_FEW if few else NEEDED_OF_MANY) and (few or len(spoke[text]) > 1):
                found.append(Match(text, score * coverage, coverage, tuple(spoke[text])))
        found.sort(key=lambda match: (-match.score, match.id))
        return [match for match in found[:limit] if match.score >= WORTH_SHOWING * found[0].score]

    def _known(self, asked: str) -> list[tuple[str, float]]:
        """List the stems that stand for an asked one: itself, else those that begin with it, resemble or hold it."""
        if asked in self.holders:
            return [(asked, 1.0)]
        if len(asked) < 3:
            return []
        allowed = 0 if len(asked) < 4 else 1 if len(asked) < 8 else 2
        counted = Counter(stem for gram in _grams(asked) for stem in self.grams.get(gram, ()))
        needed = max(len(asked) - 4 * allowed, 1)  # a slip takes four runs of three signs at most
        found = []
        for stem, shared in counted.items():
            if stem.startswith(asked):
                found.append((stem, BEGINS))
            elif len(asked) >= 5 and asked in stem:
                found.append((stem, WITHIN))
            elif allowed and shared >= needed and stem[0] == asked[0] and distance(asked, stem, allowed) <= allowed:
                found.append((stem, SLIPPED))
        found.sort(key=lambda pair: (-pair[1], -counted[pair[0]], pair[0]))
        return found[:MOST_ALIKE]

    def _rarity(self, holders: int) -> float:
        texts = max(len(self.lengths), FEW_TEXTS)
        return math.log(1 + (texts - holders + 0.5) / (holders + 0.5))

    def _saturated(self, text: int, tf: float) -> float:
        length = 1 - B + B * self.lengths[text] / self.mean_length
        return tf * (K + 1) / (tf + K * length)


def build(texts: Mapping[int, Mapping[str, float]]) -> Index:
    """Make an index of texts, each with its stems and how much each counts.

    >>> build({1: {"return": 4.0, "shoe": 1.0}, 2: {"deliveri": 3.0}}).search(["retrun"])[0].id
    1
    """
    holders: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    lengths = {}
    for text, stems in texts.items():
        lengths[text] = sum(stems.values())
        for stem, tf in stems.items():
            holders[stem].append((text, tf))
    grams: defaultdict[str, list[str]] = defaultdict(list)
    for stem in holders:
        for gram in _grams(stem):
            grams[gram].append(stem)
    mean = sum(lengths.values()) / len(lengths) if lengths else 1.0
    return Index(dict(holders), lengths, mean or 1.0, dict(grams))


def distance(one: str, other: str, most: int) -> int:
    """Count the slips between two words (a sign more, less, other, or two swapped); above `most` it stops counting.

    >>> distance("retrun", "return", 2), distance("shoe", "shop", 1), distance("a", "abcd", 1)
    (1, 1, 2)
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, sign in enumerate(one, 1):
        now = [row]
        for column, against in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (sign != against))
            if row > 1 and column > 1 and sign == other[column - 2] and one[row - 2] == against:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1
        before, last = last, now
    return last[-1]


def weigh(*fields: tuple[Iterable[str], float]) -> dict[str, float]:
    """Count stems over the fields of a text, each with the weight of its field.

    >>> weigh((["tea"], 3.0), (["tea", "cup"], 1.0))
    {'tea': 4.0, 'cup': 1.0}
    """
    counted: dict[str, float] = {}
    for stems, weight in fields:
        for each in stems:
            counted[each] = counted.get(each, 0.0) + weight
    return counted


def likeness(one: Mapping[str, float], other: Mapping[str, float], rarity: Mapping[str, float]) -> float:
    """Cosine of two texts' stems, each weighed by how rare it is; 0 where they share none, 1 where they are alike."""
    shared = sum(one[stem] * other[stem] * rarity.get(stem, 1.0) ** 2 for stem in one.keys() & other.keys())
    sizes = [math.sqrt(sum((tf * rarity.get(stem, 1.0)) ** 2 for stem, tf in each.items())) for each in (one, other)]
    return shared / (sizes[0] * sizes[1]) if shared else 0.0


def _grams(word: str) -> set[str]:
    framed = f" {word} "
    return {framed[place : place + 3] for place in range(len(framed) - 2)}
