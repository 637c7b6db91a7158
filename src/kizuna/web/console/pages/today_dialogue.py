"""What of the dialogue asks for attention on the first page: broken promises, silence with target customers, budgets.

Each is one task with where to go; the page decides where it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kizuna.conversations import wish_report
from kizuna.flows import investment_report
from kizuna.html import figures
from kizuna.relationships import investment_terms, kept_reports, stage_lists
from kizuna.science import periods
from kizuna.science.periods import DAY_US

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

QUIET_DAYS = 60
MOST = 50


@dataclass(frozen=True)
class Task:
    """Something that needs attention: what, why, and where to go."""

    icon: str
    tone: str
    title: str
    text: str
    url: str
    act: str


def list_tasks(shop: "Shop", now_us: int, *, wishes: bool, reach_out: bool) -> list[Task]:
    """List them for a person who may work on wishes, and who may write to customers."""
    root = f"/s/{shop.slug}/"
    return [
        *(_broken(shop, root, now_us) if wishes else []),
        *(_budgets(shop, root, now_us) if reach_out else []),
        *(_unspoken(shop, root, now_us) if reach_out else []),
    ]


def _broken(shop: "Shop", root: str, now_us: int) -> list[Task]:
    """Promised days that are over without the wish fulfilled."""
    broken = wish_report.list_broken(shop.pk, now_us, MOST + 1)
    if not broken:
        return []
    first = broken[0]
    count = f"More than {MOST}" if len(broken) > MOST else figures.whole(len(broken))
    many = len(broken) != 1
    text = f"{count} promised day{'s are' if many else ' is'} over and the wish not fulfilled, first “{first.title}”."
    title = "Promises are broken" if many else "A promise is broken"
    return [Task("alert", "bad", title, text, f"{root}wishes/flow/", "Look")]


def _unspoken(shop: "Shop", root: str, now_us: int) -> list[Task]:
    """Target customers whom nobody has talked with for long."""
    silent = stage_lists.list_unspoken(shop.pk, now_us - QUIET_DAYS * DAY_US, MOST + 1)
    if not silent:
        return []
    count = f"More than {MOST}" if len(silent) > MOST else figures.whole(len(silent))
    name = silent[0].label or "Without a name"
    text = f"With {count.lower()} of your target customers nobody has talked for {QUIET_DAYS} days, {name} among them."
    return [Task("chat", "", "Worth a talk", text, f"{root}outreach/", "Write to them")]


def _budgets(shop: "Shop", root: str, now_us: int) -> list[Task]:
    """Segments whose budget of this month is used up; a warning, never a boundary."""
    terms = investment_terms.find(shop.pk)
    report = kept_reports.find(shop.pk, investment_report.REPORT)
    if terms is None or not terms.budgets or report is None:
        return []
    month = periods.month_index(now_us, ZoneInfo(shop.timezone))
    spent: Mapping[str, int] = next((row["segments"] for row in report.body["by_month"] if row["month"] == month), {})
    over = [letter for letter, budget in terms.budgets.items() if spent.get(letter, 0) > budget]
    if not over:
        return []
    text = f"More than this month's budget was invested in segment {' and '.join(over)}. Nothing is stopped."
    return [Task("invest", "warn", "A budget is used up", text, f"{root}investments/", "Look")]
