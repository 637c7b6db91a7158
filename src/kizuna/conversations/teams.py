"""Teams: the inboxes that answer customers and the departments that fulfil wishes.

Who belongs to a shop at all is shops.members; here is only who sits where and under which address they write.
"""

from collections.abc import Collection
from uuid import UUID

from kizuna.conversations.models import Team, TeamMember

DEFAULT_NAME = "Customer care"


class NotThere(LookupError):
    """This shop has no such team."""


def ensure_default(shop_id: int) -> Team:
    """Find the shop's default team, or make it."""
    found = Team.objects.filter(shop_id=shop_id, is_default=True).first()
    if found is None:
        found, _ = Team.objects.get_or_create(shop_id=shop_id, is_default=True, defaults={"name": DEFAULT_NAME})
    return found


def list_teams(shop_id: int, *, departments: bool | None = None) -> list[Team]:
    """List the teams in use, by name; only departments or only inboxes where asked."""
    wanted = Team.objects.filter(shop_id=shop_id, archived_at=None)
    if departments is not None:
        wanted = wanted.filter(is_department=departments)
    return list(wanted.order_by("-is_default", "name"))


def get(shop_id: int, public_id: UUID | str) -> Team:
    """Get a team of the shop. Raises NotThere."""
    found = Team.objects.filter(shop_id=shop_id, public_id=public_id).first()
    if found is None:
        raise NotThere(str(public_id))
    return found


def find(shop_id: int, team_id: int) -> Team | None:
    """Find a team of the shop by its number."""
    return Team.objects.filter(shop_id=shop_id, pk=team_id).first()


def find_by_address(address: str) -> Team | None:
    """Find the team that receives mail at an address, of whichever shop."""
    return Team.objects.filter(address=address.strip().lower(), archived_at=None).exclude(address="").first()


def list_of_person(shop_id: int, person_id: int) -> list[Team]:
    """List the teams a person sits in."""
    return list(Team.objects.filter(shop_id=shop_id, members__person_id=person_id, archived_at=None).order_by("name"))


def list_people(team_id: int) -> list[int]:
    """List the ids of the people of a team."""
    return list(TeamMember.objects.filter(team_id=team_id).order_by("id").values_list("person_id", flat=True))


def seat(team_id: int, person_ids: Collection[int]) -> None:
    """Let exactly these people sit in a team."""
    TeamMember.objects.filter(team_id=team_id).exclude(person_id__in=person_ids).delete()
    for person_id in person_ids:
        TeamMember.objects.get_or_create(team_id=team_id, person_id=person_id)
