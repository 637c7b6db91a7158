"""What an owner decides about teams and departments: stored, changed, put away. Reading them is teams' matter."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kizuna.conversations import teams
from kizuna.conversations.models import Team

_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,40}@[a-z0-9](?:[a-z0-9.-]{0,200}[a-z0-9])?")


class Refused(ValueError):
    """A team cannot be stored so; `field` names the input to blame."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True, slots=True)
class TeamDraft:
    """Everything an owner decides about a team."""

    name: str
    address: str = ""
    from_name: str = ""
    signature: str = ""
    acknowledgement: str = ""
    is_department: bool = False
    is_default: bool = False


def save(shop_id: int, public_id: UUID | str | None, told: TeamDraft) -> Team:
    """Store a team, a new one without an id. Raises Refused with the field, teams.NotThere."""
    name, address = " ".join(told.name.split()), told.address.strip().lower()
    if not 1 <= len(name) <= 80:
        raise Refused("name", "give a name of at most 80 characters")
    if address and not _ADDRESS.fullmatch(address):
        raise Refused("address", "this is no e-mail address")
    row = Team(shop_id=shop_id) if public_id is None else teams.get(shop_id, public_id)
    others = Team.objects.exclude(pk=row.pk or 0)
    if others.filter(shop_id=shop_id, name=name).exists():
        raise Refused("name", "there is a team of this name already")
    if address and others.filter(address=address).exists():
        raise Refused("address", "another team receives mail at this address")
    if row.is_default and not told.is_default:
        raise Refused("is_default", "one team must take what no other is written to: make another one the default")
    if told.is_default:
        others.filter(shop_id=shop_id, is_default=True).update(is_default=False)
    row.name, row.address, row.is_default = name, address, told.is_default
    row.from_name, row.signature = " ".join(told.from_name.split())[:80], told.signature.strip()[:2000]
    row.is_department, row.acknowledgement = told.is_department, told.acknowledgement.strip()[:2000]
    row.archived_at = None
    row.save()
    return row


def archive(shop_id: int, public_id: UUID | str, now: datetime) -> Team:
    """Put a team away; what it has stays. Raises Refused for the default one, teams.NotThere."""
    row = teams.get(shop_id, public_id)
    if row.is_default:
        raise Refused("is_default", "the default team stays: make another one the default first")
    row.archived_at, row.address = now, ""
    row.save(update_fields=["archived_at", "address"])
    return row
