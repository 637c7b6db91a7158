"""What a shop reckons an hour and a contact to cost, its budgets, and where an invitation leads.

Until somebody decides, figures are assumptions taken from the model (US$) at a rate given by the caller.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from kizuna.relationships.models import InvestmentTerms

CHANNELS: Final = ("email", "chat", "voice", "phone", "fax", "post", "in_person", "portal")
SEGMENTS: Final = ("A", "B", "C", "D")
PAPER_DOLLARS: Final[Mapping[str, Decimal]] = {
    "email": Decimal("0.25"),
    "voice": Decimal("1.10"),
    "phone": Decimal("9.50"),
}
"""What one contact costs by channel (model, section 3). The others have no figure there: nothing until decided."""
HOUR_DOLLARS: Final = Decimal(30)
"""Ours: what an operator's hour costs until decided."""


@dataclass(frozen=True)
class Terms:
    """Costs in the shop's minor units; `assumed` while nobody has decided them; winning a customer by source."""

    hour_minor: int
    channel_minor: Mapping[str, int]
    budgets: Mapping[str, int] = field(default_factory=dict)
    landing_url: str = ""
    winning_minor: Mapping[str, int] = field(default_factory=dict)
    assumed: bool = False

    def minutes_minor(self, minutes: float) -> int:
        """What so many minutes of a person cost."""
        exact = Decimal(self.hour_minor) * Decimal(repr(minutes)) / 60
        return int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


def find(shop_id: int) -> Terms | None:
    """Find what was decided; None while nobody has."""
    row = InvestmentTerms.objects.filter(shop_id=shop_id).first()
    if row is None:
        return None
    costs = {channel: int(row.channel_minor.get(channel, 0)) for channel in CHANNELS}
    budgets = {segment: int(amount) for segment, amount in row.budgets.items() if segment in SEGMENTS}
    return Terms(row.hour_minor, costs, budgets, row.landing_url, row.winning_minor)


def assumed(rate: Decimal, units: int) -> Terms:
    """The model's figures at so much of the shop's currency for a US$, which has so many minor units.

    >>> assumed(Decimal(1), 100).channel_minor["phone"], assumed(Decimal(150), 1).channel_minor["email"]
    (950, 38)
    """

    def minor(dollars: Decimal) -> int:
        return int((dollars * rate * units).quantize(Decimal(1), ROUND_HALF_EVEN))

    costs = {channel: minor(PAPER_DOLLARS.get(channel, Decimal(0))) for channel in CHANNELS}
    return Terms(minor(HOUR_DOLLARS), costs, assumed=True)


def keep(shop_id: int, terms: Terms, now: datetime) -> None:
    """Keep what was decided; what was booked before stays as it was."""
    InvestmentTerms.objects.update_or_create(
        shop_id=shop_id,
        defaults={
            "hour_minor": terms.hour_minor,
            "channel_minor": dict(terms.channel_minor),
            "budgets": dict(terms.budgets),
            "landing_url": terms.landing_url,
            "winning_minor": dict(terms.winning_minor),
            "changed_at": now,
        },
    )
