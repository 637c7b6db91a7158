"""A shop, its terms, and identities to sell to."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from kizuna.customers.models import Customer, Identity
from kizuna.sales.pricing import Terms
from kizuna.shops import rates
from kizuna.shops.models import ExchangeRate, Shop

DAY = 86_400_000_000
START = 14_600 * DAY


@dataclass
class Place:
    """A shop with identities, ready to record."""

    shop: Shop
    identities: list[int]

    @property
    def terms(self) -> Terms:
        return Terms(self.shop, lambda code, day: rates.rate_on(self.shop, code, day))


@pytest.fixture
def place(db: None) -> Place:
    shop = Shop.objects.create(slug="till", name="Till", currency="EUR", margin_rate=Decimal("0.4"))
    ExchangeRate.objects.create(shop=shop, currency="USD", from_day=date(2000, 1, 1), rate=Decimal("0.9"))
    ExchangeRate.objects.create(shop=shop, currency="JPY", from_day=date(2000, 1, 1), rate=Decimal("0.0061"))
    ids = []
    for number in range(4):
        customer = Customer.objects.create(shop=shop, created_us=0)
        identity = Identity.objects.create(
            shop=shop, kind=1, value=f"u{number}", key=f"u{number}", customer=customer, first_seen_us=0, last_seen_us=0
        )
        ids.append(identity.pk)
    return Place(shop, ids)
