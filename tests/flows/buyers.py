"""A shop of simulated buyers with known truth: MBG/NBD purchases, Gamma-Gamma profits, and what came afterwards.

Written straight into the tables. Everybody's future after `now` is drawn too, and kept out of the shop.
"""

from dataclasses import dataclass
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from kizuna.customers.models import Customer, Identity, IdentityKind, Link
from kizuna.relationships.models import Standing
from kizuna.sales.models import Order
from kizuna.shops.models import Shop
from tests.flows.making import DAY, START, make_shop

type Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """What holds of the simulated base: rates a week Gamma(r, alpha), chance to leave Beta(a, b), profits in minor."""

    r: float = 0.6
    alpha: float = 6.0
    a: float = 0.9
    b: float = 1.8
    p: float = 6.0
    q: float = 4.0
    v: float = 1500.0
    losing: float = 0.0


@dataclass(frozen=True)
class Buyers:
    """The shop, the instant its history ends, and what each customer bought and left in the year after."""

    shop: Shop
    now_us: int
    customer_id: NDArray[np.int64]
    later_days: list[NDArray[np.int64]]
    later_profit: Floats

    def later_purchases(self, days: int) -> Floats:
        """Purchases of each customer in the days after now."""
        return np.array([int((each <= days).sum()) for each in self.later_days], dtype=np.float64)


def make_buyers(customers: int, days: int = 364, truth: Truth | None = None, seed: int = 5, ahead: int = 364) -> Buyers:
    """Draw a base whose customers came one by one over the first half of `days`, and store it."""
    truth, rng, shop = truth or Truth(), np.random.default_rng(seed), make_shop()
    first = np.sort(rng.integers(0, max(1, days // 2), customers))
    rate = rng.gamma(truth.r, 1 / truth.alpha, customers) / 7
    leave = rng.beta(truth.a, truth.b, customers) if truth.a else np.zeros(customers)
    worth = rng.gamma(truth.q, 1.0, customers) / truth.v
    seen, later, profit = [], [], np.zeros(customers)
    for row in range(customers):
        whole = _purchases(int(first[row]), float(rate[row]), float(leave[row]), days + ahead, rng)
        amounts = rng.gamma(truth.p, 1.0, len(whole)) / worth[row]
        amounts[rng.random(len(whole)) < truth.losing] *= -0.2
        seen += [(row, day, amount) for day, amount in zip(whole, amounts, strict=True) if day <= days]
        after = [(day - days, amount) for day, amount in zip(whole, amounts, strict=True) if day > days]
        later.append(np.array([day for day, _ in after], dtype=np.int64))
        profit[row] = sum(amount for _, amount in after)
    ids = _store(shop, customers, seen)
    return Buyers(shop, START + days * DAY + DAY // 2, ids, later, profit)


def _purchases(first: int, rate: float, leave: float, until: int, rng: np.random.Generator) -> list[int]:
    days, at = [first], float(first)
    while rng.random() >= leave:
        at += rng.exponential(1 / max(rate, 1e-9))
        if at >= until + 1:
            break
        days.append(int(at))
    return sorted(set(days))


def _store(shop: Shop, customers: int, seen: list[tuple[int, int, float]]) -> NDArray[np.int64]:
    people = Customer.objects.bulk_create([Customer(shop=shop, created_us=START) for _ in range(customers)])
    members = Identity.objects.bulk_create(
        Identity(
            shop=shop,
            kind=IdentityKind.USER_ID,
            value=(value := uuid4().hex),
            key=value,
            customer_id=person.pk,
            first_seen_us=START,
            last_seen_us=START,
        )
        for person in people
    )
    Link.objects.bulk_create(
        Link(shop=shop, identity=each, customer_id=each.customer_id, from_us=0, cause="first_seen") for each in members
    )
    Order.objects.bulk_create(
        Order(
            shop=shop,
            identity_id=members[row].pk,
            source_ref=f"o{number}",
            placed_us=START + day * DAY + DAY // 3,
            day=START // DAY + day,
            month=0,
            currency="EUR",
            original_revenue_minor=round(abs(amount)) * 2,
            rate=1,
            revenue_minor=round(abs(amount)) * 2,
            goods_revenue_minor=round(abs(amount)) * 2,
            goods_cost_minor=0,
            net_profit_minor=round(amount),
            cost_assumed=False,
            is_purchase=True,
        )
        for number, (row, day, amount) in enumerate(seen)
    )
    last = {row: day for row, day, _ in seen}
    Standing.objects.bulk_create(
        Standing(
            customer_id=person.pk,
            shop_id=shop.pk,
            label=f"Buyer {row}",
            known=True,
            orders=1,
            last_order_us=START + last[row] * DAY,
        )
        for row, person in enumerate(people)
    )
    return np.array([person.pk for person in people], dtype=np.int64)
