"""What a draft comes to in the shop's money: rate of the day, revenue, cost of goods, other costs, net profit.

The rules are model, section 2 (e-CNRR); the arithmetic is science.profit, exact and rounded half-even once per order.
Nothing is stored here. Rates come from outside, so that this room needs none of shops' tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal, localcontext
from functools import cached_property
from typing import Protocol
from zoneinfo import ZoneInfo

from kizuna.money import currency
from kizuna.sales.drafts import ZERO, OrderDraft, RateMissing, Refused
from kizuna.science import profit

type FindRate = Callable[[str, date], Decimal]

_EXACT = Context(prec=60)
_EPOCH = date(1970, 1, 1)
_TOO_MUCH = "comes to more than an amount of money can be"


class ShopTerms(Protocol):
    """What pricing needs to know of a shop; the shop's own row has it all."""

    @property
    def id(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def margin_rate(self) -> Decimal: ...
    @property
    def payment_rate(self) -> Decimal: ...
    @property
    def payment_fixed_minor(self) -> int: ...
    @property
    def shipping_cost_minor(self) -> int: ...


@dataclass(frozen=True)
class Terms:
    """A shop's terms for one batch of drafts; rates are looked up once per currency and day."""

    shop: ShopTerms
    find_rate: FindRate

    @cached_property
    def zone(self) -> ZoneInfo:
        """Give the shop's time zone."""
        return ZoneInfo(self.shop.timezone)

    @cached_property
    def _rates(self) -> dict[tuple[str, int], Decimal]:
        return {}

    def rate_on(self, code: str, day: int) -> Decimal:
        """Give the rate of a currency on a shop-local day; Refused names the currency when there is none."""
        if code == self.shop.currency:
            return Decimal(1)
        known = self._rates.get((code, day))
        if known is None:
            try:
                known = self.find_rate(code, _EPOCH + timedelta(days=day))
            except LookupError as unknown:
                raise RateMissing("currency", str(unknown)) from None
            self._rates[code, day] = known
        return known

    def factor(self, code: str, rate: Decimal) -> Decimal:
        """Give the shop's minor units for one unit (not minor unit) of a currency at a rate."""
        return _EXACT.scaleb(currency.minor_factor(rate, code, self.shop.currency), currency.exponent(code))


@dataclass(frozen=True, slots=True)
class Priced:
    """The money of one order; *_minor in the shop's currency but for `original_revenue_minor`."""

    rate: Decimal
    original_revenue_minor: int
    revenue_minor: int
    goods_revenue_minor: int
    goods_cost_minor: int
    other_cost_minor: int
    net_profit_minor: int
    discount_minor: int
    cost_assumed: bool
    is_purchase: bool
    line_costs: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class PricedRefund:
    """The money of one refund: `revenue_minor` positive, `net_profit_minor` as it adds to net profit."""

    revenue_minor: int
    net_profit_minor: int
    cost_assumed: bool


@dataclass(frozen=True, slots=True)
class SoldAt:
    """What a refund needs of its order: revenue and cost of the goods, and what of the goods can still come back."""

    goods_revenue_minor: int
    goods_left_minor: int
    goods_cost_minor: int
    cost_assumed: bool


def price_order(terms: Terms, draft: OrderDraft, day: int, product_costs: Mapping[str, int]) -> Priced:
    """Reckon an order at its day's rate; `product_costs` gives the minor cost of one piece by SKU."""
    rate = terms.rate_on(draft.currency, day)
    with localcontext(_EXACT):
        factor = terms.factor(draft.currency, rate)
        listed = [line.paid() for line in draft.lines]
        goods = _goods_revenue(draft, sum(listed, ZERO))
        costs = [_line_cost(terms, draft, index, product_costs) for index in range(len(draft.lines))]
        paid = goods + draft.shipping
        other = _other_costs(terms, draft, paid, factor)
        amounts = profit.OrderAmounts(
            lines=_spread(goods * factor, [amount * factor for amount in listed], costs),
            shipping_charged=draft.shipping * factor,
            payment_cost=other[0],
            shipping_cost=other[1],
            marketing_cost=other[2],
            rate=Decimal(1),
        )
        result = profit.of_order(amounts, terms.shop.margin_rate)
        goods_cost = _goods_cost(amounts, terms.shop.margin_rate)
        minor = currency.exponent(draft.currency)
        return Priced(
            rate=rate,
            original_revenue_minor=_round(paid.scaleb(minor)),
            revenue_minor=_bounded(result.revenue_minor),
            goods_revenue_minor=_round(goods * factor),
            goods_cost_minor=_round(goods_cost),
            other_cost_minor=_round(sum(other, ZERO)),
            net_profit_minor=_bounded(result.net_profit_minor),
            discount_minor=_round(draft.discount * factor),
            cost_assumed=result.assumed,
            is_purchase=paid > 0,
            line_costs=tuple(None if cost is None else _round(cost) for cost in costs),
        )


def price_refund(terms: Terms, amount: Decimal, sold: SoldAt | None, returned: bool) -> PricedRefund:
    """Reckon a refund of `amount` (the shop's minor units, exact); without an order, cost is at the margin rate.

    What exceeds the order's goods is shipping given back: it brings no goods home.
    """
    with localcontext(_EXACT):
        if sold is None:
            goods, line, assumed = amount, profit.LineAmounts(Decimal(1)), True
        else:
            goods = min(amount, Decimal(max(sold.goods_left_minor, 0)))
            line = profit.LineAmounts(Decimal(sold.goods_revenue_minor), Decimal(sold.goods_cost_minor))
            assumed = sold.cost_assumed
        given = profit.RefundAmounts(goods=goods, shipping_charged=amount - goods, goods_came_back=returned)
        result = profit.of_refund(given, profit.OrderAmounts((line,)), terms.shop.margin_rate)
        return PricedRefund(_bounded(-result.revenue_minor), _bounded(result.net_profit_minor), assumed and returned)


def _goods_revenue(draft: OrderDraft, listed: Decimal) -> Decimal:
    """The goods net of tax and discount; see OrderDraft."""
    if draft.subtotal is not None:
        return draft.subtotal
    if draft.total is not None:
        return draft.total - draft.tax - draft.shipping
    return listed - draft.discount


def _line_cost(terms: Terms, draft: OrderDraft, index: int, product_costs: Mapping[str, int]) -> Decimal | None:
    line = draft.lines[index]
    if line.unit_cost is not None:
        return line.unit_cost.scaleb(currency.exponent(terms.shop.currency)) * line.quantity
    piece = product_costs.get(line.sku)
    return None if piece is None else piece * line.quantity


def _spread(goods: Decimal, listed: list[Decimal], costs: list[Decimal | None]) -> tuple[profit.LineAmounts, ...]:
    """The lines at what was really paid: a discount on the order falls on them in proportion."""
    total = sum(listed, ZERO)
    if goods == total and listed:
        return tuple(profit.LineAmounts(amount, cost) for amount, cost in zip(listed, costs, strict=True))
    if total == 0:
        known = [profit.LineAmounts(ZERO, cost) for cost in costs if cost is not None]
        return (*known, profit.LineAmounts(goods, ZERO if costs and len(known) == len(costs) else None))
    return tuple(profit.LineAmounts(amount * goods / total, cost) for amount, cost in zip(listed, costs, strict=True))


def _goods_cost(amounts: profit.OrderAmounts, margin_rate: Decimal) -> Decimal:
    known = sum((line.cost for line in amounts.lines if line.cost is not None), ZERO)
    unknown = sum((line.revenue for line in amounts.lines if line.cost is None), ZERO)
    return known + (1 - margin_rate) * unknown


def _other_costs(terms: Terms, draft: OrderDraft, paid: Decimal, factor: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """Payment, shipping and marketing cost in the shop's minor units; an order without money costs no payment."""
    marketing = draft.marketing_cost * factor
    if paid <= 0:
        return ZERO, ZERO, marketing
    charged = (paid + draft.tax) * factor
    payment = charged * terms.shop.payment_rate + terms.shop.payment_fixed_minor
    return payment, Decimal(terms.shop.shipping_cost_minor), marketing


def _round(amount: Decimal) -> int:
    try:
        return currency.round_minor(amount)
    except currency.BadAmount:
        raise Refused("total", _TOO_MUCH) from None


def _bounded(minor: int) -> int:
    if abs(minor) > currency.MOST_MINOR:
        raise Refused("total", _TOO_MUCH)
    return minor
