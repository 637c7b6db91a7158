"""How the work flow does: time per stage and department, waiting and working, promised against kept, why declined.

Everything was measured when it happened (working minutes of the shop); here it is only added up.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from django.db.models import F

from kizuna.conversations.models import ServiceRequest, Stage, Team, WishMove, WishStep

MOST_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class StageTime:
    """How long wishes stood in a stage, in working minutes: the middle, nine of ten, and the part that was waiting."""

    stage: Stage
    wishes: int
    middle: int
    nine_of_ten: int
    waiting: int


@dataclass(frozen=True, slots=True)
class DepartmentTime:
    """What a department did: its steps, how long they lay and took, and how its wishes kept their promised days."""

    department_id: int | None
    name: str
    steps: int
    waited: int
    worked: int
    wishes: int
    kept: int
    broken: int

    @property
    def kept_share(self) -> float | None:
        """The share of promises kept; None without any."""
        return self.kept / (self.kept + self.broken) if self.kept + self.broken else None


@dataclass(frozen=True, slots=True)
class Totals:
    """What became of the wishes of the period."""

    opened: int
    fulfilled: int
    declined: int
    withdrawn: int
    kept: int
    broken: int
    overdue: int


def stage_times(shop_id: int, from_us: int, to_us: int) -> list[StageTime]:
    """Measure the stages that ended in a period."""
    rows = WishMove.objects.filter(shop_id=shop_id, what="stage", at_us__gt=from_us, at_us__lte=to_us)
    by_stage: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for before, worked, waited in rows.exclude(before="").values_list("before", "working_minutes", "waiting_minutes")[
        :MOST_ROWS
    ]:
        by_stage[before].append((worked, waited))
    return [
        StageTime(
            stage,
            len(found),
            round(median(worked for worked, _ in found)),
            _nine_of_ten([worked for worked, _ in found]),
            round(sum(waited for _, waited in found) / len(found)),
        )
        for stage in Stage
        if (found := by_stage.get(stage))
    ]


def department_times(shop_id: int, from_us: int, to_us: int) -> list[DepartmentTime]:
    """Measure what each department did in a period, those with the most wishes first."""
    steps: dict[int | None, list[tuple[int, int]]] = defaultdict(list)
    done = WishStep.objects.filter(shop_id=shop_id, done_us__gt=from_us, done_us__lte=to_us)
    for department_id, waited, worked in done.values_list("department_id", "waited_minutes", "worked_minutes")[
        :MOST_ROWS
    ]:
        steps[department_id].append((waited, worked))
    wishes: dict[int | None, list[bool | None]] = defaultdict(list)
    for owner, promised, fulfilled in _fulfilled(shop_id, from_us, to_us):
        wishes[owner].append(None if promised is None else fulfilled <= promised)
    names = dict(Team.objects.filter(shop_id=shop_id).values_list("id", "name"))
    rows = [
        DepartmentTime(
            each,
            "No department" if each is None else names.get(each, "A former department"),
            len(steps[each]),
            _mean([waited for waited, _ in steps[each]]),
            _mean([worked for _, worked in steps[each]]),
            len(wishes[each]),
            sum(kept is True for kept in wishes[each]),
            sum(kept is False for kept in wishes[each]),
        )
        for each in steps.keys() | wishes.keys()
    ]
    return sorted(rows, key=lambda row: (-row.wishes, -row.steps, row.name))


def totals(shop_id: int, from_us: int, to_us: int) -> Totals:
    """Count what became of the wishes in a period, and what is overdue at its end."""
    rows = ServiceRequest.objects.filter(shop_id=shop_id)

    def within(name: str) -> int:
        return rows.filter(**{f"{name}__gt": from_us, f"{name}__lte": to_us}).count()

    met = [fulfilled <= promised for _, promised, fulfilled in _fulfilled(shop_id, from_us, to_us) if promised]
    return Totals(
        opened=within("forwarded_us"),
        fulfilled=len(_fulfilled(shop_id, from_us, to_us)),
        declined=within("declined_us"),
        withdrawn=within("withdrawn_us"),
        kept=sum(met),
        broken=len(met) - sum(met),
        overdue=len(list_broken(shop_id, to_us)),
    )


def list_broken(shop_id: int, now_us: int, most: int = 200) -> list[ServiceRequest]:
    """List the promises that are broken now: the promised day is over and the wish is not fulfilled."""
    rows = ServiceRequest.objects.filter(shop_id=shop_id, promised_us__lt=now_us)
    late = rows.filter(stage__in=[Stage.ACCEPTED, Stage.IN_WORK]).select_related("kind", "department", "assignee")
    return list(late.order_by("promised_us", "id")[:most])


def list_late(shop_id: int, from_us: int, to_us: int, most: int = 50) -> list[ServiceRequest]:
    """List the wishes of a period that were fulfilled after the promised day, the worst first."""
    rows = ServiceRequest.objects.filter(shop_id=shop_id, fulfilled_us__gt=F("promised_us"))
    late = rows.filter(fulfilled_us__gt=from_us, fulfilled_us__lte=to_us).select_related("kind", "department")
    return sorted(late[:1_000], key=lambda wish: (wish.promised_us or 0) - (wish.fulfilled_us or 0))[:most]


def _fulfilled(shop_id: int, from_us: int, to_us: int) -> list[tuple[int | None, int | None, int]]:
    rows = ServiceRequest.objects.filter(shop_id=shop_id, fulfilled_us__gt=from_us, fulfilled_us__lte=to_us)
    found = rows.values_list("department_id", "promised_us", "fulfilled_us")[:MOST_ROWS]
    return [(department, promised, fulfilled or 0) for department, promised, fulfilled in found]


def _nine_of_ten(values: Sequence[int]) -> int:
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * 9 // 10) - 1)]


def _mean(values: Sequence[int]) -> int:
    return round(sum(values) / len(values)) if values else 0
