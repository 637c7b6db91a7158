"""What mail was used for, month by month: to keep customers or to shout at strangers; kept, because facts are many."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from kizuna.outreach.models import MailMonth


@dataclass(frozen=True, slots=True)
class Month:
    """The figures of a month. `spoke`: customers written to who said something themselves in that month.

    Opens and clicks are by people; `by_machines` are those of robots, which count for nothing.
    """

    sent: int = 0
    to_related: int = 0
    people: int = 0
    spoke: int = 0
    replies: int = 0
    wishes: int = 0
    learned: int = 0
    other_words: int = 0
    opened: int = 0
    clicked: int = 0
    by_machines: int = 0
    complaints: int = 0
    unsubscribed: int = 0

    @property
    def related_share(self) -> float | None:
        """The share of mail to people with a prior relation; None where nothing was sent."""
        return self.to_related / self.sent if self.sent else None

    @property
    def spoke_share(self) -> float | None:
        """The share of people written to who said something back."""
        return self.spoke / self.people if self.people else None


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month with its figures and when they were reckoned."""

    month: int
    figures: Month
    made_us: int


def list_months(shop_id: int, most: int = 12) -> list[MonthView]:
    """List the newest months, the oldest of them first."""
    rows = list(MailMonth.objects.filter(shop_id=shop_id).order_by("-month")[:most])
    return [MonthView(row.month, _read(row.figures), row.made_us) for row in reversed(rows)]


def store(shop_id: int, month: int, figures: Month, now_us: int) -> None:
    """Store the figures of a month in place of earlier ones."""
    values = {"figures": asdict(figures), "made_us": now_us}
    MailMonth.objects.update_or_create(shop_id=shop_id, month=month, defaults=values)


def _read(kept: Mapping[str, Any]) -> Month:
    known = {each.name for each in fields(Month)}
    return Month(**{name: int(number) for name, number in kept.items() if name in known})
