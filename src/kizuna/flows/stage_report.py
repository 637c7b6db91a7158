"""What the Stages page shows, reckoned as a job: the curve of relationships by age, the funnel, survival by stage.

For target customers (segments A and B of today) and for all; figures only, words are the page's. Reads no page's time.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kizuna.conversations import contacts
from kizuna.customers import links
from kizuna.relationships import snapshots, stage_lists, standings
from kizuna.relationships.stage_lists import TARGET, MoveColumns
from kizuna.sales import ledger
from kizuna.science import relationship_curve as curve
from kizuna.science import silence, survival
from kizuna.science.periods import DAY_US
from kizuna.science.relationship_curve import MONTH_US, Spells
from kizuna.science.stages import HIGHEST, STAGES
from kizuna.tracking import columns as journal
from kizuna.tracking import dealings

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

type Ints = NDArray[np.int64]
type Flags = NDArray[np.bool_]

MOST_MONTHS = 60
MOST_SNAPSHOTS = 24
FEWEST = 5
_POINTS = 80


@dataclass(frozen=True)
class Acts:
    """Everything that customers of a shop did, one row each, and the shop's instant; buyers are told apart."""

    customer: Ints
    at_us: Ints
    buyers: Ints
    quiet_days: int
    until_us: int

    def of(self, chosen: Ints) -> tuple[Ints, Ints]:
        """The acts of some customers, ascending ids."""
        mine = np.isin(self.customer, chosen)
        return self.customer[mine], self.at_us[mine]


def read_acts(shop: "Shop", until_us: int) -> Acts:
    """Read every purchase, visit and message of customers, under today's links."""
    orders = ledger.columns(shop.pk, until_us)
    bought = orders.order_is_purchase
    inbound = [name for name, parts in dealings.PARTS.items() if dealings.CONTACT_IN in parts]
    told = (
        (orders.order_identity[bought], orders.order_us[bought]),
        journal.visit_columns(shop.pk, until_us),
        journal.indicator_columns(shop.pk, inbound, None, until_us),
        contacts.inbound_columns(shop.pk),
    )
    identity = np.concatenate([who for who, _ in told])
    at_us = np.concatenate([at for _, at in told])
    customer = _owners(shop, identity)
    buyer = customer[: int(bought.sum())]
    known = (customer > 0) & (at_us <= until_us)
    return Acts(customer[known], at_us[known], np.unique(buyer[buyer > 0]), _quiet(buyer, told[0][1]), until_us)


def make(shop: "Shop", acts: Acts) -> dict[str, Any]:
    """Reckon what the page shows."""
    moves = stage_lists.move_columns(shop.pk)
    segments = standings.segments(shop.pk)
    target = np.array(sorted(who for who, letter in segments.items() if letter in TARGET), dtype=np.int64)
    everybody = np.union1d(acts.buyers, np.unique(moves.customer_id))
    return {
        "quiet_days": acts.quiet_days,
        "groups": {
            "target": _group(shop, acts, moves, np.intersect1d(target, everybody), target_only=True),
            "all": _group(shop, acts, moves, everybody, target_only=False),
        },
    }


def _group(shop: "Shop", acts: Acts, moves: MoveColumns, chosen: Ints, *, target_only: bool) -> dict[str, Any]:
    who, at = acts.of(chosen)
    mine = np.isin(moves.customer_id, chosen)
    found = curve.onsets(who, at, acts.until_us, acts.quiet_days)
    cut = curve.spells(found, moves.customer_id[mine], moves.at_us[mine], moves.stage[mine])
    return {
        "customers": len(chosen),
        "curve": _curve(shop, who, at, acts.until_us),
        "funnel": _funnel(moves, mine, len(chosen), stage_lists.counts(shop.pk, target_only=target_only)),
        "bands": _bands(who, at, moves, mine),
        "survival": _survival(cut),
    }


def _curve(shop: "Shop", who: Ints, at: Ints, until_us: int) -> dict[str, Any]:
    """Retention rate and mean strength by age in months."""
    found = curve.retention_by_age(who, at, until_us)
    ages = min(len(found.customers), MOST_MONTHS)
    rate = np.nan_to_num(found.rate[:ages])
    strength, count = _strength(shop, who, at, ages)
    return {
        "customers": found.customers[:ages].tolist(),
        "rate": rate.round(6).tolist(),
        "low": found.low[:ages].round(6).tolist(),
        "high": found.high[:ages].round(6).tolist(),
        "strength": [round(total / many, 6) if many else None for total, many in zip(strength, count, strict=True)],
    }


def _strength(shop: "Shop", who: Ints, at: Ints, ages: int) -> tuple[list[float], list[int]]:
    """Sum of RF and customers by age over snapshots about a month apart."""
    sums, counts = np.zeros(ages), np.zeros(ages, dtype=np.int64)
    customer, first = _firsts(who, at)
    for view in _monthly(shop):
        columns = snapshots.columns(view)
        row = np.minimum(np.searchsorted(customer, columns.customer_id), max(len(customer) - 1, 0))
        known = customer[row] == columns.customer_id if len(customer) else np.zeros(0, dtype=np.bool_)
        if known.any() and ages:
            total, many = curve.mean_by_age(first[row[known]], view.as_of_us, columns.rf[known], ages)
            sums, counts = sums + total, counts + many
    return sums.tolist(), counts.tolist()


def _monthly(shop: "Shop") -> list[snapshots.SnapshotView]:
    kept: list[snapshots.SnapshotView] = []
    for view in reversed(snapshots.list_snapshots(shop.pk)):
        if not kept or kept[-1].as_of_us - view.as_of_us >= MONTH_US * 9 // 10:
            kept.append(view)
    return kept[:MOST_SNAPSHOTS]


def _funnel(moves: MoveColumns, mine: Flags, customers: int, now: dict[int, tuple[int, int]]) -> list[dict[str, Any]]:
    """Per stage: who ever reached it, who stands there now, how long the step took, what moved them on."""
    at = dict(
        zip(zip(moves.customer_id.tolist(), moves.stage.tolist(), strict=True), moves.at_us.tolist(), strict=True)
    )
    chosen = np.flatnonzero(mine).tolist()
    steps: list[dict[str, Any]] = []
    for stage in STAGES:
        rows = [row for row in chosen if moves.stage[row] == stage]
        took = [
            (moves.at_us[row] - before) / DAY_US
            for row in rows
            if (before := at.get((int(moves.customer_id[row]), stage - 1))) is not None
        ]
        causes: dict[str, int] = {}
        for row in rows:
            causes[moves.cause[row]] = causes.get(moves.cause[row], 0) + 1
        here, dormant = now.get(stage, (0, 0))
        steps.append(
            {
                "stage": stage,
                "reached": customers if stage == 0 else len(rows),
                "here": here,
                "dormant": dormant,
                "median_days": round(float(np.median(took)), 1) if took else None,
                "causes": dict(sorted(causes.items(), key=lambda pair: -pair[1])),
                "via_portal": sum(moves.via_portal[row] for row in rows),
            }
        )
    steps[0]["here"] = max(customers - sum(step["here"] for step in steps[1:]), 0)
    return steps


def _bands(who: Ints, at: Ints, moves: MoveColumns, mine: Flags) -> list[dict[str, Any]]:
    """At which age in months each stage was entered by half of those who reached it."""
    customer, first = _firsts(who, at)
    row = np.minimum(np.searchsorted(customer, moves.customer_id[mine]), max(len(customer) - 1, 0))
    if not len(customer) or not len(row):
        return []
    known = customer[row] == moves.customer_id[mine]
    age = np.maximum(moves.at_us[mine] - first[row], 0)[known] / MONTH_US
    stage = moves.stage[mine][known]
    return [
        {
            "stage": each,
            "customers": int((stage == each).sum()),
            "months": round(float(np.median(age[stage == each])), 3),
        }
        for each in range(1, HIGHEST + 1)
        if (stage == each).any()
    ]


def _survival(cut: Spells) -> dict[str, Any]:
    """How long it lasts until dormancy begins, by stage, with how easily chance alone makes such differences."""
    stages = [stage for stage in STAGES if (cut.stage == stage).sum() >= FEWEST]
    groups = [_spell_curve(cut, stage) for stage in stages]
    chosen = np.isin(cut.stage, stages)
    chance = None
    if len(stages) > 1:
        chance = survival.log_rank(cut.entry[chosen], cut.end[chosen], cut.ended[chosen], cut.stage[chosen]).p_value
    return {"groups": groups, "chance": chance}


def _spell_curve(cut: Spells, stage: int) -> dict[str, Any]:
    mine = cut.stage == stage
    entry, end, ended = cut.entry[mine], cut.end[mine], cut.ended[mine]
    start = _settled(entry, end)
    late = end > start
    found = survival.kaplan_meier(np.maximum(entry, start)[late], end[late], ended[late])
    last = float(end.max())
    days = np.unique(np.linspace(start, last, _POINTS).round(1))
    place = np.maximum(np.searchsorted(found.t, days, side="right") - 1, 0)
    return {
        "stage": stage,
        "customers": int(mine.sum()),
        "dormant": int(ended.sum()),
        "days": days.tolist(),
        "share": found.survival[place].round(6).tolist(),
        "low": np.nan_to_num(found.low[place], nan=1.0).round(6).tolist(),
        "high": np.nan_to_num(found.high[place], nan=1.0).round(6).tolist(),
    }


def _settled(entry: NDArray[np.float64], end: NDArray[np.float64]) -> float:
    """The first age at which enough are watched that one who ends does not bring the whole curve down."""
    for age in np.sort(entry):
        if ((entry <= age) & (end > age)).sum() >= min(FEWEST, len(entry)):
            return float(age)
    return float(entry.min())


def _firsts(who: Ints, at: Ints) -> tuple[Ints, Ints]:
    """Customers ascending and when each first acted."""
    order = np.lexsort((at, who))
    customer, place = np.unique(who[order], return_index=True)
    return customer, at[order][place]


def _owners(shop: "Shop", identity: Ints) -> Ints:
    """Whose identities they are today; 0 for an identity that is gone."""
    held, customer = links.columns(shop.pk, None)
    if not len(held):
        return np.zeros(len(identity), dtype=np.int64)
    order = np.argsort(held, kind="stable")
    row = np.minimum(np.searchsorted(held[order], identity), len(held) - 1)
    return np.where(held[order][row] == identity, customer[order][row], 0)


def _quiet(buyer: Ints, at_us: Ints) -> int:
    """How long a silence is in this shop."""
    pairs = np.unique(np.stack((buyer, at_us // DAY_US), axis=1), axis=0) if len(buyer) else np.empty((0, 2), np.int64)
    return silence.silence_days(pairs[:, 0], pairs[:, 1])
