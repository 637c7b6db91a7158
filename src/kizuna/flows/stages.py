"""What follows for a relationship when something happened: its stage, cycle and depth reckoned anew from the facts.

Customers who can move are reviewed at once, everybody once a day (flows.stage_upkeep): that finds who fell dormant.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.bus import notes
from kizuna.flows import portfolio, stage_events
from kizuna.relationships import forecasts, kept_reports, stages, standings
from kizuna.relationships.stages import MoveView, Reckoned, StageView
from kizuna.science import dialogue, silence, still
from kizuna.science import stages as science
from kizuna.science.periods import DAY_US
from kizuna.science.stages import OWN_ACTS, Act, Event, Move

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

RHYTHM = "rhythm"
_TOGETHER = 200
_TALK = frozenset({Act.CONTACT_IN, Act.CONTACT_OUT})


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What dormancy is judged by: the shop's instant, how many buy, how long a silence is, what forecasts speak of."""

    now_us: int
    at_us: int
    buyers: int
    quiet_days: int
    forecast_us: int | None


def review(shop: "Shop", customer_ids: Collection[int], now_us: int) -> set[int]:
    """Reckon stage, cycle, depth and dormancy of customers from their facts; returns whose changed, and publishes them.

    Repeat-safe: the same facts give the same rows. Who was merged away, or never had any dialogue, keeps no row.
    """
    changed: set[int] = set()
    rhythm = _rhythm(shop, now_us) if customer_ids else None
    for some in batched(sorted(set(customer_ids)), _TOGETHER):
        if rhythm is not None:
            changed |= _review(shop, some, rhythm)
    return changed


def follow(
    shop: "Shop", touched: Collection[int], spoke: Collection[int], now_us: int, relinked: Collection[int] = ()
) -> None:
    """Review those of the customers touched whose stage is kept, and all who had to do with the shop in words.

    Where an identity went from one customer to another, both are reviewed if the stage of either is kept.
    """
    kept = stages.list_followed(shop.pk, {*touched, *relinked})
    wanted = kept | set(spoke) | (set(relinked) if kept & set(relinked) else set())
    if wanted:
        review(shop, wanted, now_us)


@transaction.atomic
def _review(shop: "Shop", customer_ids: Sequence[int], rhythm: Rhythm) -> set[int]:
    stages.lock(shop.pk, customer_ids)
    events = stage_events.gather(shop, customer_ids)
    likelihoods = standings.likelihoods(shop.pk, customer_ids)
    reckoned: dict[int, Reckoned | None] = dict.fromkeys(customer_ids)
    for customer, told in events.items():
        reckoned[customer] = _reckon(customer, told, rhythm, likelihoods)
    changed = stages.store(shop.pk, reckoned)
    if changed:
        body = {"customers": sorted(changed)[:100]}
        transaction.on_commit(partial(notes.publish, f"shop:{shop.pk}:stages", body))
    return changed


def _reckon(
    customer: int, told: Sequence[Event], rhythm: Rhythm, likelihoods: Mapping[int, float | None]
) -> Reckoned | None:
    """Where one customer stands; None for whom there is nothing to tell."""
    events = [event for event in told if event.at_us <= rhythm.now_us]
    depth = dialogue.depth(events)
    if not depth and not any(event.act in (Act.WISH, Act.CONTACT_IN) for event in events):
        return None
    found = science.course(events)
    acted = max((event.at_us for event in events if event.act in OWN_ACTS), default=None)
    dormant = _is_dormant(acted, likelihoods.get(customer), rhythm)
    since = next((move.at_us for move in found.moves if move.to_stage == found.highest), None)
    view = StageView(
        customer_id=customer,
        stage=found.stage,
        highest=found.highest,
        cycles=found.cycles,
        depth=depth,
        since_us=since,
        last_act_us=acted,
        last_talk_us=max((event.at_us for event in events if event.act in _TALK), default=None),
        dormant=dormant,
        dormant_since_us=acted if dormant else None,
    )
    return Reckoned(view, [_move(move, events, rhythm.now_us) for move in found.moves])


def _is_dormant(acted_us: int | None, likelihood: float | None, rhythm: Rhythm) -> bool:
    """Who acted after the forecast that judged them is judged by that alone."""
    if acted_us is None:
        return False
    if rhythm.forecast_us is None or acted_us > rhythm.forecast_us:
        likelihood = None
    return still.is_dormant(likelihood, (rhythm.at_us - acted_us) / DAY_US, rhythm.buyers, rhythm.quiet_days)


def _move(move: Move, events: Sequence[Event], until_us: int) -> MoveView:
    cause = move.cause
    rate = None
    if move.to_stage == 3:
        done = max(
            event.at_us
            for event in events
            if event.act == Act.FULFILLED and event.wish == move.wish and event.at_us <= cause.at_us
        )
        rate = science.contact_rate(events, done, until_us)
    return MoveView(
        at_us=move.at_us,
        cycle=move.cycle,
        from_stage=move.from_stage,
        to_stage=move.to_stage,
        cause=cause.act.value,
        cause_us=cause.at_us,
        cause_ref=cause.ref[:120],
        channel=cause.channel[:12],
        wish=move.wish[:40],
        via_portal=cause.via_portal,
        rate_before=None if rate is None else rate.before,
        rate_after=None if rate is None else rate.after,
    )


def _rhythm(shop: "Shop", now_us: int) -> Rhythm:
    """As it was last reckoned; before that a silence is the shortest there is."""
    kept = kept_reports.find(shop.pk, RHYTHM)
    run = forecasts.find_last(shop.pk)
    told = {} if kept is None else kept.body
    return Rhythm(
        now_us,
        max(portfolio.shop_now(shop, now_us), 0),
        int(told.get("buyers", 0)),
        int(told.get("quiet_days", silence.LEAST_DAYS)),
        None if run is None else run.as_of_us,
    )
