"""Where each relationship stands: the stage of a customer, the moves that led there, and rows for lists.

Here: keeping and reading what science.stages reckoned. Which facts it is reckoned from is flows.stages.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from kizuna.relationships.models import StageMove, StageStanding, Standing
from kizuna.science.stages import phase_of
from kizuna.tables.rows import of_shop

_TOGETHER = 5_000
_COLUMNS = ("stage", "highest", "cycles", "depth", "since_us", "last_act_us", "last_talk_us", "dormant")


@dataclass(frozen=True, slots=True)
class StageView:
    """Where a relationship stands. stage: of the present cycle; highest: ever; phase: of the highest."""

    customer_id: int
    stage: int
    highest: int
    cycles: int
    depth: int
    since_us: int | None
    last_act_us: int | None
    last_talk_us: int | None
    dormant: bool
    dormant_since_us: int | None = None

    @property
    def phase(self) -> int:
        """1 actualizing the trust relation, 2 building the partnership, 3 increasing profitable sales; 0 none yet."""
        return phase_of(self.highest)


@dataclass(frozen=True, slots=True)
class MoveView:
    """One step with the fact that caused it."""

    at_us: int
    cycle: int
    from_stage: int
    to_stage: int
    cause: str
    cause_us: int
    cause_ref: str
    channel: str
    wish: str
    via_portal: bool
    rate_before: float | None
    rate_after: float | None


_MOVE = (
    "at_us",
    "cycle",
    "from_stage",
    "to_stage",
    "cause",
    "cause_us",
    "cause_ref",
    "channel",
    "wish",
    "via_portal",
    "rate_before",
    "rate_after",
)


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What was reckoned of one customer."""

    standing: StageView
    moves: Sequence[MoveView]


def find(shop_id: int, customer_id: int) -> StageView | None:
    """Find where a customer's relationship stands; None where the shop has no such customer."""
    found = find_many(shop_id, [customer_id]).get(customer_id)
    if found is not None:
        return found
    known = Standing.objects.filter(shop_id=shop_id, customer_id=customer_id).exists()
    return _nothing(customer_id) if known else None


def find_many(shop_id: int, customer_ids: Collection[int]) -> dict[int, StageView]:
    """Find where relationships stand; who is missing is at stage 0 and was never written to."""
    found: dict[int, StageView] = {}
    for part in _parts(customer_ids):
        rows = of_shop(StageStanding.objects.filter(customer_id__in=part), shop_id)
        for row in rows.values_list("customer_id", *_COLUMNS, "dormant_since_us"):
            found[row[0]] = StageView(*row)
    return found


def list_moves(shop_id: int, customer_id: int) -> list[MoveView]:
    """List the moves of a customer in their order."""
    rows = StageMove.objects.filter(customer_id=customer_id, shop_id=shop_id).order_by("number")
    return [MoveView(*row) for row in rows.values_list(*_MOVE)]


def list_followed(shop_id: int, customer_ids: Collection[int]) -> set[int]:
    """Of these customers those whose stage is kept: what they do may move it."""
    return set(find_many(shop_id, customer_ids))


def list_ids(shop_id: int) -> list[int]:
    """List every customer of a shop whose stage is kept, ascending."""
    rows = StageStanding.objects.filter(shop_id=shop_id).order_by("customer_id")
    return list(rows.values_list("customer_id", flat=True))


def lock(shop_id: int, customer_ids: Collection[int]) -> None:
    """Let one transaction at a time reckon the stage of a shop's customer (SQLite's write lock does so already).

    Who has no row yet gets an empty one, which `store` fills or removes; customers of other shops are left alone.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO relationships_stagestanding AS kept"
            " (customer_id, shop_id, stage, highest, cycles, depth, dormant)"
            " SELECT id, shop_id, 0, 0, 0, 0, false FROM customers_customer"
            " WHERE shop_id = %s AND id = ANY(%s) ORDER BY id"
            " ON CONFLICT (customer_id) DO UPDATE SET shop_id = kept.shop_id",
            [shop_id, list(customer_ids)],
        )


def store(shop_id: int, reckoned: Mapping[int, Reckoned | None]) -> set[int]:
    """Store what was reckoned in place of what there was; None forgets. Returns whose stage, cycle or depth changed."""
    kept = find_many(shop_id, reckoned)
    before = {customer: view for customer, view in kept.items() if view != _nothing(customer)}
    wanted = {customer: each for customer, each in reckoned.items() if each is not None}
    _forget([customer for customer in kept if customer not in wanted])
    changed = {customer for customer in before if customer not in wanted}
    rows, moved = [], []
    for customer, each in wanted.items():
        was = before.get(customer)
        if was == each.standing and each.standing.highest == 0:
            continue
        rows.append(_row(shop_id, each.standing))
        moved.append(customer)
        if was is None or _shown(was) != _shown(each.standing):
            changed.add(customer)
    StageStanding.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=[*_COLUMNS, "dormant_since_us"],
    )
    _replace_moves(shop_id, {customer: wanted[customer].moves for customer in moved})
    return changed


def _nothing(customer_id: int) -> StageView:
    """Nothing was reckoned yet: of whom no row is kept, or one that only holds the lock."""
    return StageView(customer_id, 0, 0, 0, 0, None, None, None, False)


def _shown(view: StageView) -> tuple[int, int, int, int, bool]:
    return view.stage, view.highest, view.cycles, view.depth, view.dormant


def _row(shop_id: int, view: StageView) -> StageStanding:
    values = {name: getattr(view, name) for name in (*_COLUMNS, "dormant_since_us")}
    return StageStanding(customer_id=view.customer_id, shop_id=shop_id, **values)


def _replace_moves(shop_id: int, moves: Mapping[int, Sequence[MoveView]]) -> None:
    """Write the moves of customers anew where they differ from those kept."""
    kept: dict[int, list[MoveView]] = {customer: [] for customer in moves}
    for part in _parts(moves):
        rows = StageMove.objects.filter(customer_id__in=part).order_by("customer_id", "number")
        for customer, *values in rows.values_list("customer_id", *_MOVE):
            kept[customer].append(MoveView(*values))
    differing = {customer: told for customer, told in moves.items() if kept[customer] != list(told)}
    for part in _parts(differing):
        StageMove.objects.filter(customer_id__in=part).delete()
    StageMove.objects.bulk_create(
        [
            StageMove(
                shop_id=shop_id, customer_id=customer, number=number, **{name: getattr(each, name) for name in _MOVE}
            )
            for customer, told in differing.items()
            for number, each in enumerate(told, 1)
        ],
        batch_size=500,
    )


def _forget(customer_ids: Sequence[int]) -> None:
    for part in _parts(customer_ids):
        StageMove.objects.filter(customer_id__in=part).delete()
        StageStanding.objects.filter(customer_id__in=part).delete()


def _parts(numbers: Collection[int]) -> list[list[int]]:
    ordered = sorted(set(numbers))
    return [ordered[start : start + _TOGETHER] for start in range(0, len(ordered), _TOGETHER)]
