"""Identities in the database: found or made in bulk, and linked to customers by the rules of customers.partition.

`ensure` is for imports (a known kind, one customer each), `resolve` for events with whatever they carry. A handful of
queries each, however many claims there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from kizuna.customers import links, merging, profiles, search
from kizuna.customers.links import Relink
from kizuna.customers.models import Identity, IdentityKind
from kizuna.customers.partition import Claims, Group, Node, Partition, visitor_value
from kizuna.tables import public_ids
from kizuna.tables import rows as rows_of

__all__ = ["Claims", "IdentityKind", "Resolution", "Resolved", "ensure", "resolve"]

_CUSTOMER = (
    *("shop_id", "public_id", "name", "email", "email_verified", "phone", "country", "language", "traits"),
    *("first_touch", "last_touch", "created_us"),
)
_IDENTITY = (
    *("shop_id", "kind", "value", "key", "current", "bound_user", "customer_id", "first_seen_us", "last_seen_us"),
    "profile",
)
_OWNERS = "SELECT customer_id FROM customers_identity WHERE shop_id = %s AND kind = %s AND key IN (?)"
_MEMBERS = (
    "SELECT id, kind, value, key, current, bound_user, customer_id, first_seen_us, last_seen_us"
    " FROM customers_identity WHERE shop_id = %s AND customer_id IN (?) ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """To whom an event belongs: its identity, the visitor key its visit belongs to, and the customer of both."""

    identity_id: int
    visitor_identity_id: int | None
    customer_id: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer to a batch of claims, in their order, and the customers that gained, lost or were made."""

    each: list[Resolved]
    relinked: set[int]


def ensure(shop_id: int, kind: IdentityKind, values: Sequence[str], first_seen_us: Sequence[int]) -> dict[str, int]:
    """Find or make an identity for each value, and a customer for each that is new; returns {value: identity}.

    For imports: user ids as the source writes them, e-mail addresses that the shop vouches for (kept in lower case).
    """
    links.lock(shop_id)
    seen: dict[str, tuple[int, int]] = {}
    for value, at_us in zip(values, first_seen_us, strict=True):
        first, last = seen.get(value, (at_us, at_us))
        seen[value] = min(first, at_us), max(last, at_us)
    keys = {value: value.strip().lower() if kind == IdentityKind.EMAIL else value for value in seen}
    stored = _find_keys(shop_id, kind, sorted(set(keys.values())))
    missing: dict[str, tuple[int, int]] = {}
    for value, (first, last) in seen.items():
        key = keys[value]
        if key not in stored:
            before = missing.get(key, (first, last))
            missing[key] = min(before[0], first), max(before[1], last)
    stored.update(_make(shop_id, kind, missing))
    _widen(shop_id, {stored[keys[value]]: span for value, span in seen.items() if keys[value] not in missing})
    return {value: stored[key] for value, key in keys.items()}


def find_visitors(shop_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Find the identities that visitor keys have now; keys that never did anything are left out."""
    return _find_keys(shop_id, IdentityKind.VISITOR, sorted(set(keys)))


def resolve(shop_id: int, claims: Sequence[Claims], now_us: int) -> Resolution:
    """Find, make and link the identities of a batch of claims, taken in their order.

    A visitor key joins the customer of the user id it is seen with; a second user id on it goes on as a new key; two
    customers are merged only over a verified e-mail or phone, never two with user ids (those are suggested).
    """
    links.lock(shop_id)
    partition = _load(shop_id, claims)
    if partition.groups:
        partition.apart = merging.kept_apart(shop_id, partition.groups)
    owners = [partition.take(each) for each in claims]
    relinked = _store(shop_id, partition, now_us)
    return Resolution(
        [
            Resolved(_id(owner), None if visitor is None else _id(visitor), _group_id(owner.group))
            for owner, visitor in owners
        ],
        relinked,
    )


def _find_keys(shop_id: int, kind: IdentityKind, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(keys), links.IN_ONE_QUERY):
        part = keys[start : start + links.IN_ONE_QUERY]
        rows = Identity.objects.filter(shop_id=shop_id, kind=kind, key__in=part, current=True)
        found.update(rows.values_list("key", "id"))
    return found


def _make(shop_id: int, kind: IdentityKind, spans: dict[str, tuple[int, int]]) -> dict[str, int]:
    made = _insert_customers(shop_id, [(first, *_shown(kind, key)) for key, (first, _) in spans.items()])
    rows = [
        (kind, visitor_value(key, 1) if kind == IdentityKind.VISITOR else key, key, True, "", customer_id, first, last)
        for (key, (first, last)), customer_id in zip(spans.items(), made, strict=True)
    ]
    ids = _insert_identities(shop_id, rows)
    links.open_first(shop_id, [(ids[kind, row[1]], row[5], None) for row in rows])
    search.index_new(shop_id, [(ids[kind, row[1]], kind, row[2]) for row in rows])
    return {row[2]: ids[kind, row[1]] for row in rows}


def _insert_customers(shop_id: int, told: Sequence[tuple[int, str, bool, str]]) -> list[int]:
    """Insert customers, (first seen, e-mail, whether verified, phone), and return their ids in the same order."""
    public = [public_ids.make(first).hex for first, *_ in told]
    rows = [
        (shop_id, key, "", email, verified, phone, "", "", "{}", "{}", "{}", first)
        for key, (first, email, verified, phone) in zip(public, told, strict=True)
    ]
    found = rows_of.insert("customers_customer", _CUSTOMER, rows, returning="id, public_id")
    ids = {UUID(str(key)).hex: number for number, key in found}
    return [ids[key] for key in public]


def _insert_identities(
    shop_id: int, told: Sequence[tuple[int, str, str, bool, str, int, int, int]]
) -> dict[tuple[int, str], int]:
    rows = [(shop_id, int(row[0]), *row[1:], "{}") for row in told]
    found = rows_of.insert("customers_identity", _IDENTITY, rows, returning="kind, value, id")
    return {(kind, value): number for kind, value, number in found}


def _shown(kind: int, key: str) -> tuple[str, bool, str]:
    if kind == IdentityKind.EMAIL:
        return key[:254], True, ""
    return "", False, key[:40] if kind == IdentityKind.PHONE else ""


def _widen(shop_id: int, spans: dict[int, tuple[int, int]]) -> None:
    """Let identities that were known already cover an earlier first and a later last sight."""
    rows = [(first, first, last, last, shop_id, identity_id) for identity_id, (first, last) in spans.items()]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE customers_identity SET"
                " first_seen_us = CASE WHEN first_seen_us > %s THEN %s ELSE first_seen_us END,"
                " last_seen_us = CASE WHEN last_seen_us < %s THEN %s ELSE last_seen_us END"
                " WHERE shop_id = %s AND id = %s",
                rows,
            )


def _load(shop_id: int, claims: Sequence[Claims]) -> Partition:
    """Read every identity of every customer that the claims touch, in one query."""
    keys: dict[int, set[str]] = defaultdict(set)
    for each in claims:
        for kind, key in (
            (IdentityKind.USER_ID, each.user),
            (IdentityKind.EMAIL, each.email),
            (IdentityKind.PHONE, each.phone),
            (IdentityKind.VISITOR, each.visitor),
        ):
            if key is not None:
                keys[kind].add(key)
        if each.is_alias and each.visitor is not None:
            keys[IdentityKind.USER_ID].add(each.visitor)
    partition = Partition()
    if not keys:
        return partition
    touched: list[str] = []
    values: list[int | str] = [shop_id]
    for number, wanted in keys.items():
        touched.append(_OWNERS.replace("?", ",".join(["%s"] * len(wanted))))
        values += [shop_id, int(number), *sorted(wanted)]
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS.replace("?", " UNION ".join(touched)), values)
        for number, kind, value, key, current, bound, customer_id, first_us, last_us in cursor.fetchall():
            group = partition.groups.setdefault(customer_id, Group(customer_id))
            partition.add(
                Node(number, kind, value, key, bool(current), bound, group, first_us, last_us, stored_group=customer_id)
            )
    return partition


def _store(shop_id: int, partition: Partition, now_us: int) -> set[int]:
    nodes = list(partition.nodes())
    new = [node for node in nodes if node.id is None]
    made = _store_groups(shop_id, [node.group for node in new])
    _update_nodes([node for node in nodes if node.id is not None and node.changed])
    _insert_nodes(shop_id, new)
    moves = [
        Relink(_id(node), _group_id(node.group), node.move[0], node.move[1], _via(node))
        for node in nodes
        if node.move is not None and node.stored_group is not None and node.stored_group != node.group.id
    ]
    relinked = links.relink(shop_id, moves)
    merging.note_rule_merges(
        shop_id,
        [
            (each.kept.id, each.merged.id, [_id(node) for node in each.nodes], each.cause)
            for each in partition.absorptions
            if each.kept.id is not None and each.merged.id is not None
        ],
        now_us,
    )
    merging.suggest(
        shop_id,
        [
            (one.id, other.id, reason, evidence)
            for one, other, reason, evidence in partition.suggestions.values()
            if one.id is not None and other.id is not None and one.nodes and other.nodes
        ],
        now_us,
    )
    vouched = {_group_id(node.group) for node in new if node.kind in (IdentityKind.EMAIL, IdentityKind.PHONE)}
    profiles.refresh(shop_id, relinked | vouched)
    return relinked | made | vouched


def _store_groups(shop_id: int, groups: Iterable[Group]) -> set[int]:
    fresh = list({id(group): group for group in groups if group.id is None}.values())
    ids = _insert_customers(shop_id, [(group.created_us, "", False, "") for group in fresh])
    for group, number in zip(fresh, ids, strict=True):
        group.id = number
    return set(ids)


def _update_nodes(nodes: Sequence[Node]) -> None:
    """Store what changed; keys that give way before those that take their place (one is current at a time)."""
    rows = [
        (node.current, node.bound_user, node.first_us, node.last_us, node.id)
        for node in sorted(nodes, key=lambda node: node.current)
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE customers_identity SET current = %s, bound_user = %s, first_seen_us = %s, last_seen_us = %s"
                " WHERE id = %s",
                rows,
            )


def _insert_nodes(shop_id: int, nodes: Sequence[Node]) -> None:
    rows = [
        (
            *(node.kind, node.value, node.key, node.current, node.bound_user),
            *(_group_id(node.group), node.first_us, node.last_us),
        )
        for node in nodes
    ]
    ids = _insert_identities(shop_id, rows)
    for node in nodes:
        node.id = ids[node.kind, node.value]
    links.open_first(shop_id, [(_id(node), _group_id(node.group), _via(node)) for node in nodes])
    known = [node for node in nodes if node.kind != IdentityKind.VISITOR]
    search.index_new(shop_id, [(_id(node), node.kind, node.key) for node in known])


def _id(node: Node) -> int:
    if node.id is None:
        raise RuntimeError(f"identity {node.value!r} was not stored")
    return node.id


def _group_id(group: Group) -> int:
    if group.id is None:
        raise RuntimeError("a customer was not stored")
    return group.id


def _via(node: Node) -> int | None:
    return None if node.move is None or node.move[2] is None else node.move[2].id
