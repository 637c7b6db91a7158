"""What recording did: how many drafts were taken, what was refused and why, and how each identity's sums moved.

The flow turns effects into stock changes; this room does not know what a stock is.
"""

from dataclasses import dataclass, field

from kizuna.sales.drafts import RateMissing, Refused


@dataclass(frozen=True, slots=True)
class Effect:
    """Purchases and revenue that an identity gained (or, negative, lost) at an instant."""

    identity_id: int
    happened_us: int
    purchases: int
    revenue_minor: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """One draft that was not taken: its place in what was handed in, its reference, and what is to blame."""

    index: int
    source_ref: str
    field: str
    message: str
    rate_missing: bool = False


@dataclass
class Outcome:
    """The sum of one recording.

    corrected: identities of which something already recorded changed, so that their stocks (the last purchase among
    them) are reckoned anew rather than by taking away what rounding would leave. changed_orders, changed_refunds: rows
    that say something else now, or went.
    """

    taken: int = 0
    repeated: int = 0
    changed: int = 0
    refused: list[Refusal] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    corrected: set[int] = field(default_factory=set)
    identity_ids: set[int] = field(default_factory=set)
    changed_orders: set[int] = field(default_factory=set)
    changed_refunds: set[int] = field(default_factory=set)

    def refuse(self, index: int, source_ref: str, why: Refused) -> None:
        """Note a draft that was not taken."""
        self.refused.append(Refusal(index, source_ref[:100], why.field, why.message, isinstance(why, RateMissing)))

    def add(self, effect: Effect) -> None:
        """Note what one order or refund brought."""
        self.identity_ids.add(effect.identity_id)
        if effect.purchases or effect.revenue_minor:
            self.effects.append(effect)

    def replace(self, before: Effect, after: Effect) -> None:
        """Note that one effect now stands for another; the same again is no change."""
        self.identity_ids.update((before.identity_id, after.identity_id))
        if before == after:
            return
        self.corrected.update((before.identity_id, after.identity_id))
        if (before.identity_id, before.happened_us) == (after.identity_id, after.happened_us):
            gained = (after.purchases - before.purchases, after.revenue_minor - before.revenue_minor)
            self.add(Effect(after.identity_id, after.happened_us, *gained))
            return
        self.add(Effect(before.identity_id, before.happened_us, -before.purchases, -before.revenue_minor))
        self.add(after)
