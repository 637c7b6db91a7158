"""The rules of who is one customer, worked out in memory on the identities that a batch of claims touches.

Here: adopting, joining, late sign-in, a second person on one device, and what is only suggested (model, section 2).
Not here: the database; customers.identity loads a Partition, plays the claims, and stores what changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from kizuna.customers.models import IdentityKind

USER, EMAIL, PHONE, VISITOR = IdentityKind.USER_ID, IdentityKind.EMAIL, IdentityKind.PHONE, IdentityKind.VISITOR
REASONS = {EMAIL: "same_email", PHONE: "same_phone"}


@dataclass(frozen=True, slots=True)
class Claims:
    """The identities that one event carries; e-mail and phone only where a trusted source vouches for them.

    In an alias `visitor` is the former id: where that is a user id already, nothing is linked, only suggested.
    """

    at_us: int
    user: str | None = None
    email: str | None = None
    phone: str | None = None
    visitor: str | None = None
    is_alias: bool = False


@dataclass(slots=True, eq=False)
class Group:
    """A customer in the making, or as stored, with all of its identities."""

    id: int | None
    nodes: set["Node"] = field(default_factory=set)
    created_us: int = 0

    def strongest(self) -> int:
        """The kind of its strongest identity; the smaller, the stronger."""
        return min((node.kind for node in self.nodes), default=VISITOR)


@dataclass(slots=True, eq=False)
class Node:
    """An identity in memory; `move` says when, why and through which identity it came to its present group."""

    id: int | None
    kind: int
    value: str
    key: str
    current: bool
    bound_user: str
    group: Group
    first_us: int
    last_us: int
    stored_group: int | None = None
    changed: bool = False
    move: tuple[int, str, "Node | None"] | None = None

    def see(self, at_us: int) -> None:
        """Note that the identity occurred at an instant."""
        if at_us > self.last_us:
            self.last_us, self.changed = at_us, True
        if at_us < self.first_us:
            self.first_us, self.changed = at_us, True


@dataclass(frozen=True, slots=True)
class Absorption:
    """A customer that a rule merged into another."""

    kept: Group
    merged: Group
    nodes: tuple[Node, ...]
    cause: str


class Partition:
    """The working set: identities by kind and key, their groups, and pairs that a person keeps apart."""

    def __init__(self) -> None:
        self.groups: dict[int, Group] = {}
        self.persons: dict[tuple[int, str], Node] = {}
        self.visitors: dict[str, list[Node]] = {}
        self.apart: set[frozenset[int]] = set()
        self.absorptions: list[Absorption] = []
        self.suggestions: dict[tuple[int, int], tuple[Group, Group, str, str]] = {}

    def add(self, node: Node) -> None:
        """Put an identity into the working set."""
        node.group.nodes.add(node)
        if node.kind == VISITOR:
            self.visitors.setdefault(node.key, []).append(node)
        else:
            self.persons[node.kind, node.key] = node

    def nodes(self) -> Iterable[Node]:
        """Go through every identity of the working set."""
        yield from self.persons.values()
        for generations in self.visitors.values():
            yield from generations

    def take(self, claims: Claims) -> tuple[Node, Node | None]:
        """Apply the claims of one event; returns the identity its fact belongs to, and its visitor key if any."""
        named: list[tuple[int, str]] = [
            (kind, key)
            for kind, key in ((USER, claims.user), (EMAIL, claims.email), (PHONE, claims.phone))
            if key is not None
        ]
        visitor_key = claims.visitor
        if claims.is_alias and visitor_key is not None and (former := self.persons.get((USER, visitor_key))):
            visitor_key = None
            if named and former.key != claims.user:
                stronger = self._person(named, None, claims.at_us)
                self._suggest(stronger.group, former.group, "alias", f"{former.key} -> {stronger.key}")
        head = self._person(named, visitor_key, claims.at_us) if named else None
        if head is not None:
            head.see(claims.at_us)
            for kind, key in named[1:]:
                self._join(head, kind, key, claims.at_us)
        visitor = None if visitor_key is None else self._visitor(visitor_key, head, claims.at_us)
        if visitor is not None:
            visitor.see(claims.at_us)
        owner = head or visitor
        if owner is None:
            raise ValueError("claims without any identity")
        return owner, visitor

    def _person(self, named: list[tuple[int, str]], visitor_key: str | None, at_us: int) -> Node:
        kind, key = named[0]
        known = self.persons.get((kind, key))
        return known or self._new(kind, key, self._home_of(named, visitor_key) or Group(None, created_us=at_us), at_us)

    def _home_of(self, named: list[tuple[int, str]], visitor_key: str | None) -> Group | None:
        """Whom a new identity makes stronger: the customer known by what it carries, else the visitor."""
        for pair in named[1:]:
            weaker = self.persons.get(pair)
            if weaker is not None and weaker.group.strongest() >= weaker.kind:
                return weaker.group
        device = self._current(visitor_key)
        if device is not None and not device.bound_user and device.group.strongest() == VISITOR:
            return device.group
        return None

    def _join(self, head: Node, kind: int, key: str, at_us: int) -> None:
        """Bring a weaker identity of the same event to the customer of the stronger one, where the rules allow."""
        node = self.persons.get((kind, key))
        if node is None:
            node = self._new(kind, key, head.group, at_us)
            node.move = (0, "first_seen", head)
        elif node.group is not head.group:
            if node.group.strongest() >= kind and not self._kept_apart(node.group, head.group):
                self._absorb(head, node.group, "verified_email" if kind == EMAIL else "verified_phone", at_us)
            else:
                self._suggest(head.group, node.group, REASONS[IdentityKind(kind)], key)
        node.see(at_us)

    def _visitor(self, key: str, head: Node | None, at_us: int) -> Node:
        current = self._current(key)
        if head is None:
            return current or self._new(VISITOR, key, Group(None, created_us=at_us), at_us)
        if current is None:
            node = self._new(VISITOR, key, head.group, at_us)
            node.move = (0, "first_seen", head)
            return self._bind(node, head)
        if head.kind == USER:
            return self._signed_in(key, current, head, at_us)
        return self._recognised(key, current, head, at_us)

    def _signed_in(self, key: str, current: Node, head: Node, at_us: int) -> Node:
        generations = self.visitors[key]
        own = next((node for node in generations if node.bound_user == head.key), None)
        if own is None:
            own = next((node for node in generations if not node.bound_user and node.group is head.group), None)
        if own is None and not current.bound_user:
            own = current
        if own is None:
            return self._bind(self._next_generation(key, head, at_us), head)
        if own.group is not head.group:
            former = own.group
            if former.strongest() != VISITOR and not own.bound_user:
                self._suggest(head.group, former, "same_device", key)
            self._send(own, head.group, (at_us, "signed_in", head))
        self._turn_to(own, generations)
        return self._bind(own, head)

    def _recognised(self, key: str, current: Node, head: Node, at_us: int) -> Node:
        """A device seen with a verified e-mail or phone, but no user id, in the same event."""
        generations = self.visitors[key]
        if current.group is head.group:
            return current
        if current.bound_user:
            self._suggest(head.group, current.group, "same_device", key)
            return current
        own = next((node for node in generations if not node.bound_user and node.group is head.group), None)
        if own is None and current.group.strongest() == VISITOR:
            self._send(current, head.group, (at_us, "recognised", head))
            own = current
        own = own or self._next_generation(key, head, at_us)
        self._turn_to(own, generations)
        return own

    def _next_generation(self, key: str, head: Node, at_us: int) -> Node:
        generations = self.visitors[key]
        node = self._new(VISITOR, key, head.group, at_us, generation=len(generations) + 1)
        node.move = (0, "first_seen", head)
        self._turn_to(node, generations)
        return node

    def _turn_to(self, chosen: Node, generations: list[Node]) -> None:
        for node in generations:
            if node.current != (node is chosen):
                node.current = node is chosen
                node.changed = True

    def _bind(self, node: Node, head: Node) -> Node:
        if head.kind == USER and node.bound_user != head.key:
            node.bound_user, node.changed = head.key, True
        return node

    def _current(self, key: str | None) -> Node | None:
        return next((node for node in self.visitors.get(key or "", ()) if node.current), None)

    def _new(self, kind: int, key: str, group: Group, at_us: int, generation: int = 1) -> Node:
        value = visitor_value(key, generation) if kind == VISITOR else key
        node = Node(None, kind, value, key, True, "", group, at_us, at_us)
        self.add(node)
        return node

    def _absorb(self, head: Node, merged: Group, cause: str, at_us: int) -> None:
        nodes = tuple(merged.nodes)
        self.absorptions.append(Absorption(head.group, merged, nodes, cause))
        for node in nodes:
            self._send(node, head.group, (at_us, cause, head))

    def _send(self, node: Node, group: Group, move: tuple[int, str, Node | None]) -> None:
        node.group.nodes.discard(node)
        group.nodes.add(node)
        node.group, node.move, node.changed = group, move, True

    def _kept_apart(self, one: Group, other: Group) -> bool:
        return one.id is not None and other.id is not None and frozenset((one.id, other.id)) in self.apart

    def _suggest(self, one: Group, other: Group, reason: str, evidence: str) -> None:
        if one is not other:
            pair = (min(id(one), id(other)), max(id(one), id(other)))
            self.suggestions.setdefault(pair, (one, other, reason, evidence))


def visitor_value(key: str, generation: int) -> str:
    """The stored value of a visitor key's n-th person: key, key~2, key~3; a tilde in the key itself is doubled."""
    plain = key.replace("~", "~~")
    return plain if generation == 1 else f"{plain}~{generation}"
