"""Recording orders: once for ever by (shop, source_ref), corrected at their own time, never counted twice.

Which statement wins: a correction (`updated_us`) beats the first telling, a newer one an older one, and of two first
tellings the one that came last. Refunds of an order follow it (sales.refunds). The caller owns the transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kizuna.sales import products, refunds
from kizuna.sales.drafts import (
    TOLD_BY_SHOP,
    CancelDraft,
    LineDraft,
    OrderDraft,
    RefundDraft,
    Refused,
    check_order,
)
from kizuna.sales.models import Order, OrderLine, OrderState
from kizuna.sales.outcome import Effect, Outcome
from kizuna.sales.pricing import Priced, Terms, price_order
from kizuna.sales.rows import in_batches
from kizuna.science.periods import day_index, month_index
from kizuna.tables import rows as rows_of

__all__ = ["CancelDraft", "LineDraft", "OrderDraft", "RefundDraft", "record"]

type Told = tuple[int, int, OrderDraft]
"""The place in what was handed in, the identity, what was said."""

_ORDER_COLUMNS = (
    "shop_id", "identity_id", "source_ref", "placed_us", "day", "month", "state", "currency", "original_revenue_minor",
    "rate", "revenue_minor", "goods_revenue_minor", "goods_cost_minor", "other_cost_minor", "net_profit_minor",
    "cost_assumed", "is_purchase", "coupon", "discount_minor", "shipping_country", "updated_us", "placed_known",
    "digest", "trusted",
)  # fmt: skip
_LINE_COLUMNS = ("order_id", "sku", "name", "quantity", "unit_price", "amount", "cost_minor")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An order ready to be stored."""

    index: int
    identity_id: int
    draft: OrderDraft
    placed_us: int
    day: int
    month: int
    priced: Priced

    def effect(self) -> Effect:
        """What it brings its identity."""
        return Effect(self.identity_id, self.placed_us, int(self.priced.is_purchase), self.priced.revenue_minor)


def record(terms: Terms, told: Sequence[tuple[int, OrderDraft]]) -> Outcome:
    """Record orders of (identity, draft); what cannot be taken is refused by itself and nothing beside it is lost.

    The same again changes nothing. A corrected order is re-reckoned with today's margin and product costs; its refunds
    follow at its rate. `updated_us` of a draft keeps the order's own time.
    """
    outcome = Outcome()
    waiting: list[Told] = [(index, identity_id, draft) for index, (identity_id, draft) in enumerate(told)]
    while waiting:
        wave, waiting = _split_first(waiting)
        waiting = _record_wave(terms, wave, outcome) + waiting
    return outcome


def _split_first(waiting: Sequence[Told]) -> tuple[list[Told], list[Told]]:
    """The first statement on each order, and those that must wait for it."""
    seen: set[str] = set()
    first: list[Told] = []
    later: list[Told] = []
    for item in waiting:
        (later if item[2].source_ref in seen else first).append(item)
        seen.add(item[2].source_ref)
    return first, later


def _record_wave(terms: Terms, wave: Sequence[Told], outcome: Outcome) -> list[Told]:
    """Record statements on different orders; returns those whose order another process stored meanwhile."""
    known = _known(terms.shop.id, [draft.source_ref for _, _, draft in wave])
    costs = _product_costs(terms.shop.id, (draft for _, _, draft in wave))
    new: list[_Entry] = []
    for index, identity_id, draft in wave:
        order = known.get(draft.source_ref)
        try:
            if order is None:
                check_order(draft)
                new.append(_entry(terms, (index, identity_id, draft), draft.placed_us, costs))
            else:
                _restate(terms, order, (index, identity_id, draft), costs, outcome)
        except Refused as why:
            outcome.refuse(index, draft.source_ref, why)
    return _store(terms, new, outcome)


def _known(shop_id: int, refs: Sequence[str]) -> dict[str, Order]:
    known: dict[str, Order] = {}
    for part, _ in in_batches(sorted(refs)):
        rows = Order.objects.select_for_update().filter(shop_id=shop_id, source_ref__in=part).order_by("source_ref")
        known.update((row.source_ref, row) for row in rows)
    return known


def _product_costs(shop_id: int, drafts: Iterable[OrderDraft]) -> dict[str, int]:
    skus = {line.sku for draft in drafts for line in draft.lines if line.sku and line.unit_cost is None}
    return products.costs_of(shop_id, skus) if skus and products.any_costs(shop_id) else {}


def _entry(terms: Terms, told: Told, placed_us: int, costs: dict[str, int]) -> _Entry:
    index, identity_id, draft = told
    day = day_index(placed_us, terms.zone)
    priced = price_order(terms, draft, day, costs)
    return _Entry(index, identity_id, draft, placed_us, day, month_index(placed_us, terms.zone), priced)


def _store(terms: Terms, new: Sequence[_Entry], outcome: Outcome) -> list[Told]:
    if not new:
        return []
    rows = [_order_row(terms.shop.id, entry) for entry in new]
    made = dict(rows_of.insert("sales_order", _ORDER_COLUMNS, rows, skip_known=True, returning="source_ref, id"))
    stored = [entry for entry in new if entry.draft.source_ref in made]
    rows_of.insert(
        "sales_orderline", _LINE_COLUMNS, [row for e in stored for row in _line_rows(made[e.draft.source_ref], e)]
    )
    outcome.taken += len(stored)
    for entry in stored:
        outcome.add(entry.effect())
    refunds.adopt(terms, made, outcome)
    return [(e.index, e.identity_id, e.draft) for e in new if e.draft.source_ref not in made]


def _restate(terms: Terms, order: Order, told: Told, costs: dict[str, int], outcome: Outcome) -> None:
    """Bring a stored order in line with a further statement, if that statement wins."""
    _, identity_id, draft = told
    check_order(draft)
    outcome.identity_ids.add(order.identity_id)
    if order.trusted and not draft.trusted:
        _refuse_change(draft)
        outcome.repeated += 1
        return
    if draft.trusted and not order.trusted:
        _take_over(terms, order, draft, outcome)
    if draft.updated_us is None and order.updated_us is not None:
        _learn_time(terms, order, draft.placed_us, outcome)
        return
    if draft.updated_us is not None and order.updated_us is not None and draft.updated_us < order.updated_us:
        outcome.repeated += 1
        return
    placed_us = order.placed_us if draft.updated_us is not None else draft.placed_us
    same = order.digest == draft.digest() and placed_us == order.placed_us and identity_id == order.identity_id
    if same:
        if draft.updated_us != order.updated_us:
            Order.objects.filter(pk=order.pk).update(updated_us=draft.updated_us)
        outcome.repeated += 1
        return
    entry = _entry(terms, told, placed_us, costs)
    before = _effect_of(order)
    _overwrite(order, entry)
    outcome.changed_orders.add(order.pk)
    outcome.changed += 1
    outcome.replace(before, entry.effect())
    refunds.follow(terms, [order], outcome)


def _refuse_change(draft: OrderDraft) -> None:
    """A browser's copy of an order that a trusted source told says nothing new; a correction is not a browser's."""
    if draft.updated_us is not None:
        raise Refused("order_id", TOLD_BY_SHOP)


def _take_over(terms: Terms, order: Order, draft: OrderDraft, outcome: Outcome) -> None:
    """Let a trusted source begin anew with an order that only a browser had told of: none of its words weigh."""
    order.trusted, order.updated_us, order.placed_known = True, None, draft.updated_us is None
    refunds.forget_untrusted(terms, order, outcome)
    order.save(update_fields=["trusted", "updated_us", "placed_known", "state"])


def _learn_time(terms: Terms, order: Order, placed_us: int, outcome: Outcome) -> None:
    """The first telling arrived after a correction: it only says when the order was placed."""
    if order.placed_known or order.placed_us == placed_us:
        outcome.repeated += 1
        return
    before = _effect_of(order)
    order.placed_us, order.placed_known = placed_us, True
    order.day, order.month = day_index(placed_us, terms.zone), month_index(placed_us, terms.zone)
    order.save(update_fields=["placed_us", "placed_known", "day", "month"])
    outcome.changed_orders.add(order.pk)
    outcome.changed += 1
    outcome.replace(before, _effect_of(order))


def _overwrite(order: Order, entry: _Entry) -> None:
    row = dict(zip(_ORDER_COLUMNS, _order_row(order.shop_id, entry), strict=True))
    kept = {"shop_id", "source_ref", "state"} | ({"placed_known"} if entry.draft.updated_us is not None else set())
    for name in row.keys() - kept:
        setattr(order, name, row[name])
    order.save()
    OrderLine.objects.filter(order=order).delete()
    rows_of.insert("sales_orderline", _LINE_COLUMNS, list(_line_rows(order.pk, entry)))


def _effect_of(order: Order) -> Effect:
    return Effect(order.identity_id, order.placed_us, int(order.is_purchase), order.revenue_minor)


def _order_row(shop_id: int, entry: _Entry) -> tuple[Any, ...]:
    draft, priced = entry.draft, entry.priced
    return (
        shop_id,
        entry.identity_id,
        draft.source_ref,
        entry.placed_us,
        entry.day,
        entry.month,
        OrderState.COMPLETED.value,
        draft.currency,
        priced.original_revenue_minor,
        priced.rate,
        priced.revenue_minor,
        priced.goods_revenue_minor,
        priced.goods_cost_minor,
        priced.other_cost_minor,
        priced.net_profit_minor,
        priced.cost_assumed,
        priced.is_purchase,
        draft.coupon[:80],
        priced.discount_minor,
        draft.shipping_country[:60],
        draft.updated_us,
        draft.updated_us is None,
        draft.digest(),
        draft.trusted,
    )


def _line_rows(order_id: int, entry: _Entry) -> Iterable[tuple[Any, ...]]:
    for line, cost in zip(entry.draft.lines, entry.priced.line_costs, strict=True):
        yield (
            order_id,
            line.sku[:100],
            line.name[:255],
            str(line.quantity),
            str(line.unit_price),
            str(line.paid()),
            cost,
        )
