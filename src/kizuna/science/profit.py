"""Net profit of one order or refund: NP = revenue - cost of goods - payment - shipping - marketing.

Here: exact decimals, rounded half-even once, at the end, to integer minor units of the shop's currency. Not here:
retention investments (they never lower net profit). Source: Ko & Shikama II.D; details in the model, section 2.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

type Rate = Decimal | float

_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


class AmountError(ValueError):
    """An amount or rate has no meaning for an order or a refund; the text names it."""


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """One paid line, whole quantity: revenue net of tax and discount, and cost of goods where the shop knows it."""

    revenue: Decimal
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderAmounts:
    """One order in minor units of its own currency; amounts may carry fractions of a minor unit.

    rate: minor units of the shop's currency for one of the order's, at the order's day.
    """

    lines: tuple[LineAmounts, ...]
    shipping_charged: Decimal = Decimal(0)
    payment_cost: Decimal = Decimal(0)
    shipping_cost: Decimal = Decimal(0)
    marketing_cost: Decimal = Decimal(0)
    rate: Rate = 1.0


@dataclass(frozen=True, slots=True)
class RefundAmounts:
    """What one refund gives back, in minor units of the order's currency, all at least 0, and what handling it cost."""

    goods: Decimal
    shipping_charged: Decimal = Decimal(0)
    goods_came_back: bool = True
    payment_cost: Decimal = Decimal(0)
    shipping_cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Profit:
    """Integer minor units of the shop's currency; negative for refunds and losses.

    assumed: the margin rate stood in for an unknown cost of goods.
    """

    net_profit_minor: int
    revenue_minor: int
    assumed: bool


def of_order(order: OrderAmounts, margin_rate: Rate = 1.0) -> Profit:
    """Net profit of an order: (lines + shipping charged) - goods - payment - shipping - marketing, times the rate.

    Goods cost a line its cost where known, else (1 - margin_rate) of its revenue; margin_rate in [0, 1], default 1.
    Each result is rounded once, half-even, from the exact sum. Source: model, section 2 (e-CNRR).

    >>> of_order(OrderAmounts((LineAmounts(Decimal(1000), Decimal(600)), LineAmounts(Decimal(501)))), 0.5)
    Profit(net_profit_minor=650, revenue_minor=1501, assumed=True)
    """
    with localcontext(_EXACT):
        revenue = sum((line.revenue for line in order.lines), order.shipping_charged)
        goods, assumed = _goods_cost(order, margin_rate)
        net_profit = revenue - goods - order.payment_cost - order.shipping_cost - order.marketing_cost
        return _rounded(net_profit, revenue, order.rate, assumed)


def of_refund(refund: RefundAmounts, order: OrderAmounts, margin_rate: Rate = 1.0) -> Profit:
    """Net profit of a refund: minus its revenue, plus the cost of goods that came back, minus what handling cost.

    Goods come back at the order's own rate: refunded goods * (goods cost / goods revenue of the order); the currency
    rate is the order's too, and margin_rate the one its profit was reckoned with. Source: model, sections 2 and 9.

    >>> order = OrderAmounts((LineAmounts(Decimal(1000), Decimal(600)),))
    >>> of_refund(RefundAmounts(Decimal(500)), order)
    Profit(net_profit_minor=-200, revenue_minor=-500, assumed=False)
    >>> of_refund(RefundAmounts(Decimal(500), goods_came_back=False), order).net_profit_minor
    -500
    """
    for name, amount in (("goods", refund.goods), ("shipping charged", refund.shipping_charged)):
        if amount < 0:
            raise AmountError(f"a refund gives back at least 0, {name} is {amount}")
    with localcontext(_EXACT):
        revenue = -(refund.goods + refund.shipping_charged)
        sold = sum((line.revenue for line in order.lines), Decimal(0))
        returned, assumed = Decimal(0), False
        if refund.goods_came_back and refund.goods and sold > 0:
            cost, assumed = _goods_cost(order, margin_rate)
            returned = refund.goods * cost / sold
        net_profit = revenue + returned - refund.payment_cost - refund.shipping_cost
        return _rounded(net_profit, revenue, order.rate, assumed)


def _goods_cost(order: OrderAmounts, margin_rate: Rate) -> tuple[Decimal, bool]:
    margin = _decimal(margin_rate)
    if not 0 <= margin <= 1:
        raise AmountError(f"a margin rate lies between 0 and 1, not at {margin_rate}")
    known = sum((line.cost for line in order.lines if line.cost is not None), Decimal(0))
    unknown = [line.revenue for line in order.lines if line.cost is None]
    return known + (1 - margin) * sum(unknown, Decimal(0)), bool(unknown)


def _rounded(net_profit: Decimal, revenue: Decimal, rate: Rate, assumed: bool) -> Profit:
    factor = _decimal(rate)
    if not (factor.is_finite() and factor > 0):
        raise AmountError(f"a currency rate is above 0, not {rate}")
    return Profit(_whole(net_profit * factor), _whole(revenue * factor), assumed)


def _whole(amount: Decimal) -> int:
    if not amount.is_finite():
        raise AmountError(f"{amount} is no amount of money")
    return int(amount.to_integral_value(ROUND_HALF_EVEN))


def _decimal(rate: Rate) -> Decimal:
    """The rate as it is written: .1 means one tenth, not the nearest binary fraction."""
    return rate if isinstance(rate, Decimal) else Decimal(str(rate))
