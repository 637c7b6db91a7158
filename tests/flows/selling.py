"""A shop with many orders written straight into the tables in bulk; nothing follows from them by itself."""

import numpy as np

from kizuna.customers.models import Customer, Identity, IdentityKind, Link
from kizuna.sales.models import Order, Refund
from kizuna.shops.models import Shop
from tests.flows.making import DAY, START, make_shop


def sell(customers: int, days: int, seed: int = 1) -> tuple[Shop, int]:
    """A shop whose customers bought from the first day on for so many days; returns it and the end."""
    shop = make_shop()
    random = np.random.default_rng(seed)
    people = [Customer.objects.create(shop=shop, created_us=START) for _ in range(customers)]
    told = [
        Identity(
            shop=shop, kind=IdentityKind.USER_ID, value=str(number), key=str(number), customer=customer,
            first_seen_us=START, last_seen_us=START,
        )
        for number, customer in enumerate(people, 1)
    ]  # fmt: skip
    identities = Identity.objects.bulk_create(told)
    Link.objects.bulk_create(
        Link(shop=shop, identity=identity, customer_id=identity.customer_id, from_us=0, cause="first_seen")
        for identity in identities
    )
    _trade(shop, [identity.pk for identity in identities], days, random)
    return shop, START + days * DAY


def _trade(shop: Shop, identities: list[int], days: int, random: np.random.Generator) -> None:
    orders, refunds = [], []
    for number, identity in enumerate(identities):
        level = 300 + int(random.gamma(1.5, 2000))
        times = 1 + random.poisson(random.gamma(0.8, days / 40))
        at = [0, *random.integers(0, days * 24, times - 1).tolist()]
        for place, hour in enumerate(at):
            amount = int(level * random.lognormal(0, 0.3))
            orders.append(_order(shop, identity, f"o{number}-{place}", START + hour * DAY // 24, amount))
        if number % 9 == 0:
            refunds.append(
                Refund(
                    shop=shop,
                    identity_id=identity,
                    source_ref=f"r{number}",
                    refunded_us=START + days * DAY // 2,
                    day=0,
                    month=0,
                    currency="EUR",
                    original_revenue_minor=level,
                    revenue_minor=level,
                    net_profit_minor=-level,
                )
            )
    orders.append(_order(shop, identities[0], "last", START + days * DAY, 100))
    Order.objects.bulk_create(orders)
    Refund.objects.bulk_create(refunds)


def _order(shop: Shop, identity: int, ref: str, at_us: int, amount: int) -> Order:
    return Order(
        shop=shop, identity_id=identity, source_ref=ref, placed_us=at_us, day=at_us // DAY, month=0, currency="EUR",
        original_revenue_minor=amount, rate=1, revenue_minor=amount, goods_revenue_minor=amount, goods_cost_minor=0,
        net_profit_minor=amount // 2, cost_assumed=False, is_purchase=True,
    )  # fmt: skip
