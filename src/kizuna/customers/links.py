"""Which identity belongs to which customer, now and at any instant before.

A customer is a set of dated links; every change of belonging goes through `relink`, so that nothing is ever lost.
Who should belong to whom is decided in customers.partition and customers.merging.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from django.db.models import Q
from numpy.typing import NDArray

from kizuna.customers.models import Customer, Identity, IdentityKind, Link
from kizuna.tables import rows

type Ints = NDArray[np.int64]

IN_ONE_QUERY = 5000
FIRST_SEEN = "first_seen"


@dataclass(frozen=True, slots=True)
class Relink:
    """An identity that goes to another customer: from when, why, and through which identity."""

    identity_id: int
    customer_id: int
    from_us: int
    cause: str
    via: int | None = None


def lock(shop_id: int) -> None:
    """Let one transaction at a time change who belongs to whom in a shop (SQLite's write lock does so already)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [7_201, shop_id])


def columns(shop_id: int, as_of_us: int | None) -> tuple[Ints, Ints]:
    """Read the links in force at an instant (None: now) as two arrays, identity ids and customer ids."""
    pairs: Iterable[tuple[int, int]]
    if as_of_us is None:
        pairs = Identity.objects.filter(shop_id=shop_id).values_list("id", "customer_id").iterator(IN_ONE_QUERY)
    else:
        in_force = Q(to_us=None) | Q(to_us__gt=as_of_us)
        dated = Link.objects.filter(in_force, shop_id=shop_id, from_us__lte=as_of_us)
        pairs = dated.values_list("identity_id", "customer_id").iterator(IN_ONE_QUERY)
    table = np.fromiter((number for pair in pairs for number in pair), dtype=np.int64)
    return table[::2].copy(), table[1::2].copy()


def first_customers(shop_id: int, identity_ids: Collection[int]) -> dict[int, int]:
    """Read to which customer each identity belonged first; that never changes."""
    found: dict[int, int] = {}
    for part in _parts(identity_ids):
        found.update(_links_of(shop_id, part, "cause = %s", [FIRST_SEEN]))
    return found


def moved(shop_id: int, as_of_us: int | None) -> tuple[Ints, Ints]:
    """Read the identities that by an instant (None: now) belonged to another customer than their first, and to whom."""
    went = Link.objects.filter(shop_id=shop_id).exclude(cause=FIRST_SEEN)
    went = went if as_of_us is None else went.filter(from_us__lte=as_of_us)
    at: dict[int, int] = {}
    for part in _parts(set(went.values_list("identity_id", flat=True))):
        if as_of_us is None:
            at.update(Identity.objects.filter(shop_id=shop_id, id__in=part).values_list("id", "customer_id"))
        else:
            in_force = "from_us <= %s AND (to_us IS NULL OR to_us > %s)"
            at.update(_links_of(shop_id, part, in_force, [as_of_us, as_of_us]))
    first = first_customers(shop_id, at)
    pairs = sorted(pair for pair in at.items() if first.get(pair[0]) != pair[1])
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0].copy(), table[:, 1].copy()


def customers_of(shop_id: int, identity_ids: Collection[int]) -> dict[int, int]:
    """Read to which customer each identity belongs now."""
    found: dict[int, int] = {}
    for part in _parts(identity_ids):
        owners = Identity.objects.filter(shop_id=shop_id, id__in=part)
        found.update(owners.values_list("id", "customer_id"))
    return found


def identities_of(shop_id: int, customer_ids: Collection[int]) -> dict[int, list[int]]:
    """Read the identities of each customer, in the order of their making; customers without any have an empty list."""
    found: dict[int, list[int]] = {customer_id: [] for customer_id in customer_ids}
    for part in _parts(customer_ids):
        members = Identity.objects.filter(shop_id=shop_id, customer_id__in=part)
        # sorted here: asked to sort, SQLite walks every identity of the shop instead of the few wanted
        for identity_id, customer_id in sorted(members.values_list("id", "customer_id")):
            found[customer_id].append(identity_id)
    return found


def find_strongest(shop_id: int, customer_id: int) -> tuple[int, IdentityKind, str] | None:
    """Find a customer's strongest identity, the oldest where several are equal: its id, kind and value."""
    members = Identity.objects.filter(shop_id=shop_id, customer_id=customer_id).order_by("kind", "id")
    first = members.values_list("id", "kind", "value").first()
    return None if first is None else (first[0], IdentityKind(first[1]), first[2])


def strongest_of(shop_id: int, customer_ids: Collection[int]) -> dict[int, int]:
    """Read the strongest identity of each customer, the oldest where several are equal."""
    found: dict[int, tuple[int, int]] = {}
    for part in _parts(customer_ids):
        rows = Identity.objects.filter(shop_id=shop_id, customer_id__in=part)
        for customer_id, kind, identity_id in rows.values_list("customer_id", "kind", "id"):
            found[customer_id] = min((kind, identity_id), found.get(customer_id, (kind, identity_id)))
    return {customer_id: identity_id for customer_id, (_, identity_id) in found.items()}


def kept_of(shop_id: int, customer_ids: Collection[int]) -> dict[int, int]:
    """Read into whom customers were merged, directly; those who were not are not among them."""
    found: dict[int, int] = {}
    for part in _parts(customer_ids):
        merged = Customer.objects.filter(shop_id=shop_id, id__in=part).exclude(merged_into=None)
        found.update(merged.values_list("id", "merged_into_id"))
    return found


def open_first(shop_id: int, first: Iterable[tuple[int, int, int | None]]) -> None:
    """Store the first link of new identities, (identity, customer, via); it holds from the beginning of time."""
    told = [(shop_id, identity_id, customer_id, 0, FIRST_SEEN, via) for identity_id, customer_id, via in first]
    rows.insert(
        "customers_link", ("shop_id", "identity_id", "customer_id", "from_us", "cause", "via"), told, skip_known=True
    )


def relink(shop_id: int, moves: Sequence[Relink]) -> set[int]:
    """Close the links in force, open the new ones, and return every customer that lost or gained an identity.

    A customer left without any identity points to where its identities went; one that gets some back does not.
    """
    if not moves:
        return set()
    standing = {
        link.identity_id: link
        # by identity alone, for the reason given at _links_of
        for link in Link.objects.filter(to_us=None, identity_id__in=[move.identity_id for move in moves])
        if link.shop_id == shop_id
    }
    closed, opened, went = [], [], defaultdict(list)
    for move in moves:
        now_closed = standing[move.identity_id]
        if now_closed.customer_id == move.customer_id:
            continue
        start = max(move.from_us, now_closed.from_us)
        now_closed.to_us = start
        closed.append(now_closed)
        opened.append(
            Link(
                shop_id=shop_id,
                identity_id=move.identity_id,
                customer_id=move.customer_id,
                from_us=start,
                cause=move.cause,
                via=move.via,
            )
        )
        went[move.customer_id].append(move.identity_id)
    Link.objects.bulk_update(closed, ["to_us"], batch_size=500)
    Link.objects.bulk_create(opened, batch_size=IN_ONE_QUERY)
    for customer_id, identity_ids in went.items():
        for part in _parts(identity_ids):
            Identity.objects.filter(shop_id=shop_id, id__in=part).update(customer_id=customer_id)
    _point_the_emptied(shop_id, {link.customer_id: link.identity_id for link in closed}, set(went))
    return {link.customer_id for link in closed} | set(went)


def _links_of(
    shop_id: int, identity_ids: Sequence[int], condition: str, values: Sequence[int | str]
) -> list[tuple[int, int]]:
    """Read (identity, customer) of the links of identities that meet a condition.

    The plus keeps SQLite off the indexes that begin with the shop: it would walk through all links of it.
    """
    among = ",".join(str(int(number)) for number in identity_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT identity_id, customer_id FROM customers_link"  # noqa: S608
            f" WHERE +shop_id = %s AND identity_id IN ({among}) AND {condition}",
            [shop_id, *values],
        )
        return list(cursor.fetchall())


def _point_the_emptied(shop_id: int, left: dict[int, int], gained: set[int]) -> None:
    still = set(Identity.objects.filter(shop_id=shop_id, customer_id__in=left).values_list("customer_id", flat=True))
    emptied = {customer_id: identity for customer_id, identity in left.items() if customer_id not in still}
    now_at = customers_of(shop_id, set(emptied.values()))
    for customer_id, identity_id in emptied.items():
        Customer.objects.filter(shop_id=shop_id, id=customer_id).update(merged_into_id=now_at[identity_id])
    Customer.objects.filter(shop_id=shop_id, id__in=gained).exclude(merged_into=None).update(merged_into=None)


def _parts(numbers: Collection[int]) -> Iterable[list[int]]:
    ordered = list(numbers)
    return (ordered[start : start + IN_ONE_QUERY] for start in range(0, len(ordered), IN_ONE_QUERY))


def strongest_values(shop_id: int, as_of_us: int) -> dict[int, str]:
    """Read under which value every customer was best known by the links in force at an instant.

    That is the strongest identity, the oldest where several are equal: as `find_strongest`, for everybody at once.
    """
    in_force = Q(to_us=None) | Q(to_us__gt=as_of_us)
    dated = Link.objects.filter(in_force, shop_id=shop_id, from_us__lte=as_of_us)
    rows = dated.order_by("-identity__kind", "-identity_id").values_list("customer_id", "identity__value")
    return dict(rows.iterator(IN_ONE_QUERY))
