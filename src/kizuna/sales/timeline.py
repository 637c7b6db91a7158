"""Orders and refunds as entries of a customer's time line, newest first; and the order behind an entry, with lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from kizuna.sales.ledger import FOREVER_US
from kizuna.sales.models import Order, OrderLine, OrderState, Refund
from kizuna.sales.rows import in_batches


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order as the source gave it."""

    sku: str
    name: str
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """One order or refund on a time line; a refund's amounts are negative."""

    kind: str
    id: int
    identity_id: int
    happened_us: int
    source_ref: str
    order_ref: str
    currency: str
    original_revenue_minor: int
    revenue_minor: int
    net_profit_minor: int
    cost_assumed: bool
    cancelled: bool
    coupon: str
    lines: tuple[Line, ...] = ()


def list_orders(shop_id: int, identity_ids: Sequence[int], before: int | None, limit: int) -> list[Entry]:
    """List at most about `limit` orders and refunds before an instant, newest first.

    Entries of one instant are never parted: the last of them asked for with `before` gives the next portion.
    """
    bound = FOREVER_US if before is None else before
    entries: list[Entry] = []
    for part, _ in in_batches(sorted(set(identity_ids))):
        orders = Order.objects.filter(shop_id=shop_id, identity_id__in=part)
        refunds = Refund.objects.filter(shop_id=shop_id, identity_id__in=part)
        found = list(orders.filter(placed_us__lt=bound).order_by("-placed_us", "-id")[:limit])
        if len(found) == limit:
            shown = [order.pk for order in found]
            found += orders.filter(placed_us=found[-1].placed_us).exclude(pk__in=shown)
        returned = list(refunds.filter(refunded_us__lt=bound).order_by("-refunded_us", "-id")[:limit])
        if len(returned) == limit:
            given = [refund.pk for refund in returned]
            returned += refunds.filter(refunded_us=returned[-1].refunded_us).exclude(pk__in=given)
        entries += [_order_entry(order) for order in found] + [_refund_entry(refund) for refund in returned]
    entries.sort(key=attrgetter("happened_us", "kind", "id"), reverse=True)
    return _cut(entries, limit)


def list_lines(shop_id: int, order_ids: Sequence[int]) -> dict[int, list[Line]]:
    """List the lines of orders of this shop, by order."""
    lines: dict[int, list[Line]] = {}
    for part, _ in in_batches(sorted(set(order_ids))):
        for row in OrderLine.objects.filter(order__shop_id=shop_id, order_id__in=part).order_by("id"):
            lines.setdefault(row.order_id, []).append(Line(row.sku, row.name, row.quantity, row.amount))
    return lines


def find_order(shop_id: int, source_ref: str) -> Entry | None:
    """Find an order with its lines by the shop's own number."""
    order = Order.objects.filter(shop_id=shop_id, source_ref=source_ref).first()
    if order is None:
        return None
    return _order_entry(order, tuple(list_lines(shop_id, [order.pk]).get(order.pk, [])))


def _cut(entries: list[Entry], limit: int) -> list[Entry]:
    end = min(limit, len(entries))
    while 0 < end < len(entries) and entries[end].happened_us == entries[end - 1].happened_us:
        end += 1
    return entries[:end]


def _order_entry(order: Order, lines: tuple[Line, ...] = ()) -> Entry:
    return Entry(
        kind="order",
        id=order.pk,
        identity_id=order.identity_id,
        happened_us=order.placed_us,
        source_ref=order.source_ref,
        order_ref=order.source_ref,
        currency=order.currency,
        original_revenue_minor=order.original_revenue_minor,
        revenue_minor=order.revenue_minor,
        net_profit_minor=order.net_profit_minor,
        cost_assumed=order.cost_assumed,
        cancelled=order.state == OrderState.CANCELLED,
        coupon=order.coupon,
        lines=lines,
    )


def _refund_entry(refund: Refund) -> Entry:
    return Entry(
        kind="refund",
        id=refund.pk,
        identity_id=refund.identity_id,
        happened_us=refund.refunded_us,
        source_ref=refund.source_ref,
        order_ref=refund.order_ref,
        currency=refund.currency,
        original_revenue_minor=-refund.original_revenue_minor,
        revenue_minor=-refund.revenue_minor,
        net_profit_minor=refund.net_profit_minor,
        cost_assumed=refund.cost_assumed,
        cancelled=refund.cancels,
        coupon="",
    )
