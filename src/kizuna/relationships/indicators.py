"""Further indicators that the owner registered beside R, F, M, V and E: which facts each of them counts.

Here: the register, and adding facts as they arrive. Their weight is part of the criterion; back-filling the stock of a
new one from history is flows.criterion's.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from kizuna.relationships import stocks
from kizuna.relationships.models import Indicator
from kizuna.science.stocks import FACTORS

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
DIRECTIONS = {None: "both", 1: "in", 2: "out"}


class IndicatorError(ValueError):
    """An indicator cannot be registered as asked; the text names the field."""


@dataclass(frozen=True)
class IndicatorDraft:
    """What an indicator shall count: facts of these names, in one direction (1 in, 2 out) or both (None)."""

    name: str
    label: str
    event_names: tuple[str, ...]
    direction: int | None = None
    half_life: int = 90
    weight: float = 0.1


@dataclass(frozen=True)
class IndicatorView:
    """A registered indicator."""

    id: int
    name: str
    label: str
    event_names: tuple[str, ...]
    direction: int | None

    def counts(self, event_name: str, direction: int) -> bool:
        """Whether a fact of this name and direction adds 1 to the stock."""
        return event_name in self.event_names and self.direction in (None, direction)


@dataclass(frozen=True, slots=True)
class IndicatorFact:
    """A fact as indicators see it."""

    identity_id: int
    event_name: str
    direction: int
    happened_us: int


def list_indicators(shop_id: int) -> list[IndicatorView]:
    """List the shop's further indicators by name."""
    return [_view(row) for row in Indicator.objects.filter(shop_id=shop_id).order_by("name")]


def list_shops_without(name: str, shop_ids: Collection[int]) -> set[int]:
    """Name the shops among some that have no indicator of a name."""
    return set(shop_ids) - set(Indicator.objects.filter(name=name).values_list("shop_id", flat=True))


def register(shop_id: int, draft: IndicatorDraft) -> IndicatorView:
    """Store a new indicator; its stock is empty until history is added."""
    if not NAME.fullmatch(draft.name) or draft.name.upper() in FACTORS:
        raise IndicatorError("name: use lower-case letters, digits, - and _, begin with a letter, not r, f, m, v or e")
    if not draft.event_names or not all(draft.event_names):
        raise IndicatorError("event_names: name at least one kind of fact to count")
    if draft.direction not in DIRECTIONS:
        raise IndicatorError("direction: 1 (from the customer), 2 (from the shop) or none for both")
    if Indicator.objects.filter(shop_id=shop_id, name=draft.name).exists():
        raise IndicatorError(f"name: this shop has an indicator {draft.name!r} already")
    row = Indicator.objects.create(
        shop_id=shop_id,
        name=draft.name,
        label=draft.label.strip()[:80] or draft.name,
        event_names=list(dict.fromkeys(draft.event_names)),
        direction=draft.direction,
    )
    return _view(row)


def count_facts(shop_id: int, facts: Sequence[IndicatorFact]) -> set[int]:
    """Add newly stored facts to the stocks of every indicator that counts them; returns the identities they touch."""
    touched: set[int] = set()
    for indicator in list_indicators(shop_id):
        counted = [fact for fact in facts if indicator.counts(fact.event_name, fact.direction)]
        touched.update(fact.identity_id for fact in counted)
        identity = np.array([fact.identity_id for fact in counted], dtype=np.int64)
        happened = np.array([fact.happened_us for fact in counted], dtype=np.int64)
        stocks.apply_indicator(shop_id, indicator.id, (identity, happened, np.ones(len(counted))))
    return touched


def _view(row: Indicator) -> IndicatorView:
    return IndicatorView(row.pk, row.name, row.label, tuple(row.event_names), row.direction)
