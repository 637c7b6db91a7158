"""Purchases of the simulated year: when, what, for how much, and what comes back.

Reads rates and tastes from the world, fills `World.purchases` and the realised columns of the truth, and emits what
the shop's order system would send: orders, refunds, cancellations. What is browsed around them is simulator_visits.
"""

from functools import cache
from typing import Any

import numpy as np

from kizuna.demo import catalogue
from kizuna.demo.catalogue import Product
from kizuna.demo.simulator_calendar import DAYS, Floats
from kizuna.demo.simulator_world import SPEND_SHAPE, Event, Purchase, World

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
COUPONS = ("WELCOME10", "HANAMI10", "TSUYU10", "MOMIJI10", "OSEIBO10")
_FREE_SHIPPING_FROM = 6000
_SHIPPING = {"Germany": 490, "Austria": 690, "United Kingdom": 550}
_SHIPPING_ELSEWHERE = 890
_REFUND_SHARE, _CANCEL_SHARE, _COUPON_SHARE = 0.05, 0.015, 0.13


def add_purchases(world: World, rng: np.random.Generator) -> None:
    """Draw every order of the year, the first one soon after a buyer arrives."""
    truth, calendar = world.truth, world.calendar
    drawn: list[tuple[int, float]] = []
    for customer in np.flatnonzero(truth.is_buyer).tolist():
        first = float(truth.first_day[customer] + rng.exponential(2.0))
        end = min(float(truth.alive_until[customer]), float(DAYS))
        if first >= DAYS:
            truth.is_buyer[customer] = False
            continue
        drawn.append((customer, first))
        span = calendar.to_busy_time(np.array([first, max(first, end)]))
        count = rng.poisson(truth.purchase_rate[customer] * (span[1] - span[0]))
        drawn += [(customer, float(day)) for day in calendar.to_days(rng.uniform(span[0], span[1], count))]
    at_us = calendar.instants(np.array([day for _, day in drawn]), rng)
    for number in np.argsort(at_us, kind="stable").tolist():
        customer = drawn[number][0]
        world.purchases.append(_fill_basket(world, customer, int(at_us[number]), rng))


def add_orders(world: World, rng: np.random.Generator) -> None:
    """Emit the orders, and for some of them what went wrong afterwards."""
    for purchase in world.purchases:
        customer = purchase.customer
        if purchase.at_us > world.plan.now_us:
            continue
        world.truth.orders[customer] += 1
        _emit(world, purchase, "Order Completed", purchase.at_us, order_properties(purchase))
        fate = rng.random()
        if fate < _CANCEL_SHARE:
            called_off = purchase.at_us + int(rng.uniform(0.5, 20) * HOUR_US)
            purchase.cancelled = called_off <= world.plan.now_us
            _emit(world, purchase, "Order Cancelled", called_off, {"order_id": purchase.number})
        elif fate < _CANCEL_SHARE + _REFUND_SHARE:
            _give_back(world, purchase, rng)
        if not purchase.cancelled:
            world.truth.paid_minor[customer] += purchase.total_minor


def sell(world: World, customer: int, at_us: int, visitor: str | None, rng: np.random.Generator) -> None:
    """Add one further order to the year, beside those that customers make at their own rate; it is kept as it is."""
    purchase = _fill_basket(world, customer, at_us, rng)
    purchase.visitor = visitor
    world.purchases.append(purchase)
    world.truth.orders[customer] += 1
    world.truth.chat_orders[customer] += 1
    world.truth.paid_minor[customer] += purchase.total_minor
    _emit(world, purchase, "Order Completed", at_us, order_properties(purchase))


def order_properties(purchase: Purchase) -> dict[str, Any]:
    """Say an order as Segment's Order Completed does; amounts in units of its currency."""
    return {
        "order_id": purchase.number,
        "currency": purchase.currency,
        "subtotal": (purchase.goods_minor - purchase.discount_minor) / 100,
        "shipping": purchase.shipping_minor / 100,
        "discount": purchase.discount_minor / 100,
        "total": purchase.total_minor / 100,
        **({"coupon": purchase.coupon} if purchase.coupon else {}),
        "products": [
            {
                "product_id": product.sku,
                "sku": product.sku,
                "name": product.name,
                "category": catalogue.CATEGORIES[product.category][0],
                "price": product.in_currency(purchase.currency) / 100,
                "quantity": pieces,
            }
            for product, pieces in purchase.lines
        ],
    }


def shipping_minor(country: str, goods_minor: int) -> int:
    """What shipping is charged, in the currency of the country."""
    return 0 if goods_minor >= _FREE_SHIPPING_FROM else _SHIPPING.get(country, _SHIPPING_ELSEWHERE)


def pick_product(world: World, customer: int, rng: np.random.Generator) -> Product:
    """Pick a product by the customer's taste and its appeal."""
    heights = np.cumsum(world.taste[customer])
    shelf, appeal = _shelves()[min(int(np.searchsorted(heights, rng.random(), side="right")), len(heights) - 1)]
    return shelf[min(int(np.searchsorted(appeal, rng.random(), side="right")), len(shelf) - 1)]


def _fill_basket(world: World, customer: int, at_us: int, rng: np.random.Generator) -> Purchase:
    """Put things in until the order comes near what this customer means to spend."""
    currency, country = world.currency_of(customer), world.people[customer].country
    wanted = world.truth.spend_mean_minor[customer] / SPEND_SHAPE * rng.gamma(SPEND_SHAPE)
    pieces: dict[str, int] = {}
    goods = 0
    for _ in range(12):
        product = pick_product(world, customer, rng)
        price = product.in_currency(currency)
        if pieces and goods + price / 2 > wanted:
            break
        pieces[product.sku] = pieces.get(product.sku, 0) + 1
        goods += price
    lines = [(found, count) for sku, count in pieces.items() if (found := catalogue.find_product(sku))]
    coupon = str(rng.choice(COUPONS)) if rng.random() < _COUPON_SHARE else ""
    number = f"{catalogue.SHOP_NAME[:2].upper()}-{100_001 + len(world.purchases)}"
    shipping = shipping_minor(country, goods)
    return Purchase(customer, number, at_us, currency, lines, goods // 10 if coupon else 0, shipping, coupon)


def _give_back(world: World, purchase: Purchase, rng: np.random.Generator) -> None:
    """A few days later one thing, or everything, comes back."""
    at_us = purchase.at_us + int(rng.uniform(3, 16) * DAY_US)
    product, pieces = purchase.lines[int(rng.integers(len(purchase.lines)))]
    whole = len(purchase.lines) == 1 or rng.random() < 0.35
    share = 1 - purchase.discount_minor / max(purchase.goods_minor, 1)
    part = int(product.in_currency(purchase.currency) * pieces * share)
    amount = purchase.total_minor if whole else part
    said = {
        "order_id": purchase.number,
        "refund_id": f"{purchase.number}-R",
        "currency": purchase.currency,
        "total": amount / 100,
        "goods_returned": bool(rng.random() < 0.8),
    }
    if at_us <= world.plan.now_us:
        world.truth.paid_minor[purchase.customer] -= amount
    _emit(world, purchase, "Order Refunded", at_us, said)


def _emit(world: World, purchase: Purchase, name: str, at_us: int, said: dict[str, Any]) -> None:
    person, user = world.people[purchase.customer], world.user_of(purchase.customer)
    said = {**said, "email": person.email}
    if name == "Order Completed":
        said["shipping_address"] = {"country": person.country}
    traits = None if user else {"name": person.name, "country": person.country}
    world.events.append(Event(at_us, "track", name, user, purchase.visitor, properties=said, traits=traits))


@cache
def _shelves() -> list[tuple[list[Product], Floats]]:
    """The products of each category, with their appeal summed up to one."""
    shelves = []
    for category in catalogue.CATEGORIES:
        shelf = [each for each in catalogue.list_products() if each.category == category]
        appeal = np.array([each.appeal for each in shelf])
        shelves.append((shelf, np.cumsum(appeal) / appeal.sum()))
    return shelves
