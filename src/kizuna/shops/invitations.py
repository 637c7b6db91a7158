"""Invitations: a link that lets one person into one shop, once, within three days.

The link's key is random and stored hashed. Sending the link and making the person happen in flows.people.
"""

from datetime import datetime, timedelta

from kizuna.shops import keys
from kizuna.shops.models import Invitation, Membership, Person, Role, Shop
from kizuna.shops.people import check_email
from kizuna.shops.tenants import NotThere, Refused

VALID_FOR = timedelta(days=3)
PREFIX = "kz_i_"


class InvitationOver(LookupError):
    """The link is unknown, used, withdrawn or older than three days."""


def create(shop: Shop, email: str, role: str, person: Person | None, now: datetime) -> tuple[Invitation, str]:
    """Store an invitation in place of an earlier open one; returns it with the key for its link, which is not kept."""
    address = check_email(email)
    if role not in Role.values:
        raise Refused("role", f"{role!r} is not one of {', '.join(Role.values)}")
    if Membership.objects.filter(shop=shop, person__email=address).exists():
        raise Refused("email", f"{address} works for the shop already")
    Invitation.objects.filter(shop=shop, email=address, ended_at=None).update(ended_at=now)
    key = keys.make_key(PREFIX)
    made = Invitation.objects.create(
        shop=shop,
        email=address,
        role=role,
        key_hash=keys.hash_key(key),
        invited_by=person,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    return made, key


def get_open(key: str, now: datetime) -> Invitation:
    """Get the invitation of a link that still works; raises InvitationOver."""
    rows = Invitation.objects.select_related("shop").filter(key_hash=keys.hash_key(key))
    found = rows.filter(ended_at=None, expires_at__gt=now).first()
    if found is None:
        raise InvitationOver
    return found


def list_open(shop: Shop, now: datetime) -> list[Invitation]:
    """List invitations that still work, the newest first."""
    rows = Invitation.objects.filter(shop=shop, ended_at=None, expires_at__gt=now)
    return list(rows.select_related("invited_by").order_by("-id"))


def end(invitation: Invitation, now: datetime) -> bool:
    """End an invitation; False when somebody else ended it first."""
    return Invitation.objects.filter(pk=invitation.pk, ended_at=None).update(ended_at=now) == 1


def get_of_shop(shop: Shop, invitation_id: int) -> Invitation:
    """Get an open invitation of a shop by number; refused when there is none."""
    found = Invitation.objects.filter(shop=shop, pk=invitation_id, ended_at=None).first()
    if found is None:
        known = Invitation.objects.filter(shop=shop, pk=invitation_id).exists()
        raise (Refused if known else NotThere)("invitation", "there is no such open invitation")
    return found
