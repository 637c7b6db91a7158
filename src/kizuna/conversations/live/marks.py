"""What is noted of the live operator beside the dialogue: invitations, marks on profiles, panels' reports.

Read-only, as rows without words. What was said and who waited is in measured.
"""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Window
from django.db.models.functions import RowNumber

from kizuna.conversations.models import ChatInvitation, Panel, ProfileMark, SystemReport

PARTS = ("complete", "correct", "consistent", "relevant")


@dataclass(frozen=True, slots=True)
class Invited:
    """One moment at which a rule would invite a visitor; held: the hold-out, to whom nothing was shown."""

    visitor_key: str
    identity_id: int | None
    held: bool
    at_us: int
    accepted: bool


@dataclass(frozen=True, slots=True)
class Reports:
    """What panels reported of the system in a period; delivery in milliseconds by the upper end of each class."""

    chats: int
    reconnects: int
    failures: int
    delivery_ms: dict[float, int]


def list_first_invitations(shop_id: int, to_us: int) -> list[Invited]:
    """List the first invitation by rule that each visitor key ever had, up to an instant, the earliest first.

    One by hand is nobody's chance and left out.
    """
    number = Window(RowNumber(), partition_by="visitor_key", order_by=("at_us", "id"))
    rows = ChatInvitation.objects.filter(shop_id=shop_id, at_us__lte=to_us, person=None).annotate(number=number)
    columns = ("visitor_key", "identity_id", "held", "at_us", "accepted_us")
    return [
        Invited(key, identity, held, at_us, accepted is not None)
        for key, identity, held, at_us, accepted in rows.filter(number=1).order_by("at_us", "id").values_list(*columns)
    ]


def holdout_share(shop_id: int) -> float:
    """Tell which share of visitors the owner holds out from invitations; 0 where it is off."""
    return Panel.objects.filter(shop_id=shop_id).values_list("holdout_share", flat=True).first() or 0.0


def count_marks(shop_id: int, from_us: int, to_us: int) -> dict[str, tuple[int, int]]:
    """Count what operators said of the profiles they were shown in (from, to]: by part how many good, and of how many.

    What they left open does not count.
    """
    found: dict[str, tuple[int, int]] = {}
    rows = list(ProfileMark.objects.filter(shop_id=shop_id, at_us__gt=from_us, at_us__lte=to_us).values_list(*PARTS))
    for place, part in enumerate(PARTS):
        said = [row[place] for row in rows if row[place] is not None]
        found[part] = (sum(said), len(said))
    return found


def read_reports(shop_id: int, from_day: int, to_day: int) -> Reports:
    """Add up what panels reported on the shop's local days from one to the other, both included."""
    rows = SystemReport.objects.filter(shop_id=shop_id, day__gte=from_day, day__lte=to_day)
    chats = reconnects = failures = 0
    classes: Counter[float] = Counter()
    for row in rows:
        chats, reconnects, failures = chats + row.chats, reconnects + row.reconnects, failures + row.failures
        for end, number in row.delivery_ms.items():
            classes[_upper(end)] += int(number)
    return Reports(chats, reconnects, failures, dict(classes))


def _upper(end: str) -> float:
    """The upper end of a class as it is stored; anything else is the class without one."""
    try:
        return float(end)
    except ValueError:
        return float("inf")
