"""What jobs reckoned for pages: one report of each name and shop, as JSON, replaced by the next.

What a report says is the business of the flow that makes it; here it is only kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kizuna.relationships.models import KeptReport


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report: the instant it speaks of, when it was made, what it says."""

    as_of_us: int
    made_at: datetime
    body: Mapping[str, Any]


def find(shop_id: int, name: str) -> ReportView | None:
    """Find the last report of a name."""
    row = KeptReport.objects.filter(shop_id=shop_id, name=name).first()
    return None if row is None else ReportView(row.as_of_us, row.made_at, row.body)


def keep(shop_id: int, name: str, report: ReportView) -> None:
    """Keep a report in place of the one before."""
    KeptReport.objects.update_or_create(
        shop_id=shop_id,
        name=name,
        defaults={"as_of_us": report.as_of_us, "made_at": report.made_at, "body": dict(report.body)},
    )
