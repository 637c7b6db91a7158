"""How long chats of a shop took and how long its visitors stay, from the turns that ended; for what the panel promises.

A shop without history starts from an assumption that its own turns soon outweigh.
"""

from collections import defaultdict
from dataclasses import dataclass

from kizuna.conversations.models import Turn, TurnState
from kizuna.science import response_times
from kizuna.science.response_times import Sitting, TurnSpan

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


def list_sittings(shop_id: int, from_us: int, to_us: int) -> list[Sitting]:
    """List the stays in the queue that began in a stretch of time, over all hand-overs and take-backs.

    `end` is "abandoned" where the visitor left unserved, else what the last turn says.
    """
    rows = Turn.objects.filter(shop_id=shop_id, entered_us__gte=from_us, entered_us__lt=to_us)
    columns = ("conversation_id", "waited_since_us", "entered_us", "served_us", "answered_us", "ended_us")
    found: dict[int, list[TurnSpan]] = defaultdict(list)
    for talk, since, entered, served, answered, ended, state, end, person in rows.order_by(
        "entered_us", "id"
    ).values_list(*columns, "state", "end", "person_id"):
        told = TurnState.ABANDONED.value if state == TurnState.ABANDONED else end
        found[talk].append(TurnSpan(since, entered, served, answered, ended, told, person or 0))
    stays = [stay for spans in found.values() for stay in response_times.read_sittings(spans)]
    return sorted((stay for stay in stays if stay.from_us >= from_us), key=lambda stay: stay.from_us)
