"""Every address of the installation, read from the resolver, with values for its parts; for tests that walk them all.

A new address is covered by itself. If it has a part that is not named below, say here where its value comes from.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from kizuna.flows import people as people_flow
from kizuna.flows import shops as shops_flow
from kizuna.shops import rates
from kizuna.shops.models import Person, Shop
from kizuna.shops.rates import NewRate
from tests.shops.making import NOW, make_owner, make_person, make_shop


@dataclass(frozen=True)
class World:
    """A shop with one of everything that an address can name."""

    shop: Shop
    owner: Person
    parts: dict[str, Any]


@dataclass(frozen=True)
class Address:
    """One address: its name, its pattern, its view and the parts it takes."""

    name: str
    route: str
    view: Callable[..., Any]
    parts: frozenset[str]

    @property
    def action(self) -> str | None:
        """The action that the shop's guard asks for; None where the page is not guarded by shop_page."""
        return getattr(self.view, "action", None)


def make_world(slug: str = "walled") -> World:
    """Make a shop with a member, an invitation, a source, a token and a rate to name in addresses."""
    shop = make_shop(slug, "EUR")
    owner = make_owner(shop, f"owner@{slug}.example")
    member = make_person(shop, "operator")
    source, _ = shops_flow.create_source(shop, "Web", "browser", owner, NOW)
    token, _ = shops_flow.create_token(shop, "Report", "reader", owner, NOW)
    invitation, _ = people_flow.invite(shop, "guest@example.com", "reader", str, owner, NOW)
    shops_flow.set_rates(shop, [NewRate("USD", NOW.date(), Decimal("0.9"))], owner, NOW)
    parts = {
        "slug": slug,
        "source": source.public_id,
        "token": token.pk,
        "person": member.public_id,
        "invitation": invitation.pk,
        "rate": rates.list_rates(shop)[0].pk,
        "public_id": uuid4(),
        "key": "kz_i_unknown",
    }
    return World(shop, owner, parts)


def list_addresses() -> list[Address]:
    """List every named address of the installation."""
    return list(_walk(get_resolver().url_patterns, ""))


def list_shop_addresses() -> list[Address]:
    """List the addresses that lie under a shop."""
    return [address for address in list_addresses() if address.route.startswith("s/<")]


def locate(address: Address, world: World) -> str:
    """Write an address with the world's values; UUIDs and numbers that a world does not know are made up."""
    return reverse(address.name, kwargs={part: _value(part, address, world) for part in address.parts})


def _value(part: str, address: Address, world: World) -> Any:
    if part in world.parts:
        return world.parts[part]
    if f"<uuid:{part}>" in address.route:
        return UUID(int=1)
    if f"<int:{part}>" in address.route:
        return 1
    return "unknown"


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[Address]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            parts = frozenset(_parts_of(route))
            yield Address(pattern.name or "", route, pattern.callback, parts)


def _parts_of(route: str) -> Iterator[str]:
    for piece in route.split("<")[1:]:
        yield piece.split(">")[0].split(":")[-1].removeprefix("P<")
