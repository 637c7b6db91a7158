"""Fills a shop directly in bulk: customers, identities, links, orders, facts, visits, and where everybody stands.

Shared by `./run bench pages` (500,000 customers) and the console's tests (a few hundred); seeded, so always alike.
Everything goes past the flows on purpose: it must be quick; what the flows do is tested with the flows.
"""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

DAY_US = 86_400_000_000
CHUNK = 20_000
_FIRST = (
    "Ada Aiko Alba Amara Anneli Aria Bela Bruno Carla Chidi Clara Dara Dina Elif Emil Esra Farid Freya Gita Goran Hana "
    "Hugo Ines Ivo Jana Jun Kaito Lea Levi Lin Mara Mateo Mei Milo Nadia Noor Omar Paula Rafa Runa Sana Timo"
)
_LAST = (
    "Abe Adeyemi Almeida Bakker Bauer Berg Castro Chen Costa Demir Dubois Fischer Garcia Haddad Hansen Ito Jansen Kaya "
    "Khan Kowalska Kraus Larsen Li Lopez Maier Moreau Nakamura Novak Okafor Olsen Park Rossi Sato Silva Weber"
)
FIRST, LAST = _FIRST.split(), _LAST.split()
COUNTRIES = ("Germany", "Japan", "France", "Brazil", "Netherlands", "United Kingdom", "Spain", "Norway", "")
PRODUCTS = ("Sencha", "Genmaicha", "Hojicha", "Matcha", "Oolong", "Darjeeling", "Tea pot", "Whisk", "Cup", "Tin")
PAGES = ("Page Viewed", "Product Viewed", "Products Searched", "Product Added", "Cart Viewed")


@dataclass(frozen=True)
class Size:
    """How much to seed: customers (a third of them visitors), facts beside orders, days of history."""

    customers: int = 500_000
    facts: int = 5_000_000
    days: int = 540


@dataclass(frozen=True)
class _People:
    """The drawn customers; latent interest makes some buy, visit and write much more than others."""

    first_id: int
    known: NDArray[np.bool_]
    interest: NDArray[np.float64]
    spend: NDArray[np.float64]
    ended: NDArray[np.float64]
    names: list[str]
    countries: list[str]
    public_ids: list[uuid.UUID]

    @property
    def ids(self) -> NDArray[np.int64]:
        return np.arange(self.first_id, self.first_id + len(self.known))


def seed(shop: "Shop", size: Size, now: datetime, number: int = 7) -> None:
    """Fill an empty shop; ids continue after whatever the database holds."""
    from django.db import transaction

    rng = np.random.default_rng(number)
    now_us = int(now.timestamp() * 1_000_000)
    people = _draw_people(rng, size)
    with transaction.atomic():
        _store_people(shop, people, now_us, size)
        orders = _store_orders(shop, people, rng, now_us, size)
    _store_facts(shop, people, rng, now_us, size)
    _stand(shop, people, orders, now)


def _draw_people(rng: np.random.Generator, size: Size) -> _People:
    from kizuna.customers.models import Customer, Identity

    newest = Customer.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    newest = max(newest, Identity.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)
    count = size.customers
    first, last = rng.integers(0, len(FIRST), count), rng.integers(0, len(LAST), count)
    raw = rng.bytes(16 * count)
    return _People(
        first_id=newest + 1,
        known=rng.random(count) < 0.67,
        interest=rng.lognormal(0.0, 1.0, count),
        spend=rng.lognormal(8.2, 0.8, count),
        ended=np.where(rng.random(count) < 0.45, rng.random(count), 1.0),
        names=[f"{FIRST[a]} {LAST[b]}" for a, b in zip(first, last, strict=True)],
        countries=[
            COUNTRIES[n]
            for n in rng.choice(len(COUNTRIES), count, p=[0.3, 0.2, 0.12, 0.1, 0.08, 0.08, 0.06, 0.02, 0.04])
        ],
        public_ids=[uuid.UUID(bytes=raw[i * 16 : i * 16 + 16], version=4) for i in range(count)],
    )


def _store_people(shop: "Shop", people: _People, now_us: int, size: Size) -> None:
    from kizuna.customers.models import Customer, Identity, Link, SearchTerm

    start = now_us - size.days * DAY_US
    rows = list(
        zip(people.ids.tolist(), people.known.tolist(), people.names, people.countries, people.public_ids, strict=True)
    )
    _insert(
        Customer,
        (
            {
                "pk": i,
                "shop_id": shop.pk,
                "public_id": u,
                "name": n if k else "",
                "email": _email(n, i) if k else "",
                "country": c,
                "created_us": start,
            }
            for i, k, n, c, u in rows
        ),
    )
    _insert(
        Identity,
        (
            {
                "pk": i,
                "shop_id": shop.pk,
                "kind": 1 if k else 4,
                "value": f"{i}" if k else f"v{i}",
                "key": f"{i}" if k else f"v{i}",
                "customer_id": i,
                "first_seen_us": start,
                "last_seen_us": now_us - (i % 400) * 3_600_000_000,
            }
            for i, k, _, _, _ in rows
        ),
    )
    _insert(
        Link,
        (
            {"shop_id": shop.pk, "identity_id": i, "customer_id": i, "from_us": 0, "cause": "first_seen"}
            for i, *_ in rows
        ),
    )
    _insert(
        SearchTerm,
        (
            {"shop_id": shop.pk, "term": term.encode(), "identity_id": i}
            for i, k, n, _, _ in rows
            if k
            for term in {*n.lower().split(), _email(n, i), f"{i}"}
        ),
    )


def _store_orders(shop: "Shop", people: _People, rng: np.random.Generator, now_us: int, size: Size) -> dict[str, Any]:
    """A fifth of the facts are orders, bought by known customers in proportion to their interest."""
    from kizuna.sales.models import Order

    chance = np.where(people.known, people.interest, 0.0)
    count = max(20, size.facts // 5)
    who = rng.choice(len(chance), count, p=chance / chance.sum())
    age = rng.random(count)
    kept = (1 - age) <= people.ended[who]
    who, age = who[kept], age[kept]
    at = (now_us - age * size.days * DAY_US).astype(np.int64) - 60_000_000
    revenue = (people.spend[who] * rng.lognormal(0, 0.3, len(who))).astype(np.int64) + 100
    profit = (revenue * rng.normal(0.42, 0.16, len(who))).astype(np.int64)
    identity, day = people.ids[who], at // DAY_US
    columns = zip(identity.tolist(), at.tolist(), day.tolist(), revenue.tolist(), profit.tolist(), strict=True)
    plain = {
        "shop_id": shop.pk,
        "currency": shop.currency,
        "rate": "1",
        "cost_assumed": False,
        "is_purchase": True,
        "digest": "",
    }
    _insert(
        Order,
        (
            plain
            | {
                "identity_id": i,
                "placed_us": t,
                "day": d,
                "month": d // 30,
                "source_ref": f"{people.first_id}-{n}",
                "original_revenue_minor": r,
                "revenue_minor": r,
                "goods_revenue_minor": r,
                "goods_cost_minor": r - p,
                "net_profit_minor": p,
            }
            for n, (i, t, d, r, p) in enumerate(columns)
        ),
    )
    return {"identity": identity, "at": at, "revenue": revenue}


def _store_facts(shop: "Shop", people: _People, rng: np.random.Generator, now_us: int, size: Size) -> None:
    from django.db import transaction

    from kizuna.tracking.models import Fact, Visit

    count = size.facts - size.facts // 5
    for some in batched(range(count), 500_000):
        part = len(some)
        who = rng.choice(len(people.known), part, p=people.interest / people.interest.sum())
        age = rng.random(part) ** 1.3
        at = (now_us - age * size.days * DAY_US).astype(np.int64) - 1
        mail = rng.random(part) < 0.04
        name = rng.integers(0, len(PAGES), part)
        rows = list(zip(people.ids[who].tolist(), at.tolist(), mail.tolist(), name.tolist(), strict=True))
        with transaction.atomic():
            _insert(Fact, (_fact(shop, row, number) for number, row in zip(some, rows, strict=True)))
            _insert(
                Visit,
                (
                    {"shop_id": shop.pk, "identity_id": i, "first_us": t, "last_us": t + 60_000_000, "pages": 3}
                    for n, (i, t, m, _) in enumerate(rows)
                    if not m and n % 4 == 0
                ),
            )


def _fact(shop: "Shop", row: tuple[int, int, bool, int], number: int) -> dict[str, object]:
    identity, at, mail, name = row
    day = at // DAY_US
    shown = {"product": PRODUCTS[number % len(PRODUCTS)], "price": 12 + number % 40}
    return {
        "public_id": uuid.UUID(int=(at << 64) | (7 << 76) | number),
        "shop_id": shop.pk,
        "identity_id": identity,
        "source_id": 1,
        "happened_us": at,
        "received_us": at + 90_000,
        "day": day,
        "month": day // 30,
        "name": "Email Received" if mail else PAGES[name],
        "channel": 2 if mail else 1,
        "direction": 1,
        "about": 3 if mail else 1,
        "is_transaction": False,
        "is_page_activity": not mail,
        "counts_email": mail,
        "message_id": f"m{number}",
        "properties": {"subject": "A question about my order"} if mail else shown,
    }


def _stand(shop: "Shop", people: _People, orders: dict[str, Any], now: datetime) -> None:
    """Take a snapshot of a month ago and one of now, and write everybody's row as the flows would.

    Small shops get their whole history reconstructed instead: weekly snapshots, paths and moves.
    """
    from kizuna.flows import history, taking

    now_us = int(now.timestamp() * 1_000_000)
    small = len(people.known) <= 10_000
    if not small:
        taking.take(
            shop, now_us - 30 * DAY_US, "daily_snapshot", datetime.fromtimestamp(now_us / 1e6 - 30 * 86_400, UTC)
        )
    taken = taking.take(shop, now_us, "daily_snapshot", now)
    _store_standings(shop, people, orders, taken, now_us)
    if small:
        history.backfill(shop, now)


def _store_standings(shop: "Shop", people: _People, orders: dict[str, Any], taken: Any, now_us: int) -> None:
    from django.db import transaction

    from kizuna.flows import taking
    from kizuna.relationships import standings
    from kizuna.relationships.standings import Bought, Identification, Position, Row

    place = orders["identity"] - people.first_id
    count = len(people.known)
    bought = np.bincount(place, minlength=count)
    revenue = np.bincount(place, weights=orders["revenue"], minlength=count).astype(np.int64)
    last = np.zeros(count, dtype=np.int64)
    np.maximum.at(last, place, orders["at"])
    first = np.full(count, now_us, dtype=np.int64)
    np.minimum.at(first, place, orders["at"])
    placed = {int(c): n for n, c in enumerate(taken.portfolio.customer_id.tolist())}
    for some in batched(range(count), 10_000):
        ids = [people.first_id + n for n in some]
        found = taking.positions(taken, [placed[i] for i in ids if i in placed])
        rows = []
        for n, i in zip(some, ids, strict=True):
            known = bool(people.known[n])
            name, email = (people.names[n], _email(people.names[n], i)) if known else ("", "")
            who = Identification(
                name, email, name or f"v{i}", people.countries[n], known, now_us - (i % 400) * 3_600_000_000
            )
            had = Bought(int(bought[n]), int(revenue[n]), int(first[n]), int(last[n])) if bought[n] else Bought()
            rows.append(Row(i, who, had, found.get(i, Position(now_us, {}, {}, None, None, None, "")), None))
        with transaction.atomic():
            standings.refresh(shop.pk, rows)


def _email(name: str, number: int) -> str:
    return f"{name.lower().replace(' ', '.')}.{number}@mail.example"


def _insert(model: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows given as field attnames, chunk by chunk; fields that are not given get their default."""
    from django.db import connection

    sql = ""
    given: list[tuple[str, Any]] = []
    constant: list[Any] = []
    with connection.cursor() as cursor:
        for some in batched(rows, CHUNK):
            if not sql:
                fields = {field.attname: field for field in model._meta.concrete_fields}
                names = [model._meta.pk.attname if name == "pk" else name for name in some[0]]
                others = [
                    f for name, f in fields.items() if name not in names and not f.generated and not f.primary_key
                ]
                given = [(key, _preparer(fields[name], connection)) for key, name in zip(some[0], names, strict=True)]
                constant = [_preparer(field, connection)(field.get_default()) for field in others]
                columns = ", ".join(f'"{field.column}"' for field in [*(fields[name] for name in names), *others])
                places = ", ".join(["%s"] * (len(names) + len(others)))
                sql = f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({places})"
            cursor.executemany(sql, [[*(prepare(row[key]) for key, prepare in given), *constant] for row in some])


def _preparer(field: Any, connection: Any) -> Any:
    kind = field.get_internal_type()
    if kind == "JSONField":
        return json.dumps
    if kind == "UUIDField" and not connection.features.has_native_uuid_field:
        return lambda value: value.hex
    return lambda value: value
