"""Shops, people and log-ins for tests of any room, made through the flows as the console makes them."""

from datetime import UTC, datetime
from itertools import count

from django.test import Client

from kizuna.flows import people as people_flow
from kizuna.flows import shops as shops_flow
from kizuna.shops import keys, members
from kizuna.shops import people as people_room
from kizuna.shops.models import Person, Shop
from kizuna.shops.tenants import NewShop

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
_numbers = count(1)


def make_shop(slug: str = "", currency: str = "EUR", timezone: str = "UTC") -> Shop:
    """Make a shop with a name and address of its own."""
    slug = slug or f"shop-{next(_numbers)}"
    return shops_flow.create_shop(NewShop(slug, slug.title(), currency, timezone), None, NOW)


def make_person(shop: Shop | None = None, role: str = "owner", email: str = "") -> Person:
    """Make a person, in a shop if one is given."""
    person = people_room.create_person(email or f"person{next(_numbers)}@example.com", "Kim", PASSWORD)
    if shop is not None:
        members.add_member(shop, person, role)
    return person


def make_owner(shop: Shop, email: str = "owner@example.com") -> Person:
    """Make an owner through the flow, with its audit entry."""
    return people_flow.create_owner(shop, people_flow.NewPerson(email, "Olga", PASSWORD), NOW)


def log_in(person: Person) -> Client:
    """Give a browser in which this person is logged in."""
    client = Client()
    client.force_login(person)
    return client


def find_source(write_key: str) -> keys.SourceView | None:
    """Find the source in use that a write key belongs to, as the capture door does."""
    return next((each for each in keys.list_active_sources() if each.key_hash == keys.hash_key(write_key)), None)
