"""A small seeded shop with a year and a half of history, and people of every role, for the console's tests."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.test import Client

from bench.seed import Size, seed
from kizuna.flows import people, shops
from kizuna.flows.people import NewPerson
from kizuna.shops import members
from kizuna.shops.models import Person, Role, Shop
from kizuna.shops.tenants import NewShop

PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Place:
    """A shop and one person per role."""

    shop: Shop
    people: dict[str, Person]

    def client(self, role: str = "owner") -> Client:
        """Give a browser in which the person of a role is logged in."""
        client = Client()
        client.force_login(self.people[role])
        return client

    def url(self, path: str = "") -> str:
        """Give the address of a page of the shop."""
        return f"/s/{self.shop.slug}/{path}"


def make_place(slug: str, customers: int, facts: int, currency: str = "EUR") -> Place:
    """Make a shop with people of every role, filled where customers are asked for."""
    now = datetime.now(UTC)
    shop = shops.create_shop(NewShop(slug, f"{slug.title()} & Co", currency, "Europe/Berlin"), None, now)
    staff = {}
    for role in Role.values:
        new = NewPerson(f"{role}@{slug}.example", f"{role.title()} Person", PASSWORD)
        person = people.create_owner(shop, new, now)
        staff[role] = person
    for role, person in staff.items():
        members.change_role(members.get_member(shop, person.public_id), role)
    if customers:
        seed(shop, Size(customers, facts, 240), now)
    return Place(shop, staff)
