"""Refunds and cancellations: money given back at its own time, at the rate and cost rate of its order.

A refund that names an order not yet known waits for it and joins it when it comes, so that the order of arrival does
not matter. A cancellation is one refund of whatever else is left. The caller owns the transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from kizuna.money import currency
from kizuna.sales.drafts import TOLD_BY_SHOP, CancelDraft, RefundDraft, Refused, check_refund
from kizuna.sales.models import Order, OrderState, Refund
from kizuna.sales.outcome import Effect, Outcome
from kizuna.sales.pricing import PricedRefund, SoldAt, Terms, price_refund
from kizuna.sales.rows import in_batches
from kizuna.science.periods import day_index, month_index
from kizuna.tables import rows as rows_of

_COLUMNS = (
    "shop_id", "identity_id", "order_id", "source_ref", "order_ref", "refunded_us", "day", "month", "currency",
    "original_revenue_minor", "revenue_minor", "goods_returned", "net_profit_minor", "cost_assumed", "cancels",
    "digest", "trusted",
)  # fmt: skip
_MONEY = ["original_revenue_minor", "revenue_minor", "net_profit_minor", "cost_assumed"]
CANCELS = "cancel:"

type Told = tuple[int, int | None, RefundDraft]


def record(terms: Terms, told: Sequence[tuple[int | None, RefundDraft]]) -> Outcome:
    """Record refunds of (identity, draft); an identity of None takes the order's own.

    The same again changes nothing; the same reference with other words corrects it.
    """
    outcome = Outcome()
    waiting: list[Told] = [(index, identity_id, draft) for index, (identity_id, draft) in enumerate(told)]
    while waiting:
        seen: set[str] = set()
        wave: list[Told] = []
        later: list[Told] = []
        for item in waiting:
            (later if item[2].source_ref in seen else wave).append(item)
            seen.add(item[2].source_ref)
        waiting = _record_wave(terms, wave, outcome) + later
    return outcome


def cancel(terms: Terms, told: Sequence[CancelDraft]) -> Outcome:
    """Cancel orders: what is left of each is given back at the cancel's own time, once; unknown orders are refused."""
    outcome = Outcome()
    known = _orders(terms.shop.id, {draft.order_ref for draft in told})
    for index, draft in enumerate(told):
        order = known.get(draft.order_ref)
        if order is None:
            outcome.refuse(index, draft.order_ref, Refused("order_id", f"no order {draft.order_ref!r} is known"))
            continue
        try:
            _cancel_one(terms, order, draft, outcome)
        except Refused as why:
            outcome.refuse(index, draft.order_ref, why)
    return outcome


def adopt(terms: Terms, made: Mapping[str, int], outcome: Outcome) -> None:
    """Join refunds that came before their orders; `made` gives the ids of orders just stored."""
    waiting: list[Refund] = []
    for part, _ in in_batches(sorted(made)):
        waiting += Refund.objects.filter(shop_id=terms.shop.id, order__isnull=True, order_ref__in=part)
    for refund in waiting:
        refund.order_id = made[refund.order_ref]
    if waiting:
        Refund.objects.bulk_update(waiting, ["order"], batch_size=200)
        orders = Order.objects.filter(shop_id=terms.shop.id, pk__in={refund.order_id for refund in waiting})
        follow(terms, list(orders), outcome)


def follow(terms: Terms, orders: Sequence[Order], outcome: Outcome) -> None:
    """Re-reckon the refunds of orders that changed, the cancellation last: it gives back what the others left.

    A refund that cannot be reckoned at its order any more (its rate was removed) keeps the money it had.
    """
    rows: dict[int, list[Refund]] = defaultdict(list)
    for part, _ in in_batches([order.pk for order in orders]):
        for refund in rows_of.of_shop(Refund.objects.filter(order_id__in=part), terms.shop.id).order_by(
            "cancels", "id"
        ):
            rows[refund.order_id or 0].append(refund)
    for order in orders:
        others: list[Refund] = []
        for refund in rows[order.pk]:
            before, profit = _effect_of(refund), refund.net_profit_minor
            with suppress(Refused):
                _reckon(terms, refund, order, others)
            others.append(refund)
            if (_effect_of(refund), refund.net_profit_minor) != (before, profit):
                outcome.changed_refunds.add(refund.pk)
            if _effect_of(refund) != before:
                outcome.replace(before, _effect_of(refund))
            refund.save(update_fields=_MONEY)


def forget_untrusted(terms: Terms, order: Order, outcome: Outcome) -> None:
    """Take out what only a browser said was given back of an order that a trusted source now tells of."""
    untrusted = list(Refund.objects.filter(shop_id=terms.shop.id, order=order, trusted=False))
    for refund in untrusted:
        outcome.replace(_effect_of(refund), Effect(refund.identity_id, refund.refunded_us, 0, 0))
        if refund.cancels:
            order.state = OrderState.COMPLETED
        outcome.changed_refunds.add(refund.pk)
        refund.delete()
    if untrusted:
        follow(terms, [order], outcome)


def _record_wave(terms: Terms, wave: Sequence[Told], outcome: Outcome) -> list[Told]:
    shop_id = terms.shop.id
    known = _refunds(shop_id, [draft.source_ref for _, _, draft in wave])
    orders = _orders(shop_id, {draft.order_ref for _, _, draft in wave if draft.order_ref})
    new: dict[str, tuple[Told, Refund]] = {}
    for item in wave:
        index, identity_id, draft = item
        order = orders.get(draft.order_ref)
        try:
            check_refund(draft)
            _check_word(order, draft.trusted)
            refund = _build(terms, identity_id, draft, order)
            if draft.source_ref in known:
                _correct(terms, known[draft.source_ref], refund, order, outcome)
            else:
                new[draft.source_ref] = (item, refund)
        except Refused as why:
            outcome.refuse(index, draft.source_ref, why)
    rows = [_row(refund) for _, refund in new.values()]
    made = dict(rows_of.insert("sales_refund", _COLUMNS, rows, skip_known=True, returning="source_ref, id"))
    for ref in made:
        outcome.taken += 1
        outcome.add(_effect_of(new[ref][1]))
    touched = {new[ref][1].order_ref for ref in made}
    _settle(terms, [order for ref, order in orders.items() if ref in touched], outcome)
    return [item for ref, (item, _) in new.items() if ref not in made]


def _build(terms: Terms, identity_id: int | None, draft: RefundDraft, order: Order | None) -> Refund:
    if identity_id is None:
        if order is None:
            raise Refused("order_id", f"nobody is named and no order {draft.order_ref!r} is known")
        identity_id = order.identity_id
    refund = Refund(
        shop_id=terms.shop.id,
        identity_id=identity_id,
        order=order,
        source_ref=draft.source_ref,
        order_ref=draft.order_ref,
        refunded_us=draft.refunded_us,
        day=day_index(draft.refunded_us, terms.zone),
        month=month_index(draft.refunded_us, terms.zone),
        currency=draft.currency,
        original_revenue_minor=currency.parse_minor(draft.amount, draft.currency),
        goods_returned=draft.goods_returned,
        digest=draft.digest(),
        trusted=draft.trusted,
    )
    _reckon(terms, refund, order, [])
    return refund


def _reckon(terms: Terms, refund: Refund, order: Order | None, others: Iterable[Refund]) -> None:
    """Fill in the money of a refund; `others` are the order's refunds that a cancellation comes after."""
    if order is None:
        rate = terms.rate_on(refund.currency, refund.day)
        factor = currency.minor_factor(rate, refund.currency, terms.shop.currency)
        priced = price_refund(terms, refund.original_revenue_minor * factor, None, refund.goods_returned)
    else:
        before = list(others) if refund.cancels else []
        given = sum(other.revenue_minor for other in before)
        sold = SoldAt(
            order.goods_revenue_minor, order.goods_revenue_minor - given, order.goods_cost_minor, order.cost_assumed
        )
        if refund.cancels:
            refund.currency = order.currency
            refund.original_revenue_minor = max(
                0, order.original_revenue_minor - sum(other.original_revenue_minor for other in before)
            )
            amount = Decimal(max(0, order.revenue_minor - given))
        else:
            amount = refund.original_revenue_minor * _factor(terms, refund, order)
        priced = price_refund(terms, amount, sold, refund.goods_returned)
    _take(refund, priced)


def _factor(terms: Terms, refund: Refund, order: Order) -> Decimal:
    """The order's own rate; of another currency, that currency's on the order's day, else on the refund's."""
    if refund.currency == order.currency:
        rate = order.rate
    else:
        try:
            rate = terms.rate_on(refund.currency, order.day)
        except Refused:
            rate = terms.rate_on(refund.currency, refund.day)
    return currency.minor_factor(rate, refund.currency, terms.shop.currency)


def _take(refund: Refund, priced: PricedRefund) -> None:
    refund.revenue_minor = priced.revenue_minor
    refund.net_profit_minor = priced.net_profit_minor
    refund.cost_assumed = priced.cost_assumed


def _correct(terms: Terms, refund: Refund, told: Refund, order: Order | None, outcome: Outcome) -> None:
    outcome.identity_ids.add(refund.identity_id)
    if (refund.digest, refund.identity_id) == (told.digest, told.identity_id):
        _believe(refund, told.trusted)
        outcome.repeated += 1
        return
    if not told.trusted:
        raise Refused("refund_id", "is the number of a refund told before; a browser's write key cannot change it")
    before, previous = _effect_of(refund), refund.order
    told.pk = refund.pk
    told.save()
    outcome.changed_refunds.add(refund.pk)
    outcome.changed += 1
    outcome.replace(before, _effect_of(told))
    _settle(terms, [each for each in {previous, order} if each is not None], outcome)


def _settle(terms: Terms, orders: Iterable[Order], outcome: Outcome) -> None:
    """A cancelled order's cancellation gives back less when another refund of it comes to light."""
    cancelled = [order for order in orders if order.state == OrderState.CANCELLED]
    if cancelled:
        follow(terms, cancelled, outcome)


def _cancel_one(terms: Terms, order: Order, draft: CancelDraft, outcome: Outcome) -> None:
    ref = f"{CANCELS}{draft.order_ref}"
    same = Refund.objects.filter(shop_id=terms.shop.id, source_ref=ref).first()
    told = RefundDraft(
        ref, draft.cancelled_us, order.currency, Decimal(0), draft.order_ref, draft.goods_returned, draft.trusted
    )
    _check_word(order, draft.trusted)
    outcome.identity_ids.add(order.identity_id)
    if same is not None and (same.digest == told.digest() or (same.trusted and not draft.trusted)):
        _believe(same, draft.trusted)
        outcome.repeated += 1
        return
    before = _effect_of(same) if same else None
    refund = _build(terms, order.identity_id, told, order)
    refund.cancels, refund.pk = True, same.pk if same else None
    others = Refund.objects.filter(shop_id=terms.shop.id, order=order, cancels=False)
    _reckon(terms, refund, order, others)
    refund.save()
    order.state = OrderState.CANCELLED
    order.save(update_fields=["state"])
    if before is None:
        outcome.taken += 1
        outcome.add(_effect_of(refund))
    else:
        outcome.changed += 1
        outcome.changed_refunds.add(refund.pk)
        outcome.replace(before, _effect_of(refund))


def _check_word(order: Order | None, trusted: bool) -> None:
    """What a trusted source told of is not a browser's to give back."""
    if order is not None and order.trusted and not trusted:
        raise Refused("order_id", TOLD_BY_SHOP)


def _believe(refund: Refund, trusted: bool) -> None:
    """Note that a trusted source says the same as a browser did."""
    if trusted and not refund.trusted:
        refund.trusted = True
        refund.save(update_fields=["trusted"])


def _effect_of(refund: Refund) -> Effect:
    return Effect(refund.identity_id, refund.refunded_us, 0, -refund.revenue_minor)


def _orders(shop_id: int, refs: Iterable[str]) -> dict[str, Order]:
    known: dict[str, Order] = {}
    for part, _ in in_batches(sorted(refs)):
        rows = Order.objects.select_for_update().filter(shop_id=shop_id, source_ref__in=part).order_by("source_ref")
        known.update((row.source_ref, row) for row in rows)
    return known


def _refunds(shop_id: int, refs: Sequence[str]) -> dict[str, Refund]:
    known: dict[str, Refund] = {}
    for part, _ in in_batches(sorted(refs)):
        rows = Refund.objects.select_for_update(of=("self",)).filter(shop_id=shop_id, source_ref__in=part)
        known.update((row.source_ref, row) for row in rows.select_related("order").order_by("source_ref"))
    return known


def _row(refund: Refund) -> tuple[Any, ...]:
    return tuple(getattr(refund, name) for name in _COLUMNS)
