"""A shop whose facts are written straight into the tables, for tests of what is reckoned from them."""

from dataclasses import dataclass, field
from itertools import count
from uuid import uuid4

from kizuna.customers.models import Customer, Identity, IdentityKind, Link
from kizuna.flows import restating
from kizuna.relationships import stocks
from kizuna.relationships.stocks import Change
from kizuna.sales.models import Order, Refund
from kizuna.science import visits
from kizuna.shops.models import Shop
from kizuna.tracking.models import Fact, Visit

DAY = 86_400_000_000
START = 19_000 * DAY
_slugs = count()


def make_shop(**fields: object) -> Shop:
    """A shop of its own."""
    number = next(_slugs)
    return Shop.objects.create(**{"slug": f"shop-{number}", "name": "Shop", "currency": "EUR", **fields})


@dataclass
class Books:
    """Writes facts of one shop, and adds each to the stocks as the flows do."""

    shop: Shop
    refs: "count[int]" = field(default_factory=count)

    def customer(self, value: str = "", kind: int = IdentityKind.USER_ID) -> int:
        """A customer with one identity; returns the identity (the customer has one more link to it)."""
        customer = Customer.objects.create(shop=self.shop, created_us=START)
        return self.identity(customer.pk, value, kind)

    def identity(self, customer_id: int, value: str = "", kind: int = IdentityKind.USER_ID) -> int:
        """One more identity of a customer."""
        value = value or uuid4().hex
        row = Identity.objects.create(
            shop=self.shop,
            kind=kind,
            value=value,
            key=value,
            customer_id=customer_id,
            first_seen_us=START,
            last_seen_us=START,
        )
        Link.objects.create(shop=self.shop, identity=row, customer_id=customer_id, from_us=0, cause="first_seen")
        return row.pk

    def customer_of(self, identity_id: int) -> int:
        """Whose identity it is now."""
        return Identity.objects.get(pk=identity_id).customer_id

    def order(self, identity_id: int, at_us: int, revenue: int = 1000, profit: int | None = None) -> Order:
        """An order with its additions to R, F and M."""
        order = Order.objects.create(
            shop=self.shop,
            identity_id=identity_id,
            source_ref=f"o{next(self.refs)}",
            placed_us=at_us,
            day=at_us // DAY,
            month=0,
            currency="EUR",
            original_revenue_minor=revenue,
            rate=1,
            revenue_minor=revenue,
            goods_revenue_minor=revenue,
            goods_cost_minor=0,
            net_profit_minor=revenue if profit is None else profit,
            cost_assumed=False,
            is_purchase=revenue > 0,
        )
        changes = [Change(identity_id, "M", at_us, revenue)]
        if revenue > 0:
            changes += [Change(identity_id, "F", at_us, 1), Change(identity_id, "R", at_us, 1)]
        stocks.apply(self.shop.pk, changes)
        return order

    def cancel(self, order: Order) -> None:
        """Take an order back as though it had never been (a correction), stocks included."""
        identity = order.identity_id
        order.delete()
        restating.restate(self.shop.pk, {identity})

    def refund(self, identity_id: int, at_us: int, revenue: int) -> None:
        """A refund with its part of M."""
        Refund.objects.create(
            shop=self.shop,
            identity_id=identity_id,
            source_ref=f"r{next(self.refs)}",
            refunded_us=at_us,
            day=at_us // DAY,
            month=0,
            currency="EUR",
            original_revenue_minor=revenue,
            revenue_minor=revenue,
            net_profit_minor=-revenue,
        )
        stocks.apply(self.shop.pk, [Change(identity_id, "M", at_us, -revenue)])

    def fact(self, identity_id: int, at_us: int, name: str, *, page: bool = False, mail: bool = False) -> None:
        """A fact of the journal; a page view moves visits and V, a mail E."""
        Fact.objects.create(
            public_id=uuid4(),
            shop_id=self.shop.pk,
            identity_id=identity_id,
            source_id=1,
            happened_us=at_us,
            received_us=at_us,
            day=at_us // DAY,
            month=0,
            name=name,
            channel=2 if mail else 1,
            direction=1,
            about=3 if mail else 1,
            is_page_activity=page,
            visitor_id=identity_id if page else None,
            counts_email=mail,
            message_id=uuid4().hex,
        )
        if mail:
            stocks.apply(self.shop.pk, [Change(identity_id, "E", at_us, 1)])
        if page:
            self._visit(identity_id, at_us)

    def _visit(self, identity_id: int, at_us: int) -> None:
        rows = {
            visits.Interval(row.first_us, row.last_us, row.pages): row
            for row in Visit.objects.filter(identity_id=identity_id)
        }
        change = visits.absorb(list(rows), at_us)
        for replaced in change.replaced:
            rows[replaced].delete()
        Visit.objects.create(
            shop_id=self.shop.pk,
            identity_id=identity_id,
            first_us=change.visit.first_us,
            last_us=change.visit.last_us,
            pages=change.visit.pages,
        )
        stocks.apply(self.shop.pk, [Change(identity_id, "V", at, weight) for at, weight in change.corrections])

    def page(self, identity_id: int, at_us: int) -> None:
        """A page view."""
        self.fact(identity_id, at_us, "page", page=True)

    def mail(self, identity_id: int, at_us: int) -> None:
        """A mail from the customer."""
        self.fact(identity_id, at_us, "Email Received", mail=True)


def make_books(**fields: object) -> Books:
    """Books of a new shop."""
    return Books(make_shop(**fields))
