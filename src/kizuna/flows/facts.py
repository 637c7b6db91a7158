"""What follows when something happened: identity, fact, visit, order, stocks, profile, consent, debugger, place.

The one way in for facts, whether they came over the wire (flows.ingest), from a file or from a form of the console.
Everything is repeat-safe: a message already taken does nothing. What is believed of whom: docs/decisions/0012.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction

from kizuna.bus import notes
from kizuna.customers import consent, identity, links, merging, profiles
from kizuna.customers.consent import Decision
from kizuna.customers.identity import Resolved
from kizuna.flows import following, orders, placing, purchases, referrals, stages
from kizuna.relationships import indicators, standings, stocks
from kizuna.relationships.indicators import IndicatorFact
from kizuna.relationships.stocks import Change
from kizuna.sales import products, timeline
from kizuna.sales.drafts import CancelDraft, OrderDraft, RefundDraft, Refused
from kizuna.science import periods
from kizuna.tracking import arrivals, dealings, journal, seen, visits
from kizuna.tracking.arrivals import ACCEPTED, NewArrival
from kizuna.tracking.journal import NewFact
from kizuna.tracking.normalise import Drop, Normalised, normalise
from kizuna.tracking.wire import RawEvent

if TYPE_CHECKING:
    from kizuna.flows.orders import Recorded
    from kizuna.flows.purchases import Purchase
    from kizuna.shops.models import Shop


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event of a source, read as far as it can be without the database; `drop` says why it ends here.

    `belongs_to` names the identity where the sender knows it already (a form about one customer).
    """

    source_id: int
    raw: RawEvent
    event: Normalised | None = None
    purchase: "Purchase | None" = None
    drop: Drop | None = None
    belongs_to: Resolved | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of each event, in the order in which they were handed in, and how many were taken."""

    outcomes: Sequence[str]
    drops: Sequence[Drop | None]

    @property
    def accepted(self) -> int:
        """How many were taken for the first time."""
        return sum(outcome == ACCEPTED for outcome in self.outcomes)


@dataclass(slots=True)
class _Batch:
    """The events of one transaction on their way through the rooms; `alive` are the places of those still taken.

    `touched` are the customers whom something changed, `seen` all who acted with their latest instant: most page views
    of a visit under way change nothing but when somebody was last seen.
    """

    shop: "Shop"
    incoming: list[Incoming]
    now_us: int
    outcomes: list[str]
    drops: list[Drop | None]
    alive: list[int] = field(default_factory=list)
    who: dict[int, Resolved] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    seen: dict[int, int] = field(default_factory=dict)
    relinked: set[int] = field(default_factory=set)

    def event(self, place: int) -> Normalised:
        """The event at a place that is alive."""
        found = self.incoming[place].event
        if found is None:
            raise LookupError(f"no event at {place}")
        return found

    def end(self, place: int, drop: Drop) -> None:
        """Take an event out with a reason."""
        self.outcomes[place], self.drops[place] = drop.reason, drop


def read(source_id: int, source_kind: str, raw: RawEvent, shop_currency: str) -> Incoming:
    """Read an event without the database: believed, dated, cleaned, its order understood, or dropped with a reason."""
    event = normalise(raw, source_kind)
    if isinstance(event, Drop):
        return Incoming(source_id, raw, drop=event)
    try:
        return Incoming(source_id, raw, event, purchases.read_purchase(event, shop_currency))
    except Refused as refused:
        return Incoming(source_id, raw, event, drop=_bad_order(event, refused.field, refused.message))


@transaction.atomic
def take(shop: "Shop", incoming: Sequence[Incoming], now_us: int) -> Taken:
    """Take events of one shop in their order: everything that follows from them, or nothing at all.

    Publishes arrivals and moves after commit. Events taken before, and those that make no sense, change nothing.
    """
    batch = _take(shop, incoming, now_us)
    _show(batch)
    _place(batch)
    _follow(batch)
    return Taken(tuple(batch.outcomes), tuple(batch.drops))


@transaction.atomic
def take_history(shop: "Shop", incoming: Sequence[Incoming], now_us: int) -> Taken:
    """Take events of a shop's past: as `take`, but nobody is placed and the live debugger shows none of it.

    When all of the past is in, the caller places everybody (flows.snapshots.settle).
    """
    batch = _take(shop, incoming, now_us)
    return Taken(tuple(batch.outcomes), tuple(batch.drops))


def _take(shop: "Shop", incoming: Sequence[Incoming], now_us: int) -> "_Batch":
    # first of all, also where every message was taken before: the counts of drops are rows of the shop as well
    links.lock(shop.pk)
    batch = _Batch(shop, list(incoming), now_us, [ACCEPTED] * len(incoming), [each.drop for each in incoming])
    for place, each in enumerate(batch.incoming):
        if each.drop is not None:
            batch.outcomes[place] = each.drop.reason
    _drop_repeated(batch)
    _identify(batch)
    _buy(batch)
    _record_facts(batch)
    _learn(batch)
    return batch


def _drop_repeated(batch: _Batch) -> None:
    places = [place for place, each in enumerate(batch.incoming) if each.drop is None]
    messages = []
    for place in places:
        event = batch.event(place)
        messages.append((batch.incoming[place].source_id, event.message_id, event.received_us))
    fresh = seen.note(messages)
    for place, is_new in zip(places, fresh, strict=True):
        if is_new:
            batch.alive.append(place)
        else:
            event = batch.event(place)
            batch.end(place, Drop("duplicate", "messageId", "this message was taken before", event.name, event.who))


def _identify(batch: _Batch) -> None:
    unknown = []
    for place in batch.alive:
        told = batch.incoming[place].belongs_to
        if told is None:
            unknown.append(place)
        else:
            batch.who[place] = told
    if not batch.alive:
        return
    resolution = identity.resolve(batch.shop.pk, [batch.event(place).claims for place in unknown], batch.now_us)
    batch.who.update(zip(unknown, resolution.each, strict=True))
    batch.touched |= resolution.relinked
    batch.relinked |= resolution.relinked
    if resolution.relinked:
        following.follow(batch.shop, resolution.relinked)
    for place, who in batch.who.items():
        at_us = batch.event(place).happened_us
        batch.seen[who.customer_id] = max(batch.seen.get(who.customer_id, at_us), at_us)


def _buy(batch: _Batch) -> None:
    """Orders, then refunds, then cancellations; what the ledger refuses ends here with its field."""
    shop = batch.shop
    placed = _allowed(batch, OrderDraft)
    if placed:
        told = [(batch.who[place].identity_id, draft) for place, draft in placed]
        _settle(batch, [place for place, _ in placed], orders.record_orders(shop, told))
    returned = _allowed(batch, RefundDraft)
    if returned:
        back = [(batch.who[place].identity_id, draft) for place, draft in returned]
        _settle(batch, [place for place, _ in returned], orders.record_refunds(shop, back))
    cancelled = _allowed(batch, CancelDraft)
    if cancelled:
        _settle(batch, [place for place, _ in cancelled], orders.cancel_orders(shop, [draft for _, draft in cancelled]))
    batch.alive = [place for place in batch.alive if batch.outcomes[place] == ACCEPTED]


def _allowed[Draft: (OrderDraft, RefundDraft, CancelDraft)](
    batch: _Batch, kind: type[Draft]
) -> list[tuple[int, Draft]]:
    """The drafts of one kind that may be told: a browser speaks of new orders and of its customer's own only."""
    allowed: list[tuple[int, Draft]] = []
    told_by: dict[str, int] = {}
    for place in batch.alive:
        draft = batch.incoming[place].purchase
        if not isinstance(draft, kind):
            continue
        order_ref = draft.source_ref if isinstance(draft, OrderDraft) else draft.order_ref
        customer_id = batch.who[place].customer_id
        if not batch.event(place).trusted:
            owner = told_by.get(order_ref) or _owner_of(batch, order_ref)
            if owner != customer_id and (owner is not None or not isinstance(draft, OrderDraft)):
                batch.end(place, _bad_order(batch.event(place), "order_id", "is no order of this customer"))
                continue
        told_by.setdefault(order_ref, customer_id)
        allowed.append((place, draft))
    return allowed


def _owner_of(batch: _Batch, order_ref: str) -> int | None:
    known = timeline.find_order(batch.shop.pk, order_ref)
    return None if known is None else links.customers_of(batch.shop.pk, [known.identity_id]).get(known.identity_id)


def _settle(batch: _Batch, places: Sequence[int], recorded: "Recorded") -> None:
    for refusal in recorded.refused:
        place = places[refusal.index]
        drop = _bad_order(batch.event(place), refusal.field, refusal.message)
        batch.end(place, replace(drop, reason="unknown_rate") if refusal.rate_missing else drop)
    owners = links.customers_of(batch.shop.pk, recorded.identity_ids)
    batch.touched.update(owners.values())


def _record_facts(batch: _Batch) -> None:
    """Facts, visits, and what they add to the stocks V and E and to further indicators."""
    facts = [_fact_of(batch, place) for place in batch.alive]
    counting = journal.record(batch.shop.pk, ZoneInfo(batch.shop.timezone), facts)
    changes = [
        Change(fact.identity_id, "E", fact.happened_us, 1.0)
        for fact, counts in zip(facts, counting, strict=True)
        if counts
    ]
    activity = [(fact.visitor_id, fact.happened_us) for fact in facts if fact.visitor_id is not None]
    changes += [
        Change(each.identity_id, "V", each.happened_us, float(each.weight))
        for each in visits.take_in(batch.shop.pk, activity)
    ]
    stocks.apply(batch.shop.pk, changes)
    counted = indicators.count_facts(
        batch.shop.pk,
        [
            IndicatorFact(fact.identity_id, fact.shape.name, int(fact.shape.direction), fact.happened_us)
            for fact in facts
        ],
    )
    added_to = counted | {change.identity_id for change in changes}
    for who in (batch.who[place] for place in batch.alive):
        if who.identity_id in added_to or who.visitor_identity_id in added_to:
            batch.touched.add(who.customer_id)


def _fact_of(batch: _Batch, place: int) -> NewFact:
    event, who = batch.event(place), batch.who[place]
    return NewFact(
        identity_id=who.identity_id,
        source_id=batch.incoming[place].source_id,
        happened_us=event.happened_us,
        received_us=event.received_us,
        shape=event.shape,
        message_id=event.message_id,
        properties=event.properties,
        visitor_id=who.visitor_identity_id if event.shape.is_page_activity else None,
        is_human_mail=event.is_human_mail,
        came_from=event.came_from,
    )


def _learn(batch: _Batch) -> None:
    """Profiles, consent, and what product views say of the catalogue."""
    shop_id = batch.shop.pk
    said = [
        (batch.who[place].identity_id, change)
        for place in batch.alive
        if (change := batch.event(place).profile) is not None
    ]
    if said:
        changed = profiles.record(shop_id, said)
        if any(change.email or change.phone for _, change in said):
            merging.suggest_alike(shop_id, changed, batch.now_us)
        batch.touched |= changed
    decisions = [
        Decision(
            batch.who[place].identity_id,
            purpose,
            granted,
            batch.event(place).happened_us,
            {"event": batch.event(place).name, "message_id": batch.event(place).message_id},
        )
        for place in batch.alive
        for purpose, granted in batch.event(place).consents
    ]
    if decisions:
        consent.record(shop_id, decisions)
    for trusted in (True, False):
        viewed = [
            draft
            for place in batch.alive
            if (event := batch.event(place)).trusted is trusted
            and (draft := purchases.read_product(event, batch.shop.currency)) is not None
        ]
        if viewed:
            products.record(shop_id, viewed, only_fill=not trusted)


def _show(batch: _Batch) -> None:
    shown = [
        _arrival(each, outcome, drop)
        for each, outcome, drop in zip(batch.incoming, batch.outcomes, batch.drops, strict=True)
    ]
    newest = arrivals.record(batch.shop.pk, shown, batch.now_us // periods.DAY_US)
    arrivals.prune([batch.shop.pk])
    if newest:
        transaction.on_commit(partial(notes.publish, f"shop:{batch.shop.pk}:arrivals", {"upto": newest}))


def _arrival(each: Incoming, outcome: str, drop: Drop | None) -> NewArrival:
    event = each.event
    detail = f"{drop.field}: {drop.detail}" if drop is not None else event.remark if event is not None else ""
    return NewArrival(
        source_id=each.source_id,
        received_us=each.raw.received_us,
        call=event.call if event is not None else each.raw.call or "batch",
        name=event.name if event is not None else drop.name if drop is not None else "",
        who=event.who if event is not None else drop.who if drop is not None else "",
        outcome=outcome,
        detail=detail,
        body=each.raw.body,
    )


def _place(batch: _Batch) -> None:
    """Place everybody touched or new; moves are put down to what was bought where something was.

    Whom nothing touched stands where they stood: only when they were last seen is noted.
    """
    idle = {customer: at_us for customer, at_us in batch.seen.items() if customer not in batch.touched}
    batch.touched |= standings.note_seen(batch.shop.pk, idle)
    bought = {
        batch.who[place].customer_id: batch.event(place).name for place in batch.alive if batch.incoming[place].purchase
    }
    names = {batch.event(place).name for place in batch.alive}
    for cause, customers in _by_cause(batch.touched, bought, names.pop() if len(names) == 1 else "activity"):
        placing.place(batch.shop, customers, cause, batch.now_us)


def _follow(batch: _Batch) -> None:
    """What it means for how far the relationships have come: of those who dealt with the shop, and all under way."""
    spoke = {batch.who[place].customer_id for place in batch.alive if batch.event(place).name in dealings.PARTS}
    spoke |= _refer(batch)
    stages.follow(batch.shop, batch.touched, spoke, batch.now_us, batch.relinked)


def _refer(batch: _Batch) -> set[int]:
    """Who came by whose code, and which new customers bought; returns the customers who brought one."""
    told, orders = [], []
    for place in batch.alive:
        event, draft, who = batch.event(place), batch.incoming[place].purchase, batch.who[place].identity_id
        code = event.properties.get("code" if event.name == referrals.FOLLOWED else "referral")
        if isinstance(code, str) and (event.name == referrals.FOLLOWED or isinstance(draft, OrderDraft)):
            told.append(referrals.Followed(who, code, event.happened_us))
        if isinstance(draft, OrderDraft) and draft.updated_us is None:
            orders.append(referrals.FirstOrder(who, draft.source_ref, draft.placed_us))
    if told:
        referrals.follow(batch.shop, told)
    return referrals.attribute(batch.shop, orders) if orders else set()


def _by_cause(touched: Collection[int], bought: dict[int, str], else_cause: str) -> Iterable[tuple[str, list[int]]]:
    causes: dict[str, list[int]] = {}
    for customer_id in sorted(touched):
        causes.setdefault(bought.get(customer_id, else_cause), []).append(customer_id)
    return causes.items()


def _bad_order(event: Normalised, field_name: str, message: str) -> Drop:
    return Drop("bad_order", f"properties.{field_name}", message[:255], event.name, event.who)


def failed(each: Incoming) -> Incoming:
    """Mark an event that we could not take although nothing is wrong with it; the log has the whole of it."""
    name, who = (each.event.name, each.event.who) if each.event is not None else ("", "")
    return replace(each, drop=Drop("internal_error", "event", "kept in the server's log", name, who))
