"""How long chats of a shop took and how long its visitors stay, from the turns that ended; for what the panel promises.

A shop without history starts from an assumption that its own turns soon outweigh.
"""

from dataclasses import dataclass

from kizuna.conversations.models import Turn

LATELY = 200
ASSUMED_SERVICE_S = 480.0
ASSUMED_PATIENCE_S = 300.0
ASSUMED_WEIGHT = 5
_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Rates:
    """Mean seconds of a chat from when a person had it, and mean seconds somebody would wait before they leave."""

    service_s: float
    patience_s: float


@dataclass(frozen=True, slots=True)
class WaitRow:
    """One turn as the staffing page reads it; instants in microseconds, None where it did not come to that."""

    entered_us: int
    served_us: int | None
    ended_us: int | None
    state: str
    end: str
    is_new: bool


def read_rates(shop_id: int, now_us: int) -> Rates:
    """Reckon both from the last turns."""
    rows = Turn.objects.filter(shop_id=shop_id, entered_us__lte=now_us).order_by("-entered_us")[:LATELY]
    found = list(rows.values_list("entered_us", "served_us", "ended_us", "state"))
    lengths = [(ended - served) / _SECOND_US for _, served, ended, _ in found if served and ended]
    waited = sum(((served or ended or now_us) - entered) / _SECOND_US for entered, served, ended, _ in found)
    left = sum(state == "abandoned" for *_, state in found)
    return Rates(
        (sum(lengths) + ASSUMED_WEIGHT * ASSUMED_SERVICE_S) / (len(lengths) + ASSUMED_WEIGHT),
        (waited + ASSUMED_WEIGHT * ASSUMED_PATIENCE_S) / (left + ASSUMED_WEIGHT),
    )


def find_first_us(shop_id: int) -> int | None:
    """Say when the shop's first chat began to wait."""
    rows = Turn.objects.filter(shop_id=shop_id).order_by("entered_us")
    return rows.values_list("entered_us", flat=True).first()


def list_rows(shop_id: int, from_us: int, to_us: int) -> list[WaitRow]:
    """List the turns that began in a stretch of time; `is_new` is a chat that came from the visitor itself."""
    rows = Turn.objects.filter(shop_id=shop_id, entered_us__gte=from_us, entered_us__lt=to_us)
    asked = rows.order_by("entered_us", "id").values_list(
        "entered_us", "served_us", "ended_us", "state", "end", "waited_since_us"
    )
    return [
        WaitRow(entered, served, ended, state, end, since == entered)
        for entered, served, ended, state, end, since in asked
    ]
