"""Net profit of orders and refunds: exact, rounded once, half-even."""

from dataclasses import replace
from decimal import Decimal, getcontext, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import profit
from kizuna.science.profit import AmountError, LineAmounts, OrderAmounts, Profit, RefundAmounts

money = st.integers(0, 10**9).map(Decimal)
fine_money = st.integers(0, 10**9).map(lambda n: Decimal(n) / 1000)
rates = st.integers(0, 1000).map(lambda n: Decimal(n) / 1000)


def lines(amounts):
    return st.lists(st.builds(LineAmounts, amounts, st.none() | amounts), max_size=5).map(tuple)


def orders(amounts, rate):
    return st.builds(OrderAmounts, lines(amounts), amounts, amounts, amounts, amounts, rate)


def exact(order, margin):
    """The sum of the definition in fractions."""
    total = Fraction(order.shipping_charged)
    for line in order.lines:
        cost = (1 - Fraction(margin)) * Fraction(line.revenue) if line.cost is None else Fraction(line.cost)
        total += Fraction(line.revenue) - cost
    total -= Fraction(order.payment_cost) + Fraction(order.shipping_cost) + Fraction(order.marketing_cost)
    return total * Fraction(order.rate)


@given(orders(fine_money, st.sampled_from([Decimal(1), Decimal("0.0071"), Decimal("162.35")])), rates)
def test_an_order_is_the_exact_sum_rounded_once_half_even(order, margin):
    result = profit.of_order(order, margin)
    assert result.net_profit_minor == round(exact(order, margin))
    revenue = sum((Fraction(line.revenue) for line in order.lines), Fraction(order.shipping_charged))
    assert result.revenue_minor == round(revenue * Fraction(order.rate))
    assert result.assumed == any(line.cost is None for line in order.lines)


@given(orders(money, st.just(Decimal(1))), rates)
def test_refunding_everything_leaves_what_was_spent_on_payment_shipping_and_marketing(order, margin):
    goods = sum((line.revenue for line in order.lines), Decimal(0))
    if goods == 0 and any(line.cost for line in order.lines):
        return
    back = profit.of_refund(RefundAmounts(goods, order.shipping_charged), order, margin)
    sold = profit.of_order(order, margin)
    assert back.revenue_minor == -sold.revenue_minor
    spent = order.payment_cost + order.shipping_cost + order.marketing_cost
    assert abs(sold.net_profit_minor + back.net_profit_minor + spent) <= 1


ORDER = OrderAmounts(
    (LineAmounts(Decimal(8000), Decimal(5000)), LineAmounts(Decimal(2000), Decimal(1000))),
    shipping_charged=Decimal(490),
    payment_cost=Decimal("304.21"),
    shipping_cost=Decimal(410),
    marketing_cost=Decimal(150),
)


def test_an_order_by_hand():
    assert profit.of_order(ORDER) == Profit(3626, 10_490, assumed=False)


def test_a_refund_takes_the_goods_back_at_the_rate_of_the_order():
    assert profit.of_refund(RefundAmounts(Decimal(2000)), ORDER) == Profit(-800, -2000, assumed=False)


def test_goods_that_did_not_come_back_are_lost():
    refund = RefundAmounts(Decimal(2000), Decimal(490), goods_came_back=False)
    assert profit.of_refund(refund, ORDER) == Profit(-2490, -2490, assumed=False)


def test_shipping_given_back_brings_no_goods():
    assert profit.of_refund(RefundAmounts(Decimal(0), Decimal(490)), ORDER) == Profit(-490, -490, assumed=False)


def test_handling_a_refund_costs():
    refund = RefundAmounts(Decimal(2000), payment_cost=Decimal(35), shipping_cost=Decimal(500))
    assert profit.of_refund(refund, ORDER) == Profit(-1335, -2000, assumed=False)


def test_unknown_cost_uses_the_margin_rate_and_says_so():
    order = OrderAmounts((LineAmounts(Decimal(1000)),))
    assert profit.of_order(order) == Profit(1000, 1000, assumed=True)
    assert profit.of_order(order, 0.3) == Profit(300, 1000, assumed=True)
    assert profit.of_refund(RefundAmounts(Decimal(500)), order, 0.3) == Profit(-150, -500, assumed=True)
    lost = RefundAmounts(Decimal(500), goods_came_back=False)
    assert profit.of_refund(lost, order, 0.3) == Profit(-500, -500, assumed=False)


def test_a_known_cost_of_nothing_is_known():
    assert profit.of_order(OrderAmounts((LineAmounts(Decimal(9), Decimal(0)),)), 0.1) == Profit(9, 9, assumed=False)


@pytest.mark.parametrize(("amount", "rounded"), [("0.5", 0), ("1.5", 2), ("2.5", 2), ("2.51", 3), ("2.4999", 2)])
def test_halves_go_to_the_even_unit(amount, rounded):
    order = OrderAmounts((LineAmounts(Decimal(amount), Decimal(0)),))
    assert profit.of_order(order).net_profit_minor == rounded
    assert profit.of_refund(RefundAmounts(Decimal(amount)), order).net_profit_minor == -rounded


def test_the_currency_rate_is_applied_before_the_one_rounding():
    order = OrderAmounts((LineAmounts(Decimal(10), Decimal(5)),) * 3, rate=0.15)
    assert profit.of_order(order) == Profit(2, 4, assumed=False)
    assert profit.of_refund(RefundAmounts(Decimal(10)), order) == Profit(-1, -2, assumed=False)


def test_a_rate_means_what_is_written():
    order = OrderAmounts((LineAmounts(Decimal(5), Decimal(0)),), rate=0.1)
    assert profit.of_order(order).net_profit_minor == 0
    assert profit.of_order(replace(order, rate=Decimal.from_float(0.1))).net_profit_minor == 1


def test_an_order_given_away_is_a_loss_and_refunds_nothing():
    order = OrderAmounts((LineAmounts(Decimal(0), Decimal(700)),))
    assert profit.of_order(order) == Profit(-700, 0, assumed=False)
    assert profit.of_refund(RefundAmounts(Decimal(0)), order) == Profit(0, 0, assumed=False)


def test_the_precision_around_does_not_matter():
    order = OrderAmounts((LineAmounts(Decimal(123_456_789), Decimal(1)),))
    with localcontext() as around:
        around.prec = 3
        assert profit.of_order(order).net_profit_minor == 123_456_788
        assert getcontext().prec == 3


def test_amounts_without_meaning_are_refused():
    for refund in (RefundAmounts(Decimal(-1)), RefundAmounts(Decimal(1), Decimal(-1))):
        with pytest.raises(AmountError, match="at least 0"):
            profit.of_refund(refund, ORDER)
    for margin in (-0.1, 1.1):
        with pytest.raises(AmountError, match="margin"):
            profit.of_order(ORDER, margin)
    for rate in (0, -1.0, float("nan")):
        with pytest.raises(AmountError, match="rate"):
            profit.of_order(replace(ORDER, rate=rate))
    with pytest.raises(AmountError, match="money"):
        profit.of_order(OrderAmounts((LineAmounts(Decimal("NaN"), Decimal(1)),)))
