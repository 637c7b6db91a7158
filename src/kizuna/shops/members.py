"""Who works for which shop and as what: memberships, roles, and the last owner who stays.

What a role may do is in shops.roles; the people themselves are in shops.people.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from kizuna.shops.models import Membership, Person, Role, Shop
from kizuna.shops.tenants import NotThere, Refused


class LastOwner(Refused):
    """A shop keeps at least one owner."""

    def __init__(self) -> None:
        super().__init__("role", "a shop needs at least one owner: make somebody else an owner first")


@dataclass(frozen=True)
class Entry:
    """A shop that a person may enter, and as what."""

    shop: Shop
    role: str


def find_entry(slug: str, person: Person) -> Entry | None:
    """Find the shop at an address if this person belongs to it."""
    found = Membership.objects.select_related("shop").filter(shop__slug=slug, person=person).first()
    return None if found is None else Entry(found.shop, found.role)


def list_entries(person: Person) -> list[Entry]:
    """List the shops a person belongs to, by name."""
    rows = Membership.objects.select_related("shop").filter(person=person).order_by("shop__name", "shop_id")
    return [Entry(row.shop, row.role) for row in rows]


def list_members(shop: Shop) -> list[Membership]:
    """List who works for a shop, by name."""
    return list(_members(shop).order_by("person__name", "person__email"))


def get_member(shop: Shop, person_public_id: UUID | str) -> Membership:
    """Get somebody's membership; refused when they do not belong to the shop."""
    found = _members(shop).filter(person__public_id=person_public_id).first()
    if found is None:
        raise NotThere("person", "this person does not work for the shop")
    return found


def add_member(shop: Shop, person: Person, role: str) -> Membership:
    """Let a person into a shop; refused when they are in it already."""
    _check_role(role)
    member, made = Membership.objects.get_or_create(shop=shop, person=person, defaults={"role": role})
    if not made:
        raise Refused("email", f"{person.email} works for the shop already")
    return member


def change_role(member: Membership, role: str) -> None:
    """Give a member another role; the last owner keeps theirs."""
    _check_role(role)
    if member.role == Role.OWNER and role != Role.OWNER:
        _keep_an_owner(member)
    member.role = role
    member.save(update_fields=["role"])


def remove_member(member: Membership) -> None:
    """Take a person out of a shop; the last owner stays."""
    if member.role == Role.OWNER:
        _keep_an_owner(member)
    member.delete()


def _members(shop: Shop) -> QuerySet[Membership]:
    return Membership.objects.filter(shop=shop).select_related("person")


def _keep_an_owner(member: Membership) -> None:
    owners = Membership.objects.select_for_update().filter(shop_id=member.shop_id, role=Role.OWNER)
    if not any(owner.pk != member.pk for owner in list(owners)):
        raise LastOwner


def _check_role(role: str) -> None:
    if role not in Role.values:
        raise Refused("role", f"{role!r} is not one of {', '.join(Role.values)}")
