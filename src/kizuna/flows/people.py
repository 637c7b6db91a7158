"""What happens when people come, change and go: owners, invitations, roles, passwords, each in the audit log.

One transaction per call; mail leaves after commit. Links are made by the doors, which know the addresses of pages.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.mail import send_mail
from django.db import transaction

from kizuna.flows import shops
from kizuna.shops import audit, invitations, members, people, roles
from kizuna.shops.tenants import NewShop, Refused

if TYPE_CHECKING:
    from kizuna.shops.models import Invitation, Membership, Person, Shop


@dataclass(frozen=True)
class NewPerson:
    """Who shall be able to log in."""

    email: str
    name: str
    password: str


@transaction.atomic
def create_owner(shop: "Shop", new: NewPerson, now: datetime) -> "Person":
    """Make an owner of a shop; somebody who can log in already keeps name and password and gains the shop."""
    person = people.find_person(new.email) or people.create_person(new.email, new.name, new.password)
    members.add_member(shop, person, roles.OWNER)
    _record(shop, None, "member_added", person, None, {"role": roles.OWNER}, now)
    return person


@transaction.atomic
def set_up(new_person: NewPerson, new_shop: NewShop, now: datetime) -> "tuple[Person, Shop]":
    """Make the first owner and shop; refused as soon as anybody can log in."""
    if not people.is_first_run():
        raise Refused("email", "this installation is set up already: log in instead")
    person = people.create_person(new_person.email, new_person.name, new_person.password)
    shop = shops.create_shop(new_shop, person, now)
    members.add_member(shop, person, roles.OWNER)
    _record(shop, person, "member_added", person, None, {"role": roles.OWNER}, now)
    return person, shop


@transaction.atomic
def invite(
    shop: "Shop", email: str, role: str, make_link: Callable[[str], str], person: "Person", now: datetime
) -> "tuple[Invitation, str]":
    """Invite somebody; the link goes out by e-mail after commit and is returned to be shown once."""
    invitation, key = invitations.create(shop, email, role, person, now)
    link = make_link(key)
    after = {"role": role, "expires_at": invitation.expires_at}
    audit.record(shop, person, "person_invited", f"person {invitation.email}", None, after, now)
    transaction.on_commit(lambda: _mail_invitation(invitation, person, link), robust=True)
    return invitation, link


@transaction.atomic
def withdraw_invitation(shop: "Shop", invitation_id: int, person: "Person", now: datetime) -> "Invitation":
    """End an invitation before it is used."""
    invitation = invitations.get_of_shop(shop, invitation_id)
    invitations.end(invitation, now)
    before = {"role": invitation.role}
    audit.record(shop, person, "invitation_withdrawn", f"person {invitation.email}", before, None, now)
    return invitation


@transaction.atomic
def accept_invitation(key: str, joining: "Person | NewPerson", now: datetime) -> "tuple[Person, Shop]":
    """Let the invited person in, once; only the address that was invited, new or known, may use the link."""
    invitation = invitations.get_open(key, now)
    if people.check_email(joining.email) != invitation.email:
        raise Refused("email", f"this invitation is for {invitation.email}")
    person = _create(joining) if isinstance(joining, NewPerson) else joining
    if not invitations.end(invitation, now):
        raise invitations.InvitationOver
    members.add_member(invitation.shop, person, invitation.role)
    _record(invitation.shop, person, "member_added", person, None, {"role": invitation.role}, now)
    return person, invitation.shop


@transaction.atomic
def change_role(shop: "Shop", public_id: UUID | str, role: str, person: "Person", now: datetime) -> "Membership":
    """Give a member another role; the last owner keeps theirs."""
    member = members.get_member(shop, public_id)
    before = member.role
    members.change_role(member, role)
    if before != role:
        _record(shop, person, "role_changed", member.person, {"role": before}, {"role": role}, now)
    return member


@transaction.atomic
def remove_member(shop: "Shop", public_id: UUID | str, person: "Person", now: datetime) -> "Membership":
    """Take a person out of a shop; the last owner stays. They can still log in to their other shops."""
    member = members.get_member(shop, public_id)
    before = {"role": member.role}
    members.remove_member(member)
    _record(shop, person, "member_removed", member.person, before, None, now)
    return member


@transaction.atomic
def set_password(person: "Person", password: str, acting: "Person | None", now: datetime) -> None:
    """Give a person a new password and end what they were logged in with; written to each of their shops' logs."""
    people.set_password(person, password)
    for entry in members.list_entries(person):
        _record(entry.shop, acting, "password_set", person, None, None, now)


@transaction.atomic
def send_reset_link(
    shop: "Shop", public_id: UUID | str, link: "Callable[[Person], str]", person: "Person", now: datetime
) -> "Person":
    """Mail a member a link to choose a new password; nobody else sees it, they may belong to other shops too."""
    member = members.get_member(shop, public_id).person
    address = link(member)
    _record(shop, person, "password_reset_sent", member, None, None, now)
    transaction.on_commit(lambda: _mail_reset(member, address), robust=True)
    return member


def mail_forgotten(address: str, link: "Callable[[Person], str]") -> None:
    """Mail a link to choose a new password to whoever logs in with this address; nobody else hears of it."""
    person = people.find_person(address)
    if person is not None and person.is_active:
        _mail_reset(person, link(person))


def _create(new: NewPerson) -> "Person":
    if people.find_person(new.email):
        raise Refused("email", f"{new.email} can log in already: log in first, then open the link again")
    return people.create_person(new.email, new.name, new.password)


def _record(
    shop: "Shop",
    acting: "Person | None",
    action: str,
    whom: "Person",
    before: audit.Values,
    after: audit.Values,
    now: datetime,
) -> None:
    audit.record(shop, acting, action, f"person {whom.email}", before, after, now)


def _mail_invitation(invitation: "Invitation", person: "Person", link: str) -> None:
    shop = invitation.shop.name
    send_mail(
        f"You are invited to {shop} on Kizuna",
        f"{person.name or person.email} invites you to work for {shop} on Kizuna as {invitation.role}.\n\n"
        f"Open this link to join. It works once, until {invitation.expires_at:%Y-%m-%d %H:%M} UTC:\n\n{link}\n\n"
        "If you do not know what this is about, do nothing.\n",
        None,
        [invitation.email],
    )


def _mail_reset(person: "Person", link: str) -> None:
    send_mail(
        "Choose a new password for Kizuna",
        f"Open this link to choose a new password for {person.email}:\n\n{link}\n\n"
        "The old password keeps working until you do. If you did not expect this, tell the owner of your shop.\n",
        None,
        [person.email],
    )
